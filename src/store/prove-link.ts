/**
 * Refreshing a stored group: the same cells under fresh pads and salts, with a budget of their own, and the proof that they are
 * the same. Two steps, so that a link that fails can be made again without another commitment. The older directory is kept: its
 * counters are the record of what was opened.
 */
import { refuse } from '../errors/proof-error.ts';
import type { Kernels } from '../kernels/contract.ts';
import { checkParameters } from '../params/check.ts';
import type { Parameters } from '../params/parameters.ts';
import { proveLink } from '../pcs/link-prove.ts';
import { checkLinkStatement, linkDomain, linkInstanceOf, type LinkStatement } from '../pcs/link-statement.ts';
import { verifyLink } from '../pcs/link-verify.ts';
import { budgetStatus } from './budget.ts';
import type { CellOrigin } from './cells.ts';
import { storeGroup, type StoredGroup } from './group.ts';
import type { Home } from './home.ts';
import { proveOnce, type CheckedProof } from './prove-once.ts';

/** A link and what a verifier needs beside it: public. */
export interface LinkProof extends CheckedProof {
  readonly statement: LinkStatement;
}

/**
 * Commits the cells of a static group once more, as its next epoch.
 *
 * @param path of the new directory
 * @param origin default: a copy of the cells
 * @throws ProofError `BUDGET_SPENT` when the older epoch cannot pay for a link any more; as `storeGroup`
 * @example
 * const newer = storeNextEpoch(kernels, home, older, 'model/W.1');
 * const link = linkStored(kernels, home, { older, newer, parameters, context });
 */
export function storeNextEpoch(
  kernels: Kernels,
  home: Home,
  older: StoredGroup,
  path: string,
  origin?: CellOrigin,
): StoredGroup {
  const { parameters, group, layout } = older.key;
  if (group.lifetime !== 'static') {
    throw new RangeError(`older: expected a static group, got a ${group.lifetime} one`);
  }
  if (budgetStatus(home, older).linksLeft < 1) {
    refuse('BUDGET_SPENT', older.path, 'expected positions for one link proof, got fewer: commit anew');
  }
  const plan = {
    label: group.label,
    group: group.group,
    epoch: group.epoch + 1,
    lifetime: group.lifetime,
    columns: group.columns,
    parameters,
    layout,
    logCap: Math.log2(group.cap.length / 32),
    absentLayers: older.owned.rows.stored.firstLayer,
    codeword: older.codeword,
  };
  const copy: CellOrigin = { kind: 'copy', read: (first, count) => older.owned.source.data(first, count) };
  return storeGroup(kernels, home, path, plan, origin ?? copy);
}

/** What a link is made of. */
export interface LinkRequest {
  readonly older: StoredGroup;
  readonly newer: StoredGroup;
  /** Of a link proof over the column code of both: `completeInstance(linkInstance(columns), code)`. */
  readonly parameters: Parameters;
  readonly context: Uint8Array;
}

/**
 * Proves that two epochs hold the same cells, at q0 positions of each.
 *
 * @throws RangeError unless `newer` is the next epoch of `older` with the same layout; otherwise as `proveStored`
 */
export function linkStored(kernels: Kernels, home: Home, request: LinkRequest): LinkProof {
  const { older, newer, parameters, context } = request;
  const statement = { parameters, older: older.key.group, newer: newer.key.group, context };
  checkLinkStatement(kernels.ext, statement);
  checkParameters(parameters, linkInstanceOf(statement));
  if (older.key.layout.some((byte, i) => byte !== newer.key.layout[i])) {
    throw new RangeError('newer: expected the layout of the older epoch, got another');
  }
  const checked = proveOnce(kernels, home, {
    groups: [older, newer],
    parameters,
    purpose: 'link',
    domain: linkDomain(kernels.ext, statement),
    prove: (source) => proveLink(kernels, statement, [older.owned, newer.owned], source),
    verify: (proof) => verifyLink(kernels.ext, statement, proof),
  });
  return { statement, ...checked };
}
