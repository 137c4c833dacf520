/**
 * x + 2^(s-1) = 2^s q + r: q is committed and looked up, r is what is left and looked up. Saturating: the lookup of q gives y
 * as well. Two lookups an entry in all, an activation behind it included.
 */
import { P } from '../../field/koalabear.ts';
import { climb, denseColumn, keys, rangeTable, sharedTable, wordColumn } from '../lower-tables.ts';
import { activationEntries, activationResult } from '../activation/relations.ts';
import type { ActivationNode } from '../activation/shape.ts';
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

/**
 * Commits and looks up the quotient, and the result where it is another. The lookup of an activation that reads the result
 * is joined to that of the quotient.
 *
 * @returns the tensor of quotients
 */
export function quotientRelations(
  to: Lowering,
  name: string,
  { bits, guard }: Rounding,
  indices: readonly Index[],
): string {
  const shape = indices.map(({ size }) => size);
  const check = to.check(name)?.bits ?? Infinity;
  const result = (): void => {
    to.witness(name, shape, signedRange(Math.min(bits, check)));
    to.define(name, [{ coefficient: 1, tensor: name }]);
  };
  // What is clamped is no result of fewer than B bits: then the later lookup, of y, leaves the quotients of its own width.
  if (guard === 0 || check < bits) {
    result();
    const entry = [...to.terms(name), term(2 ** (bits - 1))];
    if (check > bits) to.lookup(`${name}:quotient`, indices, to.table(rangeTable(bits)), [entry]);
    return name;
  }
  const raw = signedRange(bits + guard);
  const quotient = to.witness(`${name}:quotient`, shape, raw);
  const key = [term(1, [view(quotient, 't', 'j')]), term(-raw.min)];
  const { nodes, shown } = to.consumers(name);
  const activation = nodes.find((node): node is ActivationNode => node.op === 'activation');
  const needed = shown || activation === undefined || nodes.length > 1;
  if (needed) result();
  const results = needed ? [to.terms(name)] : [];
  if (activation !== undefined) results.push(activationResult(activation, to));
  to.lookup(`${name}:quotient`, indices, to.table(clampTable({ bits, guard }, needed, activation?.table)), [
    key,
    ...results,
  ]);
  return quotient;
}

/** Rows (q + 2^(B+g-1), clamp(q), activation of clamp(q)) for all q of B + g bits; the second or the third may be left out. */
function clampTable(rounding: Rounding, withResult: boolean, activation: string | undefined): Table {
  const plain = `clamp-${rounding.bits}-${rounding.guard}`;
  const name = activation === undefined ? plain : `${plain}${withResult ? '-and-' : '-to-'}${activation}`;
  return sharedTable(name, () => clampRows(rounding, withResult, activation));
}

function clampRows(
  { bits, guard }: Rounding,
  withResult: boolean,
  activation: string | undefined,
): Omit<Table, 'name'> {
  const rows = 2 ** (bits + guard);
  const size = 2 ** bits;
  const first = (rows - size) / 2; // quotients before it are clamped to the least result, those from `end` on to the greatest
  const end = first + size;
  const columns = [keys()];
  if (withResult) {
    const y = new Uint32Array(rows);
    y.fill(P - size / 2, 0, first);
    climb(y, first, first + size / 2, P - size / 2);
    climb(y, first + size / 2, end, 0);
    y.fill(size / 2 - 1, end);
    columns.push(wordColumn(y));
  }
  if (activation !== undefined) {
    const own = activationEntries(activation);
    const middle = own.subarray((own.length - size) / 2, (own.length + size) / 2); // keys of `bits` bits
    const entries = new Int32Array(rows);
    entries.fill(middle[0] as number, 0, first);
    entries.set(middle, first);
    entries.fill(middle[size - 1] as number, end);
    columns.push(denseColumn(entries));
  }
  return { rows, columns };
}
