/** Proofs of linear claims about stored groups. */
import type { Kernels } from '../kernels/contract.ts';
import { checkParameters } from '../params/check.ts';
import type { Parameters } from '../params/parameters.ts';
import type { PublicClaim } from '../pcs/claim-encoding.ts';
import { proveLinear } from '../pcs/linear-prove.ts';
import {
  checkLinearStatement,
  linearDomain,
  linearInstance,
  type LinearStatement,
} from '../pcs/linear-statement.ts';
import { verifyLinear } from '../pcs/linear-verify.ts';
import type { StoredGroup } from './group.ts';
import type { Home } from './home.ts';
import { proveOnce, type CheckedProof } from './prove-once.ts';

/** What is to be proven about stored groups. */
export interface LinearRequest {
  /** With the profile and the column code of every group. */
  readonly parameters: Parameters;
  /** In the order of their columns in the claims. */
  readonly groups: readonly StoredGroup[];
  /** Columns of the proof's own, behind those of the groups: words below p, [columns][2^m]. Secret. Default: none. */
  readonly ownCells?: Uint32Array;
  readonly claims: readonly PublicClaim[];
  readonly context: Uint8Array;
}

/** A proof and what a verifier needs beside it: public. */
export interface LinearProof extends CheckedProof {
  readonly statement: LinearStatement;
}

/**
 * Proves linear claims about stored groups: reserves q0 positions of each, proves, and checks the proof before it returns it.
 *
 * @throws RangeError for a request that is no statement or groups over another code; ProofError `WEAK_PARAMS` for parameters
 *   that do not fit it: before anything is spent
 * @throws ProofError `BUDGET_*` and file errors as `reserve`; `SELF_CHECK` when the own verifier refuses, e.g. because a
 *   claim is false or the cells have changed: the positions are spent, no byte of the proof is returned
 * @example
 * const { statement, proof } = proveStored(kernels, home, { parameters, groups: [weights], claims, context });
 */
export function proveStored(kernels: Kernels, home: Home, request: LinearRequest): LinearProof {
  const { groups, parameters, claims, context } = request;
  const ownCells = request.ownCells ?? new Uint32Array(0);
  const ownColumns = ownCells.length / 2 ** parameters.code.logData;
  const statement = {
    parameters,
    groups: groups.map((group) => group.key.group),
    ownColumns,
    claims,
    context,
  };
  checkLinearStatement(kernels.ext, statement);
  checkParameters(parameters, linearInstance(statement));
  const owned = groups.map((group) => group.owned);
  const checked = proveOnce(kernels, home, {
    groups,
    parameters,
    purpose: 'proof',
    domain: linearDomain(kernels.ext, statement),
    ownCells,
    prove: (source) => proveLinear(kernels, statement, owned, source, undefined, ownCells),
    verify: (proof) => verifyLinear(kernels.ext, statement, proof),
  });
  return { statement, ...checked };
}
