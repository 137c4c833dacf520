// Pseudo-random streams (hash/stream.ts defines them), four output blocks at a time.
//
// `stream` is what the host staged: the key (32 bytes), then the message (64 bytes) with try number 0.
import { ONE_BLOCK } from './blake3';
import { compress4 } from './blake3-rounds';
import { splatWords, storeLanes } from './lanes';
import { P, primes, scratch } from './montgomery';

// Scratch of a thread, in bytes: the message and the key in all lanes, an output block per lane (in lanes, then as
// rows), block numbers, and the positions of rejected words.
const MESSAGE: usize = 0;
const KEY: usize = 256;
const LANES: usize = 512;
const ROWS: usize = 768;
const COUNTERS: usize = 1024;
const REJECTED: usize = 1088;

const TRY_WORD: usize = 4;
const MASK: u32 = 0x7fffffff;

/** Output blocks block .. block + 3 of the stream, as 256 bytes at `out`. */
// @ts-ignore: decorator
@inline
function blocks4(out: usize, block: u32): void {
  const lanes = scratch() + LANES;
  const counters = scratch() + COUNTERS;
  v128.store(counters, i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3)));
  compress4(lanes, scratch() + KEY, scratch() + MESSAGE, counters, 64, ONE_BLOCK, true);
  storeLanes(out, out + 64, out + 128, out + 192, lanes, 4);
}

/** Raw words: n words from word `skip` (0..15) of block `block` on. */
export function expandWords(out: usize, stream: usize, block: u32, skip: usize, n: usize): void {
  splatWords(scratch() + KEY, stream, 8);
  splatWords(scratch() + MESSAGE, stream + 32, 16);
  const rows = scratch() + ROWS;
  while (n > 0) {
    const take = min<usize>(64 - skip, n);
    if (take == 64) {
      blocks4(out, block);
    } else {
      blocks4(rows, block);
      memory.copy(out, rows + (skip << 2), take << 2);
    }
    out += take << 2;
    n -= take;
    block += 4;
    skip = 0;
  }
}

/**
 * Reduces n raw words to 31 bits and lists the positions of those that are p or more, as u32s at `list`.
 * @returns the number of listed positions
 */
function reject(out: usize, list: usize, n: usize): usize {
  const p = primes();
  const mask = i32x4.splat(MASK);
  const start = list;
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) {
    const x = v128.and(v128.load(out + (i << 2)), mask);
    v128.store(out + (i << 2), x);
    // p <= x < 2^31 in some lane: rare, 4/128
    if (v128.any_true(i32x4.ge_s(x, p))) {
      for (let l: usize = 0; l < 4; l++) {
        if (load<u32>(out + ((i + l) << 2)) >= P) {
          store<u32>(list, <u32>(i + l));
          list += 4;
        }
      }
    }
  }
  for (; i < n; i++) {
    const x = load<u32>(out + (i << 2)) & MASK;
    store<u32>(out + (i << 2), x);
    if (x >= P) {
      store<u32>(list, <u32>i);
      list += 4;
    }
  }
  return (list - start) >> 2;
}

/** Try t for the `count` listed positions; returns how many were rejected again (listed anew). */
function retry(out: usize, list: usize, count: usize, t: u32, block: u32, skip: usize): usize {
  const m = scratch() + MESSAGE;
  const lanes = scratch() + LANES;
  const counters = scratch() + COUNTERS;
  v128.store(m + (TRY_WORD << 4), i32x4.splat(t));
  let left = list;
  for (let k: usize = 0; k < count; k += 4) {
    // Positions of this group are read before any is listed again: `left` never passes them.
    const at0 = <usize>load<u32>(list + (k << 2)) + skip;
    const at1 = <usize>load<u32>(list + (min<usize>(k + 1, count - 1) << 2)) + skip;
    const at2 = <usize>load<u32>(list + (min<usize>(k + 2, count - 1) << 2)) + skip;
    const at3 = <usize>load<u32>(list + (min<usize>(k + 3, count - 1) << 2)) + skip;
    store<u32>(counters, block + <u32>(at0 >> 4));
    store<u32>(counters, block + <u32>(at1 >> 4), 4);
    store<u32>(counters, block + <u32>(at2 >> 4), 8);
    store<u32>(counters, block + <u32>(at3 >> 4), 12);
    compress4(lanes, scratch() + KEY, m, counters, 64, ONE_BLOCK, true);
    for (let l: usize = 0; l < 4 && k + l < count; l++) {
      const at = l == 0 ? at0 : l == 1 ? at1 : l == 2 ? at2 : at3;
      const x = load<u32>(lanes + ((at & 15) << 4) + (l << 2)) & MASK;
      store<u32>(out + ((at - skip) << 2), x);
      if (x >= P) {
        store<u32>(left, <u32>(at - skip));
        left += 4;
      }
    }
  }
  return (left - list) >> 2;
}

/** Uniform words: n words (at most 2^16) from word `skip` of block `block` on. */
export function expandUniform(out: usize, stream: usize, block: u32, skip: usize, n: usize): void {
  expandWords(out, stream, block, skip, n);
  const list = scratch() + REJECTED;
  let count = reject(out, list, n);
  for (let t: u32 = 1; count > 0; t++) count = retry(out, list, count, t, block, skip);
}
