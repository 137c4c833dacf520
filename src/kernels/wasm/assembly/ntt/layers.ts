// Layers of a transform on 2^logRows rows of rowBytes, in place. Two layers a pass: four loads, four products by
// a constant, four stores. A block's root is constant over the block, whatever the columns are.
import { add4, addOne, MU, mul4, mulConstant4, mulOne, mus, P, primes, sub4, subOne } from '../montgomery';

/** 1 as a Montgomery word: the root of the first block of the subgroup's own coset, where a product changes nothing. */
const ONE: u32 = <u32>((<u64>1 << 32) % <u64>P);

/** (a, b) -> (a + z b, a - z b) on two chunks of `bytes`. */
function split2(a: usize, bytes: usize, z: u32): void {
  const p = primes();
  const w = i32x4.splat(z);
  const wMu = i32x4.splat(z * MU);
  const vectorEnd = a + (bytes & ~15);
  const end = a + bytes;
  while (a < vectorEnd) {
    const x = v128.load(a);
    const y = mulConstant4(v128.load(a + bytes), w, wMu, p);
    v128.store(a, add4(x, y, p));
    v128.store(a + bytes, sub4(x, y, p));
    a += 16;
  }
  while (a < end) {
    const x = load<u32>(a);
    const y = mulOne(load<u32>(a + bytes), z);
    store<u32>(a, addOne(x, y));
    store<u32>(a + bytes, subOne(x, y));
    a += 4;
  }
}

/** Two layers on four chunks of q bytes: root z1 above, z2 and z3 below. */
function split4(a: usize, q: usize, z1: u32, z2: u32, z3: u32): void {
  const p = primes();
  const w1 = i32x4.splat(z1);
  const m1 = i32x4.splat(z1 * MU);
  const w2 = i32x4.splat(z2);
  const m2 = i32x4.splat(z2 * MU);
  const w3 = i32x4.splat(z3);
  const m3 = i32x4.splat(z3 * MU);
  const vectorEnd = a + (q & ~15);
  const end = a + q;
  const q2 = q << 1;
  const q3 = q2 + q;
  while (a < vectorEnd) {
    const x0 = v128.load(a);
    const x1 = v128.load(a + q);
    const t = mulConstant4(v128.load(a + q2), w1, m1, p);
    const u = mulConstant4(v128.load(a + q3), w1, m1, p);
    const y0 = add4(x0, t, p);
    const y2 = sub4(x0, t, p);
    // Operands of a product by a constant may be any u32: x1 + u < 2p and x1 - u + p < 2p stay unreduced.
    const s = mulConstant4(i32x4.add(x1, u), w2, m2, p);
    const d = mulConstant4(i32x4.add(i32x4.sub(x1, u), p), w3, m3, p);
    v128.store(a, add4(y0, s, p));
    v128.store(a + q, sub4(y0, s, p));
    v128.store(a + q2, add4(y2, d, p));
    v128.store(a + q3, sub4(y2, d, p));
    a += 16;
  }
  while (a < end) {
    const x0 = load<u32>(a);
    const x1 = load<u32>(a + q);
    const t = mulOne(load<u32>(a + q2), z1);
    const u = mulOne(load<u32>(a + q3), z1);
    const y0 = addOne(x0, t);
    const y2 = subOne(x0, t);
    const s = mulOne(addOne(x1, u), z2);
    const d = mulOne(subOne(x1, u), z3);
    store<u32>(a, addOne(y0, s));
    store<u32>(a + q, subOne(y0, s));
    store<u32>(a + q2, addOne(y2, d));
    store<u32>(a + q3, subOne(y2, d));
    a += 4;
  }
}

/** `split2` for the root 1. */
function split2One(a: usize, bytes: usize): void {
  const p = primes();
  const vectorEnd = a + (bytes & ~15);
  const end = a + bytes;
  while (a < vectorEnd) {
    const x = v128.load(a);
    const y = v128.load(a + bytes);
    v128.store(a, add4(x, y, p));
    v128.store(a + bytes, sub4(x, y, p));
    a += 16;
  }
  while (a < end) {
    const x = load<u32>(a);
    const y = load<u32>(a + bytes);
    store<u32>(a, addOne(x, y));
    store<u32>(a + bytes, subOne(x, y));
    a += 4;
  }
}

