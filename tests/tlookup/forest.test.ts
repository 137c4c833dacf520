/**
 * Large trees: the leaves, and more where the kernel memory is small, are made in pieces, again where they are needed. Every layer is that
 * of the tree that fits, and so are first rounds over layers that are never whole in memory.
 */
import { afterAll, expect, test } from 'vitest';
import { wasmKernels } from '../../src/kernels/index.ts';
import type { Ext } from '../../src/field/field.ts';
import type { Kernels } from '../../src/kernels/contract.ts';
import { extWords, readExt } from '../../src/kernels/contract/layout.ts';
import type { Fractions } from '../../src/kernels/contract/lookup-tree.ts';
import type { Multilinear } from '../../src/kernels/contract/sumcheck.ts';
import { createForest, type Stage } from '../../src/tlookup/forest-prove.ts';
import { tableWords, wholeLeaves } from '../../src/tlookup/leaves-prove.ts';
import { firstRound, type UnstoredLayer } from '../../src/tlookup/first-round-prove.ts';
import type { LookupProgram } from '../../src/tlookup/shape.ts';
import { exampleOf, exampleTable } from '../support/lookup-programs.ts';

const roomy = await wasmKernels({ threads: 1 });
const tight = await wasmKernels({ threads: 1, memoryBytes: 2 ** 25 });
const middling = await wasmKernels({ threads: 1, memoryBytes: 2 ** 26 });
afterAll(() => Promise.all([roomy, middling, tight].map((kernels) => kernels.close())));

/** Numerators, then denominators, written out: units and 0/1 leaves too. */
function written(kernels: Kernels, fractions: Fractions): Uint32Array {
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
  ['tuples of one to four', [1000, 40_001, 130_000, 100_000], [64, 32, 16, 8]],
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
    betas: [5, 9, 13, 17].map((x) => roomy.ext.fromLimbs([x, x - 1, x - 2, x - 3, x - 4])),
  };
  const words = tableWords();
  roomy.memory.scope(() => {
    const references = lookups.trees.map((tree) => {
      const witness = witnesses[tree.balance]!;
      return layersOf(wholeLeaves(roomy, { tree, tables: program.tables, witness, fingerprint, words }));
    });
    for (const kernels of [roomy, middling, tight]) {
      const groups = createForest(kernels, lookups, witnesses, fingerprint);
      let [sums, count] = [0, 0];
      const expectStage = (stage: Stage): void => {
        count++;
        sums += stage.layers;
        kernels.memory.scope(() =>
          stage.trees().forEach((tree, t) => {
            const low = lookups.logLeaves - tree.depth;
            // The sums of a stage read the layers below their own.
            for (let index = sums - stage.layers + 1 - low; index <= sums - low; index++) {
              if (index < 1) continue;
              const [layer, reference] = [tree.layer(index), references[t]![index]!];
              if ('source' in layer) expectSameRound(kernels, layer, reference);
              else expectSame(written(kernels, layer.fractions), written(roomy, reference));
            }
          }),
        );
      };
      for (const group of groups) kernels.memory.scope(() => group().forEach(expectStage));
      expect(sums).toBe(lookups.logLeaves);
      if (kernels !== middling) expect(count > 2).toBe(kernels === tight);
    }
  });
});

function expectSame(a: Uint32Array, b: Uint32Array): void {
  expect(a.length).toBe(b.length);
  expect(a.findIndex((word, i) => word !== b[i])).toBe(-1);
}

/** All layers of a tree, whole. */
function layersOf(leaves: Fractions): Fractions[] {
  const layers = [leaves];
  while (layers[0]!.numVars > 0) {
    const words = extWords(2 ** (layers[0]!.numVars - 1), roomy.ext.degree);
    layers.unshift(roomy.fractionLayer(new Uint32Array(words), new Uint32Array(words), layers[0]!));
  }
  return layers;
}

/** The first round of a layer in pieces, and what it binds to, are those of the whole layer. */
function expectSameRound(kernels: Kernels, layer: UnstoredLayer, reference: Fractions): void {
  const K = roomy.ext;
  const [lambda, r] = [K.fromLimbs([6, 7, 8, 9, 10]), K.fromLimbs([3, 1, 4, 1, 5])];
  const { numVars } = reference;
  const room = (): Uint32Array => new Uint32Array(extWords(2 ** (numVars - 1), K.degree));
  const pairs =
    layer.above === 0
      ? roomy.leafPairs(room(), room(), room(), reference, lambda)
      : roomy.layerPairs(room(), reference, lambda);
  const z = Array.from({ length: numVars - 2 }, (_, i) => K.fromLimbs([i + 2, 5, 0, i, 1]));
  const weights = { words: new Uint32Array(extWords(2 ** (numVars - 2), K.degree)), total: K.one };
  roomy.eqTable(weights.words, z, K.one);
  const first = firstRound(kernels, layer, lambda);
  expect(first.values(weights)).toEqual(roomy.productRound(pairs, weights));
  const bound = first.bind(r).pairs.flat();
  pairs.flat().forEach((a, k) => expectSame(values(bound[k]!), values(roomy.bind(room(), a, r))));
}

/** Every value of a multilinear, written out: heads and pads too. */
function values({ words, live, numVars, head, pad }: Multilinear): Uint32Array {
  const { ext: K, radix } = roomy;
  const size = 2 ** numVars;
  const all = new Uint32Array(K.degree * size);
  const constant = (x: Ext | undefined): Ext => K.mulBase(x ?? K.zero, radix);
  for (let i = 0; i < size; i++) {
    const value =
      i < (head?.count ?? 0) ? constant(head?.value) : i < live ? readExt(words, i, K.degree) : constant(pad);
    all.set(value, i * K.degree);
  }
  return all;
}
