/** The messages and keys of leaves and nodes, pinned byte by byte, and what keeps them apart. */
import { blake3 as noble } from '@noble/hashes/blake3.js';
import { describe, expect, test } from 'vitest';
import { leafDigest, leafFormat, leafMaterial, NODE_KEY, nodeDigest } from '../../src/hash/leaf.ts';
import { bytesOfWords, wordsOfBytes } from '../../src/hash/words.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ramp = (length: number, from: number): Uint8Array => Uint8Array.from({ length }, (_, i) => from + i);
const rampWords = (length: number, from: number): Uint32Array =>
  wordsOfBytes(new Uint32Array(length), ramp(4 * length, from));
const DOMAIN = { label: 'AM', epoch: 0x1_0203_0405, group: ramp(8, 0xa0) };
const SALTED = leafFormat(DOMAIN, 3, 20, true);

test('what a leaf key is derived from, byte by byte', () => {
  expect(hex(leafMaterial(DOMAIN, 0x00050607, 0x1d, true))).toBe(
    '414d000000000000' + // label
      '0504030201000000' + // epoch
      'a0a1a2a3a4a5a6a7' + // group
      '07060500' + // columns
      '1d000000' + // log2 of the leaves
      '10000000', // bytes of a salt
  );
  expect(hex(leafMaterial(DOMAIN, 1, 0, false)).slice(48)).toBe('010000000000000000000000');
});

test('keys: derived from their contexts', () => {
  const key = (context: string, material: Uint8Array) => noble(material, { context: Buffer.from(context) });
  expect(hex(NODE_KEY)).toBe(hex(key('zkdl 2026 Merkle node', new Uint8Array(0))));
  const material = leafMaterial(DOMAIN, 3, 20, true);
  expect(hex(bytesOfWords(SALTED.key))).toBe(hex(key('zkdl 2026 Merkle leaf', material)));
});

test.each([1, 2, 11, 12, 13, 27, 28, 29, 251, 252, 253, 300, 507, 508, 509, 1100, 2043, 2045, 5000])(
  'a leaf of %i columns is keyed BLAKE3 of salt and values',
  (columns) => {
    const values = Uint32Array.from({ length: columns }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
    for (const salted of [true, false]) {
      const format = leafFormat(DOMAIN, columns, 20, salted);
      const salt = salted ? ramp(16, 0x10) : undefined;
      const message = Buffer.concat([salt ?? new Uint8Array(0), bytesOfWords(values)]);
      expect(hex(leafDigest(format, values, salt))).toBe(
        hex(noble(message, { key: bytesOfWords(format.key) })),
      );
    }
  },
);

test('known answers', () => {
  expect(hex(leafDigest(SALTED, rampWords(3, 0), ramp(16, 0x10)))).toBe(
    'df60b9382fe8cd2c774e066052ee2af6697e25c2799329f3dfdf0f79dff42ec4',
  );
  expect(hex(nodeDigest(ramp(32, 0), ramp(32, 32)))).toBe(
    '16a3abf07276cef924b59d38ea65ee84267be23a54242dec93b2c5d91ad2684c',
  );
});

test('a leaf and a node of the same 64 bytes have different digests', () => {
  const bytes = ramp(64, 7);
  const leaf = leafDigest(leafFormat(DOMAIN, 16, 20, false), wordsOfBytes(new Uint32Array(16), bytes));
  expect(hex(leaf)).not.toBe(hex(nodeDigest(bytes.subarray(0, 32), bytes.subarray(32))));
});

test('a salted leaf and an unsalted one of the same bytes have different digests', () => {
  const unsalted = leafFormat(DOMAIN, 7, 20, false); // 4 words more in place of the salt
  const salted = leafDigest(SALTED, rampWords(3, 0x10), ramp(16, 0));
  expect(hex(leafDigest(unsalted, rampWords(7, 0)))).not.toBe(hex(salted));
});

describe('every field changes the digest', () => {
  const digest = (
    domain: Partial<typeof DOMAIN> = {},
    { columns = 3, logLeaves = 20, values = 0, salt = 0x10 } = {},
  ): string => {
    const format = leafFormat({ ...DOMAIN, ...domain }, columns, logLeaves, true);
    return hex(leafDigest(format, rampWords(columns, values), ramp(16, salt)));
  };
  const base = digest();
  test.each<[string, () => string]>([
    ['label', () => digest({ label: 'W' })],
    ['epoch', () => digest({ epoch: 0x0203_0405 })],
    ['group', () => digest({ group: ramp(8, 0xa1) })],
    ['columns', () => digest({}, { columns: 4 })],
    ['number of leaves', () => digest({}, { logLeaves: 21 })],
    ['salt', () => digest({}, { salt: 0x11 })],
    ['values', () => digest({}, { values: 1 })],
  ])('%s', (_, other) => expect(other()).not.toBe(base));
  test('whether leaves are salted', () => {
    expect(SALTED.key).not.toEqual(leafFormat(DOMAIN, 3, 20, false).key);
  });
});

test('bad arguments', () => {
  const format =
    (domain: Partial<typeof DOMAIN>, columns = 1, logLeaves = 0) =>
    () =>
      leafFormat({ ...DOMAIN, ...domain }, columns, logLeaves, true);
  expect(format({ label: '' })).toThrow('label: expected 1 to 8 printable');
  expect(format({ label: 'ninechars' })).toThrow('label');
  expect(format({ label: 'A\0' })).toThrow('label');
  expect(format({ epoch: 2 ** 53 })).toThrow('epoch');
  expect(format({ group: ramp(7, 0) })).toThrow('group: expected 8 bytes, got 7');
  expect(format({}, 0)).toThrow('columns: expected an integer in [1, 16777216], got 0');
  expect(format({}, 2 ** 24 + 1)).toThrow('columns');
  expect(format({}, 1, 32)).toThrow('logLeaves: expected an integer in [0, 31], got 32');
  const values = rampWords(3, 0);
  expect(() => leafDigest(SALTED, rampWords(2, 0), ramp(16, 0))).toThrow('values: expected 3 words, got 2');
  expect(() => leafDigest(SALTED, values, ramp(15, 0))).toThrow('salt: expected 16 bytes, got 15');
  expect(() => leafDigest(SALTED, values)).toThrow('salt: expected 16 bytes, got 0');
  const unsalted = leafFormat(DOMAIN, 3, 20, false);
  expect(() => leafDigest(unsalted, values, ramp(16, 0))).toThrow('salt: expected 0 bytes, got 16');
  expect(() => nodeDigest(ramp(31, 0), ramp(32, 0))).toThrow('left: expected 32 bytes, got 31');
  expect(() => nodeDigest(ramp(32, 0), ramp(33, 0))).toThrow('right: expected 32 bytes, got 33');
});
