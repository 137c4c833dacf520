/**
 * FLD-5 for BLAKE3: the official test vectors (inputs of the BLAKE3 repository's test_vectors.json: byte i is
 * i mod 251, the key and the context below, 131 bytes of output), an independent implementation on every
 * length around block and chunk borders, and incremental against one-shot at every split.
 */
import { blake3 as noble } from '@noble/hashes/blake3.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blake3, blake3Hasher, type Blake3Mode } from '../../src/hash/blake3.ts';

const KEY = ascii('whats the Elvish word for friend');
const CONTEXT = 'BLAKE3 2019-12-27 16:29:52 test vectors context';
const MODES: readonly (readonly [string, Blake3Mode])[] = [
  ['hash', {}],
  ['keyed hash', { key: KEY }],
  ['key derivation', { context: CONTEXT }],
];
const VECTOR_BYTES = 131;
const VECTOR_LENGTHS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2048, 2049, 3072, 3073, 4096, 4097,
  5120, 5121, 6144, 6145, 7168, 7169, 8192, 8193, 16384, 31744, 102400,
];

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function message(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function independent(input: Uint8Array, mode: Blake3Mode, dkLen: number): Uint8Array {
  if (mode.key !== undefined) return noble(input, { key: mode.key, dkLen });
  return noble(input, mode.context === undefined ? { dkLen } : { context: ascii(mode.context), dkLen });
}

describe('published digests', () => {
  test('of "abc"', () => {
    expect(hex(blake3(ascii('abc')))).toBe(
      '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85',
    );
  });

  // The first 32 bytes of outputs in test_vectors.json: hash, keyed hash, key derivation.
  test.each([
    [
      0,
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
      '92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26',
      '2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d',
    ],
    [
      1,
      '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213',
      '6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b',
      'b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c',
    ],
    [
      1023,
      '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11',
      'c951ecdf03288d0fcc96ee3413563d8a6d3589547f2c2fb36d9786470f1b9d6e',
      '74a16c1c3d44368a86e1ca6df64be6a2f64cce8f09220787450722d85725dea5',
    ],
    [
      1024,
      '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7',
      '75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4',
      '7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706',
    ],
    [
      1025,
      'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444',
      '357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69',
      'effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb',
    ],
  ])('official vectors of length %i', (length, ...digests) => {
    expect(MODES.map(([, mode]) => hex(blake3(message(length), mode)))).toEqual(digests);
  });
});

describe.each(MODES)('%s', (_, mode) => {
  test('official vector inputs', () => {
    for (const length of VECTOR_LENGTHS) {
      const input = message(length);
      const expected = hex(independent(input, mode, VECTOR_BYTES));
      expect(hex(blake3(input, { ...mode, outBytes: VECTOR_BYTES })), `length ${length}`).toBe(expected);
    }
  });

  test('lengths 0..257', () => {
    for (let length = 0; length <= 257; length++) {
      const input = message(length);
      expect(hex(blake3(input, mode)), `length ${length}`).toBe(hex(independent(input, mode, 32)));
    }
  });

  test.each([0, 1, 63, 64, 65, 129, 257, 1023, 1024, 1025, 2049, 3073])(
    'incremental, every split of %i bytes',
    (length) => {
      const input = message(length);
      const expected = hex(blake3(input, mode));
      for (let split = 0; split <= length; split++) {
        const hasher = blake3Hasher(mode).update(input.subarray(0, split));
        hasher.digest(); // a digest on the way changes nothing
        expect(hex(hasher.update(input.subarray(split)).digest()), `split ${split}`).toBe(expected);
      }
    },
  );

  test('random pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 8 }), (pieces) => {
        const hasher = blake3Hasher(mode);
        for (const piece of pieces) hasher.update(piece);
        const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
        expect(hex(hasher.digest(100))).toBe(hex(independent(whole, mode, 100)));
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('outputs are prefixes of longer outputs', () => {
    const whole = hex(blake3(message(1025), { ...mode, outBytes: 300 }));
    for (let n = 0; n <= 300; n++) {
      expect(hex(blake3(message(1025), { ...mode, outBytes: n }))).toBe(whole.slice(0, 2 * n));
    }
  });
});

test('the modes are three different functions', () => {
  const outputs = MODES.map(([, mode]) => hex(blake3(message(32), mode)));
  expect(new Set(outputs).size).toBe(3);
});

test('an input that is a view into a larger buffer', () => {
  const buffer = message(200);
  expect(hex(blake3(buffer.subarray(3, 103)))).toBe(hex(blake3(buffer.slice(3, 103))));
});

test('bad arguments', () => {
  const empty = new Uint8Array(0);
  expect(() => blake3(empty, { key: new Uint8Array(31) })).toThrow('key: expected 32 bytes, got 31');
  expect(() => blake3(empty, { key: KEY, context: CONTEXT })).toThrow(TypeError);
  expect(() => blake3(empty, { context: 'naïve' })).toThrow('context: expected ASCII characters');
  expect(() => blake3(empty, { outBytes: -1 })).toThrow('outBytes: expected a non-negative integer, got -1');
  expect(() => blake3(empty, { outBytes: 1.5 })).toThrow(RangeError);
  // All of these have a length, and were hashed as zeros or as other bytes once.
  for (const bad of [
    'text',
    [1, 2, 3],
    new Uint16Array(4),
    new Uint32Array(8),
    new DataView(new ArrayBuffer(8)),
  ]) {
    const bytes = bad as unknown as Uint8Array;
    expect(() => blake3(bytes)).toThrow('input: expected a Uint8Array, got');
    expect(() => blake3Hasher().update(bytes)).toThrow(TypeError);
    expect(() => blake3(empty, { key: bytes })).toThrow('key: expected a Uint8Array, got');
  }
  expect(hex(blake3(Buffer.from('abc')))).toBe(hex(blake3(new TextEncoder().encode('abc'))));
});
