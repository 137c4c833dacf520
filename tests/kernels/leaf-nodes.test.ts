/**
 * Fractions above leaves that are not written out. KRN-1: WebAssembly equals the definition bit for bit, for two runs and four of one to four
 * columns; the definition is the layers above leaves that are.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext, Fe } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { extWords } from '../../src/kernels/contract/layout.ts';
import type { Fractions, LeafRun } from '../../src/kernels/contract/lookup-tree.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { elements } from '../support/ext.ts';
import { eachPlace } from '../support/kernels.ts';
import { expectSame, words } from '../support/words.ts';

const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

describe.each([
  [1, 1],
  [1, 2],
  [3, 1],
  [4, 4],
  [1, 1, 1, 1],
  [1, 1, 2, 1],
  [2, 3, 1, 1],
  [4, 2, 3, 1],
])('fractions above leaves of %i, %i, .. columns that are not written out', (...counts) => {
  test.each([0, 1, 3, 4, 63, 256, 259, 8_300])('%i', (n) => {
    const runs = counts.map((count, k): LeafRun => {
      const [constant, ...betas] = elements(count + 1, quintic, n + 10 * k) as [Ext, ...Ext[]];
      return { constant: k === 0 ? quintic.fromLimbs(quintic.zero.map(() => P - 1)) : constant, betas };
    });
    const columns = counts.flatMap((count, k) =>
      Array.from({ length: count }, (_, c) =>
        c === 0 && k < 2 ? new Uint32Array(n).fill(P - 1) : words(n, P, 100 * k + c + n),
      ),
    );
    // The definition: leaves written out, layers above them.
    const size = 2 ** Math.ceil(Math.log2(Math.max(n, 4)));
    const leaves = new Uint32Array(extWords(counts.length * size, 5));
    // Layers add i and i + half: the leaves of a pair lie half of all apart.
    const order = counts.length === 2 ? [0, 1] : [0, 2, 1, 3];
    runs.forEach(({ constant, betas }, k) => {
      const before = counts.slice(0, k).reduce((sum, count) => sum + count, 0);
      const own = columns.slice(before, before + betas.length);
      const at = extWords((order[k] as number) * size, 5);
      reference.lookupLeaves(leaves.subarray(at, at + extWords(size, 5)), own, constant, betas, 0 as Fe);
    });
    const room = (): Uint32Array => new Uint32Array(leaves.length);
    const units = counts.length * size;
    let x: Fractions = { p: room(), q: leaves, live: units, units, numVars: Math.log2(units) };
    while (2 ** x.numVars > size) x = reference.fractionLayer(room(), room(), x);
    const expected = [x.p, x.q].map((array) => array.slice(0, extWords(n, 5)));
    if (n % 4 > 0) {
      for (const array of expected) {
        const last = 20 * Math.floor(n / 4);
        for (let w = last; w < last + 20; w++) if (w % 4 >= n % 4) array[w] = 0;
      }
    }
    const out = (): [Uint32Array, Uint32Array] => [
      new Uint32Array(extWords(n, 5)),
      new Uint32Array(extWords(n, 5)),
    ];
    const defined = out();
    reference.leafNodes(...defined, columns, runs);
    expect(defined).toEqual(expected);
    eachPlace(implementations, (k, put, what) => {
      const [p, q] = out().map(put) as [Uint32Array, Uint32Array];
      k.leafNodes(p, q, columns.map(put), runs);
      expectSame(p, expected[0] as Uint32Array, `${what}: p`);
      expectSame(q, expected[1] as Uint32Array, `${what}: q`);
    });
  });
});

describe('bad arguments', () => {
  const column = new Uint32Array(4);
  const out = (words = 20): Uint32Array => new Uint32Array(words);
  const run = (): LeafRun => ({ constant: quintic.one, betas: [quintic.one] });
  const CALLS: [string, (k: Kernels) => void, string][] = [
    [
      'three runs',
      (k) => k.leafNodes(out(), out(), [column, column, column], [run(), run(), run()]),
      'runs: expected 2 or 4, got 3',
    ],
    [
      'no room for numerators',
      (k) => k.leafNodes(out(4), out(), [column, column], [run(), run()]),
      'outP: expected at least 20 items, got 4',
    ],
    [
      'no room for denominators',
      (k) => k.leafNodes(out(), out(4), [column, column], [run(), run()]),
      'outQ: expected at least 20 items, got 4',
    ],
    [
      'fewer columns than runs have',
      (k) => k.leafNodes(out(), out(), [column], [run(), run()]),
      'columns.length: expected an integer in [2, 2], got 1',
    ],
  ];
  test.each(CALLS)('%s', (_, call, message) => {
    for (const k of [reference, ...implementations]) expect(() => call(k)).toThrow(message);
  });
});
