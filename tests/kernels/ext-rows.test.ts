/** KRN-1 for rows of limbs, woven arrays and sums of lines: WebAssembly equals the definition, inside its memory and outside. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { readExt } from '../../src/kernels/contract/layout.ts';
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

test.each([
  [1, 4],
  [3, 8],
  [10, 2048],
  [3, 100_000],
])('kRows %i columns of %i', (columns, length) => {
  const source = words(columns * length * 5, P, length);
  const expected = new Uint32Array(source.length);
  reference.kRows(expected, source, columns);
  for (const k of implementations) {
    k.memory.scope(() => {
      const [out, inside] = [k.memory.u32(source.length), k.memory.u32(source.length)];
      inside.set(source);
      k.kRows(out, inside, columns);
      expectSame(out, expected, k.name);
      const outside = new Uint32Array(source.length);
      k.kRows(outside, source, columns);
      expectSame(outside, expected, k.name);
    });
  }
});

test.each([
  [4, 4, 0],
  [8, 16, 12],
  [512, 32, 8],
  [4096, 64, 60],
])('kWeave four arrays of %i, %i in a row, from place %i on', (length, stride, first) => {
  const source = words(4 * length * 5, P, length);
  const before = words(length * stride * 5, P, stride);
  const expected = before.slice();
  reference.kWeave(expected, source, stride, first);
  for (const i of [0, length - 1]) {
    for (let k = 0; k < 4; k++) {
      expect(readExt(expected, i * stride + first + k, 5)).toEqual(readExt(source, k * length + i, 5));
    }
  }
  let kept = 0; // everything else is as it was
  for (let e = 0; e < length * stride; e++) {
    const place = e % stride;
    if (place >= first && place < first + 4) continue;
    expect(readExt(expected, e, 5)).toEqual(readExt(before, e, 5));
    if (++kept > 500) break;
  }
  for (const k of implementations) {
    k.memory.scope(() => {
      const [out, inside] = [k.memory.u32(before.length), k.memory.u32(source.length)];
      out.set(before);
      inside.set(source);
      k.kWeave(out, inside, stride, first);
      expectSame(out, expected, k.name);
      const outside = before.slice();
      k.kWeave(outside, source, stride, first);
      expectSame(outside, expected, k.name);
    });
  }
});

test.each([
  [4, 1, 1, 3],
  [4, 9, 7, 40],
  [64, 130, 128, 300],
  [28, 5, 6, 20],
])('kAddLines of %i elements, %i and %i lines, %i pairs', (width, lines, others, count) => {
  const size = width * 5;
  const [before, source] = [words(lines * size, P, width), words(others * size, P, 3)];
  const next = generator(width);
  const pairs = Int32Array.from({ length: 2 * count }, (_, i) => next() % (i % 2 === 0 ? lines : others));
  const chain = Int32Array.from({ length: 2 * (lines - 1) }, (_, i) => (i >> 1) + 1 - (i % 2));
  const expected = before.slice();
  reference.kAddLines(expected, source, width, pairs);
  reference.kAddLines(expected, source, width, pairs.subarray(0, 2), true);
  reference.kAddLines(expected, expected, width, chain); // running sums
  // Line 0 takes part in no running sum: word by word.
  for (let w = 0; w < size; w++) {
    let sum = before[w] as number;
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] === 0) sum = (sum + (source[(pairs[i + 1] as number) * size + w] as number)) % P;
    }
    if (pairs[0] === 0) sum = (sum + P - (source[(pairs[1] as number) * size + w] as number)) % P;
    expect(expected[w]).toBe(sum);
  }
  for (const k of implementations) {
    const run = (out: Uint32Array, from: Uint32Array): void => {
      k.kAddLines(out, from, width, pairs);
      k.kAddLines(out, from, width, pairs.subarray(0, 2), true);
      k.kAddLines(out, out, width, chain);
      expectSame(out, expected, k.name);
    };
    k.memory.scope(() => {
      const [out, inside] = [k.memory.u32(before.length), k.memory.u32(source.length)];
      out.set(before);
      inside.set(source);
      run(out, inside);
      run(before.slice(), source);
    });
  }
});

test('wrong shapes are named', () => {
  const u32 = (n: number): Uint32Array => new Uint32Array(n);
  for (const k of [reference, ...implementations]) {
    expect(() => k.kWeave(u32(80), u32(80), 6, 0)).toThrow('expected multiples of 4, got 6 and 0');
    expect(() => k.kWeave(u32(80), u32(80), 8, 8)).toThrow('first: expected');
    expect(() => k.kWeave(u32(80), u32(20), 8, 0)).toThrow('four arrays of whole blocks of 4');
    expect(() => k.kWeave(u32(80), u32(80), 8, 4)).toThrow('out: expected 160 items, got 80');
    expect(() => k.kAddLines(u32(40), u32(40), 6, Int32Array.of(0, 0))).toThrow('width: expected a multiple');
    expect(() => k.kAddLines(u32(40), u32(40), 16, Int32Array.of(0, 0))).toThrow('out: expected whole lines');
    expect(() => k.kAddLines(u32(40), u32(30), 4, Int32Array.of(0, 0))).toThrow('source: expected whole');
    expect(() => k.kAddLines(u32(40), u32(40), 4, Int32Array.of(0))).toThrow('pairs: expected pairs');
    expect(() => k.kAddLines(u32(40), u32(20), 4, Int32Array.of(1, 0, 0, 1))).toThrow('pairs[3]: expected');
    expect(() => k.kAddLines(u32(40), u32(20), 4, Int32Array.of(-1, 0))).toThrow('pairs[0]: expected');
    k.memory.scope(() => {
      const own = k.memory.u32(40);
      expect(() => k.kAddLines(own, own, 4, Int32Array.of(2, 0))).toThrow('pairs[0]: expected');
    });
    expect(() => k.kRows(new Uint32Array(20), new Uint32Array(20), 2)).toThrow('2 columns');
    expect(() => k.kRows(new Uint32Array(20), new Uint32Array(40), 2)).toThrow(
      'out: expected 40 items, got 20',
    );
  }
});
