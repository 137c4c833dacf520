/**
 * How an operator becomes relations. Lowering is public: it follows from the graph and the public part of a pass alone, so a
 * verifier lowers for itself. Every operator has `relations.ts` (this side) and, where it commits more than its result,
 * `witness.ts` (what the prover puts there).
 *
 * Names: node NODE commits its result as NODE, other values as NODE:VALUE; weight W is committed as weight/W. Names of nodes
 * and weights hold neither ':' nor '/', so no two meet. In every relation t is the row and j the column.
 */
import type { Coordinate, Index, Range, Table, Term, View } from '../relation/program.ts';
import { indicesOf } from '../relation/view.ts';
import type { LookupCheck, NodeBase, Rows, TensorInfo, WeightDeclaration } from './operator.ts';

/** How `argmax` chooses: the greatest value, or with the noise of a 32-byte public seed at a temperature in thousandths. */
export type PublicChoice = 'greedy' | { readonly seed: Uint8Array; readonly temperature: number };

/** What a statement has instead of a private token's id. */
export const PRIVATE_TOKEN = -1;

/** The public part of a pass, row by row. */
export interface PublicRows {
  readonly count: number;
  /** Token ids of all rows, where the graph has an embedding; `PRIVATE_TOKEN` for private ones. */
  readonly tokens: ArrayLike<number> | undefined;
  /** Rows of private tokens, ascending. */
  readonly privateRows: readonly number[];
  /** Position of each row in its sequence, and the first row of that sequence. */
  readonly positions: readonly number[];
  readonly sequenceStart: readonly number[];
  /** Rows that emit, ascending. */
  readonly emitted: readonly number[];
  readonly choice: PublicChoice;
  /** Results of `argmax` nodes that the statement names, one a row. */
  choicesOf(node: string): ArrayLike<number> | undefined;
}

/** coefficient * tensor[row][column], at the tensor's own rows or at some of them. */
export interface Part {
  readonly coefficient: number;
  readonly tensor: string;
  readonly positions?: readonly number[];
  /** The tensor has one entry a row and no columns: it counts in every column. */
  readonly everyColumn?: true;
}

/** What later nodes read of an earlier one: a sum of parts, each a committed or a virtual tensor. */
export interface Value {
  readonly rows: Rows;
  readonly width: number;
  readonly parts: readonly Part[];
}

/** The program under construction, as operators see it. */
export interface Lowering {
  readonly rows: PublicRows;
  info(node: string): TensorInfo;
  declaration(weight: string): WeightDeclaration;
  /** The range check that the lookup of a later node makes of the whole result of a node. */
  check(node: string): LookupCheck | undefined;
  /** The nodes that read the result of a node; `shown` where it is the graph's or the statement reveals it. */
  consumers(node: string): { readonly nodes: readonly NodeBase[]; readonly shown: boolean };

  /** What a node gave; terms of it; or the name of a committed tensor that holds it (committed on first need). */
  value(node: string): Value;
  terms(node: string, coefficient?: number): readonly Term[];
  operand(node: string): string;
  /** Terms of some rows of a value, for an index t over these. */
  selected(node: string, positions: readonly number[]): readonly Term[];
  /** Whether a value is a sum of committed tensors, none virtual. */
  isReal(node: string): boolean;
  /** Whether the node has its value already: an earlier node took it into its own lookup. */
  isDefined(node: string): boolean;
  define(node: string, parts: readonly Part[]): void;

  /** The index t over the node's rows, and j over its columns. */
  rowIndex(node: string): Index;
  columnIndex(node: string): Index;

  /** Declares what a node commits. @returns the name */
  witness(name: string, shape: readonly number[], range?: Range): string;
  /** The range that a tensor was committed with: all that a program knows of its cells. `undefined` for none, and for tensors that are no witness. */
  claimed(tensor: string): Range | undefined;
  /** Declares values that are known from others. @returns the name */
  virtual(
    name: string,
    indices: readonly Index[],
    terms: readonly Term[],
    range: 'proven' | 'residue',
  ): string;
  /** Declares numbers that everybody knows, once: a name stands for the same numbers wherever it is used. @returns the name */
  publicTensor(name: string, shape: readonly number[], values: ArrayLike<number>): string;
  /** Declares a table once. @returns its name */
  table(table: Table): string;
  lookup(name: string, indices: readonly Index[], table: string, entries: readonly (readonly Term[])[]): void;
  zero(name: string, indices: readonly Index[], terms: readonly Term[]): void;
}

