/** Tokenizers against the tokenizers library, and what is refused. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BYTE_LETTERS, isolate } from '../../src/import/byte-level.ts';
import type { Json, JsonObject } from '../../src/import/json.ts';
import { mergeAll } from '../../src/import/merges.ts';
import { fileOfBytes, memoryResolver } from '../../src/import/resolver.ts';
import { checkTokenizerFits, type Tokenizer } from '../../src/import/tokenizer.ts';
import { importTokenizer, readTokenizerJson } from '../../src/import/tokenizer-json.ts';
import type { Architecture } from '../../src/import/model.ts';
import { byteTokenizer } from '../../tools/random-model/tokenizer.ts';
import { asyncRefusal, boxModel, utf8 } from '../support/models.ts';

interface Vector {
  readonly name: string;
  readonly tokenizer: JsonObject;
  readonly ids: readonly number[][];
  readonly plain: readonly number[][];
  readonly decoded: readonly string[];
  readonly partial: readonly string[];
}
const { texts, tokenizers } = JSON.parse(
  readFileSync(new URL('../vectors/tokenizers.json', import.meta.url), 'utf8'),
) as { readonly texts: readonly string[]; readonly tokenizers: readonly Vector[] };

const read = (json: Json | string): Promise<Tokenizer> =>
  readTokenizerJson(
    fileOfBytes(utf8(typeof json === 'string' ? json : JSON.stringify(json))),
    'tokenizer.json',
  );
const named = (name: string): JsonObject =>
  (tokenizers.find((item) => item.name === name) as Vector).tokenizer;

describe('tokens and texts as the tokenizers library makes them', () => {
  test.each(tokenizers.map((item) => [item.name, item] as const))('%s', async (_, item) => {
    const tokenizer = await read(item.tokenizer);
    texts.forEach((text, i) => {
      const ids = item.ids[i] as number[];
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
      expect(tokenizer.encode(text, { special: false })).toEqual(item.plain[i]);
      expect(tokenizer.decode(ids), JSON.stringify(text)).toBe(item.decoded[i]);
      const partial = ids.filter((_id, at) => at % 3 !== 1);
      expect(tokenizer.decode(partial, { skipSpecial: false })).toBe(item.partial[i]);
    });
  });
});

describe('byte-level tokenizers lose nothing', () => {
  test('any text comes back', async () => {
    for (const name of ['gpt2', 'llama 3']) {
      const tokenizer = await read(named(name));
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
          expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
        }),
        { seed: 11, numRuns: 300 },
      );
    }
  });

  test('the letters of bytes are 256 different characters', () => {
    expect(new Set(BYTE_LETTERS).size).toBe(256);
    expect(BYTE_LETTERS[0x20]).toBe('Ġ'); // GPT-2's space
    expect(isolate('abc', /b/g)).toEqual(['a', 'b', 'c']);
  });
});

describe('merging', () => {
  /** The definition: look at all pairs, take the least rank, leftmost of equals. */
  function slow(symbols: readonly number[], find: Parameters<typeof mergeAll>[1]): number[] {
    const tokens = [...symbols];
    for (;;) {
      let best: { at: number; rank: number; token: number } | undefined;
      for (let at = 0; at + 1 < tokens.length; at++) {
        const merge = find(tokens[at] as number, tokens[at + 1] as number);
        if (merge !== undefined && (best === undefined || merge.rank < best.rank)) best = { at, ...merge };
      }
      if (best === undefined) return tokens;
      tokens.splice(best.at, 2, best.token);
    }
  }

  test('the heap does what the definition says, equal ranks included', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 }),
        fc.array(fc.tuple(fc.nat(8), fc.nat(8), fc.nat(3), fc.integer({ min: 5, max: 8 })), {
          maxLength: 25,
        }),
        (symbols, rules) => {
          const table = new Map(rules.map(([a, b, rank, token]) => [`${a} ${b}`, { rank, token }]));
          const find = (a: number, b: number) => table.get(`${a} ${b}`);
          expect(mergeAll(symbols, find)).toEqual(slow(symbols, find));
        },
      ),
      { seed: 3, numRuns: 2000 },
    );
  });

  test('a word of 200,000 letters takes no quadratic time', async () => {
    const tokenizer = await read(named('gpt2'));
    const text = 'whale'.repeat(40_000);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});

