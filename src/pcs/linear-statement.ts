/**
 * The statement of a linear opening: committed groups and linear claims with public values. By itself it is a complete kind
 * of proof; arguments with hidden values use `verifyOpening` with claims of their own.
 */
import type { ExtensionField } from '../field/field.ts';
import { blake3 } from '../hash/blake3.ts';
import { MAX_COLUMNS } from '../hash/leaf.ts';
import type { Instance } from '../params/instance.ts';
import { encodeParameters } from '../params/encoding.ts';
import { exactLog2 } from '../merkle/shape.ts';
import { columnCode, type Parameters } from '../params/parameters.ts';
import { createPadPlanner, type PadPlan } from '../pads/plan.ts';
import { statementDigest, type Domain, type StatementLeaf } from '../transcript/statement.ts';
import { encodeClaims, type PublicClaim } from './claim-encoding.ts';
import { checkIdentity, planOpening, type CommittedGroup } from './opening.ts';
import { checkWeight } from './weight.ts';

const PROTOCOL = 'zkdl';
const FORMAT_VERSION = 1;
/** The kind of proof, bound first: a proof of one kind never verifies as another. */
export const LINEAR_KIND = 'linear-opening';

export interface LinearStatement {
  readonly parameters: Parameters;
  /** Committed groups, in the order of their columns. */
  readonly groups: readonly CommittedGroup[];
  /**
   * Columns that this proof commits for itself, behind those of the groups: vectors that no other proof refers to. Default 0.
   */
  readonly ownColumns?: number;
  readonly claims: readonly PublicClaim[];
  /** Anything the parties agree on: a request id, a date, a purpose. */
  readonly context: Uint8Array;
}

/** What the statement contributes to the ledger and to the pads. */
export function linearInstance(statement: Omit<LinearStatement, 'parameters'>): Instance {
  return {
    kind: 'program',
    groups: [
      ...statement.groups.map(({ label, lifetime, columns, uses }) => ({
        name: label,
        lifetime,
        columns,
        uses,
      })),
      { name: 'AM', lifetime: 'proof', columns: ownColumns(statement), uses: 1 },
    ],
    balances: [],
    claims: statement.claims.length,
    exposed: 0,
    products: 0,
    constraints: 2,
    terms: [],
  };
}

/** Columns of the proof's own. */
export function ownColumns(statement: Pick<LinearStatement, 'ownColumns'>): number {
  return statement.ownColumns ?? 0;
}

/** Columns of all groups, then the proof's own. */
export function committedColumns(statement: Pick<LinearStatement, 'groups' | 'ownColumns'>): number {
  return statement.groups.reduce((sum, group) => sum + group.columns, ownColumns(statement));
}

/** The pads of a linear opening. */
export function linearPlan(statement: LinearStatement): PadPlan {
  const planner = createPadPlanner();
  planOpening(planner, statement.parameters, committedColumns(statement));
  return planner.plan();
}

/** @throws RangeError naming what is wrong with the caller's statement */
export function checkLinearStatement(field: ExtensionField, statement: LinearStatement): void {
  checkField(field, statement.parameters);
  statement.groups.forEach(checkIdentity);
  const own = ownColumns(statement);
  if (!Number.isInteger(own) || own < 0 || own > MAX_COLUMNS - field.degree) {
    throw new RangeError(`ownColumns: expected an integer in [0, ${MAX_COLUMNS - field.degree}], got ${own}`);
  }
  const columns = committedColumns(statement);
  if (statement.claims.length === 0) throw new RangeError('claims: expected at least one, got none');
  for (const { weight, value } of statement.claims) {
    checkWeight(field, weight, columns, statement.parameters.code.logData);
    field.fromLimbs(value);
  }
  for (const group of statement.groups) checkCap(statement.parameters, group);
}

/** @throws RangeError unless the cap is 2^c digests of a tree over the code's points */
export function checkCap(parameters: Parameters, { label, cap }: CommittedGroup): void {
  const nodes = cap.length / 32;
  if (exactLog2(nodes) === undefined || nodes > columnCode(parameters.code).length) {
    throw new RangeError(`groups: ${label}: cap: expected 2^c digests of 32 bytes, got ${cap.length} bytes`);
  }
}

/**
 * Error bounds are computed from the profile, arithmetic is done in the field: they must be one.
 * @throws RangeError unless they are
 */
export function checkField(field: ExtensionField, { profile }: Parameters): void {
  const { modulus, degree } = profile.field;
  if (field.base.modulus !== modulus || field.degree !== degree) {
    throw new RangeError(
      `field: expected the profile's, ${modulus}^${degree}, got ${field.base.modulus}^${field.degree}`,
    );
  }
}

/** The digest that names a group: whatever tells one commitment from another. */
export function groupDigest(group: CommittedGroup, parameters: Parameters): Uint8Array<ArrayBuffer> {
  return statementDigest([
    { label: 'label', type: 'text', value: group.label },
    { label: 'group', type: 'bytes', value: group.group },
    { label: 'epoch', type: 'integer', value: group.epoch },
    { label: 'lifetime', type: 'text', value: group.lifetime },
    { label: 'columns', type: 'integer', value: group.columns },
    { label: 'uses', type: 'integer', value: group.uses },
    { label: 'log-data', type: 'integer', value: parameters.code.logData },
    { label: 'pad-length', type: 'integer', value: parameters.code.padLength },
    { label: 'cap', type: 'bytes', value: group.cap },
  ]);
}

/** What is absorbed before the first message. */
export function linearDomain(field: ExtensionField, statement: LinearStatement): Domain {
  const leaves: StatementLeaf[] = [
    ...statement.groups.map((group, i): StatementLeaf => {
      return { label: `group-${i}`, type: 'digest', value: groupDigest(group, statement.parameters) };
    }),
    { label: 'own-columns', type: 'integer', value: ownColumns(statement) },
    { label: 'claims', type: 'digest', value: blake3(encodeClaims(statement.claims)) },
    { label: 'context', type: 'bytes', value: statement.context },
  ];
  return domainOf(LINEAR_KIND, field, statement.parameters, leaves);
}

/** The domain of proofs of a kind: this protocol in this version, over these parameters, of a statement by its leaves. */
export function domainOf(
  kind: string,
  field: ExtensionField,
  parameters: Parameters,
  leaves: readonly StatementLeaf[],
): Domain {
  return {
    protocol: PROTOCOL,
    kind,
    formatVersion: FORMAT_VERSION,
    field,
    parametersDigest: blake3(encodeParameters(parameters)),
    statementDigest: statementDigest(leaves),
  };
}
