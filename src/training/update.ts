/** The update of weights and momenta, in exact integers. spec/training.md section 6. */
import { balanced, unprovable } from '../ops/tensor.ts';
import { inputFormat, layerShape, type TrainingPlan } from './plan.ts';
import type { StepProducts } from './products.ts';
import { partOf, type LayerState } from './state.ts';

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
    // At most 2^12 products below 2^31: exact.
    for (let o = 0; o < outputs; o++) {
      biases[o] = (biases[o] as number) + one * (gradient[at + o] as number);
    }
  }
  return {
    inputs: products.gradient({ outputs, inputs: columns - 1 }, gradient, x),
    biases: Int32Array.from(biases, balanced),
  };
}

/** Calls `use` for every weight of a layer, in their order, with its G. */
function forWeights({ inputs, biases }: GradientSums, use: (at: number, sum: number) => void): void {
  const width = inputs.length / biases.length;
  let at = 0;
  for (let o = 0; o < biases.length; o++) {
    for (let k = 0; k < width; k++) use(at++, inputs[o * width + k] as number);
    use(at++, biases[o] as number);
  }
}

/** Residues in two parts, high 2^low + rest with rest signed, put down one by one. */
interface Parts {
  readonly high: Int16Array;
  readonly rest: Int16Array;
  /** @throws ProofError `UNPROVABLE` for a high part beyond its bits */
  put(at: number, value: number): void;
}

function partsOf(stage: string, length: number, width: number, bits: number, low: number): Parts {
  const [high, rest] = [new Int16Array(length), new Int16Array(length)];
  const [limit, half, unit] = [2 ** (bits - 1), 2 ** (low - 1), 2 ** low];
  return {
    high,
    rest,
    put(at, value) {
      const top = (value + half) >> low; // below 2^30 + 2^14
      if (top < -limit || top >= limit) {
        unprovable(stage, Math.floor(at / width), at % width, `expected ${bits} bits`);
      }
      high[at] = top;
      rest[at] = value - top * unit;
    },
  };
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
  const parts = partsOf(stage, values.length, width, bits, low);
  for (let at = 0; at < values.length; at++) parts.put(at, values[at] as number);
  return [parts.high, parts.rest];
}

/** The update of one layer. @throws ProofError `UNPROVABLE` for a weight or a momentum beyond its bits */
export function updated(
  plan: TrainingPlan,
  layer: number,
  state: LayerState,
  sums: GradientSums,
  rate: number,
): { readonly state: LayerState; readonly remainder: Int16Array } {
  const { momentum, formats } = plan;
  const { length } = state.weight;
  const width = layerShape(plan, layer)[1];
  const { weight, rest } = state;
  const unit = 2 ** formats.low;
  const moved = partsOf(`layer ${layer}: weights`, length, width, formats.weight.bits, formats.low);
  /** V' = bal(V - rate by). */
  const move = (at: number, by: number): void => {
    // below 2^30 + 2^20 2^30
    moved.put(at, balanced((weight[at] as number) * unit + (rest[at] as number) - rate * by));
  };
  if (momentum === undefined) {
    forWeights(sums, move);
    return { state: { weight: moved.high, rest: moved.rest }, remainder: new Int16Array(0) };
  }
  const [before, low] = [partOf(state, 'high'), partOf(state, 'low')];
  const [top, half, whole] = [2 ** momentum.low, 2 ** (momentum.shift - 1), 2 ** momentum.shift];
  const remainder = new Int16Array(length); // of at most 8 bits
  const parts = partsOf(`layer ${layer}: momentum`, length, width, momentum.high, momentum.low);
  forWeights(sums, (at, sum) => {
    const M = (before[at] as number) * top + (low[at] as number);
    const q = (M + half) >> momentum.shift; // below 2^30
    remainder[at] = M + half - q * whole;
    const next = balanced(M - q + sum);
    parts.put(at, next);
    move(at, next);
  });
  const next = { weight: moved.high, rest: moved.rest, high: parts.high, low: parts.rest };
  return { state: next, remainder };
}
