/** Fuzz targets of importers: files of other people's formats, which have many encodings. */
import { importHuggingFace } from '../../../src/import/hugging-face.ts';
import { parseJson } from '../../../src/import/json.ts';
import { importLlama2c } from '../../../src/import/llama2c.ts';
import { readLlama2cTokenizer } from '../../../src/import/llama2c-tokenizer.ts';
import { checkWeights } from '../../../src/import/model.ts';
import { fileOfBytes, memoryResolver, type ModelFile } from '../../../src/import/resolver.ts';
import { openSafetensors } from '../../../src/import/safetensors.ts';
import { readTokenizerJson } from '../../../src/import/tokenizer-json.ts';
import { llama2cOf, llama2cTokenizerOf } from '../llama2c.ts';
import { randomFolder } from '../models.ts';
import { mutateBytes, mutateValue, type Dice } from './mutate.ts';
import type { Target } from './target.ts';

/** A file that says so when more is asked of it than it holds. */
function watched(bytes: Uint8Array): ModelFile {
  const file = fileOfBytes(bytes);
  return {
    size: file.size,
    read: (offset, length) => {
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
        throw new Error(`fuzz: asked for ${length} bytes at ${offset} of ${bytes.length}`);
      return file.read(offset, length);
    },
  };
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Half of the mutants of a JSON file are JSON. */
function json(seeds: readonly Uint8Array[]) {
  return (dice: Dice): Uint8Array =>
    dice.below(2) === 0
      ? encoder.encode(JSON.stringify(mutateValue(dice, JSON.parse(decoder.decode(dice.pick(seeds))))) ?? '')
      : mutateBytes(dice, dice.pick(seeds), dice.pick(seeds), 4000);
}

/** A safetensors file with a header of values changed, and the length that fits. */
function header(file: Uint8Array) {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const value: unknown = JSON.parse(decoder.decode(file.subarray(8, 8 + length)));
  return (dice: Dice): Uint8Array => {
    if (dice.below(2) === 0) return mutateBytes(dice, file, file, 8 + length);
    const text = encoder.encode(JSON.stringify(mutateValue(dice, value)) ?? '');
    const prefix = new Uint8Array(8);
    new DataView(prefix.buffer).setUint32(0, text.length, true);
    return new Uint8Array(Buffer.concat([prefix, text, file.subarray(8 + length)]));
  };
}

export async function importTargets(): Promise<Target[]> {
  const llama = await randomFolder('tiny-llama');
  const gpt = await randomFolder('tiny-gpt2', {}, { dtype: 'F16' });
  const of = (folder: typeof llama, name: string): Uint8Array => folder.get(name) as Uint8Array;
  const tensors = of(gpt, 'model.safetensors');
  const configs = [llama, gpt].map((folder) => of(folder, 'config.json'));
  const tokenizers = [of(llama, 'tokenizer.json')];
  const dims = { width: 8, ffn: 12, layers: 2, heads: 2, kvHeads: 1, vocab: 270, context: 6 };
  const checkpoint = llama2cOf(dims, (_, __, size) => new Float32Array(size).fill(0.25));
  const text = encoder.encode('{"a":[1,-2.5e3,"\\u00e9\\n",{"b":null,"c":[true,false]}],"d":{}}');
  const many = (read: () => Promise<unknown>) => read().then(() => undefined);
  return [
    { name: 'json', seeds: [text, ...configs], cases: 800, mutant: json([text, ...configs]), read: (bytes) => (parseJson(bytes, 'file'), undefined) }, // prettier-ignore
    { name: 'safetensors', seeds: [tensors], cases: 200, mutant: header(tensors), read: (bytes) => many(() => openSafetensors(watched(bytes), 'file')) }, // prettier-ignore
    {
      name: 'hugging-face-config',
      seeds: configs.slice(0, 1),
      cases: 250,
      mutant: json(configs),
      read: (bytes) =>
        many(async () => {
          await checkWeights(
            await importHuggingFace(memoryResolver(new Map(llama).set('config.json', bytes))),
          );
        }),
    },
    {
      name: 'tokenizer-json',
      seeds: tokenizers,
      cases: 120,
      mutant: json(tokenizers),
      read: (bytes) =>
        many(async () => {
          const read = await readTokenizerJson(watched(bytes), 'file');
          read.decode(read.encode('Call me Ishmael. \u00e9\u{1f600}'));
        }),
    },
    { name: 'llama2c', seeds: [checkpoint], cases: 300, dense: 60, read: (bytes) => many(async () => checkWeights(await importLlama2c(watched(bytes), 'file'))) }, // prettier-ignore
    {
      name: 'llama2c-tokenizer',
      seeds: [llama2cTokenizerOf(270)],
      cases: 300,
      read: (bytes) =>
        many(async () => {
          const read = await readLlama2cTokenizer(watched(bytes), 'file', 270);
          read.decode(read.encode('Call me Ishmael.'));
        }),
    },
  ];
}
