/** Steps of a run of a graph, with their checkpoints and their log. */
import { join } from 'node:path';
import type { ExecuteOptions } from '../../graph/execute.ts';
import { graphStep, tokensOf } from '../../training/index.ts';
import { graphStepsPerEpoch } from '../../training/graph-run/order.ts';
import { graphRateAt } from '../../training/graph-run/run.ts';
import type { NamedGraphRun } from '../../training/graph-run/verify.ts';
import { naming, replaceFile } from '../files.ts';
import { silent, type OnStep } from '../steps.ts';
import { lossSvg, lossTable, measure } from '../training/loss.ts';
import { writeGraphCheckpoint, type GraphCheckpoint, type TuningFolder } from './run-folder.ts';

/** Steps between two checkpoints. */
const CHECKPOINT_EVERY = 50;

export interface TuneStepOptions {
  /** Stop after so many steps of the run. Default: all. */
  readonly until?: number;
  /** Default 50. */
  readonly checkpointEvery?: number;
  readonly onStep?: OnStep;
}

/** Steps from a checkpoint on, with a checkpoint every so many and behind the last. */
export function runGraphSteps(
  folder: TuningFolder,
  corpus: Int16Array,
  begin: GraphCheckpoint,
  { until, checkpointEvery = CHECKPOINT_EVERY, onStep = silent }: TuneStepOptions,
  product: NonNullable<ExecuteOptions['product']>,
): GraphCheckpoint {
  const { run } = folder.named;
  const end = Math.max(begin.step, Math.min(until ?? run.steps, run.steps));
  let at = begin;
  while (at.step < end) {
    const next = Math.min(end, (Math.floor(at.step / checkpointEvery) + 1) * checkpointEvery);
    at = stepsTo(folder.named, corpus, at, next, product, (step) => onStep('training', step / run.steps));
    writeGraphCheckpoint(folder, at);
    const table = lossTable(graphStepsPerEpoch(run), (step) => graphRateAt(run, step), at);
    replaceFile(join(folder.path, 'loss.csv'), table);
    replaceFile(join(folder.path, 'loss.svg'), lossSvg(run, at));
  }
  return at;
}

function stepsTo(
  { run, batch }: NamedGraphRun,
  corpus: Int16Array,
  from: GraphCheckpoint,
  end: number,
  product: NonNullable<ExecuteOptions['product']>,
  onStep: (step: number) => void,
): GraphCheckpoint {
  const [losses, right] = [[...from.losses], [...from.right]];
  let { state } = from;
  for (let step = from.step; step < end; step++) {
    onStep(step);
    const tokens = tokensOf(corpus, batch(step));
    // As proofs run it: what cannot be proven is found out here.
    const options = { product, hidden: true };
    const done = naming(`step ${step}`, () => graphStep(run.graph, run.plan, state, tokens, options));
    const measured = measure(done.forward.output.data, Int32Array.from(tokens.targets));
    losses.push(measured.loss);
    right.push(measured.right);
    state = done.next;
  }
  return { step: end, state, losses, right };
}
