/** The messages of leaves and nodes, pinned byte by byte, and what keeps them apart. */
import { blake3 as noble } from '@noble/hashes/blake3.js';
import { describe, expect, test } from 'vitest';
import { LEAF_KEY, leafDigest, leafHeader, NODE_KEY, nodeDigest } from '../../src/hash/leaf.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ramp = (length: number, from: number): Uint8Array => Uint8Array.from({ length }, (_, i) => from + i);
const DOMAIN = { label: 'AM', epoch: 0x1_0203_0405, group: ramp(8, 0xa0) };

test('the header, byte by byte', () => {
  expect(hex(leafHeader(DOMAIN, 0x01020304, 0x00050607, ramp(16, 0x10)))).toBe(
    '414d000000000000' + // label
      '0504030201000000' + // epoch
      'a0a1a2a3a4a5a6a7' + // group
      '04030201' + // index
      '07060500' + // columns
      '101112131415161718191a1b1c1d1e1f' + // salt
      '00000000000000000000000000000000',
  );
});

test('keys: derived from their contexts', () => {
  const key = (context: string) => noble(new Uint8Array(0), { context: Buffer.from(context) });
  expect(hex(LEAF_KEY)).toBe(hex(key('zkdl 2026 Merkle leaf')));
  expect(hex(NODE_KEY)).toBe(hex(key('zkdl 2026 Merkle node')));
});

test('known answers', () => {
  expect(hex(leafDigest(DOMAIN, 5, ramp(12, 0), ramp(16, 0x10)))).toBe(
    'df58c07bfc2fe2ee0b8a9090b87e9ee6d9b88736ad6f93264f61fe980d722a25',
  );
  expect(hex(nodeDigest(ramp(32, 0), ramp(32, 32)))).toBe(
    '16a3abf07276cef924b59d38ea65ee84267be23a54242dec93b2c5d91ad2684c',
  );
});

test('a leaf and a node of the same 64 bytes have different digests', () => {
  const header = leafHeader(DOMAIN, 5, 0);
  const node = nodeDigest(header.subarray(0, 32), header.subarray(32));
  expect(hex(leafDigest(DOMAIN, 5, new Uint8Array(0)))).not.toBe(hex(node));
});

describe('every field changes the digest', () => {
  const base = hex(leafDigest(DOMAIN, 5, ramp(12, 0), ramp(16, 0x10)));
  test.each<[string, () => Uint8Array]>([
    ['label', () => leafDigest({ ...DOMAIN, label: 'W' }, 5, ramp(12, 0), ramp(16, 0x10))],
    ['epoch', () => leafDigest({ ...DOMAIN, epoch: 0x0203_0405 }, 5, ramp(12, 0), ramp(16, 0x10))],
    ['group', () => leafDigest({ ...DOMAIN, group: ramp(8, 0xa1) }, 5, ramp(12, 0), ramp(16, 0x10))],
    ['index', () => leafDigest(DOMAIN, 6, ramp(12, 0), ramp(16, 0x10))],
    ['columns', () => leafDigest(DOMAIN, 5, Uint8Array.from([...ramp(12, 0), 0, 0, 0, 0]), ramp(16, 0x10))],
    ['salt', () => leafDigest(DOMAIN, 5, ramp(12, 0), ramp(16, 0x11))],
    ['values', () => leafDigest(DOMAIN, 5, ramp(12, 1), ramp(16, 0x10))],
  ])('%s', (_, digest) => expect(hex(digest())).not.toBe(base));
});

test('bad arguments', () => {
  const none = new Uint8Array(0);
  expect(() => leafDigest({ ...DOMAIN, label: '' }, 0, none)).toThrow('label: expected 1 to 8 printable');
  expect(() => leafDigest({ ...DOMAIN, label: 'ninechars' }, 0, none)).toThrow('label');
  expect(() => leafDigest({ ...DOMAIN, label: 'A\0' }, 0, none)).toThrow('label');
  expect(() => leafDigest({ ...DOMAIN, epoch: 2 ** 53 }, 0, none)).toThrow('epoch');
  expect(() => leafDigest({ ...DOMAIN, group: ramp(7, 0) }, 0, none)).toThrow(
    'group: expected 8 bytes, got 7',
  );
  expect(() => leafDigest(DOMAIN, 2 ** 32, none)).toThrow('index: expected an integer in [0, 2^32)');
  expect(() => leafDigest(DOMAIN, 0, ramp(3, 0))).toThrow('values: expected whole 4-byte words, got 3 bytes');
  expect(() => leafDigest(DOMAIN, 0, none, ramp(15, 0))).toThrow('salt: expected 16 bytes, got 15');
  expect(() => leafHeader(DOMAIN, 0, 2 ** 24 + 1)).toThrow('columns: expected an integer in [0, 16777216]');
  expect(() => nodeDigest(ramp(31, 0), ramp(32, 0))).toThrow('left: expected 32 bytes, got 31');
  expect(() => nodeDigest(ramp(32, 0), ramp(33, 0))).toThrow('right: expected 32 bytes, got 33');
});
