/**
 * How a transform is cut into tasks. A block whose data fit a level-2 cache is one task. A larger one is done in
 * two phases: the upper layers on slices of columns of [2^a][rest] (rows gathered into the thread's scratch
 * region, all of them in cache), then the lower layers on each of the 2^a blocks. So data cross the memory bus
 * twice, whatever the size, and tasks of a phase write disjoint words.
 */
import type { Task } from '../pool/pool.ts';
import { MAX_TASK_LAYERS } from './ntt-tables.ts';

/** Words of a task: 256 KiB, in a level-2 cache together with the roots. */
const TASK_WORDS = 1 << 16;
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
}

/** One task: logRows layers on `width` of the columns. `offset` is the first word, counted from the block's. */
export interface Slice {
  readonly address: number;
  readonly offset: number;
  readonly logRows: number;
  readonly stride: number;
  readonly width: number;
  readonly index: number;
}

/** The phases of a block, from the top: the tasks of one phase are independent. */
export function phases(block: Block): Slice[][] {
  const { logRows, columns } = block;
  if (logRows <= MAX_TASK_LAYERS && 2 ** logRows * columns <= TASK_WORDS) {
    return [slices(block, 0, logRows, columns)];
  }
  // About half of the layers above, an even number of them: kernels do two layers a pass.
  const upper = 2 * Math.round(logRows / 4);
  const lower = logRows - upper;
  const list: Slice[][] = [];
  // Upper layers: rows of 2^lower * columns words.
  if (upper > 0) list.push(slices(block, 0, upper, 2 ** lower * columns));
  if (lower > 0 || upper === 0) {
    const below = Array.from({ length: 2 ** upper }, (_, i) =>
      slices({ ...block, index: block.index * 2 ** upper + i }, i * 2 ** lower * columns, lower, columns),
    );
    list.push(below.flat());
  }
  return list;
}

/** Cuts [2^logRows][rowWords] words from `offset` on into slices that fit a task. */
function slices(block: Block, offset: number, logRows: number, rowWords: number): Slice[] {
  const rows = 2 ** logRows;
  const fitting = Math.max(MIN_WIDTH, TASK_WORDS / rows);
  const width = Math.min(rowWords, fitting);
  const list: Slice[] = [];
  for (let first = 0; first < rowWords; first += width) {
    list.push({
      address: block.address + 4 * (offset + first),
      offset: offset + first,
      logRows,
      stride: rowWords,
      width: Math.min(width, rowWords - first),
      index: block.index,
    });
  }
  return list;
}

/** The forward task of a slice. */
export function splitTask(slice: Slice, tables: number): Task {
  const { address, logRows, stride, width, index } = slice;
  return ['nttSlice', address, logRows, stride, width, index, tables];
}

/** The mirrored task of a slice; `factor` is a Montgomery word or 0. */
export function joinTask(slice: Slice, tables: number, factor: number): Task {
  const { address, logRows, stride, width, index } = slice;
  return ['nttSliceMirror', address, logRows, stride, width, index, tables, factor];
}
