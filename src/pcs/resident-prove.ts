/**
 * Columns that stay in kernel memory for as long as a proof reads them: four passes over the cells and two over the pads, each
 * of which would copy them in again on one thread, or expand them again.
 */
import type { Kernels } from '../kernels/contract.ts';
import { hotLike, hotWords } from '../kernels/memory/hot.ts';
import type { ColumnSource } from './columns.ts';
import type { OpenableGroup } from './open-prove.ts';

/** Most of the kernel memory that cells and pads of a group may take: what a proof makes itself goes first. */
const CELLS_SHARE = 1 / 4;
const PADS_SHARE = 1 / 8;

/**
 * The group with its columns in the current scope of the kernel memory, where they are small enough for it.
 *
 * @param cells 2^m, the cells of a column
 */
export function residentGroup(kernels: Kernels, group: OpenableGroup, cells: number): OpenableGroup {
  const source = residentSource(kernels, group.source, cells);
  return { ...group, source, open: (positions) => group.open(positions, source) };
}

function residentSource(kernels: Kernels, source: ColumnSource, cells: number): ColumnSource {
  const { columns, padLength } = source;
  if (columns === 0) return source;
  const { capacityBytes } = kernels.memory;
  const sample = source.data(0, 1);
  const fits = columns * cells * sample.BYTES_PER_ELEMENT <= capacityBytes * CELLS_SHARE;
  const heldCells = fits ? hotLike(kernels, sample, columns * cells) : undefined;
  const fitPads = padLength > 0 && 4 * columns * padLength <= capacityBytes * PADS_SHARE;
  const heldPads = fitPads ? hotWords(kernels, columns * padLength) : undefined;
  const [hasCells, hasPads] = [new Uint8Array(columns), new Uint8Array(columns)];
  /** Fills the columns of a range that are not held yet: all of them, or none is missing. */
  const fill = (has: Uint8Array, first: number, count: number, read: () => void): void => {
    const range = has.subarray(first, first + count);
    if (!range.includes(0)) return;
    read();
    range.fill(1);
  };
  return {
    columns,
    padLength,
    data(first, count) {
      if (heldCells === undefined) return source.data(first, count);
      fill(hasCells, first, count, () => heldCells.set(source.data(first, count), first * cells));
      return heldCells.subarray(first * cells, (first + count) * cells);
    },
    pads(first, count, into) {
      if (heldPads === undefined) return source.pads(first, count, into);
      const held = heldPads.subarray(first * padLength, (first + count) * padLength);
      fill(hasPads, first, count, () => {
        const pads = source.pads(first, count, held);
        if (pads !== held) held.set(pads);
      });
      return held;
    },
  };
}
