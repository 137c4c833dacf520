/**
 * One proof from stored groups, of whatever kind: budget, key, proof and check in the only order that is safe. Positions are
 * reserved first; then masks are drawn, bound to the statement and to the counters; and no byte leaves before the verifier has
 * accepted it. A proof that stops on the way is abandoned: its positions stay spent and its key is gone.
 */
import { refuse } from '../errors/proof-error.ts';
import { bytesOfWords } from '../hash/words.ts';
import { blake3Hasher } from '../hash/blake3.ts';
import type { Kernels } from '../kernels/contract.ts';
import { sameColumnCode, type Parameters } from '../params/parameters.ts';
import type { Verdict } from '../pcs/linear-verify.ts';
import { freshProofKey } from '../random/keys.ts';
import { maskSource, type MaskSource } from '../random/masks.ts';
import { mapSecret, type Secret } from '../secret/secret.ts';
import { domainDigest, type Domain } from '../transcript/statement.ts';
import { budgetStatus, reserve, type BudgetPlace, type Reservation } from './budget.ts';
import type { StoredGroup } from './group.ts';
import type { Home } from './home.ts';

/** A proof to be made. The caller has checked the statement: nothing here can be refused because of it but a false claim. */
export interface ProofTask {
  /** Groups of the statement, in its order. */
  readonly groups: readonly StoredGroup[];
  readonly parameters: Parameters;
  readonly purpose: 'proof' | 'link';
  /** Domain of the transcript: statement, parameters, kind. */
  readonly domain: Domain;
  /** Secret cells that this proof commits for itself. Default: none. */
  readonly ownCells?: Uint32Array;
  prove(source: MaskSource): Uint8Array<ArrayBuffer>;
  verify(proof: Uint8Array): Verdict;
}

/** A proof that its maker has verified. */
export interface CheckedProof {
  readonly proof: Uint8Array<ArrayBuffer>;
  /** What it cost, one entry a group in their order, with warnings about the budget. */
  readonly reservations: readonly Reservation[];
}

/**
 * Makes one proof.
 *
 * @throws RangeError for groups over another code or one named twice, before anything is spent
 * @throws ProofError `BUDGET_*` and file errors as `reserve`; `SELF_CHECK` when the own verifier refuses: the positions
 *   are spent, no byte of the proof is returned
 */
export function proveOnce(kernels: Kernels, home: Home, task: ProofTask): CheckedProof {
  checkGroups(task);
  const reservations = reserveAll(home, task.groups, task.parameters.code.queries, task.purpose);
  const key = freshProofKey({
    longTerm: home.longTerm,
    domainDigest: domainDigest(task.domain),
    kind: task.domain.kind,
    counters: reservations.map(({ group, used }) => ({ group, used })),
    witnessDigest: witnessDigest(task.groups, task.ownCells ?? new Uint32Array(0)),
  });
  const proof = task.prove(maskSource(key, kernels.ext));
  const verdict = task.verify(proof);
  if (!verdict.ok) {
    const detail = `expected a proof that verifies, got ${verdict.code}: a false claim, changed cells or a fault`;
    refuse('SELF_CHECK', verdict.stage, detail);
  }
  return { proof, reservations };
}

/** @throws RangeError */
function checkGroups({ groups, parameters }: ProofTask): void {
  if (groups.length === 0) throw new RangeError('groups: expected at least one, got none');
  groups.forEach(({ key }, i) => {
    if (!sameColumnCode(key.parameters, parameters)) {
      throw new RangeError(
        `groups[${i}]: expected the profile and column code of the parameters, got others`,
      );
    }
  });
  if (new Set(groups.map(({ path }) => path)).size !== groups.length) {
    throw new RangeError('groups: expected distinct groups, got one twice');
  }
}

/** The emptiest budget first: if it is spent, no other group pays for a proof that is not made. */
function reserveAll(
  home: Home,
  groups: readonly BudgetPlace[],
  positions: number,
  purpose: 'proof' | 'link',
): Reservation[] {
  const room = ({ limits }: BudgetPlace, used: number): number =>
    limits.total - (purpose === 'proof' ? limits.links : 0) - used;
  const order = groups
    .map((group, i) => ({ group, i, left: room(group, budgetStatus(home, group).used) }))
    .sort((a, b) => a.left - b.left);
  const reservations: Reservation[] = [];
  for (const { group, i } of order) reservations[i] = reserve(home, group, positions, purpose);
  return reservations;
}

/**
 * What with the statement determines the witness: the caps in the statement bind cells, pads and salts; the trees' secrets
 * determine pads and salts, and nobody else has them. Cells that the proof commits for itself are added.
 */
function witnessDigest(groups: readonly StoredGroup[], ownCells: Uint32Array): Secret<Uint8Array> {
  const secrets = groups.map((group) => group.treeSecret);
  return mapSecret(secrets, (...parts) => {
    const hasher = blake3Hasher({ context: 'zkdl store witness 1' });
    for (const part of parts) hasher.update(part); // 32 bytes each: the list is read back in one way
    // The statement fixes how many own cells there are.
    return hasher.update(bytesOfWords(ownCells)).digest();
  });
}
