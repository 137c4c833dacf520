/** The way back through `attention`: spec/graph-step-program.md section 4. */
import type { Back } from './back.ts';
import { integerOf, nameOf, type Node } from './graph-file.ts';
import { bitsTable } from './lookup-tables.ts';
import { at, range } from './lists.ts';
import { blocksOf, firstSeenOf, seenBy, type Block } from './lower-attention.ts';
import { infoOf, lookup, operand, witness, zero } from './lowering.ts';
import type { Coordinate, Index, Term } from './program.ts';
import { bitRanges, cells, rangeOf, rounded, roundInto, signed } from './rounding.ts';
import { affine, cell, constant, masked, merged, product, read } from './terms.ts';

/** What all relations of a node share. */
interface Scope extends Back {
  readonly name: string;
  readonly gradient: string;
  /** 6 + s */
  readonly octave: number;
  readonly g: Index;
  readonly m: Index;
  readonly c: Index;
  readonly heads: number;
  /** Columns of a query head, and of a key and value head. */
  readonly own: Coordinate;
  readonly shared: Coordinate;
  readonly query: Input;
  readonly key: Input;
  readonly value: Input;
  readonly firstSeen: readonly number[];
  readonly blocks: readonly Block[];
}

/** What attention reads: its tensor and its binary places. */
interface Input {
  readonly node: string;
  readonly tensor: string;
  readonly places: number;
}

/** Gradients of query, key and value. */
export function attentionBack(
  of: Back,
  node: Node,
  gradient: string,
): { readonly query: string; readonly key: string; readonly value: string } {
  const on = scopeOf(of, node, gradient);
  scaled(on, 'reciprocal', 'scaled', 2 ** 28);
  scaled(on, 'octave-reciprocal', 'octave-scaled', 186_065_279);
  on.blocks.forEach((block, b) => pairs(on, block, b));
  const query = into(on, 'query', on.octave - on.query.places);
  const key = into(on, 'key', on.octave - on.key.places);
  const value = into(on, 'value', 15);
  on.blocks.forEach((block, b) => queryOf(on, block, b, query));
  runsOf(on.blocks).forEach((run, n) => seen(on, run, n, { key, value }));
  return { query: query.name, key: key.name, value: value.name };
}

function scopeOf(of: Back, node: Node, gradient: string): Scope {
  const [heads, kvHeads, D, s] = ['heads', 'kvHeads', 'headDim', 'shift'].map((field) => integerOf(node, field)) as [number, number, number, number]; // prettier-ignore
  const [g, m, c] = [['g', kvHeads], ['m', heads / kvHeads], ['c', D]].map(([name, size]) => ({ name, size })) as [Index, Index, Index]; // prettier-ignore
  const read = (field: string): Input => {
    const name = nameOf(node, field);
    return { node: name, tensor: operand(of.to, name), places: of.places.get(name) as number };
  };
  const firstSeen = firstSeenOf(of.to, node);
  return {
    ...of,
    ...{ name: node.name, gradient, octave: 6 + s, heads, g, m, c },
    own: merged([m.size * D, g], [D, m], [1, c]),
    shared: merged([D, g], [1, c]),
    ...{ query: read('query'), key: read('key'), value: read('value') },
    ...{ firstSeen, blocks: blocksOf(firstSeen) },
  };
}

/** The gradient times L / S, in units of 2^-13 of it. */
function scaled(
  { to, name, gradient, heads, c }: Scope,
  reciprocal: string,
  result: string,
  L: number,
): void {
  const rows = to.rows.rows;
  const [t, h]: [Index, Index] = [{ name: 't', size: rows }, { name: 'h', size: heads }]; // prettier-ignore
  const row = (what: string): string => {
    const own = witness(to, `back/${name}:${what}`, [rows, heads], 0, 2 ** 15 - 1);
    rangeOf(to, own, bitRanges);
    return own;
  };
  const [rho, rest] = [row(reciprocal), row(`${reciprocal}-rest`)];
  const S = read(`${name}:sum`, 't', 'h');
  const whole = [product(1, [S, read(rho, 't', 'h')]), cell(1, rest, 't', 'h'), constant(-L)];
  zero(to, `${rho}/division`, [t, h], whole);
  const room = [product(1, [S]), constant(-1), cell(-1, rest, 't', 'h')];
  lookup(to, `${rho}/room`, [t, h], bitsTable(15), room);
  const a = signed(to, `back/${name}:${result}`, [rows, heads * c.size], 17);
  rangeOf(to, a, bitRanges);
  const column = merged([c.size, h], [1, c]);
  const terms = [product(1, [read(gradient, 't', column), read(rho, 't', 'h')])];
  roundInto(to, a, read(a, 't', column), [t, h, c], 13, terms);
}

