/** Folds of integer weights by an extension vector: 4096 x 4096 weights, as in the design's tables. */
import type { Kernels } from '../../src/kernels/index.ts';
import { extWords } from '../../src/kernels/contract/layout.ts';
import { fill } from './base.ts';
import type { KernelCase } from './case.ts';

const SIDE = 4096;

/** Entries of all signs within `bound`, in an array of the kernels' memory. */
export function entries<T extends Int8Array | Int16Array>(array: T, bound: number): T {
  for (let i = 0; i < array.length; i++) {
    array[i] = ((Math.imul(i, 0x9e3779b1) >>> 8) % (2 * bound + 1)) - bound;
  }
  return array;
}

function fold(name: string, axis: 'rows' | 'columns', bound: number, designNs: number): KernelCase {
  return {
    name,
    unit: 'weight',
    items: SIDE * SIDE,
    twinItems: 64 * SIDE,
    designNs,
    scales: true,
    prepare(k: Kernels, items: number) {
      const rows = items / SIDE;
      const data = entries(bound < 128 ? k.memory.i8(items) : k.memory.i16(items), bound);
      const w = { data, rows, columns: SIDE };
      const [terms, outputs] = axis === 'rows' ? [rows, SIDE] : [SIDE, rows];
      const e = fill(k.memory.u32(extWords(terms, k.ext.degree)));
      const out = k.memory.u32(extWords(outputs, k.ext.degree));
      return axis === 'rows' ? () => k.foldRows(out, w, e) : () => k.foldColumns(out, w, e);
    },
  };
}

/**
 * The design's int8 figure, 0.166 ns, is for degree 4: eight digit columns. Degree 5 has ten. Its int16 figures
 * are those of Node 20 and are for a fold without the look for wide entries.
 */
export const foldCases: readonly KernelCase[] = [
  fold('fold-rows-int8', 'rows', 127, 0.166 * (10 / 8)),
  fold('fold-rows-int14', 'rows', 8191, 0.33),
  fold('fold-rows-int16', 'rows', 32767, 0.6),
  fold('fold-columns-int8', 'columns', 127, 0.15 * (10 / 8)),
  fold('fold-columns-int14', 'columns', 8191, 0.33),
  fold('fold-columns-int16', 'columns', 32767, 0.6),
];