/** Adds a node to the program. */
export type Relations<N extends NodeBase> = (node: N, to: Lowering) => void;

/** The committed tensor of a matrix. */
export function matrixTensor(weight: string): string {
  return `weight/${weight}`;
}

/** Digits of vectors are 15 bits, so that all static tensors are int16. */
export const VECTOR_DIGIT = 15;

/** The committed tensors of a vector and what each counts: entries beyond 16 bits are two digits. */
export function vectorParts({ name, bits }: WeightDeclaration): readonly Part[] {
  if (bits <= 16) return [{ coefficient: 1, tensor: matrixTensor(name) }];
  return [
    { coefficient: 1, tensor: `${matrixTensor(name)}:low` },
    { coefficient: 2 ** VECTOR_DIGIT, tensor: `${matrixTensor(name)}:high` },
  ];
}

/** offset + stride * index. */
export function at(index: string, stride = 1, offset = 0): Coordinate {
  return { kind: 'affine', parts: [{ index, stride }], offset };
}

/** A fixed coordinate. */
export function fixed(offset: number): Coordinate {
  return { kind: 'affine', parts: [], offset };
}

/**
 * Several indices in one dimension: sum of stride * index. The highest stands first, as in the tensor; an index of size 1 before
 * one of the same stride, since it takes no bits. Provers read what is written so in whole runs.
 */
export function joined(...parts: readonly (readonly [index: Index, stride: number])[]): Coordinate {
  const sorted = [...parts].sort(([a, x], [b, y]) => y - x || a.size - b.size);
  return {
    kind: 'affine',
    parts: sorted.map(([{ name }, stride]) => ({ index: name, stride })),
    offset: 0,
  };
}

/** Rows in this order: neighbours are a slice. */
export function rowsAt(index: string, positions: readonly number[] | undefined): Coordinate {
  if (positions === undefined) return at(index);
  const first = positions[0] as number;
  if (positions.every((position, i) => position === first + i)) return at(index, 1, first);
  return { kind: 'gather', index, positions };
}

/** A view by coordinates or names of indices, one for each dimension. */
export function view(tensor: string, ...coordinates: (string | Coordinate)[]): View {
  return { tensor, coordinates: coordinates.map((c) => (typeof c === 'string' ? at(c) : c)) };
}

export function term(coefficient: number, views: readonly View[] = [], sums: readonly Index[] = []): Term {
  return { coefficient, views, sums };
}

/** The terms of parts at row t and column j, all scaled. */
export function termsOfParts(parts: readonly Part[], scale = 1): readonly Term[] {
  return parts.map(({ coefficient, tensor, positions, everyColumn }) => {
    const row = rowsAt('t', positions);
    return term(scale * coefficient, [everyColumn ? view(tensor, row) : view(tensor, row, 'j')]);
  });
}

/**
 * A view with one of its indices replaced by row t, which stands for the given value of it.
 *
 * @throws Error for a coordinate that reads another index beside it: no operator writes one
 */
export function viewAt({ tensor, coordinates }: View, index: string, values: ArrayLike<number>): View {
  const select = (coordinate: Coordinate): Coordinate => {
    const read = indicesOf(coordinate);
    if (!read.includes(index)) return coordinate;
    if (read.length > 1) throw new Error(`${index}: expected a coordinate of it alone`);
    const position = (value: number): number =>
      coordinate.kind === 'gather'
        ? (coordinate.positions[value] as number)
        : coordinate.offset + (coordinate.parts[0] as { stride: number }).stride * value;
    return rowsAt('t', Array.from(values, position));
  };
  return { tensor, coordinates: coordinates.map(select) };
}

/** Terms with row t read as the given row of each: what `emit` does to a definition. */
export function selectRows(terms: readonly Term[], positions: readonly number[]): readonly Term[] {
  return terms.map((of) => {
    if (of.mask !== undefined) throw new Error('rows: expected no mask');
    return { ...of, views: of.views.map((own) => viewAt(own, 't', positions)) };
  });
}
