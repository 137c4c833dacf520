/**
 * What the relations of the way back are written with: the handles of program builders over a lowered graph, so that both ways share
 * tensors and tables. spec/training-operators.md section 1.
 */
import { bitsFor } from '../../ops/interval.ts';
import { denseColumn, keys, rangeTable, sharedTable } from '../../ops/lower-tables.ts';
import type { Lowering } from '../../ops/lowering.ts';
import { handleOf, term, type Handle } from '../../relation/handles.ts';
import type { Index, Range, Table, Term, View } from '../../relation/program.ts';
import { addTable, signed } from '../program-parts.ts';
import type { SoftmaxParts } from '../softmax-relations.ts';
import { cutOff, quotientCount, type Rounded } from './rounding.ts';

/** Rows by columns. */
export type Matrix = Handle<readonly [number, number]>;

/** Relations under construction behind those of a graph. */
export interface Parts extends SoftmaxParts {
  readonly to: Lowering;
  /** The table 0 .. 2^bits - 1, as graphs name it. @returns its name */
  digits(bits: number): string;
  /** Looks up every cell of a tensor in the range that it was declared with, a power of two wide. */
  rangeCheck(tensor: Handle): void;
  /** The committed result of a node, [rows, width]. */
  result(node: string): Matrix;
}

/** @param to with all nodes of the graph in it */
export function partsOn(to: Lowering): Parts {
  const ranges = new Map<string, Range>();
  const parts: Parts = {
    to,
    index: (name, size) => ({ name, size }),
    witness(name, shape, range) {
      if (range !== undefined) ranges.set(name, range);
      return handleOf(to.witness(name, shape, range), shape);
    },
    virtual: (name, indices, terms, range) =>
      handleOf(
        to.virtual(name, indices, terms, range),
        indices.map(({ size }) => size),
      ),
    lookup: (name, indices, table, ...entries) => to.lookup(name, indices, table, entries),
    zero: (name, indices, terms) => to.zero(name, indices, terms),
    table(name, ...columns) {
      const dense = columns.find((column) => column.kind === 'dense');
      if (dense === undefined) throw new RangeError(`table ${name}: expected a dense column`);
      return to.table({ name, rows: dense.values.length, columns });
    },
    digits: (bits) => to.table(rangeTable(bits)),
    rangeTable: (rows) => parts.digits(bitsFor(rows)),
    requantise: (x, y, shift) => {
      const all = allOf(x);
      remainder(parts, y.name, x.at(...all), y.at(...all), all, shift);
    },
    rangeCheck(tensor) {
      const { min, max } = ranges.get(tensor.name) as Range;
      const all = allOf(tensor);
      const table = parts.digits(bitsFor(max - min + 1));
      to.lookup(`${tensor.name}/range`, all, table, [[term(1, tensor.at(...all)), term(-min)]]);
    },
    result: (node) => handleOf(to.operand(node), [to.rowIndex(node).size, to.info(node).width] as const),
  };
  return parts;
}

/** A tensor of rounded values, and that of their quotients: the same where nothing is cut off. */
export interface RoundedTensor {
  readonly result: Handle;
  readonly quotient: Handle;
}

/**
 * Declares a tensor of rounded values, within their bits: `roundInto` says what its quotients are. With guard bits these are looked up with what they
 * are cut off to.
 */
export function roundedCells(
  b: Parts,
  name: string,
  shape: readonly number[],
  rounding: Rounded,
): RoundedTensor {
  const { bits, guard = 0 } = rounding;
  if (guard === 0) {
    const own = b.witness(name, shape, signed(bits));
    b.rangeCheck(own);
    return { result: own, quotient: own };
  }
  const half = quotientCount(rounding) / 2;
  const quotient = b.witness(`${name}-quotient`, shape, { min: -half, max: half - 1 });
  const result = b.witness(name, shape, signed(bits));
  const all = allOf(quotient);
  const key = [term(1, quotient.at(...all)), term(half)];
  b.lookup(`${name}/cut`, all, addTable(b, cutTable(rounding)), key, [term(1, result.at(...all))]);
  return { result, quotient };
}

/** Rows (q + half, q cut off) for all quotients that have a place. */
function cutTable(rounding: Rounded): Table {
  const [rows, { bits }] = [quotientCount(rounding), rounding];
  return sharedTable(`cut-${bits}-${rows}`, () => {
    const cut = Int32Array.from({ length: rows }, (_, i) => cutOff(bits, i - rows / 2));
    return { rows, columns: [keys(), denseColumn(cut)] };
  });
}

/**
 * A tensor of rounded sums: floor((x + 2^(shift-1)) / 2^shift), signed. One quotient fits a residue: quotients and remainders span at most p - 1.
 *
 * @param indices one for each dimension
 * @param terms x: a residue by definition, NAME/sum
 */
export function roundedTensor(
  b: Parts,
  name: string,
  indices: readonly Index[],
  terms: readonly Term[],
  rounding: Rounded,
): Handle {
  const shape = indices.map(({ size }) => size);
  const { result, quotient } = roundedCells(b, name, shape, rounding);
  roundInto(b, name, quotient.at(...indices), indices, terms, rounding.shift);
  return result;
}

/** The same for cells of a tensor that is looked up already. @param name of the relation and of the sum */
export function roundInto(
  b: Parts,
  name: string,
  rounded: View,
  indices: readonly Index[],
  terms: readonly Term[],
  shift: number,
): void {
  const sum = b.virtual(`${name}/sum`, indices, terms, 'residue');
  remainder(b, name, sum.at(...indices), rounded, indices, shift);
}

/** 0 <= x + 2^(shift-1) - 2^shift y < 2^shift. */
function remainder(b: Parts, name: string, x: View, y: View, indices: readonly Index[], shift: number): void {
  const entry = [term(1, x), term(2 ** (shift - 1)), term(-(2 ** shift), y)];
  b.lookup(`${name}/remainder`, indices, b.digits(shift), entry);
}

/** Indices over all cells of a tensor. */
function allOf({ shape }: Handle): Index[] {
  return shape.map((size, d) => ({ name: `d${d}`, size }));
}
