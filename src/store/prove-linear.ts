/**
 * Proofs of linear openings from stored groups: budget, key, proof and check in the only order that is safe. First the statement
 * is checked, which costs nothing; then positions are reserved; then masks are drawn, bound to the statement and to the
 * counters; and no byte leaves before the verifier has accepted it.
 */
import { refuse } from '../errors/proof-error.ts';
import { blake3Hasher } from '../hash/blake3.ts';
import type { Kernels } from '../kernels/contract.ts';
import { checkParameters } from '../params/check.ts';
import type { Parameters } from '../params/parameters.ts';
import type { PublicClaim } from '../pcs/claim-encoding.ts';
import { proveLinear } from '../pcs/linear-prove.ts';
import {
  checkLinearStatement,
  LINEAR_KIND,
  linearDomain,
  linearInstance,
  type LinearStatement,
} from '../pcs/linear-statement.ts';
import { verifyLinear } from '../pcs/linear-verify.ts';
import { freshProofKey } from '../random/keys.ts';
import { maskSource } from '../random/masks.ts';
import { mapSecret, type Secret } from '../secret/secret.ts';
import { domainDigest } from '../transcript/statement.ts';
import { budgetStatus, reserve, type BudgetPlace, type Reservation } from './budget.ts';
import type { StoredGroup } from './group.ts';
import type { Home } from './home.ts';

/** What is to be proven about stored groups. */
export interface LinearRequest {
  /** With the profile and the column code of every group. */
  readonly parameters: Parameters;
  /** In the order of their columns in the claims. */
  readonly groups: readonly StoredGroup[];
  readonly claims: readonly PublicClaim[];
  readonly context: Uint8Array;
}

/** A proof that its maker has verified. */
export interface LinearProof {
  /** What a verifier needs beside the proof: public. */
  readonly statement: LinearStatement;
  readonly proof: Uint8Array<ArrayBuffer>;
  /** What it cost, one entry a group, with warnings about the budget. */
  readonly reservations: readonly Reservation[];
}

/**
 * Proves linear claims about stored groups.
 *
 * @throws RangeError for a request that is no statement or groups over another code, before anything is spent
 * @throws ProofError `WEAK_PARAMS`; `BUDGET_*` and file errors as `reserve`; `SELF_CHECK` when the own verifier refuses, e.g.
 *   because a claim is false or the cells have changed: the positions are spent, no byte of the proof is returned
 * @example
 * const { statement, proof } = proveStored(kernels, home, { parameters, groups: [weights], claims, context });
 */
export function proveStored(kernels: Kernels, home: Home, request: LinearRequest): LinearProof {
  const { groups, parameters, claims, context } = request;
  const statement = { parameters, groups: groups.map((group) => group.key.group), claims, context };
  checkRequest(kernels, request, statement);
  const reservations = reserveAll(home, groups, parameters.code.queries);
  const key = freshProofKey({
    longTerm: home.longTerm,
    domainDigest: domainDigest(linearDomain(kernels.ext, statement)),
    kind: LINEAR_KIND,
    counters: reservations.map(({ group, used }) => ({ group, used })),
    witnessDigest: witnessDigest(groups),
  });
  const owned = groups.map((group) => group.owned);
  const proof = proveLinear(kernels, statement, owned, maskSource(key, kernels.ext));
  const verdict = verifyLinear(kernels.ext, statement, proof);
  if (!verdict.ok) {
    refuse(
      'SELF_CHECK',
      verdict.stage,
      `expected a proof that verifies, got ${verdict.code}: a false claim, changed cells or a fault`,
    );
  }
  return { statement, proof, reservations };
}

/** Everything that can be refused before positions are spent. */
function checkRequest(kernels: Kernels, request: LinearRequest, statement: LinearStatement): void {
  const { groups, parameters } = request;
  if (groups.length === 0) throw new RangeError('groups: expected at least one, got none');
  checkLinearStatement(kernels.ext, statement);
  checkParameters(parameters, linearInstance(statement));
  const { logData, padLength, queries } = parameters.code;
  const names = new Set<string>();
  groups.forEach(({ key, path }, i) => {
    const { code, profile } = key.parameters;
    const same = code.logData === logData && code.padLength === padLength && code.queries === queries;
    if (!same || profile.id !== parameters.profile.id) {
      throw new RangeError(
        `groups[${i}]: expected the profile and column code of the parameters, got others`,
      );
    }
    names.add(path);
  });
  if (names.size !== groups.length) throw new RangeError('groups: expected distinct groups, got one twice');
}

/** The emptiest budget first: if it is spent, no other group pays for a proof that is not made. */
function reserveAll(home: Home, groups: readonly BudgetPlace[], positions: number): Reservation[] {
  const order = groups
    .map((group, i) => ({ group, i, left: budgetStatus(home, group).proofsLeft }))
    .sort((a, b) => a.left - b.left);
  const reservations: Reservation[] = [];
  for (const { group, i } of order) reservations[i] = reserve(home, group, positions, 'proof');
  return reservations;
}

/**
 * What with the statement determines the witness: the caps in the statement bind cells, pads and salts; the trees' secrets
 * determine pads and salts, and nobody else has them.
 */
function witnessDigest(groups: readonly StoredGroup[]): Secret<Uint8Array> {
  const secrets = groups.map((group) => group.treeSecret);
  return mapSecret(secrets, (...parts) => {
    const hasher = blake3Hasher({ context: 'zkdl store witness 1' });
    for (const part of parts) hasher.update(part); // 32 bytes each, so the list is read back in one way
    return hasher.digest();
  });
}
