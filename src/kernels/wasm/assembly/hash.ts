// Hash trees, four leaves or nodes at a time (hash/leaf.ts defines them). Where fewer than four rows are left, the
// last row fills the other lanes: the lanes agree, so storing them again to the same place changes nothing.
import { CHUNK_END, CHUNK_START, KEYED_HASH, ONE_BLOCK, PARENT, ROOT } from './blake3';
import { compress4 } from './blake3-rounds';
import { copyVectors, loadLanes, splatWords, storeLanes } from './lanes';
import { scratch } from './montgomery';

// Scratch of a thread, in bytes: a message, chaining values, the key in all lanes, zero-padded ends of rows, chunk
// numbers, and the states of GROUP leaves for one-shot hashing (18 slots of 32 bytes at most: 2^24 columns are
// 2^16 + 1 chunks).
const MESSAGE: usize = 0;
const CHAIN: usize = 256;
const KEY: usize = 512;
const TAIL: usize = 640;
const COUNTERS: usize = 896;
const STATES: usize = 1024;
const GROUP: usize = 64;

// @ts-ignore: decorator
@inline
function row(base: usize, stride: usize, i: usize, n: usize): usize {
  return base + min<usize>(i, n - 1) * stride;
}

/** The address of a counter in all lanes. */
// @ts-ignore: decorator
@inline
function counters(counter: u32): usize {
  const address = scratch() + COUNTERS;
  v128.store(address, i32x4.splat(counter));
  return address;
}

/** The last words of four rows, `bytes` of them, behind which zeros follow up to 4 * quads words. */
function loadTail(m: usize, a: usize, b: usize, c: usize, d: usize, bytes: usize, quads: i32): void {
  const tail = scratch() + TAIL;
  memory.fill(tail, 0, 256);
  memory.copy(tail, a, bytes);
  memory.copy(tail + 64, b, bytes);
  memory.copy(tail + 128, c, bytes);
  memory.copy(tail + 192, d, bytes);
  loadLanes(m, tail, tail + 64, tail + 128, tail + 192, quads);
}

/** The subtrees in slots a.. of four states and the ones to the right of them, in CHAIN, become one, in CHAIN. */
function merge(a: usize, b: usize, c: usize, d: usize, flags: i32): void {
  const m = scratch() + MESSAGE;
  const cv = scratch() + CHAIN;
  loadLanes(m, a, b, c, d, 2);
  copyVectors(m + 128, cv, 8);
  compress4(cv, scratch() + KEY, m, counters(0), 64, KEYED_HASH | PARENT | flags, false);
}

/**
 * Absorbs `width` columns of four leaves, from block `block` on. State rows a, b, c, d: slot 0 holds the chaining value
 * of the running chunk, slots 1.. a stack of complete subtrees, largest first; after the last column slot 0 is the
 * digest. Salts are the first four words of block 0; sa is 0 where there are none.
 */
function absorb4(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  va: usize,
  vb: usize,
  vc: usize,
  vd: usize,
  sa: usize,
  sb: usize,
  sc: usize,
  sd: usize,
  width: u32,
  block: u32,
  words: u32,
): void {
  const m = scratch() + MESSAGE;
  const cv = scratch() + CHAIN;
  const key = scratch() + KEY;
  const last = (words - 1) >> 4;
  const end = block + ((width + (sa == 0 ? 0 : 4) + 15) >> 4);
  if (block & 15) loadLanes(cv, a, b, c, d, 2);
  for (; block < end; block++) {
    const isLast = block == last;
    const length = isLast ? (words << 2) - (block << 6) : 64;
    const chunk = block >> 4;
    let flags = KEYED_HASH;
    if ((block & 15) == 0) {
      copyVectors(cv, key, 8);
      flags |= CHUNK_START;
    }
    if (isLast || (block & 15) == 15) flags |= CHUNK_END;
    if (isLast && chunk == 0) flags |= ROOT;
    let taken: usize = 64;
    if (block == 0 && sa != 0) {
      loadLanes(m, sa, sb, sc, sd, 1);
      taken = 48;
      if (length == 64) loadLanes(m + 64, va, vb, vc, vd, 3);
      else loadTail(m + 64, va, vb, vc, vd, length - 16, 3);
    } else if (length == 64) loadLanes(m, va, vb, vc, vd, 4);
    else loadTail(m, va, vb, vc, vd, length, 4);
    compress4(cv, cv, m, counters(chunk), length, flags, false);
    if (flags & CHUNK_END) {
      // Subtrees on the stack: the binary ones of `chunk`. This chunk completes as many as `chunk` has trailing ones;
      // the last chunk is put under all of them.
      let depth: usize = <usize>popcnt<u32>(chunk);
      for (let k = chunk; isLast ? depth > 0 : (k & 1) != 0; k >>= 1) {
        const slot = depth << 5;
        depth--;
        merge(a + slot, b + slot, c + slot, d + slot, isLast && depth == 0 ? ROOT : 0);
      }
      const slot: usize = isLast ? 0 : (depth + 1) << 5;
      storeLanes(a + slot, b + slot, c + slot, d + slot, cv, 2);
    }
    va += taken;
    vb += taken;
    vc += taken;
    vd += taken;
  }
  if (block <= last && (block & 15)) storeLanes(a, b, c, d, cv, 2);
}

