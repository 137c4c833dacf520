/** Whatever is wrong with what comes in: an error that names file and cause, before anything is written. */
import { describe, expect, test } from 'vitest';
import { floatExecutor } from '../../src/import/float-executor.ts';
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import type { Tokenizer } from '../../src/import/tokenizer.ts';
import { importTokenizer } from '../../src/import/tokenizer-json.ts';
import { memoryResolver } from '../../src/import/resolver.ts';
import { complete, quantize, sequencesOfText } from '../../src/quantize/index.ts';
import { checkTextKind } from '../../src/quantize/text.ts';
import { asyncRefusal, randomFolder, utf8 } from '../support/models.ts';
import { byteTokenizer, lively, SMALL, tinyQuantized } from '../support/quantized.ts';
import { proofError } from '../support/refusal.ts';

const ofFolder = async (folder: Map<string, Uint8Array>) =>
  quantize(await importHuggingFace(memoryResolver(folder)), SMALL);

describe('weights', () => {
  test.each([NaN, Infinity, -Infinity])('%d in a tensor', async (value) => {
    const folder = await randomFolder('tiny-llama');
    const bytes = (folder.get('model.safetensors') as Uint8Array).slice();
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, value, true);
    const refused = await asyncRefusal(ofFolder(folder.set('model.safetensors', bytes)));
    expect(refused.code).toBe('WEIGHT_NOT_FINITE');
    expect(refused.stage).toMatch(/^model\.safetensors: \S+ \(\S+\)$/);
    expect(refused.detail).toMatch(/at row \d+, column \d+$/);
  });

  test('a shard that is missing, one that is cut', async () => {
    const folder = await randomFolder('tiny-gpt2', {}, { shardBytes: 60_000 });
    const shards = [...folder.keys()].filter((name) => /^model-\d+/.test(name));
    expect(shards.length).toBeGreaterThan(1);
    const last = shards.at(-1) as string;
    const without = new Map(folder);
    without.delete(last);
    const missing = await asyncRefusal(ofFolder(without));
    expect([missing.code, missing.stage]).toEqual(['FILE_MISSING', last]);
    const cut = new Map(folder).set(last, (folder.get(last) as Uint8Array).slice(0, -7));
    const truncated = await asyncRefusal(ofFolder(cut));
    expect(truncated.code).toBe('FILE_TRUNCATED');
    expect(truncated.stage).toContain(last);
  });
});

describe('tokenizers', () => {
  test('of more tokens than the model has', async () => {
    const tokenizer = { ...(await byteTokenizer()), vocabSize: 273 };
    const refused = await asyncRefusal(quantize(await lively('tiny-llama'), { ...SMALL, tokenizer }));
    expect(refused.code).toBe('TOKENIZER_FIT');
    expect(refused.detail).toMatch(/^expected at most 272 tokens, as the model has, got 273$/);
  });

  test('that the model was not quantised with', async () => {
    const model = await tinyQuantized('tiny-llama');
    const tokenizer = await byteTokenizer();
    const other: Tokenizer = { ...tokenizer, digest: tokenizer.digest.map((byte) => byte ^ 1) };
    const options = { prompt: 'abc', maxTokens: 3 };
    expect(complete(model, tokenizer, options).tokens.length).toBeLessThanOrEqual(3);
    expect(proofError(() => complete(model, other, options)).code).toBe('TOKENIZER_FIT');
    const unbound = { ...model, info: { ...model.info, tokenizer: null } };
    expect(complete(unbound, other, options).prompt.length).toBeGreaterThan(0);
    const larger: Tokenizer = { ...tokenizer, vocabSize: 273 };
    expect(proofError(() => complete(unbound, larger, options)).code).toBe('TOKENIZER_FIT');
  });

  test('a folder without one', async () => {
    const folder = await randomFolder('tiny-llama');
    folder.delete('tokenizer.json');
    expect((await asyncRefusal(importTokenizer(memoryResolver(folder)))).stage).toBe('tokenizer.json');
  });
});

describe('prompts', () => {
  test('empty and too long', async () => {
    const model = await tinyQuantized('tiny-gpt2');
    const tokenizer = await byteTokenizer();
    const empty = proofError(() => complete(model, tokenizer, { prompt: '', maxTokens: 3 }));
    expect([empty.code, empty.stage, empty.detail]).toEqual(['PROMPT', 'prompt', 'expected text, got none']);
    const long = proofError(() => complete(model, tokenizer, { prompt: 'x'.repeat(65), maxTokens: 3 }));
    expect([long.code, long.stage]).toEqual(['CONTEXT', 'prompt']);
    expect(long.detail).toMatch(/^expected at most 64 tokens, got 6\d$/);
    expect(() => complete(model, tokenizer, { prompt: 'x', maxTokens: -1 })).toThrow(RangeError);
    expect(() => complete(model, tokenizer, { prompt: '\ud800', maxTokens: 1 })).toThrow(/lone surrogate/);
  });
});

