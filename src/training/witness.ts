/** From executed steps to the tensors of their program. */
import type { RowMajor } from '../relation/cells-prove.ts';
import { trainPeriod, type Gram, type PeriodTrace } from './period.ts';
import { layerCount, periodOf, type TrainingPlan } from './plan.ts';
import { plainProducts, type StepProducts } from './products.ts';
import type { StateEnd } from './segment.ts';
import { STATE_KINDS, type LayerState, type LayerWeights, type TrainingState } from './state.ts';
import { softmaxValues } from './softmax.ts';
import { batchOf, type StepTrace } from './step.ts';
import type { Dataset } from './dataset.ts';

/** Periods one behind the other: the states before, between and after them, and what each computed. */
export interface Execution {
  readonly plan: TrainingPlan;
  readonly states: readonly TrainingState[];
  readonly traces: readonly PeriodTrace[];
}

/**
 * Runs the steps of a segment, period by period.
 *
 * @param rows of the dataset, batch after batch
 * @param products as `trainPeriod`
 * @throws ProofError as `trainPeriod`
 */
export function executeSteps(
  plan: TrainingPlan,
  state: TrainingState,
  data: Dataset,
  first: number,
  rows: Uint32Array,
  products: StepProducts = plainProducts,
): Execution {
  const states = [state];
  const traces: PeriodTrace[] = [];
  const batches = Array.from({ length: rows.length / plan.batch }, (_, s) =>
    batchOf(plan, data, rows.subarray(s * plan.batch, (s + 1) * plan.batch)),
  );
  const period = periodOf(plan);
  for (let s = 0; s < batches.length; s += period) {
    const own = batches.slice(s, s + period);
    const done = trainPeriod(plan, states[states.length - 1] as TrainingState, own, first + s, products);
    states.push(done.state);
    traces.push(done.trace);
  }
  return { plan, states, traces };
}

/** One array behind the other, of the same kind. */
function joined<T extends Int16Array | Int32Array>(parts: readonly T[]): T {
  const [first] = parts as readonly [T];
  if (parts.length === 1) return first;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const out = (first instanceof Int16Array ? new Int16Array(length) : new Int32Array(length)) as T;
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Cells of the witness tensors, and of the virtual ones that the execution has. */
export function trainingWitness({ plan, states, traces }: Execution): {
  readonly tensors: Map<string, RowMajor>;
  readonly virtuals: Map<string, RowMajor>;
} {
  const layers = layerCount(plan);
  const classes = plan.widths[layers] as number;
  const tensors = new Map<string, RowMajor>();
  const virtuals = new Map<string, RowMajor>();
  const steps = traces.flatMap((trace) => trace.steps);
  const all = <T extends Int16Array | Int32Array>(of: (trace: StepTrace) => T): T => joined(steps.map(of));
  const grams = (name: string, of: (trace: PeriodTrace) => Gram | undefined): void => {
    const own = traces.map(of).filter((gram) => gram !== undefined && gram.inner.length > 0) as Gram[];
    if (own.length === 0) return;
    tensors.set(`gram/${name}`, joined(own.map((gram) => gram.rounded)));
    virtuals.set(`inner/${name}`, joined(own.map((gram) => gram.inner)));
  };
  const between = states.slice(1, plan.momentum === undefined ? -1 : -2); // those at the ends are committed groups, or public
  for (let layer = 0; layer < layers; layer++) {
    const own = between.map((state) => state[layer] as LayerState);
    if (own.length > 0)
      for (const kind of STATE_KINDS)
        tensors.set(`${kind}/${layer}`, joined(own.map((state) => state[kind])));
    tensors.set(
      `x/${layer}`,
      all(({ inputs }) => inputs[layer] as Int32Array),
    );
    tensors.set(
      `y/${layer}`,
      all(({ rounded }) => rounded[layer] as Int32Array),
    );
    tensors.set(
      `gradient/${layer}`,
      all(({ gradients }) => gradients[layer] as Int32Array),
    );
    virtuals.set(
      `sum/${layer}`,
      all(({ sums }) => sums[layer] as Int32Array),
    );
    grams(`input/${layer}`, (trace) => trace.grams.input[layer]);
    grams(`gradient/${layer}`, (trace) => trace.grams.gradient[layer]);
    if (layer < layers - 1)
      tensors.set(
        `slope/${layer}`,
        all(({ slopes }) => slopes[layer] as Int32Array),
      );
    if (layer === 0) continue;
    tensors.set(
      `back-rounded/${layer}`,
      all(({ backRounded }) => backRounded[layer] as Int32Array),
    );
    virtuals.set(
      `back/${layer}`,
      all(({ back }) => back[layer] as Int32Array),
    );
  }
  tensors.set(
    'target',
    all(({ batch }) => {
      const target = new Int32Array(plan.batch * classes);
      batch.labels.forEach((label, t) => (target[t * classes + label] = 1));
      return target;
    }),
  );
  const softmaxes = steps.map(({ softmax }) => softmaxValues(softmax, plan.formats.gradient.fraction));
  for (const name of Object.keys(softmaxes[0] ?? {})) {
    tensors.set(`softmax/${name}`, joined(softmaxes.map((values) => values[name] as Int32Array)));
  }
  return { tensors, virtuals };
}

/** Cells of a dataset by the names of a program's static tensors. */
export function datasetCells({ inputs, labels }: Dataset): Map<string, Int16Array> {
  return new Map([
    ['data/inputs', Int16Array.from(inputs)],
    ['data/labels', Int16Array.from(labels)],
  ]);
}

/** Cells of weights by the names of a program's static tensors. @param end of the segment */
export function stateCells(state: readonly LayerWeights[], end: StateEnd): Map<string, Int16Array> {
  return new Map(
    state.flatMap((own, layer) => STATE_KINDS.map((kind) => [`${end}/${kind}/${layer}`, own[kind]] as const)),
  );
}
