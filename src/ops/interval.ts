/**
 * 0 <= x < size for values of whole rows, by lookups of digits: a few for each row, so any size up to 2^30 is cheap. The
 * witness is unique: digits of x, and of its distance to the upper end where the size is no power of two.
 */
import type { Index, Term } from '../relation/program.ts';
import { rangeTable } from './lower-tables.ts';
import { term, view, type Lowering } from './lowering.ts';

/** Bits of the low digit; values of up to 16 bits are looked up whole. */
const DIGIT = 15;
const WHOLE = 16;

/** The least b with 2^b >= size, for sizes up to 2^31. */
export function bitsFor(size: number): number {
  return size <= 1 ? 0 : 32 - Math.clz32(size - 1);
}

/**
 * @param name of the value: NODE:VALUE
 * @param index over the rows
 * @param terms x modulo p, an integer in (-p + 2^30, p - 2^30) of which is meant
 */
export function intervalRelations(
  to: Lowering,
  name: string,
  index: Index,
  terms: readonly Term[],
  size: number,
): void {
  const bits = bitsFor(size);
  digitRelations(to, name, index, terms, bits);
  if (size === 2 ** bits) return;
  const room = [term(size - 1), ...terms.map((of) => ({ ...of, coefficient: -of.coefficient }))];
  digitRelations(to, `${name}-room`, index, room, bits);
}

/** 0 <= x < 2^bits */
function digitRelations(
  to: Lowering,
  name: string,
  index: Index,
  terms: readonly Term[],
  bits: number,
): void {
  if (bits === 0) return to.zero(name, [index], terms);
  if (bits <= WHOLE) return to.lookup(name, [index], to.table(rangeTable(bits)), [terms]);
  const high = view(to.witness(`${name}-high`, [index.size], { min: 0, max: 2 ** (bits - DIGIT) - 1 }), 't');
  to.lookup(`${name}-high`, [index], to.table(rangeTable(bits - DIGIT)), [[term(1, [high])]]);
  to.lookup(`${name}-low`, [index], to.table(rangeTable(DIGIT)), [[...terms, term(-(2 ** DIGIT), [high])]]);
}

/** The committed digits of an interval, by the names that `intervalRelations` gives them, without NODE. */
export function intervalDigits(
  value: string,
  cells: Int32Array,
  size: number,
): Readonly<Record<string, () => Int32Array>> {
  return {
    [`${value}-high`]: () => shiftedRight(cells, DIGIT),
    [`${value}-room-high`]: () => cells.map((x) => (size - 1 - x) >> DIGIT),
  };
}

/** floor(x / 2^bits) of every cell. */
export function shiftedRight(cells: Int32Array, bits: number): Int32Array {
  const out = new Int32Array(cells.length);
  for (let i = 0; i < out.length; i++) out[i] = (cells[i] as number) >> bits;
  return out;
}
