/** Vectors of products by matrix calls, against the definition cell by cell: every order of kept, summed and fixed runs of bits. */
import { afterAll, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { extWords } from '../../src/kernels/contract/layout.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import type { Cells } from '../../src/pcs/columns.ts';
import type { TensorCells } from '../../src/relation/cells-prove.ts';
import { foldCells } from '../../src/relation/fold-cells-prove.ts';
import { foldView, type Fold } from '../../src/relation/fold-prove.ts';
import { blockOf } from '../../src/relation/pieces.ts';
import type { Coordinate } from '../../src/relation/program.ts';
import type { Weight } from '../../src/relation/weights.ts';
import { fixed, view } from '../support/programs.ts';
import { generator } from '../support/words.ts';

const kernels = await wasmKernels({ threads: 1 });
afterAll(() => kernels.close());

const { ext } = kernels;
const next = generator(11);
const random = (): Ext => ext.fromLimbs(ext.zero.map(() => next() % ext.base.modulus));
/** A product over bits, or the same number of values. */
const weightOf = (bits: number, written: boolean): Weight =>
  written
    ? { kind: 'entries', entries: Array.from({ length: 2 ** bits }, (_, i) => [i, random()] as const) }
    : { kind: 'pairs', offset: 0, pairs: Array.from({ length: bits }, () => [random(), random()] as const) };

/** One dimension: `k2` keeps an index of 2 bits, `s3` sums one of 3 bits, `f1` fixes one bit's dimension at its last value. */
type Dimension = `${'k' | 's' | 'f'}${number}`;

function foldOf(dimensions: readonly Dimension[], order: 'as read' | 'turned', written: boolean): Fold {
  const bits = dimensions.map((text) => Number(text.slice(1)));
  const coordinates = dimensions.map((text, d): string | Coordinate =>
    text[0] === 'f' ? fixed(2 ** (bits[d] as number) - 1) : `i${d}`,
  );
  const kept = dimensions.flatMap((text, d) =>
    text[0] === 'k' ? [{ name: `i${d}`, bits: bits[d] as number }] : [],
  );
  if (order === 'turned') kept.reverse();
  const folded = new Map(
    dimensions.flatMap((text, d) =>
      text[0] === 's' ? [[`i${d}`, [weightOf(bits[d] as number, written)]] as const] : [],
    ),
  );
  return {
    view: view('x', ...coordinates),
    tensor: { kind: 'witness', name: 'x', shape: bits.map((b) => 2 ** b) },
    kept: kept.map(({ name }) => name),
    box: blockOf(kept.map((index) => ({ offset: 0, bits: index.bits }))),
    folded,
  };
}

const VIEWS: readonly (readonly Dimension[])[] = [
  ['k3'],
  ['s3'],
  ['k1'],
  ['s1', 'k1'],
  ['k1', 's2'],
  ['k3', 's4'],
  ['s4', 'k3'],
  ['k2', 's3', 'k2'],
  ['k1', 's10', 'k3'],
  ['k2', 's2', 's3', 'k3'],
  ['s2', 'k3', 's3'],
  ['s1', 'k2', 's2', 'k2'],
  ['f2', 'k3', 's2'],
  ['k2', 'f2', 's3'],
  ['s2', 'f1', 'k3'],
  ['f1', 'k2', 'f2'],
];

test.each(VIEWS.map((dimensions) => [dimensions.join(' '), dimensions] as const))('%s', (_, dimensions) => {
  const size = dimensions.reduce((product, text) => product * 2 ** Number(text.slice(1)), 1);
  const words = Uint32Array.from({ length: size }, () => next() % ext.base.modulus);
  const integers = Int16Array.from({ length: size }, () => (next() % 65_536) - 32_768);
  for (const cells of [words, integers] as Cells[]) {
    const reader: TensorCells = { block: () => cells, rows: () => cells };
    for (const order of ['as read', 'turned'] as const) {
      for (const written of [false, true]) {
        const fold = foldOf(dimensions, order, written);
        const length = extWords(2 ** fold.box.bits, ext.degree);
        const weights = new Map([...fold.folded].map(([name, [weight]]) => [name, weight as Weight]));
        const expected = new Uint32Array(length);
        foldCells(kernels, reader, fold, weights, expected);
        // Twice: the second may come from the cache, which must not have been changed with the first.
        const cache = new Map<string, Uint32Array>();
        for (let round = 0; round < 2; round++) {
          const out = new Uint32Array(length).fill(1);
          kernels.memory.scope(() => foldView(kernels, reader, cache, fold, out));
          expect(out).toEqual(expected);
          out.fill(7);
        }
        // What lasts is kept where it lies.
        const lasting = [0, 1].map(() => new Uint32Array(length).fill(1));
        const kept = new Map<string, Uint32Array>();
        for (const out of lasting)
          kernels.memory.scope(() => foldView(kernels, reader, kept, fold, out, true));
        for (const out of lasting) expect(out).toEqual(expected);
      }
    }
  }
});
