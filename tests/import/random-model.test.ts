/** The tool that makes random models: same numbers everywhere, nothing left behind when it fails. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blake3 } from '../../src/hash/blake3.ts';
import { halfToNumber, numberToHalf } from '../../src/import/dtype.ts';
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import { checkWeights, parameterCount, weightShapes } from '../../src/import/model.ts';
import { memoryResolver } from '../../src/import/resolver.ts';
import { checkTokenizerFits } from '../../src/import/tokenizer.ts';
import { importTokenizer } from '../../src/import/tokenizer-json.ts';
import { configReader } from '../../src/import/config.ts';
import { FAMILIES } from '../../src/import/families.ts';
import { PRESETS } from '../../tools/random-model/presets.ts';
import { generator, normal } from '../../tools/random-model/random.ts';
import { type Create, writeRandomModel } from '../../tools/random-model/write.ts';
import { randomFolder, randomModel, withScratch } from '../support/models.ts';

test('published shapes have the published numbers of parameters', () => {
  const count = (preset: string): number => {
    const config = PRESETS.get(preset) ?? {};
    const record = FAMILIES.get(String(config['model_type']));
    const shapes = weightShapes(record?.readArchitecture(configReader(config)) as never);
    return [...shapes.values()].reduce((sum, [rows, columns = 1]) => sum + rows * columns, 0);
  };
  expect(count('gpt2')).toBe(124_439_808);
  expect(count('llama-7b')).toBe(6_738_415_616);
  expect(count('tinyllama')).toBe(1_100_048_384);
  expect(count('mistral-7b')).toBe(7_241_732_096);
  expect(count('qwen2-0.5b')).toBe(494_032_768);
  // 125,239,296 with the two rows of positions for padding, which no token uses
  expect(count('opt-125m')).toBe(125_239_296 - 2 * 768);
});

describe('folders', () => {
  test.each(['tiny-gpt2', 'tiny-llama', 'tiny-mistral', 'tiny-qwen2', 'tiny-opt'])(
    '%s imports, with its tokenizer',
    async (preset) => {
      const folder = await randomFolder(preset, {}, { dtype: 'F16', shardBytes: 20_000 });
      const model = await importHuggingFace(memoryResolver(folder));
      await checkWeights(model);
      expect(parameterCount(model)).toBeGreaterThan(20_000);
      const tokenizer = await importTokenizer(memoryResolver(folder));
      checkTokenizerFits(tokenizer, model.architecture, 'tokenizer.json');
      expect(tokenizer.decode(tokenizer.encode('Höhe 7\n'))).toBe('Höhe 7\n');
    },
  );

  test('the bytes depend on the seed alone', async () => {
    const digest = async (seed: number): Promise<string> => {
      const folder = await randomFolder('tiny-llama', {}, { seed });
      return Buffer.from(blake3(folder.get('model.safetensors') as Uint8Array))
        .toString('hex')
        .slice(0, 16);
    };
    const first = await digest(1);
    // Known answer: other machines and versions must make the same file.
    expect(first).toBe('6d56a5d1fc5f70b7');
    expect(await digest(1)).toBe(first);
    expect(await digest(2)).not.toBe(first);
  });

  test('types of storage round as they should', async () => {
    const rows = async (dtype: 'F32' | 'F16' | 'BF16'): Promise<Float64Array> => {
      const folder = await randomFolder('tiny-gpt2', {}, { dtype });
      return (await importHuggingFace(memoryResolver(folder))).rows('embedding', 0, 272);
    };
    const [full, half, brain] = [await rows('F32'), await rows('F16'), await rows('BF16')];
    full.forEach((value, i) => {
      expect(halfToNumber(numberToHalf(half[i] as number))).toBe(half[i]);
      // Half a unit of the last place; 2^-23 more, because f32 was rounded too.
      expect(Math.abs((half[i] as number) - value)).toBeLessThan(
        Math.abs(value) * (2 ** -11 + 2 ** -23) + 2 ** -25,
      );
      expect(Math.abs((brain[i] as number) - value)).toBeLessThan(Math.abs(value) * 2 ** -7);
    });
  });

  test('a disk that fills leaves nothing behind', () =>
    withScratch(async (scratch) => {
      for (const room of [0, 100, 5000, 100_000]) {
        let left = room;
        const full: Create = async (path) => {
          const file = await open(path, 'wx');
          return {
            close: () => file.close(),
            write: ((bytes: Uint8Array, at: number, length: number) => {
              left -= length;
              if (left < 0)
                throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
              return file.write(bytes, at, length);
            }) as never,
          };
        };
        const folder = join(scratch, 'model');
        await expect(writeRandomModel(folder, randomModel('tiny-llama'), full)).rejects.toThrow(/ENOSPC/);
        expect(readdirSync(scratch)).toEqual([]);
      }
    }));

  test('an existing folder is not touched', () =>
    withScratch(async (scratch) => {
      const folder = join(scratch, 'model');
      await writeRandomModel(folder, randomModel('tiny-llama'));
      await expect(writeRandomModel(folder, randomModel('tiny-gpt2'))).rejects.toThrow(/exist/);
      expect(readdirSync(scratch)).toEqual(['model']);
    }));
});

test('the generator is about normal', () => {
  const next = generator(1, 'test');
  const values = Array.from({ length: 100_000 }, () => normal(next));
  const moment = (power: number): number =>
    values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  expect(Math.abs(moment(1))).toBeLessThan(0.02); // deviation of the mean: 0.003
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
  expect(Math.max(...values.slice(0, 10_000))).toBeGreaterThan(2.5);
});

const cli = new URL('../../dist-tools/tools/make-random-model.js', import.meta.url).pathname;
test.skipIf(!existsSync(cli))('the command line', () =>
  withScratch(async (scratch) => {
    const folder = join(scratch, 'model');
    const run = (...args: string[]): string =>
      execFileSync('node', [cli, ...args], { encoding: 'utf8', stdio: 'pipe' });
    const output = run('tiny-llama', folder, '--dtype', 'bf16', '--set', 'num_hidden_layers=1');
    expect(output).toContain('parameters, BF16, seed 1');
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(() => run('no-such-preset', folder)).toThrow(/expected one of gpt2/);
    expect(() => run('tiny-llama', folder)).toThrow(/exist/);
  }),
);
