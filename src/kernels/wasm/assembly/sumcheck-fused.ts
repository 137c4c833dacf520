// Binding and the next round in one pass over the arrays, chunk by chunk: while a chunk of bound values is in the
// cache, the next round is evaluated on it. All four quarters of every array are written out in this range.
import { ACCUMULATOR_BYTES, clearAccumulator, finish } from './accumulate';
import { addChunk, bindChunk, CHUNK, CHUNK_BYTES, dotChunk, dotSlopesChunk, mulChunk, mulSlopesChunk } from './chunks';
import { scratch } from './montgomery';
import { multiplierTable } from './quintic-fixed';

/** Bound chunk at out and out + quarter from the four quarters of the array at a. */
// @ts-ignore: decorator
@inline
function bindQuarters(out: usize, a: usize, quarter: usize, table: usize, n: usize): void {
  bindChunk(out, a, 80, a + 2 * quarter, 80, table, n);
  bindChunk(out + quarter, a + quarter, 80, a + 3 * quarter, 80, table, n);
}

/**
 * Binds a and b by r into x and y, and stores the round values of x * y under w (w = 0: all ones) at `slot`.
 * `quarter`: bytes from one quarter of an array to the next. x may be a, y may be b.
 */
export function kBindRound(
  slot: usize, x: usize, a: usize, y: usize, b: usize, w: usize, r: usize, quarter: usize, blocks: usize,
): void {
  const acc0 = scratch();
  const acc1 = acc0 + ACCUMULATOR_BYTES;
  const product = acc0 + 1024;
  const table = product + CHUNK_BYTES;
  clearAccumulator(acc0);
  clearAccumulator(acc1);
  multiplierTable(table, r, 4);
  while (blocks > 0) {
    const n = min<usize>(blocks, CHUNK);
    bindQuarters(x, a, quarter, table, n);
    bindQuarters(y, b, quarter, table, n);
    if (w) {
      mulChunk(product, x, 80, y, 80, n);
      dotChunk(acc0, product, 80, w, 80, n);
      mulSlopesChunk(product, x, 80, x + quarter, 80, y, 80, y + quarter, 80, n);
      dotChunk(acc1, product, 80, w, 80, n);
      w += n * 80;
    } else {
      dotChunk(acc0, x, 80, y, 80, n);
      dotSlopesChunk(acc1, x, 80, x + quarter, 80, y, 80, y + quarter, 80, n);
    }
    x += n * 80;
    a += n * 80;
    y += n * 80;
    b += n * 80;
    blocks -= n;
  }
  finish(slot, acc0);
  finish(slot + 20, acc1);
}

/** The same for two pairs: a, b, c, d into x, y, z, u; round values of w (x y + z u), w given. */
export function kBindRound2(
  slot: usize, x: usize, a: usize, y: usize, b: usize, z: usize, c: usize, u: usize, d: usize, w: usize, r: usize,
  quarter: usize, blocks: usize,
): void {
  const acc0 = scratch();
  const acc1 = acc0 + ACCUMULATOR_BYTES;
  const product = acc0 + 1024;
  const other = product + CHUNK_BYTES;
  const table = other + CHUNK_BYTES;
  clearAccumulator(acc0);
  clearAccumulator(acc1);
  multiplierTable(table, r, 4);
  while (blocks > 0) {
    const n = min<usize>(blocks, CHUNK);
    bindQuarters(x, a, quarter, table, n);
    bindQuarters(y, b, quarter, table, n);
    bindQuarters(z, c, quarter, table, n);
    bindQuarters(u, d, quarter, table, n);
    mulChunk(product, x, 80, y, 80, n);
    mulChunk(other, z, 80, u, 80, n);
    addChunk(product, other, n);
    dotChunk(acc0, product, 80, w, 80, n);
    mulSlopesChunk(product, x, 80, x + quarter, 80, y, 80, y + quarter, 80, n);
    mulSlopesChunk(other, z, 80, z + quarter, 80, u, 80, u + quarter, 80, n);
    addChunk(product, other, n);
    dotChunk(acc1, product, 80, w, 80, n);
    w += n * 80;
    x += n * 80;
    a += n * 80;
    y += n * 80;
    b += n * 80;
    z += n * 80;
    c += n * 80;
    u += n * 80;
    d += n * 80;
    blocks -= n;
  }
  finish(slot, acc0);
  finish(slot + 20, acc1);
}
