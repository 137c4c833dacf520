/** Both kinds of statement behind one set of functions: a linear opening, with or without own columns, and a link. */
import type { ExtensionField } from '../../../src/field/field.ts';
import { committedColumns, linearDomain, type LinearStatement } from '../../../src/pcs/linear-statement.ts';
import { verifyLinear, verifyLinearBody, type Verdict } from '../../../src/pcs/linear-verify.ts';
import { linkDomain, type LinkStatement } from '../../../src/pcs/link-statement.ts';
import { verifyLink, verifyLinkBody } from '../../../src/pcs/link-verify.ts';
import type { CommittedGroup } from '../../../src/pcs/opening.ts';
import type { Domain } from '../../../src/transcript/statement.ts';
import type { Observer } from '../../../src/transcript/transcript.ts';
import type { VerifierChannel } from '../../../src/transcript/verifier.ts';

export type AnyStatement = LinearStatement | LinkStatement;

export function isLink(statement: AnyStatement): statement is LinkStatement {
  return 'older' in statement;
}

/** The long-lived groups, in the order of their columns. */
export function groupsOf(statement: AnyStatement): readonly CommittedGroup[] {
  return isLink(statement) ? [statement.older, statement.newer] : statement.groups;
}

/** Values that are sent masked before y_M: the index of the pad of y_M. */
export function maskPadOf(statement: AnyStatement): number {
  if (isLink(statement)) return statement.older.columns;
  return 2 * statement.parameters.code.logData + committedColumns(statement);
}

export function domainOf(field: ExtensionField, statement: AnyStatement): Domain {
  return isLink(statement) ? linkDomain(field, statement) : linearDomain(field, statement);
}

export function verifyStatement(
  field: ExtensionField,
  statement: AnyStatement,
  proof: Uint8Array,
  observer?: Observer,
): Verdict {
  return isLink(statement)
    ? verifyLink(field, statement, proof, observer)
    : verifyLinear(field, statement, proof, observer);
}

export function verifyBody(ch: VerifierChannel, statement: AnyStatement): void {
  if (isLink(statement)) verifyLinkBody(ch, statement);
  else verifyLinearBody(ch, statement);
}

/** A verdict in one word. */
export function codeOfVerdict(verdict: Verdict): string {
  return verdict.ok ? 'accepted' : verdict.code;
}
