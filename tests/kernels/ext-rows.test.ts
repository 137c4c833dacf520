/** KRN-1 for rows of limbs: WebAssembly equals the definition, in place and through windows. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { expectSame, words } from '../support/words.ts';

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

test('wrong shapes are named', () => {
  for (const k of [reference, ...implementations]) {
    expect(() => k.kRows(new Uint32Array(20), new Uint32Array(20), 2)).toThrow('2 columns');
    expect(() => k.kRows(new Uint32Array(20), new Uint32Array(40), 2)).toThrow(
      'out: expected 40 items, got 20',
    );
  }
});
