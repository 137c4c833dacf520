/** Both passes of a step of training in exact integers. What is proven is this, bit for bit. spec/training.md sections 4 and 5. */
import { balanced, checkBits } from '../ops/tensor.ts';
import type { Dataset } from './dataset.ts';
import { inputFormat, layerCount, layerShape, sumShift, type TrainingPlan } from './plan.ts';
import { softmaxRows, type SoftmaxRows } from './softmax.ts';
import { plainProducts, type StepProducts, type WeightMatrix } from './products.ts';
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
  for (let i = 0; i < out.length; i++) out[i] = ((sums[i] as number) + half) >> shift; // |x| < 2^30, half <= 2^27
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
 * @param corrections of sums, in a step; absent: the weights are those of `state`
 * @throws ProofError `UNPROVABLE` for a sum beyond its bits
 */
export function forward(
  plan: TrainingPlan,
  state: TrainingState,
  inputs: Int32Array,
  products: StepProducts = plainProducts,
  corrections?: Pick<Corrections, 'forward'>,
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
    const places = corrections?.forward(layer, x, sums) ?? 0;
    const y = rounded(sums, sumShift(plan, layer) + places);
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

/** What earlier steps of a period did to the sums of a step. Its rows are told as they come. Corrected sums have more places: so many are returned. */
export interface Corrections {
  /** Of a layer's sums. @param x its inputs */
  forward(layer: number, x: Int32Array, sums: Int32Array): number;
  /** Tells the gradients of a layer's rounded sums. */
  gradient(layer: number, g: Int32Array): void;
  /** Of the gradients of a layer's inputs, before they are rounded. */
  back(layer: number, sums: Int32Array): number;
}

/**
 * Both passes of one step, by the weights at the start of its period.
 *
 * @param corrections what earlier steps of the period did
 * @param products exact sums
 * @throws ProofError `UNPROVABLE` naming layer, row and column of a value beyond its bits
 */
export function stepPasses(
  plan: TrainingPlan,
  state: TrainingState,
  batch: Batch,
  corrections: Corrections,
  products: StepProducts,
): StepTrace {
  const layers = layerCount(plan);
  const classes = plan.widths[layers] as number;
  const { gradient: format, weight } = plan.formats;
  const pass = forward(plan, state, batch.inputs, products, corrections);
  const softmax = softmaxRows(pass.logits, classes, format.fraction);
  const gradients = new Array<Int32Array>(layers);
  const back = new Array<Int32Array>(layers).fill(new Int32Array(0));
  const backRounded = [...back];
  gradients[layers - 1] = softmax.probability.map((g, at) => {
    return (batch.labels[Math.floor(at / classes)] as number) === at % classes ? g - 2 ** format.fraction : g;
  });
  for (let layer = layers - 1; layer >= 0; layer--) {
    const g = gradients[layer] as Int32Array;
    corrections.gradient(layer, g);
    if (layer === 0) break;
    const width = plan.widths[layer] as number;
    const sums = products.back(weightsOf(plan, layer, state[layer] as LayerState), g);
    const dx = rounded(sums, weight.fraction + corrections.back(layer, sums));
    checkBits(`layer ${layer}: gradient`, { data: dx, width }, format.bits);
    [back[layer], backRounded[layer]] = [sums, dx];
    const slope = pass.slopes[layer - 1] as Int32Array;
    gradients[layer - 1] = dx.map((own, i) => own * (slope[i] as number));
  }
  return { batch, ...pass, softmax, gradients, back, backRounded };
}
