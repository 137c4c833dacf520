/**
 * x + 2^(s-1) = 2^s q + r: q is committed and looked up, r is what is left and looked up. Saturating: the lookup of q gives y
 * as well. Two lookups an entry in all, an activation behind it included.
 */
import { denseColumn, keys, rangeTable } from '../lower-tables.ts';
import { term, view, type Lowering, type Relations } from '../lowering.ts';
import { signedRange } from '../operator.ts';
import type { Index, Table, Term } from '../../relation/program.ts';
import type { RequantiseNode, Rounding } from './shape.ts';

export const requantiseRelations: Relations<RequantiseNode> = (node, to) => {
  const { name, input, shift } = node;
  roundingRelations(to, name, to.terms(input), node, shift);
};

/** The relations of a rounding of any terms: shared by every operator that rounds. @param name of the node */
export function roundingRelations(
  to: Lowering,
  name: string,
  terms: readonly Term[],
  rounding: Rounding,
  shift: number,
): void {
  const indices = [to.rowIndex(name), to.columnIndex(name)];
  const quotient = quotientRelations(to, name, rounding, indices);
  const half = term(2 ** (shift - 1));
  const whole = term(-(2 ** shift), [view(quotient, 't', 'j')]);
  to.lookup(`${name}:remainder`, indices, to.table(rangeTable(shift)), [[...terms, half, whole]]);
}

/** Commits and looks up the quotient, and the result where it is another. @returns the tensor of quotients */
function quotientRelations(
  to: Lowering,
  name: string,
  rounding: Rounding,
  indices: readonly Index[],
): string {
  const { bits, guard } = rounding;
  const shape = indices.map(({ size }) => size);
  const raw = signedRange(bits + guard);
  const offset = term(-raw.min);
  to.define(name, [{ coefficient: 1, tensor: name }]);
  if (guard === 0) {
    to.witness(name, shape, raw);
    const check = to.check(name);
    if (check !== undefined && check.bits <= bits) return name; // the later lookup is this one
    const entry = [...to.terms(name), offset];
    to.lookup(`${name}:quotient`, indices, to.table(rangeTable(bits)), [entry]);
    return name;
  }
  const quotient = to.witness(`${name}:quotient`, shape, raw);
  to.witness(name, shape, signedRange(bits));
  const entry = [term(1, [view(quotient, 't', 'j')]), offset];
  to.lookup(`${name}:quotient`, indices, to.table(clampTable(rounding)), [entry, to.terms(name)]);
  return quotient;
}

/** Rows (q + 2^(B+g-1), clamp(q)) for all q of B + g bits. */
export function clampTable({ bits, guard }: Rounding): Table {
  const rows = 2 ** (bits + guard);
  return { name: `clamp-${bits}-${guard}`, rows, columns: [keys(), denseColumn(clamped({ bits, guard }))] };
}

/** clamp(q) for all q of B + g bits, ascending. */
export function clamped({ bits, guard }: Rounding): Int32Array {
  const { min, max } = signedRange(bits);
  const first = signedRange(bits + guard).min;
  return Int32Array.from({ length: 2 ** (bits + guard) }, (_, i) => Math.min(Math.max(first + i, min), max));
}