describe('calibration text', () => {
  const codeAndDetail = async (bytes: Uint8Array): Promise<[string, string, string]> => {
    const { architecture } = await lively('tiny-llama');
    const tokenizer = await byteTokenizer();
    const { code, stage, detail } = proofError(() =>
      sequencesOfText(bytes, 'held-out.txt', tokenizer, architecture),
    );
    return [code, stage, detail];
  };

  test.each<[string, Uint8Array, RegExp]>([
    [
      'a picture',
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      /^expected text in UTF-8, got other/,
    ],
    ['a binary file of ASCII', utf8('abc\u0000def'.repeat(50)), /control character U\+0000: a binary file\?/],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x41, 0x00), /^expected text in UTF-8/],
    ['nothing', new Uint8Array(0), /^expected at least 64 tokens, got 0$/],
    ['a word', utf8('word'), /^expected at least 64 tokens, got \d+$/],
  ])('%s', async (_, bytes, detail) => {
    const refused = await codeAndDetail(bytes);
    expect(refused.slice(0, 2)).toEqual(['CALIBRATION_TEXT', 'held-out.txt']);
    expect(refused[2]).toMatch(detail);
  });

  test('that the model finds less likely than noise', async () => {
    const model = await lively('tiny-llama');
    const executor = await floatExecutor(model);
    // The likeliest continuation is known text; the least likely one is of the wrong kind.
    const extreme = (sign: 1 | -1): number[] => {
      const session = executor.start();
      const tokens = [1];
      while (tokens.length < 60) {
        const logits = session.append(tokens.at(-1) as number);
        let best = 0;
        for (let i = 1; i < logits.length; i++) {
          if (sign * (logits[i] as number) > sign * (logits[best] as number)) best = i;
        }
        tokens.push(best);
      }
      return tokens;
    };
    const sequences = (tokens: number[]) => ({
      file: 'other.txt',
      calibration: [tokens],
      evaluation: [tokens],
    });
    checkTextKind(executor, sequences(extreme(1)));
    const refused = await asyncRefusal(quantize(model, { ...SMALL, sequences: sequences(extreme(-1)) }));
    expect([refused.code, refused.stage]).toEqual(['CALIBRATION_TEXT', 'other.txt']);
    expect(refused.detail).toMatch(/got one of \d+\.\d\d nats a token, where guessing costs 5\.61$/);
  });

  test('good text: sequences begin as texts do, every third is held out, none is in both', async () => {
    const { architecture } = await lively('tiny-llama');
    const tokenizer = await byteTokenizer();
    const text = 'It was a dark and stormy night; the rain fell in torrents. '.repeat(12).slice(0, 31 * 21);
    const { file, calibration, evaluation } = sequencesOfText(
      utf8(text),
      'night.txt',
      tokenizer,
      architecture,
      {
        length: 32,
      },
    );
    expect(file).toBe('night.txt');
    expect(calibration.length).toBe(2 * evaluation.length);
    const first = architecture.bos ?? architecture.eos[0] ?? 0;
    for (const sequence of [...calibration, ...evaluation]) {
      expect([sequence.length, sequence[0]]).toEqual([32, first]);
    }
    const pieces = [0, 1, 2].map((i) => (i < 2 ? calibration[i] : evaluation[0]) as number[]);
    const tokens = tokenizer.encode(text, { special: false });
    expect(pieces.flatMap((piece) => piece.slice(1))).toEqual(tokens.slice(0, 93));
    // Two sequences at the least: one to calibrate with, one to measure with.
    const short = sequencesOfText(utf8('x'.repeat(70)), 'x.txt', tokenizer, architecture);
    expect([short.calibration.length, short.evaluation.length]).toEqual([1, 1]);
    const quantized = await quantize(await lively('tiny-llama'), {
      sequences: { file, calibration: calibration.slice(0, 4), evaluation: evaluation.slice(0, 2) },
      target: { minTop1: 0.9 },
    }).catch((error: unknown) => error);
    // A random model knows no English: it is measured all the same, or the text is refused for what it is.
    if (quantized instanceof Error) expect(quantized.message).toMatch(/^CALIBRATION_TEXT at night\.txt/);
    else expect(quantized).toMatchObject({ info: { report: { source: 'text', sequences: 2, tokens: 64 } } });
  });
});
