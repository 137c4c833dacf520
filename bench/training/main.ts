/**
 * `npm run bench -- train-mlp-10m [--batch N] [--steps K] [--optimizer sgd|momentum] [--start committed|seed] [--repeat N] [--rows N] [--width N]
 * [--threads N] [--store DIR] [--json]`: steps of training a network of ten million weights.
 *
 * Question: what does it take to prove K steps, and to verify the proof? proveMs is the whole call: training, the commitment to the
 * weights that were written, witness, arguments, openings, budgets, the own verification. Without `--repeat` it is the first call of a
 * process; with it the median of the segments behind the first. verifyMs is warm, verifyColdMs the first call of a fresh process;
 * both read the run and derive the program.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { kernelMemoryBytes, wasmKernels } from '../../src/kernels/index.ts';
import { verifyTraining } from '../../src/training/verify.ts';
import { anchorNs, clocked, round } from '../clock.ts';
import { parseTraining } from './options.ts';
import { runTraining, type TrainingFiles } from './run.ts';

const WARM_CALLS = 3;

export async function benchTraining(args: readonly string[]): Promise<void> {
  const options = parseTraining(args);
  const kernels = await wasmKernels({
    memoryBytes: kernelMemoryBytes(totalmem()),
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const folder = mkdtempSync(join(options.store, 'zkdl-bench-'));
  try {
    const { row, files } = runTraining(kernels, folder, options);
    const all = { case: 'train-mlp-10m', ...row, ...verifyTimes(files), anchorNs: anchorNs(kernels) };
    const lines = Object.entries(all).map(
      ([key, value]) => `${key.padEnd(18)} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    );
    console.log(options.json ? JSON.stringify(all) : lines.join('\n'));
  } finally {
    rmSync(folder, { recursive: true });
    await kernels.close();
  }
}

function verifyTimes({ run, segment }: TrainingFiles): Record<string, number> {
  const script = process.argv[1] as string;
  const { status, stdout } = spawnSync(process.execPath, [script, 'verify-training', run, segment], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`bench: verify-training: expected exit code 0, got ${status}`);
  return JSON.parse(stdout) as Record<string, number>;
}

/** The first verification of a process, and later ones. @throws Error for files that do not verify */
export function timeVerifyTraining(run: Uint8Array, segment: Uint8Array): Record<string, number> {
  const verify = () => clocked(() => verifyTraining(run, [segment]));
  const cold = verify();
  if (!cold.value.ok) throw new Error(`bench: expected a proof that verifies, got ${cold.value.code}`);
  const warm = Array.from({ length: WARM_CALLS }, verify);
  const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] as number;
  return {
    verifyMs: round(median(warm.map(({ ms }) => ms))),
    verifyCpuMs: round(median(warm.map(({ cpuMs }) => cpuMs))),
    verifyColdMs: round(cold.ms),
    verifyColdCpuMs: round(cold.cpuMs),
    verifyRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** `verify-training RUN SEGMENT`: what `train-mlp-10m` starts. */
export function benchVerifyTraining([run, segment]: readonly string[]): Promise<void> {
  if (run === undefined || segment === undefined) throw new RangeError('expected RUN and SEGMENT, got fewer');
  console.log(JSON.stringify(timeVerifyTraining(readFileSync(run), readFileSync(segment))));
  return Promise.resolve();
}
