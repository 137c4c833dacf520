/**
 * Attention: two lookups for each head and pair of rows, three for each result, three for each head and row. Numerators are
 * committed in blocks of rows; what a row does not see has a distance of exactly 32 octaves and so numerators of zero. Why every
 * value has one possibility: spec/integer-semantics.md section 4.
 */
import type { Coordinate, Index, Mask, Term, View } from '../../relation/program.ts';
import { rangeTable } from '../lower-tables.ts';
import { at, joined, term, view, type Lowering, type Relations } from '../lowering.ts';
import { signedRange } from '../operator.ts';
import { attentionBlocks, firstVisibleRows, type AttentionBlock } from './blocks.ts';
import { digitTable, numeratorTable } from './octave-tables.ts';
import { octave, resultBits, SHIFT_BITS, STEP_BITS, SUM_BITS, type AttentionNode } from './shape.ts';

/** S' - 2^15 <= 2 S + T - 2^15 < 2^15 + 2^14. */
const NEXT_BITS = 16;

export const attentionRelations: Relations<AttentionNode> = (node, to) => {
  const operands = [node.query, node.key, node.value].map((input) => to.operand(input));
  const [query, key, value] = operands as [string, string, string];
  rowValues(node, to);
  const firstVisible = firstVisibleRows(to.rows.sequenceStart, node.window);
  attentionBlocks(firstVisible).forEach((block, b) => {
    const scope = scopeOf(node, to, block, b);
    numeratorRelations(scope, query, key, maskOf(block, firstVisible));
    divisionRelations(scope, value);
  });
};

/** Values of whole rows: [rows, heads], and the result with its remainder. Each cell is looked up. */
function rowValues({ name, heads, value }: AttentionNode, to: Lowering): void {
  const [t, j] = [to.rowIndex(name), to.columnIndex(name)];
  const cells = (own: string, width: Index, range: { min: number; max: number }, bits: number): void => {
    const tensor = to.witness(own, [t.size, width.size], range);
    const key = [term(1, [view(tensor, 't', 'j')]), ...(range.min === 0 ? [] : [term(-range.min)])];
    to.lookup(own === name ? `${name}:result` : own, [t, width], to.table(rangeTable(bits)), [key]);
  };
  const head = { name: 'j', size: heads };
  const digits = (bits: number) => ({ min: 0, max: 2 ** bits - 1 });
  cells(`${name}:shift`, head, signedRange(SHIFT_BITS), SHIFT_BITS);
  cells(`${name}:sum`, head, digits(SUM_BITS), SUM_BITS);
  cells(`${name}:next`, head, digits(NEXT_BITS), NEXT_BITS);
  cells(`${name}:rest`, j, digits(SUM_BITS), SUM_BITS);
  // o lies between values that have as many bits
  const bits = resultBits(to.info(value));
  cells(name, j, signedRange(bits), bits);
  to.define(name, [{ coefficient: 1, tensor: name }]);
}

/**
 * A block of rows. Indices: g the key and value head, m the query head in its group, i the row, j the row seen, c the column in a
 * head.
 */
interface Scope {
  readonly node: AttentionNode;
  readonly to: Lowering;
  readonly id: (what: string) => string;
  readonly indices: Readonly<Record<'g' | 'm' | 'i' | 'j' | 'c', Index>>;
  /** Row i, and j, in tensors of all rows. */
  readonly row: Coordinate;
  readonly seen: Coordinate;
  /** The query head, and its columns; the columns of the key and value head. */
  readonly head: Coordinate;
  readonly own: Coordinate;
  readonly shared: Coordinate;
}

