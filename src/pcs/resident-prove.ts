/**
 * Columns that stay in kernel memory for as long as a proof reads them: four passes over the cells and two over the pads, each
 * of which would copy them in again on one thread, or expand them again. Where the cells are far more than fit, none stay: they are read
 * into one window of that memory, which kernels use where it lies.
 */
import type { Kernels } from '../kernels/contract.ts';
import { hasRoom, hotLike, hotWords } from '../kernels/memory/hot.ts';
import { BATCH_COLUMNS, type Cells, type ColumnSource } from './columns.ts';
import type { OpenableGroup } from './open-prove.ts';

/** Most of the kernel memory that cells and pads of all groups may take: what a proof makes itself goes first. */
const CELLS_SHARE = 1 / 4;
const PADS_SHARE = 1 / 8;

/**
 * The groups of a proof with their columns in the current scope of the kernel memory: those that the share of all has room for, in their
 * order. Groups about which this was decided before stay as they are. Cells of another group are valid until some group is read again.
 *
 * @param cells 2^m, the cells of a column
 */
export function residentGroups(
  kernels: Kernels,
  groups: readonly OpenableGroup[],
  cells: number,
): OpenableGroup[] {
  const { capacityBytes } = kernels.memory;
  const fresh = groups.filter(({ resident, source }) => resident !== true && source.columns > 0);
  const samples = new Map(fresh.map((group) => [group, group.source.data(0, 1).subarray(0, 0)]));
  const bytes = fresh.reduce(
    (sum, group) => sum + group.source.columns * cells * (samples.get(group) as Cells).BYTES_PER_ELEMENT,
    0,
  );
  const share = capacityBytes * CELLS_SHARE;
  const padShare = capacityBytes * PADS_SHARE;
  // Where the better part of the cells is read anew in any case, pads take their place: those cost more than reading.
  const room: Room = bytes > 2 * share ? { cells: 0, pads: share } : { cells: share, pads: padShare };
  const [sample] = samples.values();
  const window = sample === undefined || bytes <= share ? undefined : createWindow(kernels, sample, cells);
  return groups.map((group) => {
    const own = samples.get(group);
    if (own === undefined) return group.resident === true ? group : { ...group, resident: true };
    const source = residentSource(kernels, group.source, own, cells, room, window);
    return { ...group, source, resident: true, open: (positions) => group.open(positions, source) };
  });
}

/** Bytes that groups may still take. */
interface Room {
  cells: number;
  pads: number;
}

/** Reads columns of a source into memory that all groups share, or as the source does where that is not of their type or too small. */
type Window = (source: ColumnSource, first: number, count: number) => Cells;

/** @param sample of what is to be read; the window lies in the current scope, and there is none where little room would be left */
function createWindow(kernels: Kernels, sample: Cells, cells: number): Window {
  const most = BATCH_COLUMNS * cells;
  // Twice as much: rows are made of what is in it.
  if (!hasRoom(kernels.memory, 2 * most * sample.BYTES_PER_ELEMENT))
    return (source, first, count) => source.data(first, count);
  const memory = hotLike(kernels, sample, most);
  /** What is in it, so that it is not read twice in a row. */
  let held: { readonly source: ColumnSource; readonly first: number; readonly data: Cells } | undefined;
  return (source, first, count) => {
    if (count * cells > most) return source.data(first, count);
    if (held?.source === source && held.first === first && held.data.length === count * cells)
      return held.data;
    held = undefined; // a read that fails leaves nothing behind
    const data = source.data(first, count, memory.subarray(0, count * cells));
    held = { source, first, data };
    return data;
  };
}

function residentSource(
  kernels: Kernels,
  source: ColumnSource,
  sample: Cells,
  cells: number,
  room: Room,
  window: Window | undefined,
): ColumnSource {
  const { columns, padLength } = source;
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
      if (heldCells === undefined)
        return window === undefined ? source.data(first, count) : window(source, first, count);
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
