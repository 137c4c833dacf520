/** Range checks and remainders of programs of training: spec/training-program.md "Range checks", spec/graph-step-program.md section 1. */
import { logCeil } from './lists.ts';
import { bitsTable, quotientTable, rangeTable } from './lookup-tables.ts';
import { lookup, sizesOf, virtual, witness, type Draft } from './lowering.ts';
import type { Index, NamedTable, Term, View } from './program.ts';
import { cell, constant, read } from './terms.ts';

/** The table 0 .. rows - 1, as programs of one kind name it. */
export type Ranges = (rows: number) => NamedTable;

/** Of steps of graphs: as passes name it. Rows are a power of two. */
export const bitRanges: Ranges = (rows) => bitsTable(logCeil(rows));

/** Commits a tensor of integers with a sign. */
export function signed(to: Draft, name: string, shape: readonly number[], bits: number): string {
  return witness(to, name, shape, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
}

/** "range of N", of the witness tensor of this name. */
export function rangeOf(to: Draft, name: string, ranges: Ranges = rangeTable): void {
  const tensor = to.tensors.find((of) => of.name === name);
  if (tensor?.kind !== 'witness' || tensor.range === undefined) throw new RangeError(`no range of ${name}`);
  const { min, max } = tensor.range;
  const indices = tensor.shape.map((size, d): Index => ({ name: `d${d}`, size }));
  const own = cell(1, name, ...indices.map((index) => index.name));
  lookup(to, `${name}/range`, indices, ranges(max - min + 1), [own, constant(-min)]);
}

/** NAME/remainder: sum + 2^(s-1) - 2^s y, where y is the cell that holds the rounded value. */
export function remainder(
  to: Draft,
  name: string,
  sum: string,
  y: View,
  indices: readonly Index[],
  shift: number,
  ranges: Ranges = rangeTable,
): void {
  const own = cell(1, sum, ...indices.map((index) => index.name));
  const rounded: Term = { coefficient: -(2 ** shift), views: [y], sums: [] };
  lookup(to, `${name}/remainder`, indices, ranges(2 ** shift), [own, constant(2 ** (shift - 1)), rounded]);
}

/** "Y is the rounding NAME (..) by s of terms", of cells that are looked up already: NAME/sum and NAME/remainder. */
export function roundInto(
  to: Draft,
  name: string,
  y: View,
  indices: readonly Index[],
  shift: number,
  terms: readonly Term[],
): void {
  virtual(to, `${name}/sum`, indices, terms, 'residue');
  remainder(to, name, `${name}/sum`, y, indices, shift, bitRanges);
}

/** How sums become gradients: bits that are left, bits that are rounded away, and guard bits where gradients are cut off. */
export interface Rounding {
  readonly bits: number;
  readonly shift: number;
  readonly guard?: number;
}

/** "Cells": commits and looks up NAME. @returns the tensor that is rounded into, of the same shape */
export function cells(
  to: Draft,
  name: string,
  shape: readonly number[],
  { bits, shift, guard }: Rounding,
): string {
  if (guard === undefined) {
    rangeOf(to, signed(to, name, shape, bits), bitRanges);
    return name;
  }
  const count = bits + guard + shift > 30 ? 127 * 2 ** (24 - shift) : 2 ** (bits + guard);
  const quotient = witness(to, `${name}-quotient`, shape, -count / 2, count / 2 - 1);
  signed(to, name, shape, bits);
  const indices = shape.map((size, d): Index => ({ name: `d${d}`, size }));
  const own = (tensor: string): Term => cell(1, tensor, ...indices.map((index) => index.name));
  lookup(
    to,
    `${name}/cut`,
    indices,
    quotientTable(bits, count),
    [own(quotient), constant(count / 2)],
    [own(name)],
  );
  return quotient;
}

/** "Round NAME (..) to b bits by s": cells with one dimension for each index. */
export function rounded(
  to: Draft,
  name: string,
  indices: readonly Index[],
  rounding: Rounding,
  terms: readonly Term[],
): string {
  const into = cells(to, name, sizesOf(indices), rounding);
  const own = read(into, ...indices.map((index) => index.name));
  roundInto(to, name, own, indices, rounding.shift, terms);
  return name;
}
