/**
 * Streams: the definition against an independent BLAKE3, the kernels against the definition (KRN-1), random access,
 * and exact uniformity: on small fields every word follows the rejection rule, on KoalaBear a chi-square test and
 * the rate of rejection.
 */
import { blake3 as noble } from '@noble/hashes/blake3.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extensionField } from '../../src/field/extension-field.ts';
import { koalaBear, P } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { rawWords, saltAt, saltStream, STREAM_WORDS, uniformWords } from '../../src/hash/stream.ts';
import { bytesOfWords, wordsOfBytes } from '../../src/hash/words.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { expectSame } from '../support/words.ts';

const KEY = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
const STREAM = { key: KEY, label: 'mask', id: 0x5_0000_0003 };
let kernels: Kernels[] = [];

beforeAll(async () => {
  kernels = [referenceKernels(quintic), await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(kernels.map((k) => k.close()));
});

/** X_t of STREAM by the extendable output of the independent implementation. */
function tries(t: number, count: number): Uint32Array {
  const message = new Uint8Array(64);
  message.set(Buffer.from('6d61736b00000000' + '0300000005000000', 'hex'));
  message[16] = t;
  return wordsOfBytes(new Uint32Array(count), noble(message, { key: KEY, dkLen: 4 * count }));
}

describe('the definition', () => {
  test('raw words are the extendable output of keyed BLAKE3', () => {
    expectSame(rawWords(STREAM, 0, 1000), tries(0, 1000));
  });

  test.each([2, 7, 97, 257, P])('uniform words below %i: the first try below p', (p) => {
    const F = p === P ? koalaBear : primeField(p);
    const bits = Math.ceil(Math.log2(p));
    const [n, depth] = [2000, 24];
    const all = Array.from({ length: depth }, (_, t) => tries(t, n));
    const expected = Array.from({ length: n }, (_, j) => {
      const candidates = all.map((words) => (words[j] as number) % 2 ** bits);
      return candidates.find((value) => value < p) as number;
    });
    expectSame(uniformWords(F, STREAM, 0, n), expected);
  });

  test('salts are raw words of the stream "salt"', () => {
    const words = rawWords(saltStream(KEY), 0, 400);
    for (const i of [0, 1, 3, 4, 5, 99]) {
      expectSame(saltAt(KEY, i), bytesOfWords(words.subarray(4 * i, 4 * i + 4)), `salt ${i}`);
    }
    expect(new Set(Array.from({ length: 100 }, (_, i) => saltAt(KEY, i).join())).size).toBe(100);
  });

  test('key, label and id each give another stream', () => {
    const first = (s: typeof STREAM): string => rawWords(s, 0, 4).join();
    const otherKey = KEY.slice().fill(0, 31);
    const streams = [STREAM, { ...STREAM, key: otherKey }, { ...STREAM, label: 'pad' }, { ...STREAM, id: 3 }];
    expect(new Set(streams.map(first)).size).toBe(4);
  });
});

describe('kernels', () => {
  const LENGTHS = [0, 1, 2, 3, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 16_384, 40_001];
  const OFFSETS = [0, 1, 15, 16, 17, 100_003, 2 ** 31 + 5, STREAM_WORDS - 40_001];

  test.each(LENGTHS)('%i words at every kind of offset', (n) => {
    for (const at of n > 1000 ? [0, 17, STREAM_WORDS - n] : OFFSETS) {
      const [raw, uniform] = [rawWords(STREAM, at, n), uniformWords(koalaBear, STREAM, at, n)];
      for (const k of kernels) {
        const out = new Uint32Array(n);
        k.expandWords(out, STREAM, at);
        expectSame(out, raw, `${k.name} raw at ${at}`);
        k.expandUniform(out, STREAM, at);
        expectSame(out, uniform, `${k.name} uniform at ${at}`);
        k.memory.scope(() => {
          const inside = k.memory.u32(n + 3).subarray(3); // not aligned to 16 bytes
          k.expandUniform(inside, STREAM, at);
          expectSame(inside, uniform, `${k.name} inside at ${at}`);
        });
      }
    }
  });

  test('a piece of a stream is the stream at that place: windows, tasks, threads', () => {
    const n = 700_001;
    const whole = new Uint32Array(n);
    (kernels[1] as Kernels).expandUniform(whole, STREAM, 5);
    for (const k of kernels.slice(1)) {
      const again = new Uint32Array(n);
      k.expandUniform(again, STREAM, 5);
      expectSame(again, whole);
      for (const [from, count] of [
        [0, 1],
        [262_143, 3],
        [699_990, 11],
        [123_456, 5000],
      ] as const) {
        const piece = new Uint32Array(count);
        k.expandUniform(piece, STREAM, 5 + from);
        expectSame(piece, whole.subarray(from, from + count));
      }
    }
  });

  test('the reference is generic over the field', () => {
    const toy = referenceKernels(extensionField(primeField(97), [-5, 0]));
    const out = new Uint32Array(500);
    toy.expandUniform(out, STREAM, 3);
    expectSame(out, uniformWords(primeField(97), STREAM, 3, 500));
  });
});

describe('uniformity on KoalaBear, fixed key', () => {
  const n = 1_000_000;

  test('chi-square over 128 cells of [0, p), and over the low 7 bits', () => {
    const out = new Uint32Array(n);
    (kernels[1] as Kernels).expandUniform(out, STREAM, 0);
    // p = 127 * 2^24 + 1: 127 cells of 2^24 values (the value p - 1 joins the last), and 128 residues.
    const [high, low] = [new Array<number>(127).fill(0), new Array<number>(128).fill(0)];
    for (const value of out) {
      if (value >= P) throw new Error(`expected a value below p, got ${value}`);
      const cell = Math.min(value >>> 24, 126);
      high[cell] = (high[cell] as number) + 1;
      low[value & 127] = (low[value & 127] as number) + 1;
    }
    for (const cells of [high, low]) {
      const mean = n / cells.length;
      const chi2 = cells.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
      const freedom = cells.length - 1;
      // Mean `freedom`, deviation sqrt(2 freedom): 6 deviations are beyond 10^-6. Reduction modulo p instead of
      // rejection would double the first cell: chi2 near n / 127.
      expect(Math.abs(chi2 - freedom)).toBeLessThan(6 * Math.sqrt(2 * freedom));
    }
  });

  test('one try in 128 is rejected', () => {
    const raw = rawWords(STREAM, 0, n);
    const rejected = raw.reduce((sum, word) => sum + (word % 2 ** 31 >= P ? 1 : 0), 0);
    expect(Math.abs(rejected - n / 128)).toBeLessThan(5 * Math.sqrt(n / 128));
  });
});

test('bad arguments never show the key', () => {
  const out = new Uint32Array(4);
  for (const k of kernels) {
    expect(() => k.expandWords(out, { ...STREAM, key: KEY.subarray(1) }, 0)).toThrow(
      'key: expected 32 bytes, got 31',
    );
    expect(() => k.expandUniform(out, { ...STREAM, id: -1 }, 0)).toThrow('id: expected an integer');
    expect(() => k.expandUniform(out, { ...STREAM, label: 'a b' }, 0)).toThrow('label: expected');
    expect(() => k.expandUniform(out, STREAM, STREAM_WORDS - 3)).toThrow('at: expected an integer in [0, ');
    expect(() => k.expandWords(out, STREAM, -1)).toThrow('at: expected an integer');
  }
});
