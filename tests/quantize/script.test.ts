/** `npm run quantize`: figures for people and programs, exit codes, files, errors that name what is wrong. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadModel } from '../../src/quantize/node.ts';
import { runQuantize } from '../../tools/quantize/run.ts';
import { writeRandomModel } from '../../tools/random-model/write.ts';
import { llama2cOf, llama2cTokenizerOf } from '../support/llama2c.ts';
import { randomModel, withScratch } from '../support/models.ts';

const FEW = ['--calibration', '2x20', '--evaluation', '2x20', '--min-top1', '0.5'];

async function run(args: readonly string[]): Promise<{ code: number; out: string; notes: string }> {
  const [out, notes]: [string[], string[]] = [[], []];
  const code = await runQuantize(args, { print: (line) => out.push(line), note: (line) => notes.push(line) });
  return { code, out: out.join('\n'), notes: notes.join('\n') };
}

/** Runs with a folder that holds a random model. */
const withModel = <T>(use: (model: string, scratch: string) => Promise<T>): Promise<T> =>
  withScratch(async (scratch) => {
    const model = join(scratch, 'model');
    await writeRandomModel(model, randomModel('tiny-llama'));
    return use(model, scratch);
  });

test('a folder: report, file and text', async () => {
  await withModel(async (model, scratch) => {
    const out = join(scratch, 'out.zkdl');
    const done = await run(['--model', model, '--json', '--out', out, '--prompt', 'abc', ...FEW]);
    expect([done.code, done.notes]).toEqual([0, '']);
    const figures = JSON.parse(done.out);
    expect(figures).toMatchObject({ profile: 'P14', report: { tokens: 40, override: null } });
    expect(figures.kl).toBe(figures.report.klNano / 1e9);
    expect(figures.text).toMatch(/^abc/);
    expect(loadModel(out).info.report).toEqual(figures.report);
  });
});

test('a llama2.c checkpoint with its tokenizer, and one without', async () => {
  await withScratch(async (scratch) => {
    const dims = { width: 32, ffn: 48, layers: 2, heads: 4, kvHeads: 2, vocab: 272, context: 64 };
    const [model, tokenizer] = [join(scratch, 'm.bin'), join(scratch, 't.bin')];
    writeFileSync(model, llama2cOf(dims));
    writeFileSync(tokenizer, llama2cTokenizerOf(272));
    const done = await run(['--model', model, '--tokenizer', tokenizer, '--profile', 'P16', ...FEW]);
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/^profile: "P16"$/m);
    expect(done.notes).toMatch(/s: calibrating\n.*s: rounding\n.*s: comparing/);
    const without = await run(['--model', model, ...FEW]);
    expect(without.code).toBe(2);
    expect(without.notes).toMatch(/^quantize: --tokenizer: expected that of the checkpoint\nusage:/);
  });
});

test('a model that misses its target: the figures, and no file', async () => {
  await withModel(async (model, scratch) => {
    const out = join(scratch, 'out.zkdl');
    const args = ['--model', model, '--json', '--out', out, ...FEW, '--max-kl', '1e-9'];
    const refused = await run(args);
    expect(refused.code).toBe(1);
    expect(refused.notes).toMatch(
      /^quantize: ACCURACY at report: expected a KL of at most 1e-12|^quantize: ACCURACY/,
    );
    const figures = JSON.parse(refused.out);
    expect(figures.refused.code).toBe('ACCURACY');
    expect(figures.report.tokens).toBe(40);
    expect(readdirSync(scratch)).toEqual(['model']);
    expect((await run([...args, '--override', 'a trial'])).code).toBe(0);
    expect(loadModel(out).info.report.override).toBe('a trial');
  });
});

describe('errors name the file and the cause', () => {
  test.each([
    ['config.json', /^quantize: FILE_MISSING at config\.json/],
    ['model.safetensors', /^quantize: FILE_MISSING at model\.safetensors/],
    ['tokenizer.json', /^quantize: FILE_MISSING at tokenizer\.json/],
  ])('without %s', async (name, message) => {
    await withModel(async (model) => {
      const file = join(model, name);
      const bytes = readFileSync(file);
      rmSync(file);
      const refused = await run(['--model', model, ...FEW]);
      expect([refused.code, refused.out]).toEqual([1, '']);
      expect(refused.notes).toMatch(message);
      writeFileSync(file, bytes.subarray(0, bytes.length / 2));
      expect((await run(['--model', model, ...FEW])).notes).toContain(name);
    });
  });

  test('a tokenizer of more tokens, text that is none, a folder that is not there', async () => {
    await withModel(async (model, scratch) => {
      const text = join(scratch, 'picture.png');
      writeFileSync(text, Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2));
      const wrong = await run(['--model', model, '--text', text, ...FEW]);
      expect([wrong.code, wrong.notes]).toEqual([
        1,
        `quantize: CALIBRATION_TEXT at ${text}: expected text in UTF-8, got other bytes`,
      ]);
      expect((await run(['--model', model, '--text', join(scratch, 'none.txt')])).notes).toMatch(
        /ENOENT.*none\.txt/,
      );
      const nowhere = await run(['--model', model, '--out', join(scratch, 'no', 'out.zkdl'), ...FEW]);
      expect(nowhere.notes).toMatch(/FILE_MISSING at .*out\.zkdl/);
      const file = join(model, 'tokenizer.json');
      const json = JSON.parse(readFileSync(file, 'utf8'));
      json.added_tokens.push({ ...json.added_tokens[0], id: 300, content: '<surplus>' });
      writeFileSync(file, JSON.stringify(json));
      const unfit = await run(['--model', model, ...FEW]);
      expect([unfit.code, unfit.out]).toEqual([1, '']);
      expect(unfit.notes).toMatch(/TOKENIZER_FIT at tokenizer\.json: expected at most 272 tokens.*got 301/);
    });
  });

  test.each([
    [[], /--model: expected a folder/],
    [['--model', 'x', '--profile', 'P8'], /--profile: expected P12, P14 or P16, got P8/],
    [['--modle', 'x'], /Unknown option '--modle'/],
  ])('usage: %j', async (args, message) => {
    const refused = await run(args);
    expect(refused.code).toBe(2);
    expect(refused.notes).toMatch(message);
  });

  test('options that are no numbers', async () => {
    await withModel(async (model) => {
      for (const [option, value] of [
        ['--seed', 'x'],
        ['--max-kl', 'none'],
        ['--evaluation', '12'],
      ] as const) {
        const refused = await run(['--model', model, ...FEW, option, value]);
        expect(refused.notes).toContain(`${option}: expected`);
        expect(refused.code).toBe(2);
      }
    });
  });
});