/** x and t of every pair of a block. */
function pairs(on: Scope, block: Block, b: number): void {
  const { to, plan, name, g, m, c, own, shared, value } = on;
  const indices = [g, m, ...pairOf(block)];
  const [row, column] = [affine('i', 1, block.row), affine('j', 1, block.column)];
  const a = read(`back/${name}:octave-scaled`, row, own);
  const mask = seenBy(block, on.firstSeen);
  const apart = [
    masked(product(1, [a, read(value.tensor, column, shared)], [c]), mask),
    masked(product(-1, [a, read(name, row, own)], [c]), mask),
  ];
  const spread = rounded(
    to,
    `back/${name}:spread-${b}`,
    indices,
    { ...plan.gradient, bits: 16, shift: value.places },
    apart,
  );
  const pair = (tensor: string) => read(tensor, 'g', 'm', 'i', 'j');
  const weighted = [product(1, [pair(`${name}:numerator-${b}`), pair(spread)])];
  rounded(to, `back/${name}:score-${b}`, indices, { ...plan.gradient, shift: 15 }, weighted);
}

/** i over the rows of a block, j over its columns. */
function pairOf({ rows, columns }: Block): [Index, Index] {
  return [{ name: 'i', size: rows }, { name: 'j', size: columns }]; // prettier-ignore
}

/** A gradient that several relations fill. */
interface Into {
  readonly name: string;
  /** The tensor that they round into. */
  readonly cells: string;
  readonly shift: number;
}

/** Commits the gradient of what attention reads. */
function into(on: Scope, what: 'query' | 'key' | 'value', shift: number): Into {
  const name = `back/${on.name}:${what}`;
  const shape = [on.to.rows.rows, infoOf(on.to, on[what].node).width];
  return { name, shift, cells: cells(on.to, name, shape, { ...on.plan.gradient, shift }) };
}

function queryOf({ to, name, g, m, c, own, shared, key }: Scope, block: Block, b: number, into: Into): void {
  const [i, j] = pairOf(block);
  const score = read(`back/${name}:score-${b}`, 'g', 'm', 'i', 'j');
  const sum = product(1, [score, read(key.tensor, affine('j', 1, block.column), shared)], [j]);
  const y = read(into.cells, affine('i', 1, block.row), own);
  roundInto(to, `${into.name}-${b}`, y, [g, m, i, c], into.shift, [sum]);
}

/** Columns [first, first + count), and the numbers of the blocks that see them. */
interface Run {
  readonly first: number;
  readonly count: number;
  readonly blocks: readonly number[];
}

/** All columns, cut where those of a block begin or end. */
export function runsOf(blocks: readonly Block[]): Run[] {
  const cuts = [...new Set(blocks.flatMap(({ column, columns }) => [column, column + columns]))].sort((a, b) => a - b); // prettier-ignore
  return range(cuts.length - 1).map((n) => {
    const [first, end] = [at(cuts, n), at(cuts, n + 1)];
    const sees = (b: number): boolean => at(blocks, b).column <= first && end <= at(blocks, b).column + at(blocks, b).columns; // prettier-ignore
    return { first, count: end - first, blocks: range(blocks.length).filter(sees) };
  });
}

/** Gradients of the keys and values of a run. */
function seen(on: Scope, run: Run, n: number, gradients: { readonly key: Into; readonly value: Into }): void {
  const { to, name, g, m, c, own, shared, query } = on;
  const j: Index = { name: 'j', size: run.count };
  const fill = (into: Into, pair: (b: number) => string, rows: string): void => {
    const terms = run.blocks.map((b): Term => {
      const block = at(on.blocks, b);
      const views = [
        read(pair(b), 'g', 'm', 'i', affine('j', 1, run.first - block.column)),
        read(rows, affine('i', 1, block.row), own),
      ];
      return product(1, views, [m, pairOf(block)[0]]);
    });
    const y = read(into.cells, affine('j', 1, run.first), shared);
    roundInto(to, `${into.name}-${n}`, y, [g, j, c], into.shift, terms);
  };
  fill(gradients.key, (b) => `back/${name}:score-${b}`, query.tensor);
  fill(gradients.value, (b) => `${name}:numerator-${b}`, `back/${name}:scaled`);
}