describe('refusals', () => {
  const base = JSON.parse(byteTokenizer(300)) as JsonObject;
  const model = base['model'] as JsonObject;
  const llama = named('llama 2');
  const llamaModel = llama['model'] as JsonObject;
  const { unk_token: _unknown, ...noUnknown } = { ...llamaModel, byte_fallback: false } as Record<
    string,
    Json
  >;
  const { '<0x41>': _byte, ...vocabWithoutA } = llamaModel['vocab'] as Record<string, Json>;
  const { Ā: _letter, ...vocabWithoutZero } = model['vocab'] as Record<string, Json>;
  const added = (extra: JsonObject): Json => [
    {
      id: 0,
      content: '<|endoftext|>',
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
      ...extra,
    },
  ];
  const template = (texts: number): Json => ({
    type: 'TemplateProcessing',
    single: new Array<Json>(texts).fill({ Sequence: { id: 'A', type_id: 0 } }),
  });
  const cases: readonly (readonly [string, string, Json | string])[] = [
    ['not JSON', 'JSON_SYNTAX', '{'],
    ['an array', 'TOKENIZER_UNSUPPORTED', []],
    ['truncation', 'TOKENIZER_UNSUPPORTED', { ...base, truncation: { max_length: 3 } }],
    ['padding', 'TOKENIZER_UNSUPPORTED', { ...base, padding: { strategy: 'x' } }],
    ['WordPiece', 'TOKENIZER_UNSUPPORTED', { ...base, model: { ...model, type: 'WordPiece' } }],
    ['dropout', 'TOKENIZER_UNSUPPORTED', { ...base, model: { ...model, dropout: 0.1 } }],
    [
      'a suffix of words',
      'TOKENIZER_UNSUPPORTED',
      { ...base, model: { ...model, end_of_word_suffix: '</w>' } },
    ],
    ['Lowercase', 'TOKENIZER_UNSUPPORTED', { ...base, normalizer: { type: 'Lowercase' } }],
    [
      'a regex to replace',
      'TOKENIZER_UNSUPPORTED',
      { ...base, normalizer: { type: 'Replace', pattern: { Regex: 'a' }, content: '' } },
    ],
    ['Whitespace', 'TOKENIZER_UNSUPPORTED', { ...base, pre_tokenizer: { type: 'Whitespace' } }],
    [
      'an unknown pattern',
      'TOKENIZER_UNSUPPORTED',
      {
        ...base,
        pre_tokenizer: { type: 'Split', pattern: { Regex: '\\w+' }, behavior: 'Isolated', invert: false },
      },
    ],
    ['BertProcessing', 'TOKENIZER_UNSUPPORTED', { ...base, post_processor: { type: 'BertProcessing' } }],
    ['no decoder', 'TOKENIZER_UNSUPPORTED', { ...base, decoder: null }],
    ['WordPiece decoder', 'TOKENIZER_UNSUPPORTED', { ...base, decoder: { type: 'WordPiece' } }],
    ['a token that strips', 'TOKENIZER_UNSUPPORTED', { ...base, added_tokens: added({ lstrip: true }) }],
    ['an added token with another id', 'TOKENIZER_ADDED', { ...base, added_tokens: added({ id: 7 }) }],
    ['two contents for one id', 'TOKENIZER_ADDED', { ...base, added_tokens: added({ content: 'new' }) }],
    [
      'a template with an unknown token',
      'TOKENIZER_ADDED',
      {
        ...base,
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        },
      },
    ],
    ['a vocabulary that is a list', 'TOKENIZER_VOCAB', { ...base, model: { ...model, vocab: [] } }],
    ['no merges', 'TOKENIZER_MERGE', { ...base, model: { ...model, merges: null } }],
    ['a template without text', 'TOKENIZER_UNSUPPORTED', { ...base, post_processor: template(0) }],
    ['a template with two texts', 'TOKENIZER_UNSUPPORTED', { ...base, post_processor: template(2) }],
    [
      'two characters to strip',
      'TOKENIZER_UNSUPPORTED',
      { ...base, decoder: { type: 'Strip', content: 'ab', start: 1, stop: 0 } },
    ],
    ['added tokens that are no list', 'TOKENIZER_ADDED', { ...base, added_tokens: {} }],
    ['an added token that is a number', 'TOKENIZER_ADDED', { ...base, added_tokens: [5] }],
    ['an added token without content', 'TOKENIZER_ADDED', { ...base, added_tokens: added({ content: '' }) }],
    [
      'an added token without id',
      'TOKENIZER_ADDED',
      { ...base, added_tokens: added({ id: null, content: 'n' }) },
    ],
    [
      'an added token of the vocabulary under a new id',
      'TOKENIZER_ADDED',
      { ...base, added_tokens: added({ id: 290 }) },
    ],
    [
      'one token twice',
      'TOKENIZER_VOCAB',
      { ...base, model: { ...model, vocab: { ...(model['vocab'] as JsonObject), zz: 5 } } },
    ],
    [
      'a fractional token',
      'TOKENIZER_VOCAB',
      { ...base, model: { ...model, vocab: { ...(model['vocab'] as JsonObject), zz: 300.5 } } },
    ],
    ['a merge of strangers', 'TOKENIZER_MERGE', { ...base, model: { ...model, merges: ['a b'] } }],
    ['a merge of three', 'TOKENIZER_MERGE', { ...base, model: { ...model, merges: ['a b c'] } }],
    [
      'a merge twice',
      'TOKENIZER_MERGE',
      {
        ...base,
        model: {
          ...model,
          vocab: { ...(model['vocab'] as JsonObject), ab: 270 },
          merges: ['a b', ['a', 'b']],
        },
      },
    ],
    [
      'a byte without letter',
      'TOKENIZER_COVERAGE',
      { ...base, model: { ...model, vocab: vocabWithoutZero } },
    ],
    [
      'a byte without piece',
      'TOKENIZER_COVERAGE',
      { ...llama, model: { ...llamaModel, vocab: vocabWithoutA } },
    ],
    ['neither bytes nor unknown', 'TOKENIZER_COVERAGE', { ...llama, model: noUnknown }],
  ];
  test.each(cases)('%s: %s', async (_, code, json) => {
    const refused = await asyncRefusal(read(json));
    expect(refused.code).toBe(code);
    expect(refused.stage).toContain('tokenizer.json');
  });

  test('the unharmed files are read', async () => {
    expect((await read(base)).vocabSize).toBe(257);
    await read(llama);
  });

  test('a missing file, a tokenizer larger than its model', async () => {
    expect((await asyncRefusal(importTokenizer(memoryResolver(new Map())))).code).toBe('FILE_MISSING');
    const tokenizer = await read(base);
    const fits = (vocab: number): void =>
      checkTokenizerFits(tokenizer, { vocab } as Architecture, 'tokenizer.json');
    fits(257);
    expect(() => fits(256)).toThrow(/TOKENIZER_FIT at tokenizer.json: expected at most 256 tokens.*got 257/);
  });

  test('texts that are no Unicode and tokens outside the vocabulary are mistakes of the caller', async () => {
    const tokenizer = await read(base);
    expect(() => tokenizer.encode('a\ud800b')).toThrow(RangeError);
    for (const token of [-1, 257, 1.5, NaN]) expect(() => tokenizer.decode([token])).toThrow(RangeError);
  });
});

