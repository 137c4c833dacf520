/** KRN-1 for columns to rows: WebAssembly equals the definition on all shapes, in place and through windows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { expectSame, generator, words } from '../support/words.ts';

const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

const SHAPES = [
  [1, 1],
  [3, 5],
  [4, 4],
  [5, 9],
  [16, 1000],
  [17, 4099],
  [119, 64],
  [1, 70_001],
] as const;
const next = generator(7);
const SOURCES = {
  int8: (n: number) => Int8Array.from({ length: n }, () => next()),
  int16: (n: number) => Int16Array.from({ length: n }, () => next()),
  int32: (n: number) => Int32Array.from({ length: n }, () => next()),
  words: (n: number) => words(n, P, n),
};

describe.each(Object.entries(SOURCES))('interleave %s', (_, make) => {
  test.each(SHAPES)('%i columns of %i', (columns, length) => {
    const source = make(columns * length);
    const expected = new Uint32Array(source.length);
    reference.interleave(expected, source, columns);
    for (const k of implementations) {
      const outside = new Uint32Array(source.length);
      k.interleave(outside, source, columns);
      expectSame(outside, expected, k.name);
      k.memory.scope(() => {
        const out = k.memory.u32(source.length);
        k.interleave(out, source, columns);
        expectSame(out, expected, k.name);
      });
    }
  });
});

test.each([
  [1, 4],
  [3, 8],
  [10, 2048],
])('kInterleave %i columns of %i', (columns, length) => {
  const source = words(columns * length * 5, P, length);
  const expected = new Uint32Array(source.length);
  reference.kInterleave(expected, source, columns);
  for (const k of implementations) {
    k.memory.scope(() => {
      const [out, inside] = [k.memory.u32(source.length), k.memory.u32(source.length)];
      inside.set(source);
      k.kInterleave(out, inside, columns);
      expectSame(out, expected, k.name);
      const outside = new Uint32Array(source.length);
      k.kInterleave(outside, source, columns);
      expectSame(outside, expected, k.name);
    });
  }
});

test('the definition: row i holds item i of every column', () => {
  const out = new Uint32Array(6);
  reference.interleave(out, Int16Array.of(1, 2, 3, -1, -2, -3), 2);
  expect([...out]).toEqual([1, P - 1, 2, P - 2, 3, P - 3]);
});

test('wrong shapes are named', () => {
  for (const k of [reference, ...implementations]) {
    expect(() => k.interleave(new Uint32Array(4), new Int16Array(6), 2)).toThrow(
      'out: expected 6 items, got 4',
    );
    expect(() => k.interleave(new Uint32Array(7), new Int16Array(7), 2)).toThrow('multiple of 2');
    expect(() => k.kInterleave(new Uint32Array(20), new Uint32Array(20), 2)).toThrow('2 columns');
  }
});
