/** The model in the box: imports, speaks, and is refused when a part of it is missing. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { argmax, continueGreedily, floatExecutor } from '../../src/import/float-executor.ts';
import { softmax } from '../../src/import/float-ops.ts';
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import { checkWeights, parameterCount } from '../../src/import/model.ts';
import { memoryResolver } from '../../src/import/resolver.ts';
import { checkTokenizerFits } from '../../src/import/tokenizer.ts';
import { importTokenizer } from '../../src/import/tokenizer-json.ts';
import { asyncRefusal, boxModel, type Folder, randomFolder, readFolder } from '../support/models.ts';

const path = boxModel();
const present = path !== undefined;

describe.skipIf(!present)('zkdl-3m', () => {
  const folder: Folder = present ? readFolder(path) : new Map();
  const resolve = memoryResolver(folder);

  test('has the shape that its card states, and every weight is finite', async () => {
    const model = await importHuggingFace(resolve);
    await checkWeights(model);
    expect(model.architecture).toMatchObject({
      family: 'llama',
      tied: true,
      vocab: 2048,
      context: 256,
      bos: 0,
    });
    const card = readFileSync(`${path}/README.md`, 'utf8');
    expect(card).toContain(parameterCount(model).toLocaleString('en-US'));
    checkTokenizerFits(await importTokenizer(resolve), model.architecture, 'tokenizer.json');
  });

  test('knows English: a sentence costs far less than guessing', async () => {
    const model = await importHuggingFace(resolve);
    const tokenizer = await importTokenizer(resolve);
    const executor = await floatExecutor(model);
    const bitsPerCharacter = (text: string): number => {
      const tokens = tokenizer.encode(text);
      const session = executor.start();
      let bits = 0;
      tokens.forEach((token, i) => {
        const logits = session.append(token);
        const next = tokens[i + 1];
        if (next !== undefined) bits -= Math.log2(softmax([...logits])[next] as number);
      });
      return bits / text.length;
    };
    const english = 'And the man said unto the people, Go up to the city, and see what is done there.';
    expect(bitsPerCharacter(english)).toBeLessThan(3);
    const shuffled = [...english].sort().join('');
    expect(bitsPerCharacter(shuffled)).toBeGreaterThan(bitsPerCharacter(english) + 1.5);
  });

  test('the cache gives what a fresh start gives', async () => {
    const model = await importHuggingFace(resolve);
    const executor = await floatExecutor(model);
    const prompt = (await importTokenizer(resolve)).encode('The whale');
    const tokens = continueGreedily(executor, prompt, 6);
    const session = executor.start();
    const last = [...prompt, ...tokens.slice(0, -1)].map((token) => session.append(token)).at(-1);
    expect(argmax(last as Float64Array)).toBe(tokens.at(-1));
    expect(session.length()).toBe(prompt.length + tokens.length - 1);
  });

  test.each(['config.json', 'model.safetensors', 'tokenizer.json'])('without %s', async (name) => {
    const less = new Map(folder);
    less.delete(name);
    const load = name === 'tokenizer.json' ? importTokenizer : importHuggingFace;
    const refused = await asyncRefusal(load(memoryResolver(less)));
    expect([refused.code, refused.stage]).toEqual(['FILE_MISSING', name]);
  });

  test('with the weights cut short', async () => {
    const bytes = folder.get('model.safetensors') as Uint8Array;
    const cut = memoryResolver(new Map(folder).set('model.safetensors', bytes.subarray(0, bytes.length / 2)));
    expect((await asyncRefusal(importHuggingFace(cut))).message).toMatch(
      /^FILE_TRUNCATED at model\.safetensors/,
    );
  });
});

test('prompts that are empty, too long or no tokens are mistakes of the caller', async () => {
  const executor = await floatExecutor(
    await importHuggingFace(memoryResolver(await randomFolder('tiny-llama'))),
  );
  expect(() => continueGreedily(executor, [], 3)).toThrow(/prompt: expected at least one token/);
  expect(() => continueGreedily(executor, new Array(60).fill(1), 5)).toThrow(
    /at most 64 tokens together, got 60 \+ 5/,
  );
  expect(continueGreedily(executor, new Array(60).fill(1), 4).length).toBe(4);
  const session = executor.start();
  for (const token of [-1, 272, 0.5, NaN]) expect(() => session.append(token)).toThrow(RangeError);
  expect(session.length()).toBe(0);
  for (let i = 0; i < 64; i++) session.append(i);
  expect(() => session.append(1)).toThrow(/a text of at most 64 tokens/);
});
