/**
 * One step of training in exact integers: forward pass, gradient, update. What is proven is this, bit for bit.
 * spec/training.md sections 4 to 6.
 */
import { balanced, checkBits } from '../ops/tensor.ts';
import type { Dataset } from './dataset.ts';
import { inputFormat, layerCount, layerShape, rateAt, sumShift, type TrainingPlan } from './plan.ts';
import { softmaxRows, type SoftmaxRows } from './softmax.ts';
import { gradientSums, positionsOf, updated } from './update.ts';
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
  readonly remainders: readonly Int32Array[];
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
  return sums.map((x) => (x + half) >> shift); // |x| < 2^30, half <= 2^21
}

/** sums[t][o] = sum_k W[o][k] x[t][k] + 2^fraction W[o][inputs], balanced residues. */
export function layerSums(plan: TrainingPlan, layer: number, weight: Int16Array, x: Int32Array): Int32Array {
  const [outputs, columns] = layerShape(plan, layer);
  const inputs = columns - 1;
  const one = 2 ** inputFormat(plan, layer).fraction;
  const rows = x.length / inputs;
  const sums = new Int32Array(rows * outputs);
  for (let t = 0; t < rows; t++) {
    const own = x.subarray(t * inputs, (t + 1) * inputs);
    const live = positionsOf(x, t, inputs);
    for (let o = 0; o < outputs; o++) {
      const at = o * columns;
      let sum = one * (weight[at + inputs] as number); // at most 2^16 products below 2^30: exact
      for (const k of live) sum += (weight[at + k] as number) * (own[k] as number);
      sums[t * outputs + o] = balanced(sum);
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
    const sums = layerSums(plan, layer, (state[layer] as LayerState).weight, x);
    const y = rounded(sums, sumShift(plan, layer));
    checkBits(`layer ${layer}: sums`, { data: y, width: plan.widths[layer + 1] as number }, plan.formats.sum);
    trace.sums.push(sums);
    trace.rounded.push(y);
    if (layer === last) break;
    trace.inputs.push(y.map((v) => Math.min(Math.max(v, 0), greatest)));
    trace.slopes.push(y.map((v) => (v > 0 && v <= greatest ? 1 : 0)));
  }
  return { ...trace, logits: trace.rounded[last] as Int32Array };
}

/** dx[t][k] = sum_o g[t][o] W[o][k], balanced residues. */
function backSums(plan: TrainingPlan, layer: number, weight: Int16Array, gradient: Int32Array): Int32Array {
  const [outputs, columns] = layerShape(plan, layer);
  const inputs = columns - 1;
  const rows = gradient.length / outputs;
  const sums = new Float64Array(rows * inputs);
  for (let t = 0; t < rows; t++) {
    const own = sums.subarray(t * inputs, (t + 1) * inputs);
    for (let o = 0; o < outputs; o++) {
      const g = gradient[t * outputs + o] as number;
      if (g === 0) continue;
      // At most 2^16 products below 2^31: exact.
      for (let k = 0; k < inputs; k++) own[k] = (own[k] as number) + g * (weight[o * columns + k] as number);
    }
  }
  return Int32Array.from(sums, balanced);
}

/**
 * One step.
 *
 * @param step its number, for its rate
 * @throws ProofError `UNPROVABLE` naming layer, row and column of a value beyond its bits
 */
export function trainStep(
  plan: TrainingPlan,
  state: TrainingState,
  batch: Batch,
  step: number,
): { readonly state: TrainingState; readonly trace: StepTrace } {
  const layers = layerCount(plan);
  const classes = plan.widths[layers] as number;
  const { gradient: format, weight } = plan.formats;
  const pass = forward(plan, state, batch.inputs);
  const softmax = softmaxRows(pass.logits, classes, format.fraction);
  const gradients = new Array<Int32Array>(layers);
  const back = new Array<Int32Array>(layers).fill(new Int32Array(0));
  const backRounded = [...back];
  gradients[layers - 1] = softmax.probability.map((g, at) => {
    return (batch.labels[Math.floor(at / classes)] as number) === at % classes ? g - 2 ** format.fraction : g;
  });
  for (let layer = layers - 1; layer > 0; layer--) {
    const width = plan.widths[layer] as number;
    back[layer] = backSums(plan, layer, (state[layer] as LayerState).weight, gradients[layer] as Int32Array);
    const dx = rounded(back[layer] as Int32Array, weight.fraction);
    checkBits(`layer ${layer}: gradient`, { data: dx, width }, format.bits);
    backRounded[layer] = dx;
    const slope = pass.slopes[layer - 1] as Int32Array;
    gradients[layer - 1] = dx.map((g, at) => g * (slope[at] as number));
  }
  const rate = rateAt(plan, step);
  const next = state.map((own, layer) => {
    const sums = gradientSums(plan, layer, gradients[layer] as Int32Array, pass.inputs[layer] as Int32Array);
    return updated(plan, layer, own, sums, rate);
  });
  const remainders = next.map(({ remainder }) => remainder);
  const trace = { batch, ...pass, softmax, gradients, back, backRounded, remainders };
  return { state: next.map((own) => own.state), trace };
}
