/**
 * A link: two commitments, of one epoch and of the next, hold the same cells. When the budget of a group is nearly spent, its
 * owner commits the cells again under fresh pads and salts and publishes a link; whoever trusts the first root then
 * trusts the second. spec/commitment.md section 10.
 */
import type { ExtensionField } from '../field/field.ts';
import { blake3 } from '../hash/blake3.ts';
import { createPadPlanner, type PadPlan } from '../pads/plan.ts';
import { encodeParameters } from '../params/encoding.ts';
import { linkInstance, type Instance } from '../params/instance.ts';
import type { Parameters } from '../params/parameters.ts';
import { statementDigest, type Domain } from '../transcript/statement.ts';
import { checkCap, checkField, FORMAT_VERSION, groupDigest, PROTOCOL } from './linear-statement.ts';
import { checkIdentity, type CommittedGroup } from './opening.ts';

export const LINK_KIND = 'epoch-link';

export interface LinkStatement {
  readonly parameters: Parameters;
  readonly older: CommittedGroup;
  /** The same label, group, lifetime and columns, one epoch later. */
  readonly newer: CommittedGroup;
  readonly context: Uint8Array;
}

export function linkInstanceOf(statement: LinkStatement): Instance {
  return linkInstance(statement.older.columns);
}

/** One value per column, shared by the two epochs, and the mask's. */
export function linkPlan(statement: LinkStatement): PadPlan {
  const planner = createPadPlanner();
  planner.send(statement.older.columns + 1);
  return planner.plan();
}

/** @throws RangeError unless `newer` is the next epoch of the same group */
export function checkLinkStatement(field: ExtensionField, { parameters, older, newer }: LinkStatement): void {
  checkField(field, parameters);
  checkIdentity(older);
  checkIdentity(newer);
  const same =
    older.label === newer.label &&
    older.lifetime === 'static' &&
    newer.lifetime === 'static' &&
    older.columns === newer.columns &&
    older.group.every((byte, i) => byte === newer.group[i]);
  if (!same || newer.epoch !== older.epoch + 1) {
    throw new RangeError(
      `link: newer: expected epoch ${older.epoch + 1} of static group ${older.label}, got epoch ${newer.epoch} of ${newer.label}`,
    );
  }
  checkCap(parameters, older);
  checkCap(parameters, newer);
}

export function linkDomain(field: ExtensionField, statement: LinkStatement): Domain {
  return {
    protocol: PROTOCOL,
    kind: LINK_KIND,
    formatVersion: FORMAT_VERSION,
    field,
    parametersDigest: blake3(encodeParameters(statement.parameters)),
    statementDigest: statementDigest([
      { label: 'older', type: 'digest', value: groupDigest(statement.older, statement.parameters) },
      { label: 'newer', type: 'digest', value: groupDigest(statement.newer, statement.parameters) },
      { label: 'context', type: 'bytes', value: statement.context },
    ]),
  };
}
