/**
 * `npm run bench -- train-mlp-10m [--batch N] [--steps K] [--period P] [--optimizer sgd|momentum] [--start committed|seed] [--repeat N] [--rows N] [--width N]
 * [--threads N] [--store DIR] [--json]`: steps of training a network of ten million weights. `train-digits`, with the same options: the network of
 * `npm run demo:training`, 16 steps if nothing else is said.
 *
 * Question: what does it take to prove K steps, and to verify the proof? proveMs is the whole call: training, the commitment to the
 * weights that were written, witness, arguments, openings, budgets, the own verification. Without `--repeat` it is the first call of a
 * process; with it the median of the segments behind the first. verifyMs is warm, verifyColdMs the first call of a fresh process;
 * both read the run and derive the program.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { kernelMemoryBytes, wasmKernels } from '../../src/kernels/index.ts';
import { verifyTraining } from '../../src/training/verify.ts';
import { anchorNs } from '../clock.ts';
import { inFreshProcess, peakRss, print, timeVerifier, type VerifyTimes } from '../report.ts';
import { parseTraining, type Network } from './options.ts';
import { runTraining } from './run.ts';

const WARM_CALLS = 3;

interface TrainingVerifyTimes extends VerifyTimes {
  readonly verifyRssBytes: number;
}

export async function benchTraining(network: Network, args: readonly string[]): Promise<void> {
  const options = parseTraining(args, network);
  const kernels = await wasmKernels({
    memoryBytes: kernelMemoryBytes(totalmem()),
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const folder = mkdtempSync(join(options.store, 'zkdl-bench-'));
  try {
    const { row, files } = runTraining(kernels, folder, options);
    const times = inFreshProcess<TrainingVerifyTimes>(['verify-training', files.run, files.segment]);
    print({ case: `train-${network}`, ...row, ...times, anchorNs: anchorNs(kernels) }, options.json);
  } finally {
    rmSync(folder, { recursive: true });
    await kernels.close();
  }
}

/** Reading the run and deriving the program are in every call. @throws Error for files that do not verify */
export function timeVerifyTraining(run: Uint8Array, segment: Uint8Array): TrainingVerifyTimes {
  const times = timeVerifier(() => verifyTraining(run, [segment]), WARM_CALLS);
  return { ...times, verifyRssBytes: peakRss() };
}

/** `verify-training RUN SEGMENT`: what both start. */
export function benchVerifyTraining([run, segment]: readonly string[]): Promise<void> {
  if (run === undefined || segment === undefined) throw new RangeError('expected RUN and SEGMENT, got fewer');
  console.log(JSON.stringify(timeVerifyTraining(readFileSync(run), readFileSync(segment))));
  return Promise.resolve();
}
