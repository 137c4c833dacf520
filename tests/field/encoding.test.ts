/**
 * FLD-3: decoders refuse p, p + 1 and 2^32 - 1 in every coordinate of every element type, and lengths other than the
 * exact one; what they accept encodes to the same bytes.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeExts, decodeFes, encodeExts, encodeFes, extBytes } from '../../src/field/encoding.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import { allFields, anyExt, anyFe } from '../support/fields.ts';

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProofError) return `${error.code} ${error.stage} ${error.detail}`;
    throw error;
  }
  return 'accepted';
}

function withWord(bytes: Uint8Array, index: number, word: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(4 * index, word, true);
  return copy;
}

describe.each(allFields.map(({ name, field }) => [name, field] as const))('%s', (_, K) => {
  const F = K.base;
  const bad = [F.modulus, F.modulus + 1, 2 ** 32 - 1];

  test('an unreduced value in any coordinate', () => {
    const words = new Uint8Array(3 * extBytes(K));
    for (let i = 0; i < 3 * K.degree; i++) {
      for (const word of bad) {
        const bytes = withWord(words, i, word);
        const expected = `NON_CANONICAL here element ${i}: expected a value below ${F.modulus}, got ${word}`;
        expect(refusal(() => decodeFes(F, bytes, 3 * K.degree, 'here'))).toBe(expected);
        expect(refusal(() => decodeExts(K, bytes, 3, 'here'))).toBe(expected);
      }
      expect(decodeFes(F, withWord(words, i, F.modulus - 1), 3 * K.degree, 'here')[i]).toBe(F.modulus - 1);
    }
  });

  test('another length', () => {
    for (const length of [0, 1, 3, 4 * K.degree - 1, 4 * K.degree + 1, 8 * K.degree]) {
      const bytes = new Uint8Array(length);
      expect(refusal(() => decodeExts(K, bytes, 1, 'here'))).toMatch(/^LENGTH here/);
      if (length !== 4) expect(refusal(() => decodeFes(F, bytes, 1, 'here'))).toMatch(/^LENGTH here/);
    }
  });

  test('bytes at any offset of a larger buffer; round trips', () => {
    fc.assert(
      fc.property(
        fc.array(anyExt(K), { maxLength: 9 }),
        fc.array(anyFe(F), { maxLength: 9 }),
        (exts, fes) => {
          const shifted = new Uint8Array(1 + encodeExts(exts).length);
          shifted.set(encodeExts(exts), 1);
          expect(decodeExts(K, shifted.subarray(1), exts.length, 'here')).toEqual(exts);
          expect(decodeFes(F, encodeFes(fes), fes.length, 'here')).toEqual(fes);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('little-endian limbs, x^0 first', () => {
  const { field } = allFields[0]!;
  const bytes = encodeExts([field.fromLimbs([1, 256, 65_536, 2 ** 24, 0x01020304])]);
  expect([...bytes]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 4, 3, 2, 1]);
});
