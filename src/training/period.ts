/**
 * Steps of one period in exact integers, from one state to the next. The passes read the weights at its start; what its steps did since is
 * a sum of rows of theirs, weighted by rounded inner products. What is proven is this, bit for bit. spec/training.md sections 4 to 6.
 */
import { balanced, unprovable } from '../ops/tensor.ts';
import {
  gradientGram,
  inputFormat,
  inputGram,
  layerCount,
  rateAt,
  type GramFormat,
  type TrainingPlan,
} from './plan.ts';
import { plainProducts, type StepProducts } from './products.ts';
import type { TrainingState } from './state.ts';
import { stepPasses, type Batch, type Corrections, type StepTrace } from './step.ts';
import { gradientSums, updated } from './update.ts';

/** Inner products of the rows of a period with those of earlier steps, [rows, rows] each; 0 elsewhere. */
export interface Gram {
  /** rate times them, balanced residues. */
  readonly inner: Int32Array;
  /** In units of the sums that they correct. */
  readonly rounded: Int16Array;
}

/** Everything that a period computes on the way. */
export interface PeriodTrace {
  readonly steps: readonly StepTrace[];
  /** Of the inputs of every layer, and of the gradients of layers 1, 2, ..; empty where the period is one step, and `gradient` at index 0. */
  readonly grams: { readonly input: readonly Gram[]; readonly gradient: readonly Gram[] };
}

/** Rows of a tensor of a period, as its steps come to them. */
interface Rows {
  readonly data: Int32Array;
  readonly width: number;
}

function rowsOf(count: number, width: number): Rows {
  return { data: new Int32Array(count * width), width };
}

/** Rows of a batch, and of a period. */
interface Cut {
  readonly batch: number;
  readonly rows: number;
}

/** A gram that grows step by step. */
interface Growing extends Gram {
  /**
   * Inner products of the rows of a step, which have just come, with those before; less the sum over these rows u of gram[row, u] times row u of
   * `values`.
   *
   * @throws ProofError `UNPROVABLE` for one beyond its bits
   */
  correct(step: number, values: Rows, sums: Int32Array): void;
}

function growing(
  stage: string,
  keys: Rows,
  { batch, rows }: Cut,
  { rate, one, format }: { readonly rate: number; readonly one: number; readonly format: GramFormat },
  products: StepProducts,
): Growing {
  const [inner, rounded] = [new Int32Array(rows * rows), new Int16Array(rows * rows)];
  const { shift, bits } = format;
  const [half, limit] = [2 ** (shift - 1), 2 ** (bits - 1)];
  /** Rounded inner products of the rows of a step with those before, [batch, before]. */
  const weightsOf = (from: number): Int16Array => {
    const { data, width } = keys;
    const own = data.subarray(from * width, (from + batch) * width);
    const all = products.rows(own, data.subarray(0, from * width), width);
    const weights = new Int16Array(all.length);
    for (let t = 0; t < batch; t++) {
      const to = (from + t) * rows;
      for (let u = 0; u < from; u++) {
        const i = t * from + u;
        const value = balanced(rate * balanced((all[i] as number) + one * one)); // below 2^20 2^30
        const weight = (value + half) >> shift; // below 2^30 + 2^14
        if (weight < -limit || weight >= limit) unprovable(stage, t, u, `expected ${bits} bits`);
        inner[to + u] = value;
        rounded[to + u] = weights[i] = weight;
      }
    }
    return weights;
  };
  return {
    inner,
    rounded,
    correct(step, { data, width }, sums) {
      const from = step * batch;
      if (from === 0) return;
      const moved = products.mix(weightsOf(from), data.subarray(0, from * width), width);
      for (let i = 0; i < sums.length; i++) sums[i] = balanced((sums[i] as number) - (moved[i] as number));
    },
  };
}

/** Inputs and gradients of all layers, and their grams. */
interface Growth {
  readonly inputs: readonly Rows[];
  readonly gradients: readonly Rows[];
  readonly grams: { readonly input: readonly Growing[]; readonly gradient: readonly Growing[] };
}

