/** Weights in the program of a segment: spec/training-program.md sections 1 and 5. */
import { rangeTable, remainderTable } from './lookup-tables.ts';
import { lookup, publicTensor, witness, zero, type Draft } from './lowering.ts';
import { range } from './lists.ts';
import type { Coordinate, Index, Term } from './program.ts';
import { rangeOf, signed } from './rounding.ts';
import { digestOfLeaves } from './statement.ts';
import { affine, cell, constant, masked, product, read } from './terms.ts';
import { layersOf, matrixOf, partsOf, rateAt, readBy, type Part, type Plan } from './training-plan.ts';
import { firstPart } from './training-run.ts';

/** A program under construction, and what it is about. */
export interface Steps extends Draft {
  readonly plan: Plan;
  readonly first: number;
  readonly count: number;
  /** Of the dataset, batch after batch. */
  readonly rows: readonly number[];
  /** Where the weights before the first step are drawn from a seed: this one. */
  readonly seed: Uint8Array | undefined;
}

/** q; the number of periods; the rows of one. */
export function periodsOf({ plan, count }: Pick<Steps, 'plan' | 'count'>): {
  q: number;
  n: number;
  rows: number;
} {
  const q = Math.min(plan.period, count);
  return { q, n: count / q, rows: q * plan.batch };
}

/** s, and t or u: a period and a row of it. */
export function periodIndex(to: Steps): Index {
  return { name: 's', size: periodsOf(to).n };
}

export function rowIndex(to: Steps, name: 't' | 'u' = 't'): Index {
  return { name, size: periodsOf(to).rows };
}

/** [s t], [s u] */
export function rowOf(to: Steps, name: 't' | 'u' = 't'): Coordinate {
  const parts = [
    { index: 's', stride: periodsOf(to).rows },
    { index: name, stride: 1 },
  ];
  return { kind: 'affine', offset: 0, parts };
}

/** Section 1. */
export function commitState(to: Steps): void {
  for (const layer of layersOf(to.plan)) for (const part of partsOf(to.plan)) statesOf(to, layer, part);
}

function statesOf(to: Steps, layer: number, part: Part): void {
  const name = `${part.kind}/${layer}`;
  const shape = matrixOf(to.plan, layer);
  const looked = part.kind !== 'low'; // others are where they are read
  const { n } = periodsOf(to);
  if (n > 1) {
    signed(to, name, [n - 1, ...shape], part.bits);
    if (looked) rangeOf(to, name);
  }
  const { plan, seed } = to;
  const known = seed === undefined ? [] : firstPart({ plan, seed }, layer, part);
  if (seed === undefined) {
    to.tensors.push({ kind: 'static', name: `first/${name}`, shape, group: 1 });
    if (to.first === 0 && looked) rangeOfEnd(to, `first/${name}`, shape, part);
  } else if (part.kind === 'weight')
    publicTensor(to, `first/${name}`, shape, known, sourceOf(plan, seed, layer));
  to.tensors.push({ kind: 'static', name: `last/${name}`, shape, group: seed === undefined ? 2 : 1 });
  rangeOfEnd(to, `last/${name}`, shape, part);
}

/** "Start": what names the first weights of a layer. */
function sourceOf(plan: Plan, seed: Uint8Array, layer: number): Uint8Array {
  const [outputs, columns] = matrixOf(plan, layer);
  return digestOfLeaves('zkdl training start 1', [
    ['seed', 'digest', seed],
    ['layer', 'integer', layer],
    ['outputs', 'integer', outputs],
    ['inputs', 'integer', columns - 1],
    ['bits', 'integer', plan.weight.bits],
    ['fraction', 'integer', plan.weight.places],
  ]);
}

function rangeOfEnd(to: Steps, name: string, shape: readonly number[], { bits }: Part): void {
  const indices = shape.map((size, d): Index => ({ name: `d${d}`, size }));
  const own = cell(1, name, 'd0', 'd1');
  lookup(to, `${name}/range`, indices, rangeTable(2 ** bits), [own, constant(2 ** (bits - 1))]);
}

/** "Before and after": `term` with the state as its last view, at [o, c], for every period. */
export function stateAt(
  to: Steps,
  side: 'before' | 'after',
  name: string,
  c: string | number,
  { coefficient, views, sums }: Pick<Term, 'coefficient' | 'views' | 'sums'>,
): Term[] {
  const { n } = periodsOf(to);
  const end = side === 'before' ? `first/${name}` : `last/${name}`;
  const known = to.tensors.some((tensor) => tensor.name === end);
  const ofEnd = [...views, read(end, 'o', c)];
  if (n === 1) return known ? [product(coefficient, ofEnd, sums)] : [];
  const terms: Term[] = [];
  if (known) {
    const reader = side === 'before' ? 0 : n - 1;
    const reads = range(n).map((s) => (s === reader ? 1 : 0));
    const mask = { row: 's', column: 'e', from: range(n).map(() => 0), to: reads };
    terms.push(masked(product(coefficient, ofEnd, [...sums, { name: 'e', size: 1 }]), mask));
  }
  const p: Index = { name: 'p', size: n - 1 };
  const from = range(n).map((s) => (side === 'after' ? s : Math.max(0, s - 1)));
  const until = range(n).map((s) => (side === 'before' ? s : Math.min(s + 1, n - 1)));
  const own = product(coefficient, [...views, read(name, 'p', 'o', c)], [...sums, p]);
  return [...terms, masked(own, { row: 's', column: 'p', from, to: until })];
}

