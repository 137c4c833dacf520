/**
 * What prover and verifier of an opening agree on before it starts: the groups whose columns are opened, the trees that
 * hold them, and the pads that the opening consumes.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { GROUP_BYTES, labelBytes, MAX_COLUMNS } from '../hash/leaf.ts';
import type { RowTree } from '../merkle/rows-verify.ts';
import { treeShape } from '../merkle/shape.ts';
import type { Affine } from '../pads/affine.ts';
import type { PadPlanner } from '../pads/plan.ts';
import { planSumcheck } from '../pads/sumcheck-verify.ts';
import type { Lifetime } from '../params/instance.ts';
import { columnCode, type Parameters } from '../params/parameters.ts';
import type { Weight } from './weight.ts';

/** A committed group as everybody sees it: its identity. One tree, columns over the common code. */
export interface GroupIdentity {
  /** At most eight ASCII characters, the label in the leaves of its tree. */
  readonly label: string;
  /** Eight bytes that name the group for its whole life, over all epochs. */
  readonly group: Uint8Array;
  readonly epoch: number;
  readonly lifetime: Lifetime;
  readonly columns: number;
  /** Proofs that may open a carried group; 1 otherwise. */
  readonly uses: number;
}

/** A group with the cap of its tree, 32 * 2^logCap bytes, that its rows are checked against. */
export interface CommittedGroup extends GroupIdentity {
  readonly cap: Uint8Array;
}

/** A linear claim: weight applied to the committed cells equals the value, hidden or public. */
export interface Claim {
  readonly weight: Weight;
  readonly value: Affine;
}

/** A claim as a verifier may hold it instead: of the weight it needs one value for each column, at one point. */
export interface EvaluatedClaim {
  readonly value: Affine;
  /** The extension of the weight of every column that it touches. @param point of K^m, low variable first */
  weightAt(point: readonly Ext[]): ReadonlyMap<number, Ext>;
}

const NO_GROUP = new Uint8Array(8);

/** Labels of the trees that a proof makes for itself. */
const RESERVED_LABEL = /^(AM|PAD|G[0-9]*)$/;
const LIFETIMES: readonly string[] = ['static', 'carried', 'proof'] satisfies readonly Lifetime[];

/**
 * Checks what a caller says about a group: everything here ends in the leaves of its tree, so a malformed identity is refused
 * before a proof is looked at.
 *
 * @throws RangeError naming the group and the field
 */
export function checkIdentity(identity: GroupIdentity): void {
  const { label, group, epoch, lifetime, columns, uses } = identity;
  const wrong = (field: string, expected: string, got: unknown): never => {
    throw new RangeError(`groups: ${label}: ${field}: expected ${expected}, got ${String(got)}`);
  };
  if (RESERVED_LABEL.test(label)) wrong('label', "a label that is not one of a proof's own trees", label);
  labelBytes(label);
  if (group.length !== GROUP_BYTES) wrong('group', `${GROUP_BYTES} bytes`, group.length);
  if (!Number.isSafeInteger(epoch) || epoch < 0) wrong('epoch', 'an integer in [0, 2^53)', epoch);
  if (!LIFETIMES.includes(lifetime)) wrong('lifetime', 'static, carried or proof', lifetime);
  if (!Number.isInteger(columns) || columns < 1 || columns > MAX_COLUMNS) {
    wrong('columns', `an integer in [1, ${MAX_COLUMNS}]`, columns);
  }
  if (!Number.isSafeInteger(uses) || uses < 1) wrong('uses', 'a positive integer', uses);
}

/** The label of the tree of a proof's own columns and its mask. */
export const OWN_LABEL = 'AM';

/** The tree of a long-lived group: rows of one word per column. */
export function groupTree(parameters: Parameters, group: CommittedGroup): RowTree {
  return {
    domain: { label: group.label, epoch: group.epoch, group: group.group },
    shape: treeShape(columnCode(parameters.code).length, group.cap.length / DIGEST_BYTES),
    words: group.columns,
    salted: true,
  };
}

/** The tree of a proof's own columns: the words of its columns, then the d words of the mask. */
export function ownTree(field: ExtensionField, parameters: Parameters, ownColumns: number): RowTree {
  return {
    domain: { label: OWN_LABEL, epoch: 0, group: NO_GROUP },
    shape: treeShape(columnCode(parameters.code).length, 1),
    words: ownColumns + field.degree,
    salted: true,
  };
}

/** Plans the messages of the opening: the merge, one evaluation per column, the mask's. */
export function planOpening(planner: PadPlanner, parameters: Parameters, columns: number): void {
  planSumcheck(planner, parameters.code.logData);
  planner.send(columns + 1);
}

/** The combination of one row of the own tree's mask: sum_e x^e word_e, which is the K element itself. */
export function maskOfRow(row: readonly Ext[number][], ownColumns: number): Ext {
  return row.slice(ownColumns);
}
