/**
 * `npm run bench -- gpt2-small [--tokens N] [--prompts K] [--codeword keep] [--repeat N] [--threads N] [--cache DIR] [--store DIR] [--json]`
 * and `npm run bench -- llama2-7b --layers L [..]`: models in published shapes with seeded random weights.
 *
 * Question: what does it take to commit such a model, to prove an answer of it, and to verify the proof? Each prompt is N rows of
 * the model, the last eight of which choose a token. proveMs is the whole call of a warm process: pass, witness, commitment,
 * arguments, opening, budget, the own verification, the bytes. verifyMs is warm, key decoding and the derivation of the program
 * included; verifyColdMs is the first call of a fresh process. The import is made once, in a process of its own, and kept.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { kernelMemoryBytes, wasmKernels } from '../../src/kernels/index.ts';
import { anchorNs } from '../clock.ts';
import { inFreshProcess, print, type VerifyTimes } from '../report.ts';
import { cachedModel, makeModel, type CachedModel, type LargeModel } from './model.ts';
import { parseLarge, type LargeOptions } from './options.ts';
import { runLarge } from './run.ts';

export async function benchGpt2(args: readonly string[]): Promise<void> {
  await benchLarge('gpt2-small', 'gpt2', args);
}

/** Without `--layers`, two: all 32 are more than one commitment holds. */
export async function benchLlama(args: readonly string[]): Promise<void> {
  await benchLarge('llama2-7b', 'llama-7b', args.includes('--layers') ? args : [...args, '--layers', '2']);
}

/** `make-model CACHE MODEL`: what the others start where the model is not there yet. */
export async function makeLarge([cache, model]: readonly string[]): Promise<void> {
  if (cache === undefined || model === undefined) throw new RangeError('expected CACHE and MODEL, got fewer');
  await makeModel(cache, JSON.parse(model) as LargeModel, (text) => console.error(`bench: ${text}`));
}

async function benchLarge(name: string, preset: string, args: readonly string[]): Promise<void> {
  const options = parseLarge(args);
  const { file, record } = modelOf({ preset, layers: options.layers }, options);
  const kernels = await wasmKernels({
    memoryBytes: kernelMemoryBytes(totalmem()), // as the command line does
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const folder = mkdtempSync(join(options.store ?? tmpdir(), 'zkdl-bench-'));
  try {
    const { row, files } = await runLarge(kernels, file, folder, options);
    const times = inFreshProcess<VerifyTimes>(['verify-answer', files.key, files.proof]);
    const all = {
      case: name,
      ...record,
      seconds: undefined,
      importSeconds: record.seconds,
      ...row,
      ...times,
    };
    const anchored = { ...all, anchorNs: anchorNs(kernels) };
    print(anchored, options.json);
  } finally {
    rmSync(folder, { recursive: true });
    await kernels.close();
  }
}

function modelOf(model: LargeModel, { cache }: LargeOptions): CachedModel {
  const known = cachedModel(cache, model);
  if (known !== undefined) return known;
  inFreshProcess(['make-model', cache, JSON.stringify(model)]);
  return cachedModel(cache, model) as CachedModel;
}
