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
 * The group with its columns in the current scope of the kernel memory, where they are small enough for it; a group that is
 * there already as it is.
 *
 * @param cells 2^m, the cells of a column
 */
export function residentGroup(kernels: Kernels, group: OpenableGroup, cells: number): OpenableGroup {
  if (group.resident === true) return group;
  const source = residentSource(kernels, group.source, cells);
  return { ...group, source, resident: true, open: (positions) => group.open(positions, source) };
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
  /** Reads the columns of a range that are not held yet, run by run. */
  const fill = (
    has: Uint8Array,
    first: number,
    count: number,
    read: (first: number, count: number) => void,
  ): void => {
    const end = first + count;
    for (let at = first; at < end;) {
      const from = has.indexOf(0, at);
      if (from < 0 || from >= end) return;
      const held = has.subarray(0, end).indexOf(1, from);
      at = held < 0 ? end : held;
      read(from, at - from);
      has.fill(1, from, at);
    }
  };
  return {
    columns,
    padLength,
    data(first, count) {
      if (heldCells === undefined) return source.data(first, count);
      fill(hasCells, first, count, (from, n) => heldCells.set(source.data(from, n), from * cells));
      return heldCells.subarray(first * cells, (first + count) * cells);
    },
    pads(first, count, into) {
      if (heldPads === undefined) return source.pads(first, count, into);
      fill(hasPads, first, count, (from, n) => {
        const held = heldPads.subarray(from * padLength, (from + n) * padLength);
        const pads = source.pads(from, n, held);
        if (pads !== held) held.set(pads);
      });
      return heldPads.subarray(first * padLength, (first + count) * padLength);
    },
  };
}
