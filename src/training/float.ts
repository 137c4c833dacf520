/** The same training in float64: what the integers are compared with. Nothing proven reads this. */
import type { Dataset } from './dataset.ts';
import { inputFormat, layerCount, layerShape, learningRate, rateAt, type TrainingPlan } from './plan.ts';
import type { TrainingState } from './state.ts';

/** Matrices [outputs, inputs + 1], the last column the bias. */
export type FloatState = readonly Float64Array[];

/** Integer weights as the numbers that they stand for. */
export function floatState({ formats }: TrainingPlan, state: TrainingState): FloatState {
  const unit = 2 ** (formats.weight.fraction + formats.low);
  return state.map(({ weight, rest }) =>
    Float64Array.from(weight, (w, at) => (w * 2 ** formats.low + (rest[at] as number)) / unit),
  );
}

/** Positions of the entries that are not zero. */
function positionsOf(x: Float64Array): number[] {
  const found: number[] = [];
  x.forEach((value, k) => {
    if (value !== 0) found.push(k);
  });
  return found;
}

function floatPass(plan: TrainingPlan, state: FloatState, first: Float64Array): Float64Array[] {
  const xs = [first];
  for (let layer = 0; layer < layerCount(plan); layer++) {
    const [outputs, columns] = layerShape(plan, layer);
    const [w, x] = [state[layer] as Float64Array, xs[layer] as Float64Array];
    const y = new Float64Array(outputs);
    const live = positionsOf(x);
    for (let o = 0; o < outputs; o++) {
      let sum = w[o * columns + columns - 1] as number;
      for (const k of live) sum += (w[o * columns + k] as number) * (x[k] as number);
      y[o] = layer < layerCount(plan) - 1 ? Math.max(sum, 0) : sum;
    }
    xs.push(y);
  }
  return xs;
}

function rowOf(plan: TrainingPlan, { inputs }: Dataset, row: number): Float64Array {
  const width = plan.widths[0] as number;
  const unit = 2 ** inputFormat(plan, 0).fraction;
  const own = new Float64Array(width);
  for (let k = 0; k < width; k++) own[k] = (inputs[row * width + k] as number) / unit;
  return own;
}

/** What weights moved by last: nothing. */
export function floatMomentum(state: FloatState): Float64Array[] {
  return state.map((w) => new Float64Array(w.length));
}

/**
 * One step of SGD: ReLU, softmax cross-entropy, mean gradient. Periods make no difference to it; with momentum it is heavy ball, as plans with periods
 * of one step are.
 *
 * @param momenta what weights moved by last, changed in place; where the plan has momentum
 */
export function floatStep(
  plan: TrainingPlan,
  state: FloatState,
  data: Dataset,
  rows: ArrayLike<number>,
  step: number,
  momenta: readonly Float64Array[] = [],
): FloatState {
  const layers = layerCount(plan);
  const sums = state.map((w) => new Float64Array(w.length));
  for (let t = 0; t < rows.length; t++) {
    const row = rows[t] as number;
    const xs = floatPass(plan, state, rowOf(plan, data, row));
    const logits = xs[layers] as Float64Array;
    const greatest = logits.reduce((a, z) => Math.max(a, z), -Infinity);
    const e = logits.map((z) => Math.exp(z - greatest));
    const total = e.reduce((a, x) => a + x, 0);
    let g = e.map((x, j) => x / total - (data.labels[row] === j ? 1 : 0));
    for (let layer = layers - 1; layer >= 0; layer--) {
      const [outputs, columns] = layerShape(plan, layer);
      const [w, x, sum] = [state[layer], xs[layer], sums[layer]] as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const below = new Float64Array(columns - 1);
      const live = positionsOf(x);
      for (let o = 0; o < outputs; o++) {
        const own = g[o] as number;
        if (own === 0) continue;
        // A unit whose activation is zero has no slope: it moves nothing, and nothing goes through it.
        for (const k of live) {
          sum[o * columns + k] = (sum[o * columns + k] as number) + own * (x[k] as number);
          below[k] = (below[k] as number) + own * (w[o * columns + k] as number);
        }
        sum[(o + 1) * columns - 1] = (sum[(o + 1) * columns - 1] as number) + own;
      }
      g = below;
    }
  }
  const rate = learningRate(plan, rateAt(plan, step)) / rows.length;
  const decay = plan.momentum === undefined ? 0 : 1 - 2 ** -plan.momentum.shift;
  return state.map((w, layer) => {
    const sum = sums[layer] as Float64Array;
    const moves = sum.map((g, at) => decay * (momenta[layer]?.[at] ?? 0) - rate * g);
    momenta[layer]?.set(moves);
    return w.map((v, at) => v + (moves[at] as number));
  });
}

/** How many of the rows a float network names right. */
export function floatCorrect(plan: TrainingPlan, state: FloatState, data: Dataset): number {
  let correct = 0;
  for (let row = 0; row < data.labels.length; row++) {
    const logits = floatPass(plan, state, rowOf(plan, data, row))[layerCount(plan)] as Float64Array;
    const best = logits.reduce((a, z, j) => (z > (logits[a] as number) ? j : a), 0);
    if (best === data.labels[row]) correct++;
  }
  return correct;
}
