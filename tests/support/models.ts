/** Model folders made for a test, on disk or in memory, and files that break them. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProofError } from '../../src/errors/proof-error.ts';
import type { Json, JsonObject } from '../../src/import/json.ts';
import { PRESETS } from '../../tools/random-model/presets.ts';
import { type RandomModel, writeRandomModel } from '../../tools/random-model/write.ts';

/** Files by name. */
export type Folder = Map<string, Uint8Array>;

/** Runs with an empty folder that is gone afterwards. */
export async function withScratch<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A random model of a preset with some keys of its configuration replaced. */
export function randomModel(
  preset: string,
  set: JsonObject = {},
  options: Partial<RandomModel> = {},
): RandomModel {
  const config = { ...PRESETS.get(preset), ...set };
  return { config, seed: 1, dtype: 'F32', shardBytes: undefined, tokenizer: undefined, ...options };
}

/** The files of a random model, in memory. */
export function randomFolder(
  preset: string,
  set: JsonObject = {},
  options: Partial<RandomModel> = {},
): Promise<Folder> {
  return withScratch(async (scratch) => {
    const folder = join(scratch, 'model');
    await writeRandomModel(folder, randomModel(preset, set, options));
    return readFolder(folder);
  });
}

/** All files of a folder. */
export function readFolder(folder: string): Folder {
  return new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
}

/** `key=value` settings of the tool, values in JSON or plain. */
export function settingsOf(pairs: readonly string[]): JsonObject {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key, value] = pair.split('=') as [string, string];
      return [key, /^(?:[0-9.]+|true|false|null)$/.test(value) ? (JSON.parse(value) as Json) : value];
    }),
  );
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A safetensors file with this header text and so many bytes of data. */
export function safetensorsOf(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = utf8(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** The ProofError with which a promise fails; anything else is an error of the test. */
export async function asyncRefusal(run: Promise<unknown> | (() => Promise<unknown>)): Promise<ProofError> {
  try {
    await (typeof run === 'function' ? run() : run);
  } catch (error) {
    if (error instanceof ProofError) return error;
    throw error;
  }
  throw new Error('expected a refusal, got none');
}

const root = new URL('../../', import.meta.url).pathname;
/** Real weights that are not part of the repository; `undefined` where they are absent. */
export function realWeights(name: string): string | undefined {
  const path = join(root, '../shared/models', name);
  return existsSync(path) ? path : undefined;
}
/** A model of the repository; `undefined` where it is absent. */
export function boxModel(): string | undefined {
  const path = join(root, 'models/zkdl-3m');
  return existsSync(join(path, 'model.safetensors')) ? path : undefined;
}
