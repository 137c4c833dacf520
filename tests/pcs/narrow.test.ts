/** A column cut into 16-bit integers is bound to the same sums as its words. */
import { afterAll, describe, expect, it } from 'vitest';
import { referenceKernels, wasmKernels } from '../../src/kernels/index.ts';
import { extWords, packExt } from '../../src/kernels/contract/layout.ts';
import { quintic } from '../../src/field/quintic.ts';
import { bindLow } from '../../src/pcs/fold-prove.ts';
import { narrowColumn } from '../../src/pcs/narrow-prove.ts';
import { generator } from '../support/words.ts';

const P = quintic.base.modulus;
const [ROWS, WIDTH] = [8, 16];
const wasm = await wasmKernels({ threads: 2 });
afterAll(() => wasm.close());

const EDGES = [
  0,
  1,
  P - 1,
  32767,
  32768,
  32769,
  65535,
  65536,
  P - 32767,
  P - 32768,
  P - 32769,
  (P - 1) / 2,
  (P + 1) / 2,
];

describe.each(['wasm', 'reference'] as const)('%s', (name) => {
  const kernels = name === 'wasm' ? wasm : referenceKernels(quintic);
  const next = generator(7);
  const d = {
    int: (from: number, to: number) => from + (next() % (to - from + 1)),
    pick: <T>(list: readonly T[]): T => list[next() % list.length] as T,
  };
  const e = packExt(Array.from({ length: WIDTH }, () => quintic.fromLimbs(Array.from({ length: 5 }, () => d.int(0, P - 1)))), quintic); // prettier-ignore
  const columns: Record<string, () => number> = {
    edges: () => d.pick(EDGES),
    small: () => (d.int(-32768, 32767) + P) % P,
    any: () => d.int(0, P - 1),
  };
  it.each(Object.keys(columns))('%s', (kind) => {
    kernels.memory.scope(() => {
      const narrow = narrowColumn(kernels, ROWS * WIDTH);
      // Twice: nothing of the column before is left.
      for (const own of ['any', kind]) {
        const words = Uint32Array.from({ length: ROWS * WIDTH }, columns[own] as () => number);
        const [expected, out] = [new Uint32Array(extWords(ROWS, 5)), new Uint32Array(extWords(ROWS, 5))];
        bindLow(kernels, expected, words, 0, ROWS, WIDTH, e);
        narrow.cut(words);
        narrow.bindLow(out, ROWS, WIDTH, e);
        expect(out).toEqual(expected);
      }
    });
  });
});
