/**
 * Malformed files of every format (IMP-2): cut at many places, with bytes and numbers changed. Each is read or refused
 * with a ProofError that names a file; nothing else is thrown, and nothing is allocated beyond what a file holds.
 */
import { describe, expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import { importLlama2c } from '../../src/import/llama2c.ts';
import { readLlama2cTokenizer } from '../../src/import/llama2c-tokenizer.ts';
import { checkWeights } from '../../src/import/model.ts';
import { fileOfBytes, type ModelFile, type Resolver } from '../../src/import/resolver.ts';
import { importTokenizer } from '../../src/import/tokenizer-json.ts';
import { generator, type Next } from '../../tools/random-model/random.ts';
import { llama2cOf, llama2cTokenizerOf } from '../support/llama2c.ts';
import { type Folder, randomFolder } from '../support/models.ts';

/** A file that fails the test when more is asked of it than it holds. */
function watched(bytes: Uint8Array): ModelFile {
  const file = fileOfBytes(bytes);
  return {
    size: file.size,
    read: (offset, length) => {
      expect(offset >= 0 && length >= 0 && offset + length <= bytes.length).toBe(true);
      return file.read(offset, length);
    },
  };
}

const watchedFolder =
  (folder: Folder): Resolver =>
  (name) =>
    Promise.resolve(folder.has(name) ? watched(folder.get(name) as Uint8Array) : undefined);

/** `read`, or the code of the refusal. */
async function outcome(run: () => Promise<unknown>, file: string): Promise<string> {
  try {
    await run();
    return 'read';
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    expect(error.stage.length + error.detail.length).toBeLessThan(2000);
    expect(error.stage, error.message).not.toBe('');
    expect(file).not.toBe('');
    return error.code;
  }
}

/** Replaces bytes `at` to `at + length`. */
function spliced(bytes: Uint8Array, at: number, length: number, insert: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + length)]));
}

const TOKENS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '-',
  '0',
  '9007199254740993',
  '1e308',
  'null',
  'true',
  '"F16"',
  '\\u0000',
  '[[[[',
  '\u00ff',
];

/** One of a few kinds of damage, at a place within the first `focus` bytes. */
function damaged(bytes: Uint8Array, next: Next, focus: number): Uint8Array {
  const at = next() % Math.min(focus, bytes.length);
  switch (next() % 5) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return spliced(bytes, at, 1, Uint8Array.of(next() & 255));
    case 2:
      return spliced(bytes, at, next() % 9, new TextEncoder().encode(TOKENS[next() % TOKENS.length]));
    case 3: {
      const from = next() % Math.min(focus, bytes.length);
      return spliced(bytes, at, 0, bytes.slice(from, from + (next() % 40)));
    }
    default:
      return spliced(bytes, at, 4, Uint8Array.of(next() & 255, next() & 255, next() & 255, next() & 255));
  }
}

describe('malformed files are refused, never worse (IMP-2)', () => {
  interface Target {
    readonly name: string;
    readonly bytes: Uint8Array;
    /** Where structure is dense. */
    readonly focus: number;
    readonly count: number;
    readonly read: (bytes: Uint8Array) => Promise<unknown>;
  }

  async function targets(): Promise<Target[]> {
    const llama = await randomFolder('tiny-llama');
    const sharded = await randomFolder('tiny-gpt2', {}, { shardBytes: 40_000, dtype: 'F16' });
    const replace = (folder: Folder, name: string) => async (bytes: Uint8Array) => {
      const model = await importHuggingFace(watchedFolder(new Map(folder).set(name, bytes)));
      await checkWeights(model);
    };
    const at = (folder: Folder, name: string): Uint8Array => folder.get(name) as Uint8Array;
    const tokenizer = async (bytes: Uint8Array): Promise<void> => {
      const read = await importTokenizer(watchedFolder(new Map([['tokenizer.json', bytes]])));
      read.decode(read.encode('Call me Ishmael.'));
    };
    const checkpoint = llama2cOf({
      width: 8,
      ffn: 12,
      layers: 2,
      heads: 2,
      kvHeads: 1,
      vocab: 270,
      context: 6,
    });
    const pieces = llama2cTokenizerOf(270);
    const index = 'model.safetensors.index.json';
    return [
      {
        name: 'model.safetensors',
        bytes: at(llama, 'model.safetensors'),
        focus: 2600,
        count: 300,
        read: replace(llama, 'model.safetensors'),
      },
      {
        name: 'config.json',
        bytes: at(llama, 'config.json'),
        focus: 600,
        count: 200,
        read: replace(llama, 'config.json'),
      },
      { name: index, bytes: at(sharded, index), focus: 2000, count: 100, read: replace(sharded, index) },
      {
        name: 'tokenizer.json',
        bytes: at(llama, 'tokenizer.json'),
        focus: 5000,
        count: 200,
        read: tokenizer,
      },
      {
        name: 'model.bin',
        bytes: checkpoint,
        focus: 60,
        count: 150,
        read: async (bytes) => checkWeights(await importLlama2c(watched(bytes), 'model.bin')),
      },
      {
        name: 'tok.bin',
        bytes: pieces,
        focus: 4000,
        count: 150,
        read: async (bytes) => {
          const read = await readLlama2cTokenizer(watched(bytes), 'tok.bin', 270);
          read.decode(read.encode('Call me Ishmael.'));
        },
      },
    ];
  }

  test('damage at random places', async () => {
    for (const { name, bytes, focus, count, read } of await targets()) {
      expect(await outcome(() => read(bytes), name), name).toBe('read');
      const next = generator(17, name);
      const seen = new Map<string, number>();
      for (let i = 0; i < count; i++) {
        const code = await outcome(() => read(damaged(bytes, next, focus)), name);
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }
      // Most damage shows, in more than one way.
      expect(seen.get('read') ?? 0, name).toBeLessThan(count / 2);
      expect(seen.size, name).toBeGreaterThan(2);
    }
  });

  test('every file cut short anywhere is refused', async () => {
    for (const { name, bytes, read } of await targets()) {
      const cuts = new Set([
        0,
        1,
        7,
        8,
        9,
        bytes.length - 2,
        ...Array.from({ length: 25 }, (_, i) => Math.floor((i * bytes.length) / 25)),
      ]);
      for (const cut of cuts)
        expect(await outcome(() => read(bytes.slice(0, cut)), name), `${name} ${cut}`).not.toBe('read');
    }
  });
});
