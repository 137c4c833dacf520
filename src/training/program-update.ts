/** Relations of updates: what a period does to weights and momenta. spec/training.md section 6. */
import { slice, term } from '../relation/handles.ts';
import type { Index, Term, View } from '../relation/program.ts';
import { inputFormat, layerShape, rateAt, type Momentum } from './plan.ts';
import {
  addTable,
  rowOf,
  statePartOf,
  unsigned,
  type Matrix,
  type Stack,
  type StepParts,
} from './program-parts.ts';
import { stateTerms, type StateRead } from './program-state.ts';
import { periodsOf } from './segment.ts';
import type { StateKind } from './state.ts';
import { remainderTable } from './tables.ts';

/** Columns of a matrix that are updated alike: those of inputs, and the bias. */
interface Columns {
  readonly name: string;
  readonly indices: readonly Index[];
  readonly column: Index | number;
  /** coefficient sum_t g x */
  gradient(coefficient: number): Term;
}

function columnsOf(parts: StepParts, layer: number, gradient: Matrix, x: Matrix): readonly Columns[] {
  const { b, segment, s, t } = parts;
  const [outputs, columns] = layerShape(segment.plan, layer);
  const [o, k] = [b.index('o', outputs), b.index('k', columns - 1)];
  const one = 2 ** inputFormat(segment.plan, layer).fraction;
  const row = rowOf(parts);
  const weights = (c: number): Term => term(c, gradient.at(row, o), x.at(row, k), { sum: t });
  const biases = (c: number): Term => term(c * one, gradient.at(row, o), { sum: t });
  return [
    { name: `${layer}`, indices: [s, o, k], column: k, gradient: weights },
    { name: `${layer}/bias`, indices: [s, o], column: columns - 1, gradient: biases },
  ];
}

/**
 * 2^low W' + R' = 2^low W + R - rate sum_t g x for weights, and with 2^fraction for x for biases. One pair (W', R') fits a residue. With momentum
 * rate M' is subtracted.
 */
export function updateRelations(parts: StepParts, layer: number, gradient: Matrix, x: Matrix): void {
  const { b, segment } = parts;
  const { plan, first } = segment;
  const { momentum } = plan;
  const rate = rateAt(plan, first);
  const columns = columnsOf(parts, layer, gradient, x);
  const weights = ['weight', 'rest', plan.formats.low] as const;
  for (const own of columns) {
    const at = atOf(own);
    b.zero(`update/${own.name}`, own.indices, [
      ...wholeTerms(parts, layer, weights, 'after', 1, at),
      ...wholeTerms(parts, layer, weights, 'before', -1, at),
      ...(momentum === undefined
        ? [own.gradient(rate)]
        : wholeTerms(parts, layer, ['high', 'low', momentum.low], 'after', rate, at)),
    ]);
  }
  if (momentum !== undefined) momentumRelations(parts, layer, columns, momentum);
}

function atOf({ indices, column }: Columns): StateRead['at'] {
  return [indices[1] as Index, column];
}

/** coefficient (2^bits A + B), of two parts A and B of the state. */
function wholeTerms(
  parts: StepParts,
  layer: number,
  [high, low, bits]: readonly [high: StateKind, low: StateKind, bits: number],
  side: 'before' | 'after',
  coefficient: number,
  at: StateRead['at'],
): Term[] {
  return [
    ...stateTerms(parts, statePartOf(parts, high, layer), side, { coefficient: coefficient * 2 ** bits, at }),
    ...stateTerms(parts, statePartOf(parts, low, layer), side, { coefficient, at }),
  ];
}

/** M' = M - q + G with M + 2^(shift-1) = 2^shift q + e, as e = M + 2^(shift-1) - 2^shift (M + G - M'): e is what M leaves, so one M' fits. */
function momentumRelations(
  parts: StepParts,
  layer: number,
  columns: readonly Columns[],
  momentum: Momentum,
): void {
  const { shift, low } = momentum;
  const { b, segment, s } = parts;
  const [outputs, width] = layerShape(segment.plan, layer);
  const e = b.witness(
    `remainder/${layer}`,
    [periodsOf(segment).periods, outputs, width] as const,
    unsigned(shift),
  );
  remainderRelations(parts, layer, e, momentum);
  const momenta = ['high', 'low', low] as const;
  const whole = 2 ** shift;
  for (const own of columns) {
    const at = atOf(own);
    b.zero(`momentum/${own.name}`, own.indices, [
      term(1, e.at(s, ...at)),
      ...wholeTerms(parts, layer, momenta, 'before', whole - 1, at),
      ...wholeTerms(parts, layer, momenta, 'after', -whole, at),
      own.gradient(whole),
      term(-(whole / 2)),
    ]);
  }
}

/**
 * What rounding leaves of the momentum before every period: a function of its low part, which is within its bits then. Were e only known to be in
 * [0, 2^shift) another e would fit another M', by multiples of 2^-shift modulo p away.
 */
function remainderRelations(parts: StepParts, layer: number, e: Stack, { shift, low }: Momentum): void {
  const { b } = parts;
  const [periods, outputs, width] = e.shape;
  const [o, c] = [b.index('o', outputs), b.index('c', width)];
  const { before, between } = statePartOf(parts, 'low', layer);
  const keyOf = (view: View): Term[] => [term(1, view), term(2 ** (low - 1))];
  const [name, own] = [`${e.name}/first`, term(1, e.at(0, o, c))];
  if (before === undefined) b.zero(name, [o, c], [own, term(-(2 ** (shift - 1)))]);
  else b.lookup(name, [o, c], addTable(b, remainderTable(low, shift)), keyOf(before.at(o, c)), [own]);
  if (between === undefined) return;
  const p = b.index('p', periods - 1);
  const table = addTable(b, remainderTable(low, shift));
  const next = [term(1, e.at(slice(p, 1), o, c))];
  b.lookup(`${e.name}/next`, [p, o, c], table, keyOf(between.at(p, o, c)), next);
}