/** coefficient (2^bits A + B), of two parts A and B. */
function whole(
  to: Steps,
  side: 'before' | 'after',
  [high, low, bits]: readonly [high: string, low: string, bits: number],
  c: string | number,
  coefficient: number,
): Term[] {
  const own = { views: [], sums: [] };
  return [
    ...stateAt(to, side, high, c, { ...own, coefficient: coefficient * 2 ** bits }),
    ...stateAt(to, side, low, c, { ...own, coefficient }),
  ];
}

/** Section 5: columns that are updated alike. */
interface Columns {
  readonly suffix: string;
  readonly indices: readonly Index[];
  readonly c: string | number;
  /** coefficient G */
  gradient(coefficient: number): Term;
}

function columnsOf(to: Steps, layer: number): Columns[] {
  const [outputs, columns] = matrixOf(to.plan, layer);
  const [s, o, t]: [Index, Index, Index] = [periodIndex(to), { name: 'o', size: outputs }, rowIndex(to)];
  const one = 2 ** readBy(to.plan, layer).places;
  const g = read(`gradient/${layer}`, rowOf(to), 'o');
  const x = read(`x/${layer}`, rowOf(to), 'k');
  return [
    {
      suffix: '',
      indices: [s, o, { name: 'k', size: columns - 1 }],
      c: 'k',
      gradient: (coefficient) => product(coefficient, [g, x], [t]),
    },
    {
      suffix: '/bias',
      indices: [s, o],
      c: columns - 1,
      gradient: (coefficient) => product(coefficient * one, [g], [t]),
    },
  ];
}

/** Section 5, what a period does to the weights of a layer. */
export function update(to: Steps, layer: number): void {
  const { plan, first } = to;
  const { momentum } = plan;
  const rate = rateAt(plan, first);
  const weights = [`weight/${layer}`, `rest/${layer}`, plan.low] as const;
  for (const { suffix, indices, c, gradient } of columnsOf(to, layer)) {
    const move =
      momentum === undefined
        ? [gradient(rate)]
        : whole(to, 'after', [`high/${layer}`, `low/${layer}`, momentum.low], c, rate);
    zero(to, `update/${layer}${suffix}`, indices, [
      ...whole(to, 'after', weights, c, 1),
      ...whole(to, 'before', weights, c, -1),
      ...move,
    ]);
  }
  if (momentum !== undefined) carry(to, layer, momentum);
}

/** Section 5, momentum. */
function carry(to: Steps, layer: number, { shift, low }: { shift: number; low: number }): void {
  const remainder = `remainder/${layer}`;
  witness(to, remainder, [periodsOf(to).n, ...matrixOf(to.plan, layer)], 0, 2 ** shift - 1);
  remainders(to, layer, { shift, low });
  const momenta = [`high/${layer}`, `low/${layer}`, low] as const;
  for (const { suffix, indices, c, gradient } of columnsOf(to, layer)) {
    zero(to, `momentum/${layer}${suffix}`, indices, [
      cell(1, remainder, 's', 'o', c),
      ...whole(to, 'before', momenta, c, 2 ** shift - 1),
      ...whole(to, 'after', momenta, c, -(2 ** shift)),
      gradient(2 ** shift),
      constant(-(2 ** (shift - 1))),
    ]);
  }
}

/** Section 5: what rounding leaves of the momentum before every period. */
function remainders(to: Steps, layer: number, { shift, low }: { shift: number; low: number }): void {
  const own = `remainder/${layer}`;
  const [outputs, columns] = matrixOf(to.plan, layer);
  const cells: Index[] = [{ name: 'o', size: outputs }, { name: 'c', size: columns }]; // prettier-ignore
  const table = remainderTable(low, shift);
  const key = (...of: Parameters<typeof cell>) => [cell(...of), constant(2 ** (low - 1))];
  const first = [cell(1, own, 0, 'o', 'c')];
  if (to.tensors.some(({ name }) => name === `first/low/${layer}`))
    lookup(to, `${own}/first`, cells, table, key(1, `first/low/${layer}`, 'o', 'c'), first);
  else zero(to, `${own}/first`, cells, [...first, constant(-(2 ** (shift - 1)))]);
  const { n } = periodsOf(to);
  if (n === 1) return;
  const p: Index = { name: 'p', size: n - 1 };
  const next = [cell(1, own, affine('p', 1, 1), 'o', 'c')];
  lookup(to, `${own}/next`, [p, ...cells], table, key(1, `low/${layer}`, 'p', 'o', 'c'), next);
}
