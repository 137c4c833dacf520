/**
 * One step of training in exact integers: forward pass, gradient, update. What is proven is this, bit for bit.
 * spec/training.md sections 4 to 6.
 */
import { balanced, checkBits } from '../ops/tensor.ts';
import type { Dataset } from './dataset.ts';
import { inputFormat, layerCount, layerShape, rateAt, sumShift, type TrainingPlan } from './plan.ts';
import { softmaxRows, type SoftmaxRows } from './softmax.ts';
import { plainProducts, type StepProducts, type WeightMatrix } from './products.ts';
import { gradientSums, updated } from './update.ts';
import type { LayerState, TrainingState } from './state.ts';

/** The rows of a batch. */
export interface Batch {
  /** [batch, inputs] */
  readonly inputs: Int32Array;
  readonly labels: Int32Array;
}

/** Everything that a step computes on the way, [batch, width] each. */
export interface StepTrace {
  readonly batch: Batch;
  /** x of every layer: its inputs. */
  readonly inputs: readonly Int32Array[];
  /** Sums, and what they were rounded to. */
  readonly sums: readonly Int32Array[];
  readonly rounded: readonly Int32Array[];
  /** Of hidden layers: 1 where the activation has a slope. */
  readonly slopes: readonly Int32Array[];
  readonly softmax: SoftmaxRows;
  /** Gradients of the rounded sums. */
  readonly gradients: readonly Int32Array[];
  /** Gradients of the inputs of layers 1, 2, ..: residues before rounding, and after. Index 0 is empty. */
  readonly back: readonly Int32Array[];
  readonly backRounded: readonly Int32Array[];
  /** Of momenta, [outputs, inputs + 1]; empty without. */
  readonly remainders: readonly Int16Array[];
}

/** Rows of a dataset by number. */
export function batchOf(plan: TrainingPlan, { inputs, labels }: Dataset, rows: ArrayLike<number>): Batch {
  const width = plan.widths[0] as number;
  const own = new Int32Array(rows.length * width);
  const classes = new Int32Array(rows.length);
  for (let t = 0; t < rows.length; t++) {
    const row = rows[t] as number;
    own.set(inputs.subarray(row * width, (row + 1) * width), t * width);
    classes[t] = labels[row] as number;
  }
  return { inputs: own, labels: classes };
}

/** floor((x + 2^(shift-1)) / 2^shift) of all entries. */
function rounded(sums: Int32Array, shift: number): Int32Array {
  const half = 2 ** (shift - 1);
  const out = new Int32Array(sums.length);
  for (let i = 0; i < out.length; i++) out[i] = ((sums[i] as number) + half) >> shift; // |x| < 2^30, half <= 2^21
  return out;
}

/** min(max(y, 0), greatest), and where it is y and not 0. */
function ramp(y: Int32Array, greatest: number): readonly [active: Int32Array, slope: Int32Array] {
  const [active, slope] = [new Int32Array(y.length), new Int32Array(y.length)];
  for (let i = 0; i < y.length; i++) {
    const v = y[i] as number;
    active[i] = v < 0 ? 0 : v > greatest ? greatest : v;
    slope[i] = v > 0 && v <= greatest ? 1 : 0;
  }
  return [active, slope];
}

function weightsOf(plan: TrainingPlan, layer: number, { weight }: LayerState): WeightMatrix {
  const [outputs, columns] = layerShape(plan, layer);
  return { data: weight, outputs, inputs: columns - 1 };
}

/** sums[t][o] = sum_k W[o][k] x[t][k] + 2^fraction W[o][inputs], balanced residues. */
function layerSums(
  plan: TrainingPlan,
  layer: number,
  state: LayerState,
  x: Int32Array,
  products: StepProducts,
): Int32Array {
  const w = weightsOf(plan, layer, state);
  const one = 2 ** inputFormat(plan, layer).fraction;
  const sums = products.forward(w, x);
  for (let at = 0; at < sums.length; at += w.outputs) {
    for (let o = 0; o < w.outputs; o++) {
      const bias = w.data[o * (w.inputs + 1) + w.inputs] as number;
      sums[at + o] = balanced((sums[at + o] as number) + one * bias); // below 2^30 + 2^30
    }
  }
  return sums;
}

