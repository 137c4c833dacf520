/** Relations of updates: what a period does to weights. spec/training.md section 6. */
import { term } from '../relation/handles.ts';
import type { Index, Term } from '../relation/program.ts';
import { inputFormat, layerShape, pullOf, rateAt } from './plan.ts';
import { rowOf, statePartOf, type Matrix, type StateValue, type StepParts } from './program-parts.ts';
import { stateTerms, type StateRead } from './program-state.ts';

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
 * 2^low W' + R' = 2^low W + R - rate sum_t g x for weights, and with 2^fraction for x for biases. One pair (W', R') fits a residue. With momentum Z
 * moves by that, and 2^low W' + R' = 2^low W + R - 2^pull W + Z'.
 */
export function updateRelations(parts: StepParts, layer: number, gradient: Matrix, x: Matrix): void {
  const { b, segment } = parts;
  const { plan, first } = segment;
  const rate = rateAt(plan, first);
  const pull = pullOf(plan);
  const unit = 2 ** plan.formats.low;
  for (const { name, indices, column, gradient: sum } of columnsOf(parts, layer, gradient, x)) {
    const at: StateRead['at'] = [indices[1] as Index, column];
    const read = (value: StateValue, side: 'before' | 'after', coefficient: number): Term[] =>
      stateTerms(parts, statePartOf(parts, value, layer), side, { coefficient, at });
    if (pull !== undefined) {
      const moved = [...read('iterate', 'after', 1), ...read('iterate', 'before', -1), sum(rate)];
      b.zero(`iterate/${name}`, indices, moved);
    }
    b.zero(`update/${name}`, indices, [
      ...read('weight', 'after', unit),
      ...read('rest', 'after', 1),
      ...read('weight', 'before', pull === undefined ? -unit : 2 ** pull - unit),
      ...read('rest', 'before', -1),
      ...(pull === undefined ? [sum(rate)] : read('iterate', 'after', -1)),
    ]);
  }
}
