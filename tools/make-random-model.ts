/**
 * Makes a Hugging Face folder with seeded random weights in the shape of a published model: something to measure with
 * where no trained weights are at hand. Run after `npm run build`:
 *
 *   node dist-tools/tools/make-random-model.js gpt2 ./gpt2-random
 *   node dist-tools/tools/make-random-model.js llama-7b ./llama --dtype f16 --shard-bytes 5000000000 --seed 3
 *   node dist-tools/tools/make-random-model.js tiny-llama ./tiny --set num_hidden_layers=3 --set rope_theta=5000
 *
 * Presets: see random-model/presets.ts. `--tokenizer FILE` copies a tokenizer.json; without it every byte is a token.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Json, JsonObject } from '../src/import/json.ts';
import { PRESETS } from './random-model/presets.ts';
import { type Dtype, type RandomModel, writeRandomModel } from './random-model/write.ts';

function usage(message: string): never {
  console.error(`make-random-model: ${message}`);
  process.exit(2);
}

function parse(): { folder: string; model: RandomModel; tokenizer: string | undefined } {
  const string = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dtype: string,
      seed: string,
      'shard-bytes': string,
      tokenizer: string,
      set: { type: 'string', multiple: true },
    },
  });
  const [preset, folder] = positionals;
  const names = [...PRESETS.keys()].join(', ');
  if (preset === undefined || folder === undefined || positionals.length > 2)
    usage(`expected PRESET FOLDER; presets: ${names}`);
  const base = PRESETS.get(preset) ?? usage(`PRESET: expected one of ${names}, got ${preset}`);
  const count = (name: string, text: string): number =>
    /^\d{1,15}$/.test(text) ? Number(text) : usage(`--${name}: expected an integer, got ${text}`);
  const dtype = (values.dtype ?? 'f32').toUpperCase();
  if (!['F32', 'F16', 'BF16'].includes(dtype))
    usage(`--dtype: expected f32, f16 or bf16, got ${values.dtype}`);
  const shard = values['shard-bytes'];
  return {
    folder,
    tokenizer: values.tokenizer,
    model: {
      config: { ...base, ...settings(values.set ?? [], base) },
      seed: count('seed', values.seed ?? '1'),
      dtype: dtype as Dtype,
      shardBytes: shard === undefined ? undefined : count('shard-bytes', shard),
      tokenizer: undefined,
    },
  };
}

/** `key=value` pairs; values are JSON, or strings. */
function settings(pairs: readonly string[], base: JsonObject): JsonObject {
  const parseValue = (text: string): Json => {
    try {
      return JSON.parse(text) as Json;
    } catch {
      return text;
    }
  };
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      const key = pair.slice(0, at);
      if (at < 1 || key === 'model_type') usage(`--set: expected key=value, got ${pair}`);
      if (!(key in base)) console.error(`make-random-model: note: ${key} is not a key of the preset`);
      return [key, parseValue(pair.slice(at + 1))];
    }),
  );
}

try {
  const { folder, model, tokenizer } = parse();
  const bytes = tokenizer === undefined ? undefined : new Uint8Array(await readFile(tokenizer));
  const parameters = await writeRandomModel(folder, { ...model, tokenizer: bytes });
  console.log(`${folder}: ${parameters} parameters, ${model.dtype}, seed ${model.seed}`);
} catch (error) {
  console.error(`make-random-model: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
