/**
 * `npm run bench -- gpt2-small [--tokens N] [--prompts K] [--codeword keep] [--repeat N] [--threads N] [--cache DIR] [--store DIR] [--committed DIR] [--json]`
 * and `npm run bench -- llama2-7b --layers L|all [..]`: models in published shapes with seeded random weights.
 *
 * Question: what does it take to commit such a model, to prove an answer of it, and to verify the proof? Each prompt is N rows of
 * the model; the last eight choose a token each, of LLaMA the last one alone. proveMs is the whole call of a warm process: pass, witness, commitment,
 * arguments, opening, budget, the own verification, the bytes. verifyMs is warm, key decoding and the derivation of the program
 * included; verifyColdMs is the first call of a fresh process. GPT-2 is imported once, in a process of its own, and kept; LLaMA is made
 * in integers (`integers.ts`), and has the layers that are asked for.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { kernelMemoryBytes, wasmKernels } from '../../src/kernels/index.ts';
import { saveModel } from '../../src/quantize/node.ts';
import { anchorNs } from '../clock.ts';
import { inFreshProcess, print, type VerifyTimes } from '../report.ts';
import { LLAMA_7B, parameterCount, randomLlama } from './integers.ts';
import { cachedModel, makeModel, type CachedModel, type LargeModel } from './model.ts';
import { parseLarge, type LargeOptions } from './options.ts';
import { CHOICES, runLarge } from './run.ts';

export async function benchGpt2(args: readonly string[]): Promise<void> {
  await benchLarge('gpt2-small', 'gpt2', args);
}

/** The last row chooses a token. Without `--layers`, one: all 32 take 13 GB of weights, twice. */
export async function benchLlama(args: readonly string[]): Promise<void> {
  const options = parseLarge(args);
  const layers = options.layers === 'all' ? LLAMA_7B.layers : (options.layers ?? 1);
  const { file, made } = llamaModel(options.cache, layers);
  await bench('llama2-7b', file, made, options, 1);
}

/** `make-model CACHE MODEL`: what the others start where the model is not there yet. */
export async function makeLarge([cache, model]: readonly string[]): Promise<void> {
  if (cache === undefined || model === undefined) throw new RangeError('expected CACHE and MODEL, got fewer');
  await makeModel(cache, JSON.parse(model) as LargeModel, (text) => console.error(`bench: ${text}`));
}

async function benchLarge(name: string, preset: string, args: readonly string[]): Promise<void> {
  const options = parseLarge(args);
  const layers = options.layers === 'all' ? undefined : options.layers;
  const { file, record } = modelOf({ preset, layers }, options);
  const made = { ...record, seconds: undefined, importSeconds: record.seconds };
  await bench(name, file, made, options, CHOICES);
}

async function bench(
  name: string,
  file: string,
  made: object,
  options: LargeOptions,
  choices: number,
): Promise<void> {
  const kernels = await wasmKernels({
    memoryBytes: kernelMemoryBytes(totalmem()), // as the command line does
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const parent = options.store ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const folder = options.committed ?? mkdtempSync(join(parent, 'zkdl-bench-'));
  try {
    const { row, files } = await runLarge(kernels, file, folder, options, choices);
    const times = inFreshProcess<VerifyTimes>(['verify-answer', files.key, files.proof]);
    const all = { case: name, ...made, ...row, ...times };
    const anchored = { ...all, anchorNs: anchorNs(kernels) };
    print(anchored, options.json);
  } finally {
    if (options.committed === undefined) rmSync(folder, { recursive: true });
    await kernels.close();
  }
}

/** LLaMA-2-7B with so many layers, in integers: kept under a name that stands for what is in it. */
function llamaModel(cache: string, layers: number): { readonly file: string; readonly made: object } {
  const model = randomLlama({ ...LLAMA_7B, layers });
  const file = join(cache, `llama-7b-integers-${layers}.zkq`);
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true });
    saveModel(file, model);
  }
  return { file, made: { params: parameterCount(model.graph) } };
}

function modelOf(model: LargeModel, { cache }: LargeOptions): CachedModel {
  const known = cachedModel(cache, model);
  if (known !== undefined) return known;
  inFreshProcess(['make-model', cache, JSON.stringify(model)]);
  return cachedModel(cache, model) as CachedModel;
}
