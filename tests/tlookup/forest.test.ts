/**
 * Trees larger than the kernel memory: their lowest two layers are made in pieces, again where they are needed. Every layer is that of
 * the tree that fits.
 */
import { afterAll, expect, test } from 'vitest';
import { wasmKernels } from '../../src/kernels/index.ts';
import type { Kernels } from '../../src/kernels/contract.ts';
import { readExt } from '../../src/kernels/contract/layout.ts';
import { createForest, type Layer, type Tree } from '../../src/tlookup/forest-prove.ts';
import type { LookupProgram } from '../../src/tlookup/shape.ts';
import { exampleOf, exampleTable } from '../support/lookup-programs.ts';

const roomy = await wasmKernels({ threads: 1 });
const tight = await wasmKernels({ threads: 1, memoryBytes: 2 ** 25 });
afterAll(() => Promise.all([roomy.close(), tight.close()]));

/** Numerators, then denominators, written out: units and 0/1 leaves too. */
function written(kernels: Kernels, { fractions }: Layer): Uint32Array {
  const { ext, radix } = kernels;
  const d = ext.degree;
  const one = ext.mulBase(ext.one, radix);
  const { p, q, live, units = 0, numVars } = fractions;
  const size = 2 ** numVars;
  const all = new Uint32Array(2 * d * size);
  for (let i = 0; i < size; i++) {
    all.set(i < units ? one : i < live ? readExt(p, i, d) : ext.zero, i * d);
    all.set(i < live ? readExt(q, i, d) : one, (size + i) * d);
  }
  return all;
}

test.each([
  ['one full tree and a short one', [524_288, 3], [1024]],
  ['more units than half, dead leaves behind a table', [350_000], [2048]],
  ['a gap before the rows, a table of no power of two', [170_001, 170_001, 5], [3000, 17]],
  ['fewer lookups than rows', [10], [400_000]],
  ['pieces of two sizes', [262_144, 131_072, 9], [4096]],
])('%s', (_, counts, rows) => {
  const { base } = roomy.ext;
  const program: LookupProgram = {
    tables: rows.map((size, t) => exampleTable(base, t, size, 1 + t, t === 0)),
    balances: [
      {
        sources: counts.map((count, s) => ({ table: s % rows.length, count })),
        tables: rows.map((_rows, t) => t),
      },
    ],
  };
  const { lookups, witnesses } = exampleOf(base, program, 7);
  const fingerprint = {
    alpha: roomy.ext.fromLimbs([11, 22, 33, 44, 55]),
    betas: [roomy.ext.fromLimbs([5, 4, 3, 2, 1]), roomy.ext.fromLimbs([9, 8, 7, 6, 5])],
  };
  const whole = createForest(roomy, lookups, witnesses, fingerprint);
  const pieces = createForest(tight, lookups, witnesses, fingerprint);
  expect(whole.lowest).toBeUndefined();
  const layers = pieces.lowest!.layers;
  const expectSame = (
    own: readonly Tree[],
    others: readonly Tree[],
    isIn: (index: number, depth: number) => boolean,
  ): void => {
    expect(own.map(({ depth }) => depth)).toEqual(others.map(({ depth }) => depth));
    own.forEach((tree, t) => {
      for (let index = 0; index <= tree.depth; index++) {
        if (!isIn(index, tree.depth)) continue;
        const [a, b] = [written(tight, tree.layer(index)), written(roomy, others[t]!.layer(index))];
        const at = a.findIndex((word, i) => word !== b[i]);
        expect(at, `tree ${t}, layer ${index}: first word that differs`).toBe(-1);
      }
    });
  };
  roomy.memory.scope(() => {
    const others = whole.trees();
    tight.memory.scope(() => expectSame(pieces.trees(), others, (index, depth) => index <= depth - layers));
    tight.memory.scope(() =>
      expectSame(pieces.lowest!.trees(), others, (index, depth) => index > depth - layers),
    );
  });
});
