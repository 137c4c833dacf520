/** `attention`: spec/integer-semantics.md sections 4 and 9. */
import { integerOf, nameOf, type Node } from './graph-file.ts';
import { fits } from './graph-ranges.ts';
import { bitsTable, digitTable, numeratorTable } from './lookup-tables.ts';
import { at, logCeil, range } from './lists.ts';
import { cellsOf, define, infoOf, lookup, operand, sizesOf, virtual, witness, zero, type Lowering } from './lowering.ts'; // prettier-ignore
import type { Index, Mask } from './program.ts';
import { affine, cell, constant, masked, merged, product, read } from './terms.ts';

export function attention(to: Lowering, node: Node): void {
  const [query, key, value] = ['query', 'key', 'value'].map((of) => operand(to, nameOf(node, of))) as [string, string, string]; // prettier-ignore
  rowValues(to, node);
  const firstSeen = firstSeenOf(to, node);
  blocksOf(firstSeen).forEach((block, b) => pairs(to, node, block, b, { query, key, value, firstSeen }));
}

/** The first row that each row sees. */
export function firstSeenOf(to: Lowering, node: Node): number[] {
  const window = node['window'] === undefined ? Infinity : integerOf(node, 'window');
  return to.rows.sequenceStart.map((start, i) => Math.max(start, i - window + 1));
}

/** Values of rows and results, each looked up. */
function rowValues(to: Lowering, node: Node): void {
  const { name } = node;
  const [t, j] = cellsOf(to, name);
  const head: Index = { name: 'j', size: integerOf(node, 'heads') };
  const commit = (tensor: string, relation: string, columns: Index, min: number, bits: number): void => {
    witness(to, tensor, [t.size, columns.size], min, min + 2 ** bits - 1);
    const moved = min === 0 ? [] : [constant(-min)];
    lookup(to, relation, [t, columns], bitsTable(bits), [cell(1, tensor, 't', 'j'), ...moved]);
  };
  commit(`${name}:shift`, `${name}:shift`, head, -4096, 13);
  commit(`${name}:sum`, `${name}:sum`, head, 0, 15);
  commit(`${name}:next`, `${name}:next`, head, 0, 16);
  commit(`${name}:rest`, `${name}:rest`, j, 0, 15);
  const bits = range(14).map((i) => i + 2).find((B) => B === 15 || fits(infoOf(to, nameOf(node, 'value')), B)) as number; // prettier-ignore
  commit(name, `${name}:result`, j, -(2 ** (bits - 1)), bits);
  define(to, name);
}

/** Rows [row, row + rows), and all columns that one of them sees. */
export interface Block {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** "Blocks". */
export function blocksOf(firstSeen: readonly number[]): Block[] {
  const T = firstSeen.length;
  const H = Math.max(32, 2 ** logCeil(Math.ceil(T / 8)));
  const blocks: Block[] = [];
  let row = 0;
  for (const i of range(T + 1).slice(1)) {
    const ends = i === T || i - row === H || (i - row >= 32 && firstSeen[i] === i);
    if (!ends) continue;
    const column = at(firstSeen, row);
    blocks.push({ row, rows: i - row, column, columns: i - column });
    row = i;
  }
  return blocks;
}

/** M: which columns j of a block its row i sees. */
export function seenBy({ row, rows, column }: Block, firstSeen: readonly number[]): Mask {
  const from = range(rows).map((r) => at(firstSeen, row + r) - column);
  return { row: 'i', column: 'j', from, to: range(rows).map((r) => row + r + 1 - column) };
}

interface Operands {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly firstSeen: readonly number[];
}

/** Relations of a block: g the key and value head, m the query head in its group, i the row, j the row seen, c the column. */
function pairs(
  to: Lowering,
  node: Node,
  block: Block,
  b: number,
  { query, key, value, firstSeen }: Operands,
): void {
  // prettier-ignore
  const { name } = node;
  const [heads, kvHeads, D, s] = ['heads', 'kvHeads', 'headDim', 'shift'].map((of) => integerOf(node, of)) as [number, number, number, number]; // prettier-ignore
  const group = heads / kvHeads;
  const index = (of: string, size: number): Index => ({ name: of, size });
  const [g, m, i] = [index('g', kvHeads), index('m', group), index('i', block.rows)];
  const [j, c] = [index('j', block.columns), index('c', D)];
  const [row, seen] = [affine('i', 1, block.row), affine('j', 1, block.column)];
  const head = merged([group, g], [1, m]);
  const own = merged([group * D, g], [D, m], [1, c]);
  const shared = merged([D, g], [1, c]);
  const id = (what: string): string => `${name}:${what}-${b}`;

  const all = [g, m, i, j];
  const pair = (what: string, min: number, max: number): string => witness(to, id(what), sizesOf(all), min, max); // prettier-ignore
  const step = pair('step', 0, 2 ** 11 - 1);
  const far = pair('far', 0, 1);
  const numerator = pair('numerator', 0, 2 ** 15);
  const carry = pair('carry', -1, 1);
  const of = (coefficient: number, tensor: string) => cell(coefficient, tensor, 'g', 'm', 'i', 'j');
  const sees = seenBy(block, firstSeen);
  const beyond = 2 ** (s + 11);
  virtual(to, id('distance'), all, [
    masked(cell(2 ** (6 + s), `${name}:shift`, row, head), sees),
    masked(product(-1, [read(query, row, own), read(key, seen, shared)], [c]), sees),
    constant(beyond),
    masked(constant(-beyond), sees),
  ], 'proven'); // prettier-ignore
  lookup(to, id('digits'), all, digitTable(s), [of(1, id('distance')), of(-(2 ** s), step)], [of(1, far)]);
  lookup(to, id('numerator'), all, numeratorTable(), ...[step, far, numerator, carry].map((x) => [of(1, x)]));

  const total = (tensor: string) => product(1, [read(tensor, 'g', 'm', 'i', 'j')], [j]);
  const S = (coefficient: number) => cell(coefficient, `${name}:sum`, row, head);
  zero(to, id('sum'), [g, m, i], [total(numerator), S(-1)]);
  const next = [S(2), total(carry), constant(-(2 ** 15)), cell(-1, `${name}:next`, row, head)];
  zero(to, id('next'), [g, m, i], next);

  const rest = cell(-1, `${name}:rest`, row, own);
  const weighted = product(1, [read(numerator, 'g', 'm', 'i', 'j'), read(value, seen, shared)], [j]);
  const quotient = product(-1, [read(`${name}:sum`, row, head), read(name, row, own)]);
  zero(to, id('division'), [g, m, i, c], [weighted, quotient, rest]);
  lookup(to, id('room'), [g, m, i, c], bitsTable(15), [S(1), constant(-1), rest]);
}