/**
 * Logits of rows, [rows, classes], with 8 binary places.
 *
 * @param inputs [rows, inputs]
 * @throws ProofError `UNPROVABLE` for a sum beyond its bits
 */
export function forward(
  plan: TrainingPlan,
  state: TrainingState,
  inputs: Int32Array,
  products: StepProducts = plainProducts,
): Pick<StepTrace, 'inputs' | 'sums' | 'rounded' | 'slopes'> & { readonly logits: Int32Array } {
  const last = layerCount(plan) - 1;
  const greatest = 2 ** plan.formats.activation.bits - 1;
  const trace = {
    inputs: [inputs],
    sums: [] as Int32Array[],
    rounded: [] as Int32Array[],
    slopes: [] as Int32Array[],
  };
  for (let layer = 0; layer <= last; layer++) {
    const x = trace.inputs[layer] as Int32Array;
    const sums = layerSums(plan, layer, state[layer] as LayerState, x, products);
    const y = rounded(sums, sumShift(plan, layer));
    checkBits(`layer ${layer}: sums`, { data: y, width: plan.widths[layer + 1] as number }, plan.formats.sum);
    trace.sums.push(sums);
    trace.rounded.push(y);
    if (layer === last) break;
    const [active, slope] = ramp(y, greatest);
    trace.inputs.push(active);
    trace.slopes.push(slope);
  }
  return { ...trace, logits: trace.rounded[last] as Int32Array };
}

/**
 * One step.
 *
 * @param step its number, for its rate
 * @param products exact sums; default: by definition
 * @throws ProofError `UNPROVABLE` naming layer, row and column of a value beyond its bits
 */
export function trainStep(
  plan: TrainingPlan,
  state: TrainingState,
  batch: Batch,
  step: number,
  products: StepProducts = plainProducts,
): { readonly state: TrainingState; readonly trace: StepTrace } {
  const layers = layerCount(plan);
  const classes = plan.widths[layers] as number;
  const { gradient: format, weight } = plan.formats;
  const pass = forward(plan, state, batch.inputs, products);
  const softmax = softmaxRows(pass.logits, classes, format.fraction);
  const gradients = new Array<Int32Array>(layers);
  const back = new Array<Int32Array>(layers).fill(new Int32Array(0));
  const backRounded = [...back];
  gradients[layers - 1] = softmax.probability.map((g, at) => {
    return (batch.labels[Math.floor(at / classes)] as number) === at % classes ? g - 2 ** format.fraction : g;
  });
  for (let layer = layers - 1; layer > 0; layer--) {
    const width = plan.widths[layer] as number;
    const w = weightsOf(plan, layer, state[layer] as LayerState);
    back[layer] = products.back(w, gradients[layer] as Int32Array);
    const dx = rounded(back[layer] as Int32Array, weight.fraction);
    checkBits(`layer ${layer}: gradient`, { data: dx, width }, format.bits);
    backRounded[layer] = dx;
    const slope = pass.slopes[layer - 1] as Int32Array;
    const below = new Int32Array(dx.length);
    for (let i = 0; i < dx.length; i++) below[i] = (dx[i] as number) * (slope[i] as number);
    gradients[layer - 1] = below;
  }
  const rate = rateAt(plan, step);
  const next = state.map((own, layer) => {
    const [g, x] = [gradients[layer] as Int32Array, pass.inputs[layer] as Int32Array];
    return products.within(() => {
      const sums = gradientSums(plan, layer, g, x, products);
      return updated(plan, layer, own, sums, rate);
    });
  });
  const remainders = next.map(({ remainder }) => remainder);
  const trace = { batch, ...pass, softmax, gradients, back, backRounded, remainders };
  return { state: next.map((own) => own.state), trace };
}
