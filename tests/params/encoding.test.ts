/** The encoding is canonical and its decoder total. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { decodeParameters, encodeParameters } from '../../src/params/encoding.ts';
import { checkParameters } from '../../src/params/check.ts';
import { codeOf, LISTED, MAIN, toyChoice, withCode } from '../support/params.ts';

const bytes = encodeParameters(MAIN.parameters);
const CODES = ['LENGTH', 'VERSION', 'WEAK_PARAMS'];

function edit(at: number, word: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(8 + 4 * at, word, true);
  return copy;
}

test.each([...LISTED, { name: 'toy', choice: toyChoice() }])('$name: round trip', ({ choice }) => {
  expect(decodeParameters(encodeParameters(choice.parameters))).toEqual(choice.parameters);
});

test('fixed bytes: a change of layout needs a new magic', () => {
  const words = [
    1,
    128,
    2130706433,
    5,
    0,
    20,
    2 ** 18,
    211,
    4096,
    15,
    156,
    10,
    3,
    4,
    2,
    189,
    4,
    3,
    155,
    3,
    3,
    155,
  ];
  const expected = new Uint8Array(8 + 4 * words.length);
  expected.set(new TextEncoder().encode('zkdlprm1'));
  words.forEach((word, i) => new DataView(expected.buffer).setUint32(8 + 4 * i, word, true));
  expect(bytes).toEqual(expected);
});

test('different sets have different bytes', () => {
  const encodings = LISTED.map(({ choice }) => encodeParameters(choice.parameters).join());
  const sets = LISTED.map(({ choice }) => JSON.stringify(choice.parameters));
  expect(new Set(encodings).size).toBe(new Set(sets).size);
});

test('lengths', () => {
  for (let length = 0; length < bytes.length; length++) {
    expect(codeOf(() => decodeParameters(bytes.slice(0, length)))).toBe('LENGTH');
  }
  expect(codeOf(() => decodeParameters(Uint8Array.of(...bytes, 0)))).toBe('LENGTH');
});

test('a level count that no set has is refused before its length is believed', () => {
  for (const count of [33, 2 ** 20, 2 ** 32 - 1]) {
    expect(() => decodeParameters(edit(12, count))).toThrow(`at most 32 levels, got ${count}`);
  }
  expect(codeOf(() => decodeParameters(edit(12, 32)))).toBe('LENGTH');
  const long = new Uint8Array(8 + 4 * (13 + 3 * 33));
  long.set(edit(12, 33));
  expect(() => decodeParameters(long)).toThrow('at most 32 levels, got 33');
});

test('every word changed by one is refused, with WEAK_PARAMS but for the level count', () => {
  const view = new DataView(bytes.buffer);
  for (let i = 0; 8 + 4 * i < bytes.length; i++) {
    for (const step of [1, -1]) {
      const word = view.getUint32(8 + 4 * i, true) + step;
      const code = codeOf(() => checkParameters(decodeParameters(edit(i, word)), MAIN.instance));
      expect([i, code]).toEqual([i, i === 12 ? 'LENGTH' : 'WEAK_PARAMS']);
    }
  }
});

test('another magic', () => {
  const copy = bytes.slice();
  copy[7] = 0x32;
  expect(codeOf(() => decodeParameters(copy))).toBe('VERSION');
});

test('a malformed set is not encoded', () => {
  expect(codeOf(() => encodeParameters(withCode(MAIN.parameters, { queries: 210 })))).toBe('WEAK_PARAMS');
});

test('a toy decodes as a toy, and the gate refuses it', () => {
  const toy = toyChoice();
  const decoded = decodeParameters(encodeParameters(toy.parameters));
  expect(decoded.profile.name).toBe('toy');
  expect(codeOf(() => checkParameters(decoded, toy.instance))).toBe('WEAK_PARAMS');
});

test('total: any bytes decode to a set that encodes to them, or are refused', () => {
  const check = (input: Uint8Array) => {
    const code = codeOf(() =>
      expect(encodeParameters(decodeParameters(input))).toEqual(Uint8Array.from(input)),
    );
    expect(['accepted', ...CODES]).toContain(code);
  };
  const random = fc.uint8Array({ maxLength: 200 });
  fc.assert(fc.property(random, check), { seed: 3, numRuns: 2000 });
  const word = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
  const at = fc.integer({ min: 0, max: bytes.length / 4 - 3 });
  const mutated = fc.tuple(at, word).map(([i, value]) => edit(i, value));
  fc.assert(fc.property(mutated, check), { seed: 4, numRuns: 2000 });
});

test('a view into a larger buffer decodes alike', () => {
  const buffer = new Uint8Array(bytes.length + 7);
  buffer.set(bytes, 3);
  expect(decodeParameters(buffer.subarray(3, 3 + bytes.length))).toEqual(MAIN.parameters);
});
