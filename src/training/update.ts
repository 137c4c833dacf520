/** The update of weights and momenta, in exact integers. spec/training.md section 6. */
import { balanced, unprovable } from '../ops/tensor.ts';
import { inputFormat, layerShape, type TrainingPlan } from './plan.ts';
import type { StepProducts } from './products.ts';
import { partOf, type LayerState } from './state.ts';

/**
 * G[o][k] = sum_t g[t][o] x[t][k], with 2^fraction for x behind the inputs: balanced residues. An update reduces once more, so the residue
 * of a sum does for the sum.
 */
export function gradientSums(
  plan: TrainingPlan,
  layer: number,
  gradient: Int32Array,
  x: Int32Array,
  products: StepProducts,
): Int32Array {
  const [outputs, columns] = layerShape(plan, layer);
  const inputs = columns - 1;
  const one = 2 ** inputFormat(plan, layer).fraction;
  const weights = products.gradient({ outputs, inputs }, gradient, x);
  const biases = new Float64Array(outputs);
  for (let at = 0; at < gradient.length; at += outputs) {
    // At most 2^12 products below 2^31: exact.
    for (let o = 0; o < outputs; o++) {
      biases[o] = (biases[o] as number) + one * (gradient[at + o] as number);
    }
  }
  const sums = new Int32Array(outputs * columns);
  for (let o = 0; o < outputs; o++) {
    sums.set(weights.subarray(o * inputs, (o + 1) * inputs), o * columns);
    sums[o * columns + inputs] = balanced(biases[o] as number);
  }
  return sums;
}

/**
 * A residue in two parts: value = high 2^low + the rest, which is signed.
 *
 * @throws ProofError `UNPROVABLE` for a high part of more than `bits` bits
 */
export function split(
  stage: string,
  values: Int32Array,
  width: number,
  bits: number,
  low: number,
): readonly [high: Int16Array, rest: Int16Array] {
  const [high, rest] = [new Int16Array(values.length), new Int16Array(values.length)];
  const [limit, half, unit] = [2 ** (bits - 1), 2 ** (low - 1), 2 ** low];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    const top = (value + half) >> low; // below 2^30 + 2^14
    if (top < -limit || top >= limit) {
      unprovable(stage, Math.floor(at / width), at % width, `expected ${bits} bits`);
    }
    high[at] = top;
    rest[at] = value - top * unit;
  }
  return [high, rest];
}

/** V' = bal(V - rate by). */
function moved(plan: TrainingPlan, layer: number, state: LayerState, by: Int32Array, rate: number) {
  const { weight: format, low } = plan.formats;
  const { weight, rest } = state;
  const unit = 2 ** low;
  const values = new Int32Array(by.length);
  for (let at = 0; at < by.length; at++) {
    // below 2^30 + 2^20 2^30
    const value = (weight[at] as number) * unit + (rest[at] as number) - rate * (by[at] as number);
    values[at] = balanced(value);
  }
  const [high, below] = split(
    `layer ${layer}: weights`,
    values,
    layerShape(plan, layer)[1],
    format.bits,
    low,
  );
  return { weight: high, rest: below };
}

/** The update of one layer. @throws ProofError `UNPROVABLE` for a weight or a momentum beyond its bits */
export function updated(
  plan: TrainingPlan,
  layer: number,
  state: LayerState,
  sums: Int32Array,
  rate: number,
): { readonly state: LayerState; readonly remainder: Int32Array } {
  const { momentum } = plan;
  if (momentum === undefined) {
    return { state: moved(plan, layer, state, sums, rate), remainder: new Int32Array(0) };
  }
  const [before, low] = [partOf(state, 'high'), partOf(state, 'low')];
  const [unit, half, whole] = [2 ** momentum.low, 2 ** (momentum.shift - 1), 2 ** momentum.shift];
  const remainder = new Int32Array(sums.length);
  const next = new Int32Array(sums.length);
  for (let at = 0; at < sums.length; at++) {
    const M = (before[at] as number) * unit + (low[at] as number);
    const q = (M + half) >> momentum.shift; // below 2^30
    remainder[at] = M + half - q * whole;
    next[at] = balanced(M - q + (sums[at] as number));
  }
  const width = layerShape(plan, layer)[1];
  const parts = split(`layer ${layer}: momentum`, next, width, momentum.high, momentum.low);
  return { state: { ...moved(plan, layer, state, next, rate), high: parts[0], low: parts[1] }, remainder };
}
