/** Nodes one or two layers above lookups, made of the columns by one kernel: no leaf is written to memory. */
import type { Ext, Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK } from '../kernels/contract/layout.ts';
import type { Fractions, LeafRun } from '../kernels/contract/lookup-tree.ts';
import type { LeafBlock } from './layout.ts';
import { blockAt, type LeafSource } from './leaves-prove.ts';
import type { LookupTable } from './shape.ts';

/** Leaf ranges [k * width + from, k * width + from + size), k < count. */
export interface LeafRanges {
  readonly count: number;
  readonly width: number;
  readonly from: number;
  readonly size: number;
}

/** Whether all leaves of the ranges are lookups, in blocks of whole fours. */
export function areLookups({ tree }: LeafSource, { count, width, from, size }: LeafRanges): boolean {
  const end = (count - 1) * width + from + size;
  // Lookups lie before everything else, and blocks in descending order of their sizes.
  return end <= tree.units && 2 ** (blockAt(tree, end - 1)?.bits ?? 0) >= BLOCK;
}

/**
 * The nodes so many layers above leaf ranges: node range k is above the ranges k + i n, for i < 2^layers and n = count / 2^layers node ranges,
 * which follow one another in p and q.
 *
 * @param ranges `areLookups`; sizes and widths are multiples of four
 */
export function nodesAbove(
  kernels: Kernels,
  source: LeafSource,
  ranges: LeafRanges,
  layers: 1 | 2,
  [p, q]: readonly [p: Uint32Array, q: Uint32Array],
): Fractions {
  const { count, width, from, size } = ranges;
  const d = kernels.ext.degree;
  const nodes = count / 2 ** layers;
  // Layers add i and i + half, so that the leaves of a pair are two node ranges apart where there are four.
  const order = layers === 1 ? [0, 1] : [0, 2, 1, 3];
  for (let k = 0; k < nodes; k++) {
    const starts = order.map((i) => (k + i * nodes) * width + from);
    for (let done = 0; done < size;) {
      const runs = starts.map((start) => runAt(kernels, source, start + done));
      const length = Math.min(size - done, ...runs.map(({ left }) => left));
      const at = (k * size + done) * d;
      kernels.leafNodes(
        p.subarray(at, at + length * d),
        q.subarray(at, at + length * d),
        runs.flatMap(({ columns }) => columns.map((column) => column.subarray(0, length))),
        runs,
      );
      done += length;
    }
  }
  const live = nodes * size;
  return { p, q, live, numVars: Math.log2(live) };
}

/** A run of leaves up to the end of its block: `left` cells. */
interface BlockRun extends LeafRun {
  readonly columns: readonly Uint32Array[];
  readonly left: number;
}

function runAt(
  { ext: K }: Kernels,
  { tree, tables, witness, fingerprint: { alpha, betas } }: LeafSource,
  leaf: number,
): BlockRun {
  const block = blockAt(tree, leaf) as LeafBlock;
  const { tag, columns } = tables[block.table] as LookupTable;
  const skip = leaf - block.at;
  const left = 2 ** block.bits - skip;
  const first = block.first + skip;
  const constant: Ext = K.sub(alpha, K.fromBase(tag as Fe));
  return {
    constant,
    betas: betas.slice(0, columns.length),
    columns: (witness.sources[block.index] as readonly Uint32Array[]).map((column) =>
      column.subarray(first, first + left),
    ),
    left,
  };
}
