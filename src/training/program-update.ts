/** Relations of updates: what a period does to weights. spec/training.md section 6. */
import { term } from '../relation/handles.ts';
import type { Index, Term } from '../relation/program.ts';
import { inputFormat, keptOf, layerShape, rateAt, type PartFactors } from './plan.ts';
import { rowOf, statePartOf, type Matrix, type StepParts } from './program-parts.ts';
import { stateTerms, type Side, type StateRead } from './program-state.ts';
import { STATE_KINDS } from './state.ts';

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
 * 2^low W' + R' = what is kept of W and R, and with momentum of those a period earlier, - rate sum_t g x; for biases with 2^fraction for x. One pair (W', R')
 * fits a residue.
 */
export function updateRelations(parts: StepParts, layer: number, gradient: Matrix, x: Matrix): void {
  const { b, segment } = parts;
  const { plan, first } = segment;
  const rate = rateAt(plan, first);
  const { now, earlier } = keptOf(plan);
  const after = { weight: 2 ** plan.formats.low, rest: 1 };
  for (const { name, indices, column, gradient: sum } of columnsOf(parts, layer, gradient, x)) {
    const at: StateRead['at'] = [indices[1] as Index, column];
    const read = (side: Side, sign: 1 | -1, factors: PartFactors): Term[] =>
      STATE_KINDS.flatMap((kind) =>
        stateTerms(parts, statePartOf(parts, kind, layer), side, { coefficient: sign * factors[kind], at }),
      );
    b.zero(`update/${name}`, indices, [
      ...read('after', 1, after),
      ...read('before', -1, now),
      ...(plan.momentum === undefined ? [] : read('earlier', 1, earlier)),
      sum(rate),
    ]);
  }
}
