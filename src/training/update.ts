/** The update of weights, in exact integers. spec/training.md section 6. */
import { balanced, unprovable } from '../ops/tensor.ts';
import { inputFormat, keptOf, layerShape, type TrainingPlan } from './plan.ts';
import type { StepProducts } from './products.ts';
import type { LayerState } from './state.ts';

/** G of a layer, balanced residues: an update reduces once more, so the residue of a sum does for the sum. */
export interface GradientSums {
  /** [outputs, inputs]: sum_t g[t][o] x[t][k]. */
  readonly inputs: Int32Array;
  /** [outputs]: sum_t g[t][o] 2^fraction. */
  readonly biases: Int32Array;
}

export function gradientSums(
  plan: TrainingPlan,
  layer: number,
  gradient: Int32Array,
  x: Int32Array,
  products: StepProducts,
): GradientSums {
  const [outputs, columns] = layerShape(plan, layer);
  const one = 2 ** inputFormat(plan, layer).fraction;
  const biases = new Float64Array(outputs);
  for (let at = 0; at < gradient.length; at += outputs) {
    // At most 2^13 products below 2^31: exact.
    for (let o = 0; o < outputs; o++) {
      biases[o] = (biases[o] as number) + one * (gradient[at + o] as number);
    }
  }
  return {
    inputs: products.gradient({ outputs, inputs: columns - 1 }, gradient, x),
    biases: Int32Array.from(biases, balanced),
  };
}

/**
 * The update of one layer: V' = bal(what is kept of V and of the weights a period ago - rate G), in its parts.
 *
 * @throws ProofError `UNPROVABLE` for a weight beyond its bits
 */
export function updated(
  plan: TrainingPlan,
  layer: number,
  state: LayerState,
  sums: GradientSums,
  rate: number,
): LayerState {
  const { weight: format, low } = plan.formats;
  const { now, earlier } = keptOf(plan);
  const { weight: W, rest: R, earlier: old = state } = state;
  const { weight: oldW, rest: oldR } = old;
  const [outputs, width] = layerShape(plan, layer);
  const [weight, rest] = [new Int16Array(W.length), new Int16Array(W.length)];
  const [limit, half] = [2 ** (format.bits - 1), 2 ** (low - 1)];
  for (let o = 0, i = 0, g = 0; o < outputs; o++) {
    for (let k = 0; k < width; k++, i++) {
      const G = (k < width - 1 ? sums.inputs[g++] : sums.biases[o]) as number;
      const kept = now.weight * (W[i] as number) + now.rest * (R[i] as number); // below 2^31 + 2^15
      const gone = earlier.weight * (oldW[i] as number) + earlier.rest * (oldR[i] as number); // below 2^30 + 2^14
      const V = balanced(kept - gone - rate * G); // below 2^32 + 2^20 2^30
      const top = (V + half) >> low; // below 2^30 + 2^14
      if (top < -limit || top >= limit)
        unprovable(`layer ${layer}: weights`, o, k, `expected ${format.bits} bits`);
      weight[i] = top;
      rest[i] = V - (top << low);
    }
  }
  return plan.momentum === undefined ? { weight, rest } : { weight, rest, earlier: { weight: W, rest: R } };
}
