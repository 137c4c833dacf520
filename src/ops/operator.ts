/**
 * What every operator says about itself before anything is computed: the fields of its node, the shape and range of its
 * result, and the checks that its lookups make. An operator is a folder: `shape.ts` (this side: pure, for the verifier as
 * well), `eval.ts` (the integer definition, for the prover).
 */
import { refuse } from '../errors/proof-error.ts';
import { koalaBear } from '../field/koalabear.ts';

/** The greatest balanced residue, (p-1)/2. */
export const HALF_FIELD = (koalaBear.modulus - 1) / 2;

/** Rows of a tensor: one for each token, or one for each position that emits a choice. */
export type Rows = 'tokens' | 'emitted';

/**
 * `proven`: the range holds for every accepted proof. `residue`: the value is the balanced residue modulo p of its formula
 * by definition; it is allowed only where a relation pins exactly one result.
 */
export type Level = 'proven' | 'residue';

/** What inference knows of a tensor. */
export interface TensorInfo {
  readonly rows: Rows;
  readonly width: number;
  /** Every entry is an integer in [min, max]. */
  readonly min: number;
  readonly max: number;
  readonly level: Level;
  /** A proven bound of the Euclidean norm of every row, where there is one: for reports, no relation relies on it. */
  readonly norm?: number;
  /** Why a witness may not exist for some inputs; absent where one always exists. */
  readonly partial?: string;
}

/** A weight by reference: name, shape, width of its entries. Its contents are private. */
export interface WeightDeclaration {
  readonly name: string;
  /** [rows, columns], row by row, or [entries]. */
  readonly shape: readonly number[];
  /** Entries are signed integers of so many bits, at most 16 for matrices and 31 for vectors. */
  readonly bits: number;
}

/** A range check that the lookup of a node makes of a whole tensor. */
export interface LookupCheck {
  readonly bits: number;
  readonly node: string;
}

/** Kinds of fields of a node. `tensor`, `weight` and `table` refer to others by name. */
export type FieldKind = 'tensor' | 'weight' | 'table' | 'integer' | readonly string[];

export interface Field {
  readonly kind: FieldKind;
  readonly optional?: true;
}

/** What every node has. */
export interface NodeBase {
  /** Name of the node and of its result. */
  readonly name: string;
  readonly op: string;
}

/** What inference may ask about the graph. */
export interface GraphContext {
  weight(name: string): WeightDeclaration;
  /** Greatest number of tokens of a sequence. */
  readonly context: number;
}

export interface Operator<N extends NodeBase> {
  readonly op: N['op'];
  readonly fields: Readonly<Record<string, Field>>;
  /** Ids of the public tables that the node uses. */
  tables?(node: N): readonly string[];
  /** Range checks which the node's own lookups make of whole input tensors: signed widths in bits. */
  checks?(node: N): readonly { readonly input: string; readonly bits: number }[];
  /**
   * Shape and range of the result, from those of the inputs in the order of `fields`.
   * @throws ProofError `GRAPH_SHAPE`, `GRAPH_RANGE`, `GRAPH_SHIFT`, `GRAPH_DIGITS`, `GRAPH_TABLE`
   */
  infer(node: N, inputs: readonly TensorInfo[], context: GraphContext): TensorInfo;
}

/** Erases the type of the node, for registries. */
export function operator<N extends NodeBase>(definition: Operator<N>): Operator<NodeBase> {
  return definition as unknown as Operator<NodeBase>;
}

/** Shorthands for fields. */
export const tensorField: Field = { kind: 'tensor' };
export const weightField: Field = { kind: 'weight' };
export const integerField: Field = { kind: 'integer' };
/** What is read of weights: nothing proves bounds of these, so it is a residue. */
export const levelField: Field = { kind: ['residue'] };

/** The stage of a refusal about a node. */
export function stageOf(node: NodeBase): string {
  return `graph/${node.name}`;
}

/** @throws ProofError with the code unless the condition holds */
export function ensure(condition: boolean, code: string, node: NodeBase, detail: string): asserts condition {
  if (!condition) refuse(code, stageOf(node), detail);
}

/** @throws ProofError with the code unless value is an integer in [low, high] */
export function ensureInteger(
  code: string,
  node: NodeBase,
  name: string,
  value: number,
  low: number,
  high: number,
): void {
  const fits = Number.isSafeInteger(value) && value >= low && value <= high;
  ensure(fits, code, node, `${name}: expected an integer in [${low}, ${high}], got ${value}`);
}

/** The range of signed integers of so many bits. */
export function signedRange(bits: number): { readonly min: number; readonly max: number } {
  return { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 };
}

/** The range of a residue. */
export const RESIDUE = { min: -HALF_FIELD, max: HALF_FIELD, level: 'residue' } as const;

/** Greatest absolute value. */
export function magnitude({ min, max }: { readonly min: number; readonly max: number }): number {
  return Math.max(-min, max);
}

/** Whether all entries are signed integers of so many bits. */
export function fitsBits(
  { min, max }: { readonly min: number; readonly max: number },
  bits: number,
): boolean {
  const range = signedRange(bits);
  return min >= range.min && max <= range.max;
}

/** @throws ProofError `GRAPH_SHAPE` unless both have the same rows and width */
export function ensureSameShape(node: NodeBase, a: TensorInfo, b: TensorInfo): void {
  const same = a.rows === b.rows && a.width === b.width;
  const shape = (t: TensorInfo): string => `${t.rows} x ${t.width}`;
  ensure(same, 'GRAPH_SHAPE', node, `expected equal shapes, got ${shape(a)} and ${shape(b)}`);
}
