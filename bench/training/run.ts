/** A network and a dataset: committed, trained, proven. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kernels } from '../../src/kernels/index.ts';
import { describe } from '../../src/params/choose.ts';
import { programInstance } from '../../src/relation/plan.ts';
import { openHome } from '../../src/store/index.ts';
import { chooseTrainingParameters, commitDataset, commitState } from '../../src/training/commit.ts';
import { parameterCount } from '../../src/training/plan.ts';
import {
  announceRun,
  closePoint,
  pointFrom,
  proveSegment,
  startPoint,
  type TrainingOwner,
} from '../../src/training/prove-segment.ts';
import { decodeSegment } from '../../src/training/segment-file.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import { startOf } from '../../src/training/point.ts';
import { segmentStatement } from '../../src/training/verify.ts';
import { clocked } from '../clock.ts';
import { treeBytes } from '../large/run.ts';
import { medianRun, peakRss } from '../report.ts';
import { clockedSteps, figuresOf } from '../steps.ts';
import { traced } from '../traced.ts';
import { dataOf, planOf } from './networks.ts';
import type { TrainingOptions } from './options.ts';

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
/** Proofs that an epoch of the dataset must allow. */
const MIN_PROOFS = 100;

export interface TrainingFiles {
  readonly run: string;
  readonly segment: string;
}

/** @param folder empty; commitments and files go there */
export function runTraining(
  kernels: Kernels,
  folder: string,
  options: TrainingOptions,
): { readonly row: Record<string, unknown>; readonly files: TrainingFiles } {
  const { steps } = options;
  const plan = planOf(options);
  const trace = traced(kernels);
  const home = openHome(join(folder, 'home'));
  const data = dataOf(plan, options);
  const { parameters } = chooseTrainingParameters(plan, { steps, minProofs: MIN_PROOFS });
  const dataset = clocked(() => commitDataset(kernels, home, join(folder, 'D'), plan, data, parameters));
  const weights = clocked(() =>
    options.start === 'seed'
      ? undefined
      : commitState(kernels, home, join(folder, 'S0'), plan, stateFromSeed(plan, SEED), parameters),
  );
  const owner = announceRun(plan, data, dataset.value, SEED, weights.value);
  let point = weights.value === undefined ? startPoint(owner) : pointFrom(owner, 0, weights.value);
  const runs = Array.from({ length: options.repeat + 1 }, (_, i) => {
    const out = join(folder, `S${i + 1}`);
    const run = clockedSteps(trace, (step) =>
      proveSegment(trace.kernels, home, owner, point, steps, out, step),
    );
    closePoint(point, run.value.point);
    point = run.value.point;
    return { ...run, value: { bytes: run.value.bytes } }; // weights go where a trainer drops them
  });
  closePoint(point);
  dataset.value.close();
  const [cold, ...warm] = runs as [(typeof runs)[number], ...typeof runs];
  const median = warm.length > 0 ? medianRun(warm) : cold;
  const files = { run: join(folder, 'run'), segment: join(folder, 'segment') };
  writeFileSync(files.run, owner.bytes);
  writeFileSync(files.segment, cold.value.bytes);
  return {
    files,
    row: {
      params: parameterCount(plan),
      batch: plan.batch,
      steps,
      period: options.period,
      optimizer: options.optimizer,
      start: options.start,
      rows: plan.rows,
      commitMs: Math.round(dataset.ms),
      commitCpuMs: Math.round(dataset.cpuMs),
      commitWeightsCpuMs: Math.round(weights.cpuMs),
      proveMs: Math.round(median.ms),
      proveMsPerStep: Math.round(median.ms / steps),
      proveCpuMs: Math.round(median.cpuMs),
      proveCpuMsPerStep: Math.round(median.cpuMs / steps),
      proveColdMs: Math.round(cold.ms),
      proveColdCpuMs: Math.round(cold.cpuMs),
      proofBytes: median.value.bytes.length,
      keyBytes: dataset.value.keyBytes.length,
      peakRssBytes: peakRss(),
      diskBytes: treeBytes(folder),
      threads: kernels.threads,
      ...sizesOf(owner, cold.value.bytes),
      ...figuresOf(median),
    },
  };
}

/** What follows from the statement: the least term of its ledger in bits, cells and lookups. */
function sizesOf({ named }: TrainingOwner, bytes: Uint8Array): Record<string, unknown> {
  const file = decodeSegment(bytes);
  const { compiled, groups, parameters } = segmentStatement(named, startOf(named), file, file.parameters);
  const { ledger } = describe(parameters, programInstance(compiled, groups, parameters.code.logData));
  return {
    securityBits: (ledger.worst.tenths ?? 0) / 10,
    ownCells: compiled.own.cells,
    productVars: compiled.productVars,
    code: parameters.code,
  };
}
