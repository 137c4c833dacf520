/** Checkpoints and tokenizers of llama2.c, and the real weights where they are present. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { continueGreedily, floatExecutor } from '../../src/import/float-executor.ts';
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import { importLlama2c } from '../../src/import/llama2c.ts';
import { readLlama2cTokenizer } from '../../src/import/llama2c-tokenizer.ts';
import {
  checkWeights,
  type FloatModel,
  type LayerWeight,
  parameterCount,
  type WeightName,
} from '../../src/import/model.ts';
import { withPairing } from '../../src/import/pairing.ts';
import { fileOfBytes, memoryResolver } from '../../src/import/resolver.ts';
import { llama2cOf, type Llama2cDims, llama2cTokenizerOf } from '../support/llama2c.ts';
import { asyncRefusal, randomFolder, realWeights } from '../support/models.ts';

const DIMS: Llama2cDims = { width: 32, ffn: 48, layers: 2, heads: 4, kvHeads: 2, vocab: 272, context: 64 };
const open = (bytes: Uint8Array): Promise<FloatModel> => importLlama2c(fileOfBytes(bytes), 'm.bin');

describe('checkpoints', () => {
  test.each([true, false])(
    'a Hugging Face model written as a checkpoint is the same model (head apart: %s)',
    async (untied) => {
      const folder = await randomFolder('tiny-llama', { tie_word_embeddings: !untied });
      const original = await importHuggingFace(memoryResolver(folder));
      const interleaved = withPairing(original, 'interleaved');
      const places: Record<string, LayerWeight | WeightName> = {
        token_embedding_table: 'embedding',
        rms_att_weight: 'attentionNorm.gain',
        wq: 'query.weight',
        wk: 'key.weight',
        wv: 'value.weight',
        wo: 'output.weight',
        rms_ffn_weight: 'ffnNorm.gain',
        w1: 'gate.weight',
        w2: 'down.weight',
        w3: 'up.weight',
        rms_final_weight: 'finalNorm.gain',
        wcls: 'head',
      };
      const values = new Map<string, Float64Array>();
      for (const [name, [rows]] of interleaved.weights)
        values.set(name, await interleaved.rows(name, 0, rows));
      const weightOf = (name: string, layer: number): Float64Array => {
        const place = places[name] as string;
        return (values.get(place) ?? values.get(`layers.${layer}.${place}`)) as Float64Array;
      };
      const model = await open(llama2cOf(DIMS, weightOf, { untied }));
      expect(model.architecture.tied).toBe(!untied);
      expect(parameterCount(model)).toBe(parameterCount(original));
      const [a, b] = [(await floatExecutor(model)).start(), (await floatExecutor(original)).start()];
      for (const token of [1, 200, 3, 3, 77]) {
        const [x, y] = [a.append(token), b.append(token)];
        x.forEach((value, i) => expect(Math.abs(value - (y[i] as number))).toBeLessThan(1e-12));
      }
    },
  );

  test('refusals', async () => {
    const good = llama2cOf(DIMS);
    await open(good);
    const withField = (index: number, value: number): Uint8Array => {
      const bytes = good.slice();
      new DataView(bytes.buffer).setInt32(4 * index, value, true);
      return bytes;
    };
    const cases: readonly (readonly [string, Uint8Array])[] = [
      ['FILE_TRUNCATED', good.slice(0, 27)],
      ['FILE_TRUNCATED', good.slice(0, -1)],
      ['TRAILING_BYTES', new Uint8Array([...good, 0])],
      ['LLAMA2C_HEADER', withField(0, 0x616b3432)], // magic of the later layouts
      ['LLAMA2C_HEADER', withField(0, 0)],
      ['LLAMA2C_HEADER', withField(2, -1)],
      ['LLAMA2C_HEADER', withField(3, 5)],
      ['LLAMA2C_HEADER', withField(3, 32)], // heads of one element have no pairs
      ['LLAMA2C_HEADER', withField(4, 3)],
      ['LLAMA2C_HEADER', withField(5, -(2 ** 31))],
      ['FILE_TRUNCATED', withField(5, 273)],
      ['ROPE_TABLE', llama2cOf(DIMS, undefined, { theta: 10001 })],
    ];
    for (const [code, bytes] of cases) {
      const refused = await asyncRefusal(open(bytes));
      expect([refused.code, refused.stage]).toEqual([code, 'm.bin']);
    }
    const poisoned = good.slice();
    new DataView(poisoned.buffer).setFloat32(28 + 4 * (32 * 7 + 3), NaN, true);
    const refused = await asyncRefusal(open(poisoned).then((model) => checkWeights(model)));
    expect(refused.message).toMatch(/^WEIGHT_NOT_FINITE at m\.bin: embedding:.*row 7, column 3$/);
  });
});

describe('tokenizers', () => {
  const read = (bytes: Uint8Array, vocab = 270) => readLlama2cTokenizer(fileOfBytes(bytes), 't.bin', vocab);

  test('merges by score, bytes for what has no piece', async () => {
    const tokenizer = await read(llama2cTokenizerOf(270));
    // Scores fall with the number: " C" (265) beats "al" (266), and "Cal" can then no longer form.
    expect(tokenizer.encode('Cal')).toEqual([1, 265, 266]);
    expect(tokenizer.encode('Cal', { special: false })).toEqual([265, 266]);
    expect(tokenizer.encode('é')).toEqual([1, 259, 269]);
    expect(tokenizer.encode('z')).toEqual([1, 259, 3 + 0x7a]);
    expect(tokenizer.encode('')).toEqual([1]);
    for (const text of ['Cal me', ' leading', '🙂 é\n\0', 'a'.repeat(50)]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
    expect(tokenizer.decode([1, 3 + 0xff, 260])).toBe('\ufffda');
    expect(() => tokenizer.decode([270])).toThrow(RangeError);
    expect(() => tokenizer.encode('\udc00')).toThrow(RangeError);
  });

  test('refusals', async () => {
    const good = llama2cTokenizerOf(270);
    const changed = (at: number, bytes: readonly number[]): Uint8Array => {
      const copy = good.slice();
      copy.set(bytes, at);
      return copy;
    };
    const cases: readonly (readonly [string, Uint8Array, number?])[] = [
      ['FILE_TRUNCATED', good.slice(0, 3)],
      ['FILE_TRUNCATED', good.slice(0, -1)],
      ['FILE_TRUNCATED', good, 271],
      ['TRAILING_BYTES', good, 269],
      ['TOKENIZER_SCORE', changed(4, [0, 0, 0xc0, 0x7f])],
      ['TOKENIZER_PIECE', changed(8, [0, 0, 0, 0])],
      ['TOKENIZER_PIECE', changed(8, [0, 0, 0, 0x80])],
      ['TOKENIZER_BYTES', changed(4 + 3 * 8 + 5 + 5 + 6 + 8 + 3, [0x31])], // <0x00> becomes <0x10>
    ];
    for (const [code, bytes, vocab] of cases) {
      const refused = await asyncRefusal(read(bytes, vocab));
      expect(refused.code).toBe(code);
      expect(refused.stage).toMatch(/^t\.bin/);
    }
    await expect(read(good, 258)).rejects.toThrow(RangeError);
  });
});

const checkpoint = realWeights('stories260K.bin');
const pieces = realWeights('tok512.bin');

test.skipIf(checkpoint === undefined || pieces === undefined)('stories260K tells its story', async () => {
  const bytes = new Uint8Array(readFileSync(checkpoint as string));
  const model = await importLlama2c(fileOfBytes(bytes), 'stories260K.bin');
  expect(parameterCount(model)).toBe(260_032);
  const tokenizer = await readLlama2cTokenizer(
    fileOfBytes(new Uint8Array(readFileSync(pieces as string))),
    'tok512.bin',
    512,
  );
  const tokens = continueGreedily(await floatExecutor(model), [1], 40);
  const text = tokenizer.decode([1, ...tokens]);
  const expected =
    'Once upon a time, there was a little girl named Lily. She loved to play outside in the park.';
  expect(text.slice(0, expected.length)).toBe(expected);
  expect(tokenizer.encode(text)).toEqual([1, ...tokens]);
});
