/** Weights in the program of a segment: spec/training-program.md sections 1 and 5. */
import { rangeTable } from './lookup-tables.ts';
import { lookup, publicTensor, witness, zero, type Draft } from './lowering.ts';
import { range } from './lists.ts';
import type { Coordinate, Index, Term } from './program.ts';
import { rangeOf, signed } from './rounding.ts';
import { digestOfLeaves } from './statement.ts';
import { cell, constant, masked, product, read } from './terms.ts';
import { layersOf, matrixOf, rateAt, readBy, type Plan } from './training-plan.ts';
import { firstWeights } from './training-run.ts';

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
  for (const layer of layersOf(to.plan)) {
    partOf(to, `weight/${layer}`, layer, to.plan.weight.bits);
    partOf(to, `rest/${layer}`, layer, to.plan.low);
    if (to.plan.momentum !== undefined) iterateOf(to, layer);
  }
}

/** Of the weights of a layer, within its signed bits. */
function partOf(to: Steps, name: string, layer: number, bits: number): void {
  const { plan, seed } = to;
  const shape = matrixOf(plan, layer);
  const { n } = periodsOf(to);
  if (n > 1) rangeOf(to, signed(to, name, [n - 1, ...shape], bits));
  if (seed === undefined) {
    to.tensors.push({ kind: 'static', name: `first/${name}`, shape, group: 1 });
    if (to.first === 0) rangeOfEnd(to, `first/${name}`, shape, bits);
  } else if (name.startsWith('weight'))
    publicTensor(
      to,
      `first/${name}`,
      shape,
      firstWeights({ plan, seed }, layer),
      sourceOf(plan, seed, layer),
    );
  to.tensors.push({ kind: 'static', name: `last/${name}`, shape, group: seed === undefined ? 2 : 1 });
  rangeOfEnd(to, `last/${name}`, shape, bits);
}

/** Z of a layer. */
function iterateOf(to: Steps, layer: number): void {
  const shape = matrixOf(to.plan, layer);
  const { n } = periodsOf(to);
  if (n > 1) witness(to, `iterate/${layer}`, [n - 1, ...shape]);
  const statics = (end: string, group: number): void => {
    for (const half of ['high', 'low'])
      to.tensors.push({ kind: 'static', name: `${end}/${half}/${layer}`, shape, group });
  };
  if (to.seed === undefined) statics('first', 1);
  statics('last', to.seed === undefined ? 2 : 1);
}

/** What a state at an end of the segment is: tensors, and how often each counts. */
function endOf(to: Steps, end: 'first' | 'last', name: string): [tensor: string, times: number][] {
  const { momentum, low } = to.plan;
  const [kind, layer] = name.split('/');
  const own: [string, number][] =
    kind !== 'iterate' || momentum === undefined
      ? [[`${end}/${name}`, 1]]
      : end === 'first' && to.seed !== undefined
        ? [[`first/weight/${layer}`, 2 ** (low - momentum.shift)]]
        : [
            [`${end}/high/${layer}`, 2 ** 15],
            [`${end}/low/${layer}`, 1],
          ];
  return own.filter(([tensor]) => to.tensors.some((known) => known.name === tensor));
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

function rangeOfEnd(to: Steps, name: string, shape: readonly number[], bits: number): void {
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
  const ends = endOf(to, side === 'before' ? 'first' : 'last', name).map(
    ([tensor, times]) => [coefficient * times, [...views, read(tensor, 'o', c)]] as const,
  );
  if (n === 1) return ends.map(([factor, all]) => product(factor, all, sums));
  const reader = side === 'before' ? 0 : n - 1;
  const reads = range(n).map((s) => (s === reader ? 1 : 0));
  const atEnd = { row: 's', column: 'e', from: range(n).map(() => 0), to: reads };
  const e: Index = { name: 'e', size: 1 };
  const terms = ends.map(([factor, all]) => masked(product(factor, all, [...sums, e]), atEnd));
  const p: Index = { name: 'p', size: n - 1 };
  const from = range(n).map((s) => (side === 'after' ? s : Math.max(0, s - 1)));
  const until = range(n).map((s) => (side === 'before' ? s : Math.min(s + 1, n - 1)));
  const own = product(coefficient, [...views, read(name, 'p', 'o', c)], [...sums, p]);
  return [...terms, masked(own, { row: 's', column: 'p', from, to: until })];
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
  const rate = rateAt(plan, first);
  const unit = 2 ** plan.low;
  const pull = plan.momentum === undefined ? 0 : 2 ** (plan.low - plan.momentum.shift);
  for (const { suffix, indices, c, gradient } of columnsOf(to, layer)) {
    const state = (side: 'before' | 'after', kind: string, coefficient: number): Term[] =>
      stateAt(to, side, `${kind}/${layer}`, c, { coefficient, views: [], sums: [] });
    const moved = [gradient(rate)];
    if (pull > 0) {
      const own = [...state('after', 'iterate', 1), ...state('before', 'iterate', -1)];
      zero(to, `iterate/${layer}${suffix}`, indices, [...own, ...moved]);
    }
    zero(to, `update/${layer}${suffix}`, indices, [
      ...state('after', 'weight', unit),
      ...state('after', 'rest', 1),
      ...state('before', 'weight', pull - unit),
      ...state('before', 'rest', -1),
      ...(pull > 0 ? state('after', 'iterate', -1) : moved),
    ]);
  }
}