function scopeOf(node: AttentionNode, to: Lowering, block: AttentionBlock, b: number): Scope {
  const { name, heads, kvHeads, headDim } = node;
  const group = heads / kvHeads;
  const g = { name: 'g', size: kvHeads };
  const m = { name: 'm', size: group };
  const c = { name: 'c', size: headDim };
  return {
    node,
    to,
    id: (what) => `${name}:${what}-${b}`,
    indices: { g, m, i: { name: 'i', size: block.rows }, j: { name: 'j', size: block.columns }, c },
    row: at('i', 1, block.row),
    seen: at('j', 1, block.column),
    head: joined([g, group], [m, 1]),
    own: joined([g, group * headDim], [m, headDim], [c, 1]),
    shared: joined([g, headDim], [c, 1]),
  };
}

/** The columns of a block that each of its rows sees. */
export function maskOf({ row, rows, column }: AttentionBlock, firstVisible: readonly number[]): Mask {
  const own = Array.from({ length: rows }, (_, i) => row + i);
  return {
    row: 'i',
    column: 'j',
    from: own.map((t) => (firstVisible[t] as number) - column),
    to: own.map((t) => t + 1 - column),
  };
}

/** A value of every pair of rows in a block. */
function pairs(what: string): View {
  return view(what, 'g', 'm', 'i', 'j');
}

/** Distances, their digits, numerators, and the sums that pin the shift. */
function numeratorRelations(scope: Scope, query: string, key: string, mask: Mask): void {
  const { node, to, id, row, seen, head, own, shared } = scope;
  const { g, m, i, j, c } = scope.indices;
  const all = [g, m, i, j];
  const pair = (what: string, min: number, max: number): View =>
    pairs(
      to.witness(
        id(what),
        all.map(({ size }) => size),
        { min, max },
      ),
    );
  const step = pair('step', 0, 2 ** STEP_BITS - 1);
  const far = pair('far', 0, 1);
  const numerator = pair('numerator', 0, 2 ** SUM_BITS);
  const carry = pair('carry', -1, 1);

  // u = M (k G - z) + (1 - M) 2^(s+11): |k G| <= 2^28 and |z| <= 2^29
  const G = octave(node.shift);
  const beyond = 2 ** (node.shift + STEP_BITS);
  const distance = [
    { ...term(G, [view(`${node.name}:shift`, row, head)]), mask },
    { ...term(-1, [view(query, row, own), view(key, seen, shared)], [c]), mask },
    term(beyond),
    { ...term(-beyond), mask },
  ];
  const u = to.virtual(id('distance'), all, distance, 'proven');
  const digits = [term(1, [pairs(u)]), term(-(2 ** node.shift), [step])];
  to.lookup(id('digits'), all, to.table(digitTable(node.shift)), [digits, [term(1, [far])]]);
  const entries = [step, far, numerator, carry].map((of) => [term(1, [of])]);
  to.lookup(id('numerator'), all, to.table(numeratorTable()), entries);

  // At most 2^14 columns: S <= 2^29 and S' < 2^31 - 2^24 before S is known to be below 2^15.
  const rows = [g, m, i];
  const sum = view(`${node.name}:sum`, row, head);
  to.zero(id('sum'), rows, [term(1, [numerator], [j]), term(-1, [sum])]);
  const next = [term(2, [sum]), term(1, [carry], [j]), term(-(2 ** SUM_BITS))];
  to.zero(id('next'), rows, [...next, term(-1, [view(`${node.name}:next`, row, head)])]);
}

/** sum e v = S o + rest with rest < S. */
function divisionRelations(scope: Scope, value: string): void {
  const { node, to, id, row, seen, head, own, shared } = scope;
  const { g, m, i, j, c } = scope.indices;
  const [sum, rest] = [view(`${node.name}:sum`, row, head), view(`${node.name}:rest`, row, own)];
  const entries = [g, m, i, c];
  const total = term(1, [pairs(id('numerator')), view(value, seen, shared)], [j]);
  const quotient: Term = term(-1, [sum, view(node.name, row, own)]);
  to.zero(id('division'), entries, [total, quotient, term(-1, [rest])]);
  const room = [term(1, [sum]), term(-1), term(-1, [rest])];
  to.lookup(id('room'), entries, to.table(rangeTable(SUM_BITS)), [room]);
}