describe('digest', () => {
  test('order of keys and white space do not matter, every member does', async () => {
    const base = JSON.parse(byteTokenizer(300)) as JsonObject;
    const reversed = Object.fromEntries(Object.entries(base).reverse());
    const hex = async (json: Json | string): Promise<string> =>
      Buffer.from((await read(json)).digest).toString('hex');
    const digest = await hex(base);
    expect(await hex(JSON.stringify(reversed, null, 3))).toBe(digest);
    const others = await Promise.all([
      hex({ ...base, normalizer: { type: 'NFC' } }),
      hex({ ...base, added_tokens: [] }),
      hex({ ...base, post_processor: null }),
      hex({ ...base, decoder: { type: 'Sequence', decoders: [base['decoder'] as Json] } }),
      hex({ ...base, pre_tokenizer: { ...(base['pre_tokenizer'] as JsonObject), add_prefix_space: true } }),
      hex({ ...base, model: { ...(base['model'] as JsonObject), ignore_merges: true } }),
    ]);
    expect(new Set([digest, ...others]).size).toBe(7);
  });
});

test.skipIf(boxModel() === undefined)('the tokenizer of the model in the box', async () => {
  const bytes = readFileSync(`${boxModel()}/tokenizer.json`);
  const tokenizer = await readTokenizerJson(fileOfBytes(bytes), 'tokenizer.json');
  expect(tokenizer.vocabSize).toBe(2048);
  const tokens = tokenizer.encode('Call me Ishmael.');
  expect(tokens[0]).toBe(0);
  expect(tokenizer.decode(tokens)).toBe('Call me Ishmael.');
});
