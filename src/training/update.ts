/** The update of weights and momenta, in exact integers. spec/training.md section 6. */
import { balanced, unprovable } from '../ops/tensor.ts';
import { inputFormat, layerShape, type Momentum, type TrainingPlan } from './plan.ts';
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

/** Residues in two parts, high 2^low + rest with rest signed, put down run by run. */
interface Parts {
  readonly high: Int16Array;
  readonly rest: Int16Array;
  /** Residues go to `at` and behind. @throws ProofError `UNPROVABLE` for a high part beyond its bits */
  put(at: number, values: Int32Array): void;
}

function partsOf(stage: string, length: number, width: number, bits: number, low: number): Parts {
  const [high, rest] = [new Int16Array(length), new Int16Array(length)];
  const [limit, half] = [2 ** (bits - 1), 2 ** (low - 1)];
  return {
    high,
    rest,
    put(at, values) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        const top = (value + half) >> low; // below 2^30 + 2^14
        if (top < -limit || top >= limit) {
          unprovable(stage, Math.floor((at + i) / width), (at + i) % width, `expected ${bits} bits`);
        }
        high[at + i] = top;
        rest[at + i] = value - (top << low);
      }
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
  parts.put(0, values);
  return [parts.high, parts.rest];
}

/** The update of one layer, row by row. @throws ProofError `UNPROVABLE` for a weight or a momentum beyond its bits */
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
  const [row, next] = [new Int32Array(width), new Int32Array(width)];
  /** V' = bal(V - rate row). */
  const move = (at: number): void => {
    for (let k = 0; k < width; k++) {
      const V = (weight[at + k] as number) * unit + (rest[at + k] as number);
      next[k] = balanced(V - rate * (row[k] as number)); // below 2^30 + 2^20 2^30
    }
    moved.put(at, next);
  };
  const decay = momentum && decayOf(momentum, layer, state, width);
  for (let at = 0, o = 0; at < length; at += width, o++) {
    row.set(sums.inputs.subarray(o * (width - 1), (o + 1) * (width - 1)));
    row[width - 1] = sums.biases[o] as number;
    decay?.add(at, row);
    move(at);
  }
  const weights = { weight: moved.high, rest: moved.rest };
  if (decay === undefined) return { state: weights, remainder: new Int16Array(0) };
  return { state: { ...weights, high: decay.parts.high, low: decay.parts.rest }, remainder: decay.remainder };
}

/** The momenta of a layer. */
function decayOf(
  momentum: Momentum,
  layer: number,
  state: LayerState,
  width: number,
): {
  /** The new ones, and what rounding leaves of the old ones. */
  readonly parts: Parts;
  readonly remainder: Int16Array;
  /** sums = bal(M - q + sums) of a row, which is put down. */
  add(at: number, sums: Int32Array): void;
} {
  const [high, low] = [partOf(state, 'high'), partOf(state, 'low')];
  const { shift } = momentum;
  const [top, half, whole] = [2 ** momentum.low, 2 ** (shift - 1), 2 ** shift];
  const remainder = new Int16Array(high.length); // of at most 8 bits
  const parts = partsOf(`layer ${layer}: momentum`, high.length, width, momentum.high, momentum.low);
  return {
    parts,
    remainder,
    add(at, sums) {
      for (let k = 0; k < width; k++) {
        const M = (high[at + k] as number) * top + (low[at + k] as number);
        const q = (M + half) >> shift; // below 2^30
        remainder[at + k] = M + half - q * whole;
        sums[k] = balanced(M - q + (sums[k] as number));
      }
      parts.put(at, sums);
    },
  };
}
