/** The JSON reader agrees with JSON.parse except where it is stricter. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canonicalJson,
  describe as describeValue,
  type Json,
  MAX_JSON_DEPTH,
  parseJson,
} from '../../src/import/json.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import { refusal } from '../support/refusal.ts';
import { utf8 } from '../support/models.ts';

const parse = (text: string): Json => parseJson(utf8(text), 'x.json');
/** Objects as JSON.parse makes them. */
const plain = (value: Json): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
};

test('any value in any spacing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t', '\r\n '.slice(0, 2)), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(plain(parse(text))).toEqual(JSON.parse(text));
    }),
    { seed: 2, numRuns: 500 },
  );
});

const isRefused = (text: string): boolean => {
  try {
    parse(text);
    return false;
  } catch (error) {
    return (error as ProofError).code === 'JSON_DUPLICATE_KEY';
  }
};

test('what is no JSON for JSON.parse is none here', () => {
  const parts = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '1',
    '-',
    '0',
    '.5',
    'e3',
    'true',
    'nul',
    '\\',
    ' ',
    '\n',
    '\u0001',
    '\\u00e9',
  ];
  let valid = 0;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 9 }), (list) => {
      const text = list.join('');
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        expect(refusal(() => parse(text))).toMatch(/^JSON_/);
        return;
      }
      valid++;
      // The one thing that JSON.parse lets pass.
      const keys = [...text.matchAll(/"a"\s*:/g)].length;
      if (keys > 1 && isRefused(text)) return;
      expect(plain(parse(text))).toEqual(expected);
    }),
    { seed: 4, numRuns: 20_000 },
  );
  expect(valid).toBeGreaterThan(500);
});

test('stricter: duplicate keys, depth, byte order mark, broken UTF-8', () => {
  expect(refusal(() => parse('{"a":1,"b":2,"a":1}'))).toBe('JSON_DUPLICATE_KEY');
  expect(refusal(() => parse('{"__proto__":1,"__proto__":2}'))).toBe('JSON_DUPLICATE_KEY');
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(plain(parse(nested(MAX_JSON_DEPTH + 1)))).toBeDefined();
  expect(refusal(() => parse(nested(MAX_JSON_DEPTH + 2)))).toBe('JSON_DEPTH');
  expect(refusal(() => parse('\ufeff{}'))).toBe('JSON_SYNTAX');
  expect(refusal(() => parseJson(Uint8Array.of(0x22, 0xc3, 0x22), 'x'))).toBe('JSON_UTF8');
});

test('values in messages: short, and named by their kind', () => {
  const values = ['a', 'b'.repeat(80), 'c'.repeat(81), 7, null, true, [1], { a: 1 }, undefined];
  expect(values.map(describeValue)).toEqual([
    '"a"',
    `"${'b'.repeat(80)}"`,
    `"${'c'.repeat(77)}..."`,
    '7',
    'null',
    'true',
    'an array',
    'an object',
    'nothing',
  ]);
});

test('one canonical text for one value', () => {
  expect(canonicalJson(parse('{ "b" : [1.0, -0, 1e2, "\\u00e9"], "a": {} }'))).toBe(
    '{"a":{},"b":[1,0,100,"é"]}',
  );
});
