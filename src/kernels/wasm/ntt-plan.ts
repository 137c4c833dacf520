/**
 * How a transform is cut into tasks. A block whose data fit a level-2 cache is one task. A larger one is done in
 * two phases: the upper layers on slices of columns of [2^a][rest] (rows gathered into the thread's scratch
 * region, all of them in cache), then the lower layers on each of the 2^a blocks. So data cross the memory bus
 * twice, whatever the size, and tasks of a phase write disjoint words.
 */
import type { Task } from '../pool/pool.ts';
import { TASK_ITEMS } from './engine.ts';
import { MAX_TASK_LAYERS } from './ntt-tables.ts';

/** Words of a task: 256 KiB, in a level-2 cache together with the roots. */
const TASK_WORDS = 1 << 16;
/** Words of a cache line. */
const LINE = 16;
const TASKS_PER_THREAD = 4;

/**
 * Words of a row of a slice at least: two cache lines. A slice has at most 2^12 rows (half of 24 layers), so it
 * takes at most 512 KiB of the scratch region, whose first 64 KiB hold roots.
 */
const MIN_WIDTH = 32;

/** A block of a transform in memory: 2^logRows rows of `columns` words at `address`. */
export interface Block {
  readonly address: number;
  readonly logRows: number;
  readonly columns: number;
  /** Which block of its layer: its roots are z_(index 2^l + i). */
  readonly index: number;
  /** Threads that will share the tasks; decides only how many there are. */
  readonly threads: number;
}

/** One task: logRows layers on `width` of the columns. `offset` is the first word, counted from the block's. */
export interface Slice {
  readonly address: number;
  readonly offset: number;
  readonly logRows: number;
  readonly stride: number;
  readonly width: number;
  readonly index: number;
  /** Blocks from `index` on that follow each other in memory, more than one only where rows are neighbours. */
  readonly blocks: number;
}

/** The phases of a block, from the top: the tasks of one phase are independent. */
export function phases(block: Block): Slice[][] {
  const { logRows, columns } = block;
  const most = block.threads === 1 ? TASK_WORDS : TASK_ITEMS;
  if (logRows <= MAX_TASK_LAYERS && 2 ** logRows * columns <= most) {
    return [slices(block, 0, logRows, columns, columns)];
  }
  // About half of the layers above, an even number of them: kernels do two layers a pass.
  const upper = 2 * Math.round(logRows / 4);
  const lower = logRows - upper;
  const list: Slice[][] = [];
  // Upper layers: rows of 2^lower * columns words, cut so that there are a few tasks for every thread.
  const rowWords = 2 ** lower * columns;
  const share = LINE * Math.ceil(rowWords / (TASKS_PER_THREAD * block.threads * LINE));
  if (upper > 0) list.push(slices(block, 0, upper, rowWords, block.threads === 1 ? rowWords : share));
  if (lower > 0 || upper === 0) list.push(blocks(block, upper, lower));
  return list;
}

/** The lower layers: all of the 2^upper blocks, small ones together in a task, large ones in slices. */
function blocks(block: Block, upper: number, lower: number): Slice[] {
  const { columns } = block;
  const words = 2 ** lower * columns;
  const together = Math.min(2 ** upper, Math.max(1, Math.floor(TASK_ITEMS / words)));
  const list: Slice[] = [];
  for (let i = 0; i < 2 ** upper; i += together) {
    const index = block.index * 2 ** upper + i;
    const cut = slices({ ...block, index }, i * words, lower, columns, columns);
    const count = Math.min(together, 2 ** upper - i);
    list.push(...(count === 1 ? cut : cut.map((slice) => ({ ...slice, blocks: count }))));
  }
  return list;
}

/** Cuts [2^logRows][rowWords] words from `offset` on into slices that fit a task, of `widest` words a row at most. */
function slices(block: Block, offset: number, logRows: number, rowWords: number, widest: number): Slice[] {
  const fitting = Math.min(TASK_WORDS / 2 ** logRows, widest);
  const width = Math.min(rowWords, Math.max(MIN_WIDTH, fitting));
  const list: Slice[] = [];
  for (let first = 0; first < rowWords; first += width) {
    list.push({
      address: block.address + 4 * (offset + first),
      offset: offset + first,
      logRows,
      stride: rowWords,
      width: Math.min(width, rowWords - first),
      index: block.index,
      blocks: 1,
    });
  }
  return list;
}

/** The forward task of a slice. */
export function splitTask(slice: Slice, tables: number): Task {
  const { address, logRows, stride, width, index, blocks: count } = slice;
  return ['nttSlice', address, logRows, stride, width, index, count, tables];
}

/** The mirrored task of a slice; `factor` is a Montgomery word or 0. */
export function joinTask(slice: Slice, tables: number, factor: number): Task {
  const { address, logRows, stride, width, index, blocks: count } = slice;
  return ['nttSliceMirror', address, logRows, stride, width, index, count, tables, factor];
}
