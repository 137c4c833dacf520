// Tasks of a transform: some layers of one block on a slice of its columns. Rows that are not neighbours are
// gathered into the thread's scratch region, so that all layers run in the level-2 cache; neighbours stay put.
import { fScale } from '../base';
import { scratch } from '../montgomery';
import { splitRows } from './layers';
import { foldMessage, itemBytes } from './message';
import { joinRows } from './mirror';
import { DATA_OFFSET, heapOf } from './twiddles';

/** Copies `rows` rows of `bytes`; strides in bytes. */
function copyRows(to: usize, toStride: usize, from: usize, fromStride: usize, rows: u32, bytes: usize): void {
  const vectors = bytes & ~15;
  for (let r: u32 = 0; r < rows; r++) {
    for (let i: usize = 0; i < vectors; i += 16) v128.store(to + i, v128.load(from + i));
    for (let i: usize = vectors; i < bytes; i += 4) store<u32>(to + i, load<u32>(from + i));
    to += toStride;
    from += fromStride;
  }
}

/**
 * logRows layers from block `block` down, on 2^logRows rows of `width` words, `stride` words apart. Where rows are
 * neighbours, the same for `blocks` blocks that follow each other.
 */
export function nttSlice(
  data: usize,
  logRows: u32,
  stride: u32,
  width: u32,
  block: u32,
  blocks: u32,
  tables: usize,
): void {
  const bytes: usize = width << 2;
  if (stride == width) {
    for (let i: u32 = 0; i < blocks; i++) {
      splitRows(data, logRows, bytes, heapOf(tables, logRows, block + i));
      data += bytes << logRows;
    }
    return;
  }
  const work = scratch() + DATA_OFFSET;
  copyRows(work, bytes, data, stride << 2, 1 << logRows, bytes);
  splitRows(work, logRows, bytes, heapOf(tables, logRows, block));
  copyRows(data, stride << 2, work, bytes, 1 << logRows, bytes);
}

/** The mirror image of nttSlice; multiplies by the Montgomery word `factor` at the end unless it is 0. */
export function nttSliceMirror(
  data: usize,
  logRows: u32,
  stride: u32,
  width: u32,
  block: u32,
  blocks: u32,
  tables: usize,
  factor: u32,
): void {
  const bytes: usize = width << 2;
  const rows: u32 = 1 << logRows;
  if (stride == width) {
    for (let i: u32 = 0; i < blocks; i++) {
      joinRows(data, logRows, bytes, heapOf(tables, logRows, block + i));
      if (factor != 0) fScale(data, data, factor, width << logRows);
      data += bytes << logRows;
    }
    return;
  }
  const work = scratch() + DATA_OFFSET;
  copyRows(work, bytes, data, stride << 2, rows, bytes);
  joinRows(work, logRows, bytes, heapOf(tables, logRows, block));
  if (factor != 0) fScale(work, work, factor, width << logRows);
  copyRows(data, stride << 2, work, bytes, rows, bytes);
}

/**
 * nttSlice on rows that are made from a message on the way: row r of the slice is folded from items
 * message + r * stride on (in items of `kind`) and words pad + r * stride on, see foldMessage.
 */
export function nttSliceEncode(
  data: usize,
  logRows: u32,
  stride: u32,
  width: u32,
  block: u32,
  tables: usize,
  message: usize,
  kind: u32,
  partItems: u32,
  remaining: i32,
  w: u32,
  pad: usize,
  padRemaining: i32,
): void {
  if (stride == width) {
    foldMessage(data, message, kind, width << logRows, partItems, remaining, w, pad, padRemaining);
    return nttSlice(data, logRows, stride, width, block, 1, tables);
  }
  const bytes: usize = width << 2;
  const work = scratch() + DATA_OFFSET;
  const messageStride = stride * itemBytes(kind);
  const padStride: u32 = pad == 0 ? 0 : stride << 2;
  let to = work;
  for (let r: u32 = 0; r < (<u32>1) << logRows; r++) {
    foldMessage(to, message, kind, width, partItems, remaining, w, pad, padRemaining);
    to += bytes;
    message += messageStride;
    remaining -= <i32>stride;
    pad += padStride;
    padRemaining -= <i32>stride;
  }
  splitRows(work, logRows, bytes, heapOf(tables, logRows, block));
  copyRows(data, stride << 2, work, bytes, 1 << logRows, bytes);
}
