/**
 * Columns that stay in kernel memory for as long as a proof reads them: four passes over the cells and two over the pads, each
 * of which would copy them in again on one thread, or expand them again.
 */
import type { Kernels } from '../kernels/contract.ts';
import { hotLike, hotWords } from '../kernels/memory/hot.ts';
import type { ColumnSource } from './columns.ts';
import type { OpenableGroup } from './open-prove.ts';

/** Most of the kernel memory that cells and pads of all groups may take: what a proof makes itself goes first. */
const CELLS_SHARE = 1 / 4;
const PADS_SHARE = 1 / 8;

/**
 * The groups of a proof with their columns in the current scope of the kernel memory: those that the share of all has room for, in their
 * order. Groups about which this was decided before stay as they are.
 *
 * @param cells 2^m, the cells of a column
 */
export function residentGroups(
  kernels: Kernels,
  groups: readonly OpenableGroup[],
  cells: number,
): OpenableGroup[] {
  const { capacityBytes } = kernels.memory;
  const room: Room = { cells: capacityBytes * CELLS_SHARE, pads: capacityBytes * PADS_SHARE };
  return groups.map((group) => {
    if (group.resident === true) return group;
    const source = residentSource(kernels, group.source, cells, room);
    return { ...group, source, resident: true, open: (positions) => group.open(positions, source) };
  });
}

/** Bytes that groups may still take. */
interface Room {
  cells: number;
  pads: number;
}

function residentSource(kernels: Kernels, source: ColumnSource, cells: number, room: Room): ColumnSource {
  const { columns, padLength } = source;
  if (columns === 0) return source;
  const sample = source.data(0, 1);
  const [cellBytes, padBytes] = [columns * cells * sample.BYTES_PER_ELEMENT, 4 * columns * padLength];
  const fits = cellBytes <= room.cells;
  const heldCells = fits ? hotLike(kernels, sample, columns * cells) : undefined;
  const fitPads = padLength > 0 && padBytes <= room.pads;
  const heldPads = fitPads ? hotWords(kernels, columns * padLength) : undefined;
  if (fits) room.cells -= cellBytes;
  if (fitPads) room.pads -= padBytes;
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
      fill(hasCells, first, count, (from, n) => {
        const held = heldCells.subarray(from * cells, (from + n) * cells);
        const read = source.data(from, n, held);
        if (read !== held) held.set(read);
      });
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
