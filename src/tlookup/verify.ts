/**
 * Lookups by LogUp-GKR over a forest, behind pads: the verifier. spec/lookups.md.
 *
 *   given    columns and multiplicities, bound by the transcript
 *   V -> P   alpha, beta_k, one for every column of the widest table
 *   P -> V   p_i, q_i and u_i = 1/q_i of the root of every tree, masked
 *   V -> P   z in K^k, a point over the trees
 *   layers   j = 0..n-1, j + k variables, within trees first, each time the highest:
 *     V -> P   lambda
 *     P -> V   t(1) - t(0), t(inf), masked;    V -> P   r
 *     P -> V   p0, q1, q0, c = p1 + lambda q1, masked
 *     V -> P   tau
 *   output   two linear equations in columns and multiplicities
 *   checks   q_i u_i = 1;   sum of p_i u_i = 0 in every balance;   claim = p0 q1 + q0 c in every layer
 *   error    2N/|K| (N leaves of the largest balance), k/|K|, 1/|K| (lambda), 2/|K| a round, 1/|K| (tau)
 */
import type { Ext } from '../field/field.ts';
import type { Affine } from '../pads/affine.ts';
import type { PadLedger } from '../pads/ledger.ts';
import { receive } from '../pads/sumcheck-verify.ts';
import type { Challenger } from '../transcript/transcript.ts';
import type { VerifierChannel } from '../transcript/verifier.ts';
import {
  closeLayer,
  nextClaim,
  openRoots,
  rootClaim,
  roundParts,
  type NodeClaim,
  type SentNodes,
} from './layer.ts';
import { leafClaims, type Fingerprint, type LookupClaims } from './leaf-claim.ts';
import { NODE_VALUES, ROOT_VALUES, ROUND_VALUES } from './plan.ts';
import type { LoadedLookups } from './shape.ts';
import { columnEvaluator } from './table.ts';

/**
 * The verifier's side, up to the two equations that it returns.
 *
 * @param ch has absorbed the program, and roots of everything that holds columns or multiplicities
 * @throws ProofError `TRUNCATED`, `NON_CANONICAL` for bytes that are no messages; all else is left to the pad proof
 */
export function verifyLookups(ledger: PadLedger, ch: VerifierChannel, lookups: LoadedLookups): LookupClaims {
  const { algebra } = ledger;
  const { field } = algebra;
  const fingerprint = drawFingerprint(ch, lookups);
  const sent = receive(ledger, ch, 'lookup/roots', ROOT_VALUES * lookups.trees.length);
  const roots = openRoots(ledger, lookups, sent);
  let node = rootClaim(algebra, roots, ch.challengeExts('lookup/start', lookups.logForest));
  for (let layer = 0; layer < lookups.logLeaves; layer++) node = verifyLayer(ledger, ch, node);
  return leafClaims(algebra, lookups, fingerprint, node, columnEvaluator(field));
}

function verifyLayer(ledger: PadLedger, ch: VerifierChannel, node: NodeClaim): NodeClaim {
  const { algebra } = ledger;
  const lambda = ch.challengeExt('lookup/lambda');
  const parts: (readonly [Ext, Affine])[] = [];
  const rounds = (coordinates: readonly Ext[]): Ext[] => {
    const bound: Ext[] = [];
    for (const z of [...coordinates].reverse()) {
      const sent = receive(ledger, ch, 'lookup/round', ROUND_VALUES);
      const r = ch.challengeExt('lookup/r');
      parts.push(...roundParts(algebra, z, sent, r));
      bound.unshift(r);
    }
    return bound;
  };
  const inner = rounds(node.point.inner);
  const outer = rounds(node.point.outer);
  const nodes = receive(ledger, ch, 'lookup/nodes', NODE_VALUES) as unknown as SentNodes;
  closeLayer(ledger, node, lambda, parts, nodes);
  return nextClaim(algebra, { inner, outer }, nodes, lambda, ch.challengeExt('lookup/tau'));
}

/** The challenges that every denominator depends on. */
export function drawFingerprint(ch: Challenger, { width }: LoadedLookups): Fingerprint {
  return { alpha: ch.challengeExt('lookup/alpha'), betas: ch.challengeExts('lookup/beta', width) };
}
