/**
 * What the relations of the way back are written with: the handles of program builders over a lowered graph, so that both ways share
 * tensors and tables. spec/training-operators.md section 1.
 */
import { rangeTable } from '../../ops/lower-tables.ts';
import type { Lowering } from '../../ops/lowering.ts';
import type { ProgramBuilder } from '../../relation/builder.ts';
import { handleOf, term, type Handle } from '../../relation/handles.ts';
import type { Index, Range, Table, Term, View } from '../../relation/program.ts';
import { signed } from '../program-parts.ts';

/** Rows by columns. */
export type Matrix = Handle<readonly [number, number]>;

/** Relations under construction behind those of a graph. */
export interface Parts extends Pick<ProgramBuilder, 'index' | 'witness' | 'lookup' | 'virtual' | 'zero'> {
  readonly to: Lowering;
  table(table: Table): string;
  /** The table 0 .. 2^bits - 1. @returns its name */
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
    table: (table) => to.table(table),
    digits: (bits) => to.table(rangeTable(bits)),
    rangeCheck(tensor) {
      const { min, max } = ranges.get(tensor.name) as Range;
      const all = tensor.shape.map((size, d): Index => ({ name: `d${d}`, size }));
      const table = parts.digits(Math.log2(max - min + 1));
      to.lookup(`${tensor.name}/range`, all, table, [[term(1, tensor.at(...all)), term(-min)]]);
    },
    result: (node) => handleOf(to.operand(node), [to.rowIndex(node).size, to.info(node).width] as const),
  };
  return parts;
}

/** Bits of a rounded value, and by how many bits it is rounded: together at most 30. */
export interface Rounded {
  readonly bits: number;
  readonly shift: number;
}

/**
 * A tensor of rounded sums: floor((x + 2^(shift-1)) / 2^shift), signed. One quotient fits a residue, since bits + shift <= 30.
 *
 * @param indices one for each dimension
 * @param terms x: a residue by definition, NAME/sum
 */
export function roundedTensor(
  b: Parts,
  name: string,
  indices: readonly Index[],
  terms: readonly Term[],
  { bits, shift }: Rounded,
): Handle {
  const shape = indices.map(({ size }) => size);
  const rounded = b.witness(name, shape, signed(bits));
  b.rangeCheck(rounded);
  roundInto(b, name, rounded.at(...indices), indices, terms, shift);
  return rounded;
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
  b.lookup(`${name}/remainder`, indices, b.digits(shift), [
    term(1, sum.at(...indices)),
    term(2 ** (shift - 1)),
    term(-(2 ** shift), rounded),
  ]);
}