/**
 * Absorbs `width` columns of n rows, from block `block` on; the rows of `values` have `width` words. `salts` is 0 unless
 * this is the first piece of salted leaves; `words` is the length of a leaf with its salt.
 */
export function hashAbsorb(
  state: usize,
  stateBytes: usize,
  values: usize,
  width: u32,
  salts: usize,
  block: u32,
  words: u32,
  leafKey: usize,
  n: usize,
): void {
  splatWords(scratch() + KEY, leafKey, 8);
  const stride = <usize>width << 2;
  for (let i: usize = 0; i < n; i += 4) {
    absorb4(
      row(state, stateBytes, i, n),
      row(state, stateBytes, i + 1, n),
      row(state, stateBytes, i + 2, n),
      row(state, stateBytes, i + 3, n),
      row(values, stride, i, n),
      row(values, stride, i + 1, n),
      row(values, stride, i + 2, n),
      row(values, stride, i + 3, n),
      salts == 0 ? 0 : row(salts, 16, i, n),
      salts == 0 ? 0 : row(salts, 16, i + 1, n),
      salts == 0 ? 0 : row(salts, 16, i + 2, n),
      salts == 0 ? 0 : row(salts, 16, i + 3, n),
      width,
      block,
      words,
    );
  }
}

/** digests[i] = slot 0 of state i. */
export function hashFinish(digests: usize, state: usize, stateBytes: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) {
    v128.store(digests, v128.load(state));
    v128.store(digests, v128.load(state, 16), 16);
    digests += 32;
    state += stateBytes;
  }
}

/** Whole leaves: n rows of `columns` words. */
export function hashLeaves(
  digests: usize,
  values: usize,
  salts: usize,
  leafKey: usize,
  columns: u32,
  words: u32,
  stateBytes: usize,
  n: usize,
): void {
  if (stateBytes == 32) {
    hashAbsorb(digests, 32, values, columns, salts, 0, words, leafKey, n); // the state of one chunk ends as the digest
    return;
  }
  const state = scratch() + STATES;
  const stride = <usize>columns << 2;
  for (let i: usize = 0; i < n; i += GROUP) {
    const rows = min<usize>(GROUP, n - i);
    const salted: usize = salts == 0 ? 0 : salts + (i << 4);
    hashAbsorb(state, stateBytes, values + i * stride, columns, salted, 0, words, leafKey, rows);
    hashFinish(digests + (i << 5), state, stateBytes, rows);
  }
}

/** n parents of 2n digests under the 32-byte key at `nodeKey`. */
export function hashParents(parents: usize, children: usize, nodeKey: usize, n: usize): void {
  const m = scratch() + MESSAGE;
  const cv = scratch() + CHAIN;
  const key = scratch() + KEY;
  splatWords(key, nodeKey, 8);
  for (let i: usize = 0; i < n; i += 4) {
    loadLanes(
      m,
      row(children, 64, i, n),
      row(children, 64, i + 1, n),
      row(children, 64, i + 2, n),
      row(children, 64, i + 3, n),
      4,
    );
    compress4(cv, key, m, counters(0), 64, ONE_BLOCK, false);
    storeLanes(
      row(parents, 32, i, n),
      row(parents, 32, i + 1, n),
      row(parents, 32, i + 2, n),
      row(parents, 32, i + 3, n),
      cv,
      2,
    );
  }
}

/** The layers above `count` digests, one behind the other, down to `cap` nodes. */
export function hashUp(nodes: usize, nodeKey: usize, count: usize, cap: usize): void {
  for (; count > cap; count >>= 1) {
    const parents = nodes + (count << 5);
    hashParents(parents, nodes, nodeKey, count >> 1);
    nodes = parents;
  }
}
