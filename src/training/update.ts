/** The update of weights and momenta, in exact integers. spec/training.md section 6. */
import { balanced, unprovable } from '../ops/tensor.ts';
import { inputFormat, layerShape, type TrainingPlan } from './plan.ts';
import { partOf, type LayerState } from './state.ts';

/** Positions of the entries of a row that are not zero: most of a picture is. */
export function positionsOf(x: Int32Array, t: number, width: number): Int32Array {
  const found = new Int32Array(width);
  let count = 0;
  for (let k = 0; k < width; k++) if (x[t * width + k] !== 0) found[count++] = k;
  return found.subarray(0, count);
}

/** G[o][k] = sum_t g[t][o] x[t][k], with 2^fraction for x behind the inputs. Exact: `checkPlan`. */
export function gradientSums(
  plan: TrainingPlan,
  layer: number,
  gradient: Int32Array,
  x: Int32Array,
): Float64Array {
  const [outputs, columns] = layerShape(plan, layer);
  const inputs = columns - 1;
  const one = 2 ** inputFormat(plan, layer).fraction;
  const sums = new Float64Array(outputs * columns);
  for (let t = 0; t < plan.batch; t++) {
    const live = positionsOf(x, t, inputs);
    for (let o = 0; o < outputs; o++) {
      const g = gradient[t * outputs + o] as number;
      if (g === 0) continue;
      const own = sums.subarray(o * columns, (o + 1) * columns);
      for (const k of live) own[k] = (own[k] as number) + g * (x[t * inputs + k] as number);
      own[inputs] = (own[inputs] as number) + g * one;
    }
  }
  return sums;
}

/** A residue in two parts: value = high 2^low + the rest, which is signed. */
function split(
  stage: string,
  values: Float64Array,
  width: number,
  bits: number,
  low: number,
): readonly [high: Int16Array, rest: Int16Array] {
  const [high, rest] = [new Int16Array(values.length), new Int16Array(values.length)];
  const limit = 2 ** (bits - 1);
  values.forEach((value, at) => {
    const top = Math.floor((value + 2 ** (low - 1)) / 2 ** low);
    if (top < -limit || top >= limit) {
      unprovable(stage, Math.floor(at / width), at % width, `expected ${bits} bits`);
    }
    high[at] = top;
    rest[at] = value - top * 2 ** low;
  });
  return [high, rest];
}

/** The update of one layer. @throws ProofError `UNPROVABLE` for a weight or a momentum beyond its bits */
export function updated(
  plan: TrainingPlan,
  layer: number,
  state: LayerState,
  sums: Float64Array,
  rate: number,
): { readonly state: LayerState; readonly remainder: Int32Array } {
  const { formats, momentum } = plan;
  const width = layerShape(plan, layer)[1];
  const { weight, rest } = state;
  const moved = (by: Float64Array): Pick<LayerState, 'weight' | 'rest'> => {
    // rate times sums below 2^52: `checkPlan`
    const values = by.map((x, at) =>
      balanced((weight[at] as number) * 2 ** formats.low + (rest[at] as number) - rate * x),
    );
    const stage = `layer ${layer}: weights`;
    const [high, below] = split(stage, values, width, formats.weight.bits, formats.low);
    return { weight: high, rest: below };
  };
  if (momentum === undefined) return { state: moved(sums), remainder: new Int32Array(0) };
  const [before, low] = [partOf(state, 'high'), partOf(state, 'low')];
  const [whole, half] = [2 ** momentum.shift, 2 ** (momentum.shift - 1)];
  const remainder = new Int32Array(sums.length);
  const next = sums.map((G, at) => {
    const M = (before[at] as number) * 2 ** momentum.low + (low[at] as number);
    const q = Math.floor((M + half) / whole);
    remainder[at] = M + half - q * whole;
    return balanced(M - q + G);
  });
  const parts = split(`layer ${layer}: momentum`, next, width, momentum.high, momentum.low);
  return { state: { ...moved(next), high: parts[0], low: parts[1] }, remainder };
}