function growthOf(plan: TrainingPlan, cut: Cut, rate: number, products: StepProducts): Growth {
  const layers = Array.from({ length: layerCount(plan) }, (_, layer) => layer);
  const inputs = layers.map((layer) => rowsOf(cut.rows, plan.widths[layer] as number));
  const gradients = layers.map((layer) => rowsOf(cut.rows, plan.widths[layer + 1] as number));
  if (cut.rows === cut.batch) return { inputs, gradients, grams: { input: [], gradient: [] } };
  const input = layers.map((layer) => {
    const one = 2 ** inputFormat(plan, layer).fraction;
    const [own, format] = [inputs[layer] as Rows, inputGram(plan, layer)];
    return growing(`layer ${layer}: products of inputs`, own, cut, { rate, one, format }, products);
  });
  const gradient = layers.map((layer) => {
    const stage = `layer ${layer}: products of gradients`;
    // Nothing goes back through the first layer.
    const own = layer === 0 ? { batch: 0, rows: 0 } : cut;
    const format = gradientGram(plan);
    return growing(stage, gradients[layer] as Rows, own, { rate, one: 0, format }, products);
  });
  return { inputs, gradients, grams: { input, gradient } };
}

/** Gives sums more places. */
function widen(sums: Int32Array, places: number): void {
  if (places === 0) return;
  const unit = 2 ** places;
  for (let i = 0; i < sums.length; i++) sums[i] = balanced((sums[i] as number) * unit); // below 2^30 2^14
}

/** What a step of a period needs to know of those before it. */
function correctionsOf(
  plan: TrainingPlan,
  { inputs, gradients, grams }: Growth,
  { batch }: Cut,
  step: number,
): Corrections {
  const put = (rows: Rows, values: Int32Array): void => rows.data.set(values, step * batch * rows.width);
  return {
    forward(layer, x, sums) {
      const { places } = inputGram(plan, layer);
      put(inputs[layer] as Rows, x);
      widen(sums, places);
      grams.input[layer]?.correct(step, gradients[layer] as Rows, sums);
      return places;
    },
    gradient: (layer, g) => put(gradients[layer] as Rows, g),
    back(layer, sums) {
      const { places } = gradientGram(plan);
      widen(sums, places);
      grams.gradient[layer]?.correct(step, inputs[layer] as Rows, sums);
      return places;
    },
  };
}

/**
 * One period.
 *
 * @param batches one for each step: as many as the plan's period, fewer at the end of a run
 * @param first number of its first step, for its rate
 * @param products exact sums; default: by definition
 * @throws ProofError `UNPROVABLE` naming layer, row and column of a value beyond its bits
 * @example
 * const { state: next } = trainPeriod(plan, state, [batchOf(plan, data, batchRows(plan, order, 0, 1))], 0);
 */
export function trainPeriod(
  plan: TrainingPlan,
  state: TrainingState,
  batches: readonly Batch[],
  first: number,
  products: StepProducts = plainProducts,
): { readonly state: TrainingState; readonly trace: PeriodTrace } {
  const { batch } = plan;
  const rate = rateAt(plan, first);
  const cut: Cut = { batch, rows: batches.length * batch };
  const growth = growthOf(plan, cut, rate, products);
  const steps = batches.map((own, step) =>
    stepPasses(plan, state, own, correctionsOf(plan, growth, cut, step), products),
  );
  const next = state.map((own, layer) =>
    products.within(() => {
      const [g, x] = [growth.gradients[layer] as Rows, growth.inputs[layer] as Rows];
      const sums = gradientSums(plan, layer, g.data, x.data, products);
      return updated(plan, layer, own, sums, rate);
    }),
  );
  const gramsOf = (all: readonly Growing[]): Gram[] => all.map(({ inner, rounded }) => ({ inner, rounded }));
  const grams = { input: gramsOf(growth.grams.input), gradient: gramsOf(growth.grams.gradient) };
  return { state: next, trace: { steps, grams } };
}