/** `split4` for the roots 1 above and 1 and z below: one product of four. */
function split4One(a: usize, q: usize, z: u32): void {
  const p = primes();
  const w = i32x4.splat(z);
  const wMu = i32x4.splat(z * MU);
  const vectorEnd = a + (q & ~15);
  const end = a + q;
  const q2 = q << 1;
  const q3 = q2 + q;
  while (a < vectorEnd) {
    const x0 = v128.load(a);
    const x1 = v128.load(a + q);
    const x2 = v128.load(a + q2);
    const x3 = v128.load(a + q3);
    const y0 = add4(x0, x2, p);
    const y2 = sub4(x0, x2, p);
    const s = add4(x1, x3, p);
    const d = mulConstant4(i32x4.add(i32x4.sub(x1, x3), p), w, wMu, p);
    v128.store(a, add4(y0, s, p));
    v128.store(a + q, sub4(y0, s, p));
    v128.store(a + q2, add4(y2, d, p));
    v128.store(a + q3, sub4(y2, d, p));
    a += 16;
  }
  while (a < end) {
    const x0 = load<u32>(a);
    const x1 = load<u32>(a + q);
    const x2 = load<u32>(a + q2);
    const x3 = load<u32>(a + q3);
    const y0 = addOne(x0, x2);
    const y2 = subOne(x0, x2);
    const s = addOne(x1, x3);
    const d = mulOne(subOne(x1, x3), z);
    store<u32>(a, addOne(y0, s));
    store<u32>(a + q, subOne(y0, s));
    store<u32>(a + q2, addOne(y2, d));
    store<u32>(a + q3, subOne(y2, d));
    a += 4;
  }
}

/** The last two layers of a single column: four blocks of four words at once, transposed in registers. */
function split4Words(a: usize, blocks: u32, upper: usize, lower: usize): void {
  const p = primes();
  const mu = mus();
  const end = a + (blocks << 4);
  while (a < end) {
    const r0 = v128.load(a);
    const r1 = v128.load(a, 16);
    const r2 = v128.load(a, 32);
    const r3 = v128.load(a, 48);
    const e0 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5);
    const e1 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5);
    const f0 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7);
    const f1 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7);
    const x0 = v128.shuffle<u64>(e0, e1, 0, 2);
    const x1 = v128.shuffle<u64>(e0, e1, 1, 3);
    const z1 = v128.load(upper);
    const t = mul4(v128.shuffle<u64>(f0, f1, 0, 2), z1, p, mu);
    const u = mul4(v128.shuffle<u64>(f0, f1, 1, 3), z1, p, mu);
    const l0 = v128.load(lower);
    const l1 = v128.load(lower, 16);
    const y0 = add4(x0, t, p);
    const y2 = sub4(x0, t, p);
    const s = mul4(i32x4.add(x1, u), v128.shuffle<u32>(l0, l1, 0, 2, 4, 6), p, mu);
    const d = mul4(i32x4.add(i32x4.sub(x1, u), p), v128.shuffle<u32>(l0, l1, 1, 3, 5, 7), p, mu);
    storeTransposed(a, add4(y0, s, p), sub4(y0, s, p), add4(y2, d, p), sub4(y2, d, p));
    a += 64;
    upper += 16;
    lower += 32;
  }
}

// @ts-ignore: decorator
@inline
function storeTransposed(a: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  const e0 = v128.shuffle<u32>(x0, x1, 0, 4, 1, 5);
  const e1 = v128.shuffle<u32>(x2, x3, 0, 4, 1, 5);
  const f0 = v128.shuffle<u32>(x0, x1, 2, 6, 3, 7);
  const f1 = v128.shuffle<u32>(x2, x3, 2, 6, 3, 7);
  v128.store(a, v128.shuffle<u64>(e0, e1, 0, 2));
  v128.store(a, v128.shuffle<u64>(e0, e1, 1, 3), 16);
  v128.store(a, v128.shuffle<u64>(f0, f1, 0, 2), 32);
  v128.store(a, v128.shuffle<u64>(f0, f1, 1, 3), 48);
}

/** All layers, blocks in order. `heap` holds the roots of the layers (twiddles.ts). */
export function splitRows(data: usize, logRows: u32, rowBytes: usize, heap: usize): void {
  let layer: u32 = 0;
  if (logRows & 1) {
    const z = load<u32>(heap, 4);
    const bytes = rowBytes << (logRows - 1);
    if (z == ONE) split2One(data, bytes);
    else split2(data, bytes, z);
    layer = 1;
  }
  for (; layer < logRows; layer += 2) {
    const q = rowBytes << (logRows - layer - 2);
    const count: u32 = 1 << layer;
    const upper = heap + (count << 2);
    const lower = heap + (count << 3);
    if (q == 4 && count >= 4) {
      split4Words(data, count, upper, lower);
      continue;
    }
    let i: usize = 0;
    if (load<u32>(upper) == ONE && load<u32>(lower) == ONE) {
      split4One(data, q, load<u32>(lower, 4));
      i = 1;
    }
    for (; i < <usize>count; i++) {
      const z = lower + (i << 3);
      split4(data + i * (q << 2), q, load<u32>(upper + (i << 2)), load<u32>(z), load<u32>(z, 4));
    }
  }
}
