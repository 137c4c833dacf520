/** The update of weights, in exact integers. spec/training.md section 6. */
import { balanced } from '../ops/tensor.ts';
import { partsOf, type Parts } from './split.ts';
import { inputFormat, layerShape, pullOf, type TrainingPlan } from './plan.ts';
import type { StepProducts } from './products.ts';
import { ITERATE_LOW, partOf, type LayerState } from './state.ts';

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

/** The update of one layer, row by row. @throws ProofError `UNPROVABLE` for a weight beyond its bits */
export function updated(
  plan: TrainingPlan,
  layer: number,
  state: LayerState,
  sums: GradientSums,
  rate: number,
): LayerState {
  const { weight: format, low } = plan.formats;
  const { weight, rest } = state;
  const width = layerShape(plan, layer)[1];
  const unit = 2 ** low;
  const moved = partsOf(`layer ${layer}: weights`, weight.length, width, format.bits, low);
  const iterates = iteratesOf(plan, layer, state);
  const [moves, row] = [new Int32Array(width), new Int32Array(width)];
  for (let at = 0, o = 0; at < weight.length; at += width, o++) {
    moves.set(sums.inputs.subarray(o * (width - 1), (o + 1) * (width - 1)));
    moves[width - 1] = sums.biases[o] as number;
    for (let k = 0; k < width; k++) moves[k] = balanced(-rate * (moves[k] as number)); // below 2^20 2^30
    iterates?.add(at, moves);
    for (let k = 0; k < width; k++) {
      const V = (weight[at + k] as number) * unit + (rest[at + k] as number);
      row[k] = balanced(V + (moves[k] as number)); // below 2^30 + 2^30
    }
    moved.put(at, row);
  }
  const weights = { weight: moved.high, rest: moved.rest };
  if (iterates === undefined) return weights;
  return { ...weights, high: iterates.parts.high, low: iterates.parts.rest };
}

/** Z of a layer; where the plan has momentum. */
function iteratesOf(
  plan: TrainingPlan,
  layer: number,
  state: LayerState,
): { readonly parts: Parts; add(at: number, moves: Int32Array): void } | undefined {
  const pull = pullOf(plan);
  if (pull === undefined) return undefined;
  const { weight } = state;
  const [high, low] = [partOf(state, 'high'), partOf(state, 'low')];
  const width = layerShape(plan, layer)[1];
  const parts = partsOf(`layer ${layer}: iterates`, weight.length, width, 16, ITERATE_LOW);
  const [top, closed] = [2 ** ITERATE_LOW, 2 ** pull];
  const row = new Int32Array(width);
  return {
    parts,
    /** Z' = bal(Z + move) of a row, put down; and move = bal(Z' - 2^pull W). */
    add(at, moves) {
      for (let k = 0; k < width; k++) {
        const Z = (high[at + k] as number) * top + (low[at + k] as number);
        row[k] = balanced(Z + (moves[k] as number)); // below 2^30 + 2^14 + 2^30
        moves[k] = balanced((row[k] as number) - closed * (weight[at + k] as number)); // below 2^30 + 2^29
      }
      parts.put(at, row);
    },
  };
}
