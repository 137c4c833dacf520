/** Lookups, the prover's side of `verify.ts`: the same messages in the same order. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords } from '../kernels/contract/layout.ts';
import type { Affine } from '../pads/affine.ts';
import type { ProverPads } from '../pads/pads-prove.ts';
import type { ProverChannel } from '../transcript/prover.ts';
import { createForest, type Stage } from './forest-prove.ts';
import { rootOf, type Tree } from './trees-prove.ts';
import type { BalanceWitness } from './leaves-prove.ts';
import { allocate } from './room-prove.ts';
import {
  closeLayer,
  nextClaim,
  openRoots,
  rootClaim,
  roundParts,
  roundWeights,
  type NodeClaim,
  type SentNodes,
} from './layer.ts';
import { proveLayerSum } from './layer-prove.ts';
import { leafClaims, type ColumnValue, type LookupClaims } from './leaf-claim.ts';
import { eqIndex } from '../sumcheck/eq.ts';
import type { LoadedLookups } from './shape.ts';
import { evaluateColumn } from './table.ts';
import { drawFingerprint } from './verify.ts';

/** A claim with the values behind it. */
interface KnownNode {
  readonly claim: NodeClaim;
  readonly p: Ext;
  readonly q: Ext;
}

/**
 * Proves that every balance cancels, up to the two equations that it returns.
 *
 * @param ch has absorbed the program, and roots of everything that holds columns or multiplicities
 * @param witnesses one for each balance
 * @throws RangeError for arrays of wrong lengths, or a balance that does not cancel; Error for a challenge or a root that an
 *   honest prover must divide by and that is zero: at most (rounds + n + N)/|K|; the caller starts again with a fresh key
 */
export function proveLookups(
  kernels: Kernels,
  pads: ProverPads,
  ch: ProverChannel,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
): LookupClaims {
  const { algebra } = pads.ledger;
  const fingerprint = drawFingerprint(ch, lookups);
  const groups = createForest(kernels, lookups, witnesses, fingerprint);
  const depth = lookups.logLeaves;
  let node: KnownNode | undefined;
  let layer = 0;
  const proveStage = (stage: Stage): void => {
    const trees = stage.trees();
    node ??= proveRoots(kernels, pads, ch, lookups, trees);
    for (const end = layer + stage.layers; layer < end; layer++) {
      node = proveLayer(kernels, pads, ch, node, trees, depth);
    }
  };
  for (const group of groups) {
    kernels.memory.scope(() => {
      for (const stage of group()) kernels.memory.scope(() => proveStage(stage));
    });
  }
  const { claim } = node as unknown as KnownNode; // there is a stage
  return kernels.memory.scope(() =>
    leafClaims(algebra, lookups, fingerprint, claim, kernelColumnValue(kernels)),
  );
}

function proveRoots(
  kernels: Kernels,
  pads: ProverPads,
  ch: ProverChannel,
  lookups: LoadedLookups,
  trees: readonly Tree[],
): KnownNode {
  const K = kernels.ext;
  const { ledger } = pads;
  const roots = trees.map((tree) => rootOf(kernels, tree));
  const inverses = roots.map(({ q }) => {
    if (K.isZero(q)) throw new Error('lookup: expected denominators other than 0, got one');
    return K.inverse(q);
  });
  lookups.program.balances.forEach((_, b) => {
    const sum = lookups.trees.reduce(
      (s: Ext, { balance }, i) =>
        balance === b ? K.add(s, K.mul(roots[i]?.p as Ext, inverses[i] as Ext)) : s,
      K.zero,
    );
    if (!K.isZero(sum)) {
      throw new RangeError(
        `witnesses: balance ${b}: expected every tuple in its table, counted right; got another balance`,
      );
    }
  });
  const values = roots.flatMap(({ p, q }, i) => [p, q, inverses[i] as Ext]);
  const forms = openRoots(ledger, lookups, pads.send(ch, 'lookup/roots', values));
  const outer = ch.challengeExts('lookup/start', lookups.logForest);
  let [p, q] = [K.zero, K.one];
  roots.forEach((root, i) => {
    const weight = eqIndex(K, outer, i);
    p = K.add(p, K.mul(weight, root.p));
    q = K.add(q, K.mul(weight, K.sub(root.q, K.one)));
  });
  return { claim: rootClaim(ledger.algebra, forms, outer), p, q };
}

function proveLayer(
  kernels: Kernels,
  pads: ProverPads,
  ch: ProverChannel,
  known: KnownNode,
  trees: readonly Tree[],
  depth: number,
): KnownNode {
  const K = kernels.ext;
  const { ledger } = pads;
  const { algebra } = ledger;
  const lambda = ch.challengeExt('lookup/lambda');
  const parts: (readonly [Ext, Affine])[] = [];
  let value = K.add(known.p, K.mul(lambda, known.q));
  const end = proveLayerSum(kernels, trees, depth, known.claim.point, lambda, (z, { at0, atInfinity }) => {
    // value = at0 + z (t(1) - t(0)): the only division, and the verifier's rule has none.
    if (K.isZero(z)) throw new Error('lookup: expected a non-zero coordinate, got 0');
    const difference = K.mul(K.sub(value, at0), K.inverse(z));
    const sent = pads.send(ch, 'lookup/round', [difference, atInfinity]);
    const r = ch.challengeExt('lookup/r');
    const [wDifference, wLead] = roundWeights(K, z, r);
    value = K.add(value, K.add(K.mul(wDifference, difference), K.mul(wLead, atInfinity)));
    parts.push(...roundParts(algebra, z, sent, r));
    return r;
  });
  const nodes = pads.send(ch, 'lookup/nodes', end.nodes) as unknown as SentNodes;
  closeLayer(ledger, known.claim, lambda, parts, nodes);
  const tau = ch.challengeExt('lookup/tau');
  const [p0, q1, q0, c] = end.nodes;
  const line = (low: Ext, high: Ext): Ext => K.add(low, K.mul(tau, K.sub(high, low)));
  return {
    claim: nextClaim(algebra, end, nodes, lambda, tau),
    p: line(p0, K.sub(c, K.mul(lambda, q1))),
    q: line(q0, q1),
  };
}

/** Columns of tables: ranges by their formula, others by kernels: sum over rows of eq(point, row) * value. */
function kernelColumnValue(kernels: Kernels): ColumnValue {
  let last: { readonly point: readonly Ext[]; readonly weights: Uint32Array } | undefined;
  return (column, first, point) => {
    if (column.kind === 'range') return evaluateColumn(kernels.ext, column, first, point);
    // The columns of a block follow one another and share its point.
    if (last?.point !== point) {
      last = { point, weights: allocate(kernels, extWords(2 ** point.length, kernels.ext.degree)) };
      kernels.eqTable(last.weights, point, kernels.ext.one);
    }
    return kernels.weightedSum(last.weights, column.values.subarray(first, first + 2 ** point.length));
  };
}
