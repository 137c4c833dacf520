/** Weights in the program of a segment: spec/training-program.md sections 1 and 5. */
import { rangeTable } from './lookup-tables.ts';
import { lookup, publicTensor, zero, type Draft } from './lowering.ts';
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
  /** Where weights that the segment reads are those of the run's seed: this one. */
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

/** Section 1, "Ends": the tensors of weights that the segment has, by the state that each is, and the group of each; 0: public. */
interface End {
  readonly name: 'before-first' | 'first' | 'before-last' | 'last';
  readonly state: number;
  readonly group: number;
}

function endsOf(to: Steps): End[] {
  const { plan, first, seed } = to;
  const { n } = periodsOf(to);
  const moves = plan.momentum !== undefined;
  const drawn = (isOfSeed: boolean): boolean => isOfSeed && seed !== undefined;
  const all: { name: End['name']; state: number; there: boolean; open: boolean }[] = [
    { name: 'before-first', state: -1, there: moves && first > 0, open: drawn(true) },
    { name: 'first', state: 0, there: true, open: drawn(first === 0) },
    { name: 'before-last', state: n - 1, there: moves && n > 1, open: false },
    { name: 'last', state: n, there: true, open: false },
  ];
  let group = 1;
  return all
    .filter(({ there }) => there)
    .map(({ name, state, open }) => ({ name, state, group: open ? 0 : group++ }));
}

/** Whether the segment has the weights of the state before its last period as a group. */
export function writesTwo(of: Pick<Steps, 'plan' | 'count'>): boolean {
  return of.plan.momentum !== undefined && periodsOf(of).n > 1;
}

/** How many states the proof commits: those from 1 on. */
function between(to: Steps): number {
  return periodsOf(to).n - (writesTwo(to) ? 2 : 1);
}

/** Section 1. */
export function commitState(to: Steps): void {
  for (const layer of layersOf(to.plan)) {
    partOf(to, 'weight', layer, to.plan.weight.bits);
    partOf(to, 'rest', layer, to.plan.low);
  }
}

/** Of the weights of a layer, within its signed bits. */
function partOf(to: Steps, kind: string, layer: number, bits: number): void {
  const { plan, seed, first } = to;
  const shape = matrixOf(plan, layer);
  if (between(to) > 0) rangeOf(to, signed(to, `${kind}/${layer}`, [between(to), ...shape], bits));
  for (const end of endsOf(to)) {
    const name = `${end.name}/${kind}/${layer}`;
    if (end.group === 0) {
      if (kind === 'rest' || seed === undefined) continue;
      publicTensor(to, name, shape, firstWeights({ plan, seed }, layer), sourceOf(plan, seed, layer));
      continue;
    }
    to.tensors.push({ kind: 'static', name, shape, group: end.group });
    if (end.name.endsWith('last') || first === 0) rangeOfEnd(to, name, shape, bits);
  }
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

/** Section 1, "Which state a period reads": `term` with the state as its last view, at [o, c], for every period. */
export function stateAt(
  to: Steps,
  side: 'earlier' | 'before' | 'after',
  name: string,
  c: string | number,
  { coefficient, views, sums }: Pick<Term, 'coefficient' | 'views' | 'sums'>,
): Term[] {
  const { n } = periodsOf(to);
  const ahead = { earlier: -1, before: 0, after: 1 }[side];
  const states = range(n).map((s) => (to.first === 0 ? Math.max(0, s + ahead) : s + ahead));
  const own = endsOf(to)
    .map((end) => ({ tensor: `${end.name}/${name}`, state: end.state }))
    .filter(
      ({ tensor, state }) => states.includes(state) && to.tensors.some((known) => known.name === tensor),
    );
  const term = (tensor: string, more: Index[]): Term => {
    const view = more[0]?.name === 'p' ? read(tensor, 'p', 'o', c) : read(tensor, 'o', c);
    return product(coefficient, [...views, view], [...sums, ...more]);
  };
  if (n === 1) return own.map(({ tensor }) => term(tensor, []));
  const e: Index = { name: 'e', size: 1 };
  const terms = own.map(({ tensor, state }) => {
    const until = states.map((j) => (j === state ? 1 : 0));
    return masked(term(tensor, [e]), { row: 's', column: 'e', from: range(n).map(() => 0), to: until });
  });
  const count = between(to);
  if (count === 0) return terms;
  const p: Index = { name: 'p', size: count };
  const clamp = (j: number): number => (j < 0 ? 0 : j > count ? count : j);
  const mask = { row: 's', column: 'p', from: states.map((j) => clamp(j - 1)), to: states.map(clamp) };
  return [...terms, masked(term(name, [p]), mask)];
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
  const unit = 2 ** plan.low;
  const shift = plan.momentum?.shift;
  const lost = shift === undefined ? 0 : 2 ** (plan.low - shift);
  for (const { suffix, indices, c, gradient } of columnsOf(to, layer)) {
    const state = (side: 'earlier' | 'before' | 'after', weight: number, rest: number): Term[] => [
      ...stateAt(to, side, `weight/${layer}`, c, { coefficient: weight, views: [], sums: [] }),
      ...stateAt(to, side, `rest/${layer}`, c, { coefficient: rest, views: [], sums: [] }),
    ];
    const moved = gradient(rateAt(plan, first));
    const kept =
      shift === undefined
        ? state('before', -unit, -1)
        : [...state('before', lost - 2 * unit, -2), ...state('earlier', unit - lost, 1)];
    zero(to, `update/${layer}${suffix}`, indices, [...state('after', unit, 1), ...kept, moved]);
  }
}
