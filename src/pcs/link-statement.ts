/**
 * A link: two commitments, of one epoch and of the next, hold the same cells. When the budget of a group is nearly spent, its
 * owner commits the cells again under fresh pads and salts and publishes a link; whoever trusts the first root then
 * trusts the second. spec/commitment.md section 10.
 */
import type { ExtensionField } from '../field/field.ts';
import { createPadPlanner, type PadPlan } from '../pads/plan.ts';
import { linkInstance, type Instance } from '../params/instance.ts';
import type { Parameters } from '../params/parameters.ts';
import type { Domain } from '../transcript/statement.ts';
import { checkCap, checkField, domainOf, groupDigest } from './linear-statement.ts';
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
  const { older, newer, parameters, context } = statement;
  return domainOf(LINK_KIND, field, parameters, [
    { label: 'older', type: 'digest', value: groupDigest(older, parameters) },
    { label: 'newer', type: 'digest', value: groupDigest(newer, parameters) },
    { label: 'context', type: 'bytes', value: context },
  ]);
}
