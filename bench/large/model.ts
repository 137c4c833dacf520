/**
 * Models in published shapes with seeded random weights: a Hugging Face folder is written once, imported as a user's would be,
 * and both are kept. A name stands for what is in the files, so another shape or seed is another file.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blake3 } from '../../src/hash/blake3.ts';
import type { JsonObject } from '../../src/import/json.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { importModel } from '../../src/verbs/index.ts';
import { PRESETS } from '../../tools/random-model/presets.ts';
import { writeRandomModel } from '../../tools/random-model/write.ts';
import { cpuNow } from '../clock.ts';

/** What a cached model is made of. */
export interface LargeModel {
  /** A preset of `tools/random-model`. */
  readonly preset: string;
  readonly layers?: number | undefined;
  readonly seed?: number;
}

/** What the import took when it was made, in a process of its own. */
export interface ImportRecord {
  readonly params: number;
  readonly importMs: number;
  readonly importCpuMs: number;
  readonly importRssBytes: number;
  readonly seconds: Readonly<Record<string, number>>;
}

export interface CachedModel {
  /** The imported model; its tokenizer lies beside it. */
  readonly file: string;
  readonly record: ImportRecord;
}

/** To be raised when folder or import changes for the same shape and seed. */
const CACHE_VERSION = 1;
/**
 * Calibration and comparison as `zkdl import` makes them, from samples of the model, but many short ones: weights that were
 * never trained repeat themselves before long, and what repeats shows few of a channel's values.
 */
const SAMPLES = {
  calibrationSamples: { sequences: 32, tokens: 8 },
  evaluationSamples: { sequences: 8, tokens: 8 },
};

/** The configuration of a shape. @throws RangeError for a preset that is none */
export function configOf({ preset, layers }: LargeModel): JsonObject {
  const config = PRESETS.get(preset);
  if (config === undefined) throw new RangeError(`preset: expected a known one, got ${preset}`);
  const key = 'n_layer' in config ? 'n_layer' : 'num_hidden_layers';
  return layers === undefined ? config : { ...config, [key]: layers };
}

/** Names of the folder and of the model that is made of it. */
function namesOf(model: LargeModel): { readonly folder: string; readonly name: string } {
  const digestOf = (value: unknown): string => {
    const bytes = new TextEncoder().encode(JSON.stringify([CACHE_VERSION, value]));
    return Buffer.from(blake3(bytes).subarray(0, 4)).toString('hex');
  };
  const folder = `${model.preset}-${digestOf([model.seed ?? 1, configOf(model)])}`;
  return { folder, name: `${folder}-${digestOf(SAMPLES)}` };
}

function recordOf(base: string): ImportRecord | undefined {
  if (!existsSync(`${base}.json`) || !existsSync(`${base}.zkq`)) return undefined;
  return JSON.parse(readFileSync(`${base}.json`, 'utf8')) as ImportRecord;
}

/** The cached model; undefined where it is not there yet. */
export function cachedModel(cache: string, model: LargeModel): CachedModel | undefined {
  const base = join(cache, namesOf(model).name);
  const record = recordOf(base);
  return record === undefined ? undefined : { file: `${base}.zkq`, record };
}

/** Makes the model. Both steps appear under their names when they are complete. */
export async function makeModel(
  cache: string,
  model: LargeModel,
  say: (text: string) => void = () => {},
): Promise<CachedModel> {
  const known = cachedModel(cache, model);
  if (known !== undefined) return known;
  mkdirSync(cache, { recursive: true });
  const { folder, name } = namesOf(model);
  const [from, base] = [join(cache, folder), join(cache, name)];
  if (!existsSync(from)) {
    say('writing random weights');
    rmSync(`${from}.partial`, { recursive: true, force: true });
    const random = { config: configOf(model), seed: model.seed ?? 1, dtype: 'F16' } as const;
    await writeRandomModel(from, { ...random, shardBytes: undefined, tokenizer: undefined });
  }
  for (const file of [`${base}.zkq`, `${base}.tokenizer.json`]) rmSync(file, { force: true });
  const kernels = await wasmKernels({});
  try {
    const [start, cpu] = [performance.now(), cpuNow()];
    const imported = await importModel(kernels, {
      from,
      out: `${base}.zkq`,
      allowMiss: 'random weights, for a benchmark',
      samples: SAMPLES,
      onStep: say,
    });
    const record: ImportRecord = {
      params: imported.parameters,
      importMs: Math.round(performance.now() - start),
      importCpuMs: Math.round(cpuNow() - cpu),
      importRssBytes: process.resourceUsage().maxRSS * 1024,
      seconds: imported.seconds,
    };
    writeFileSync(`${base}.json.partial`, JSON.stringify(record));
    renameSync(`${base}.json.partial`, `${base}.json`);
    return { file: `${base}.zkq`, record };
  } finally {
    await kernels.close();
  }
}
