// The mirror image of layers.ts: (u, v) -> (u + v, z (u - v)), layers from the bottom to the top. With the
// inverse roots it inverts a transform up to the factor n; with the roots themselves it transposes it.
import { add4, addOne, MU, mul4, mulConstant4, mulOne, mus, primes, sub4, subOne } from '../montgomery';

/** (u, v) -> (u + v, z (u - v)) on two chunks of `bytes`. */
function join2(a: usize, bytes: usize, z: u32): void {
  const p = primes();
  const w = i32x4.splat(z);
  const wMu = i32x4.splat(z * MU);
  const vectorEnd = a + (bytes & ~15);
  const end = a + bytes;
  while (a < vectorEnd) {
    const u = v128.load(a);
    const v = v128.load(a + bytes);
    v128.store(a, add4(u, v, p));
    v128.store(a + bytes, mulConstant4(i32x4.add(i32x4.sub(u, v), p), w, wMu, p));
    a += 16;
  }
  while (a < end) {
    const u = load<u32>(a);
    const v = load<u32>(a + bytes);
    store<u32>(a, addOne(u, v));
    store<u32>(a + bytes, mulOne(subOne(u, v), z));
    a += 4;
  }
}

/** Two layers on four chunks of q bytes: roots z2 and z3 below, z1 above. */
function join4(a: usize, q: usize, z1: u32, z2: u32, z3: u32): void {
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
    const r0 = v128.load(a);
    const r1 = v128.load(a + q);
    const r2 = v128.load(a + q2);
    const r3 = v128.load(a + q3);
    const y0 = add4(r0, r1, p);
    const y2 = add4(r2, r3, p);
    // Differences go into products by a constant, which take any u32: u - v + p < 2p stays unreduced.
    const y1 = mulConstant4(i32x4.add(i32x4.sub(r0, r1), p), w2, m2, p);
    const y3 = mulConstant4(i32x4.add(i32x4.sub(r2, r3), p), w3, m3, p);
    v128.store(a, add4(y0, y2, p));
    v128.store(a + q, add4(y1, y3, p));
    v128.store(a + q2, mulConstant4(i32x4.add(i32x4.sub(y0, y2), p), w1, m1, p));
    v128.store(a + q3, mulConstant4(i32x4.add(i32x4.sub(y1, y3), p), w1, m1, p));
    a += 16;
  }
  while (a < end) {
    const r0 = load<u32>(a);
    const r1 = load<u32>(a + q);
    const r2 = load<u32>(a + q2);
    const r3 = load<u32>(a + q3);
    const y0 = addOne(r0, r1);
    const y2 = addOne(r2, r3);
    const y1 = mulOne(subOne(r0, r1), z2);
    const y3 = mulOne(subOne(r2, r3), z3);
    store<u32>(a, addOne(y0, y2));
    store<u32>(a + q, addOne(y1, y3));
    store<u32>(a + q2, mulOne(subOne(y0, y2), z1));
    store<u32>(a + q3, mulOne(subOne(y1, y3), z1));
    a += 4;
  }
}

/** The lowest two layers of a single column: four blocks of four words at once, transposed in registers. */
function join4Words(a: usize, blocks: u32, upper: usize, lower: usize): void {
  const p = primes();
  const mu = mus();
  const end = a + (blocks << 4);
  while (a < end) {
    const b0 = v128.load(a);
    const b1 = v128.load(a, 16);
    const b2 = v128.load(a, 32);
    const b3 = v128.load(a, 48);
    const e0 = v128.shuffle<u32>(b0, b1, 0, 4, 1, 5);
    const e1 = v128.shuffle<u32>(b2, b3, 0, 4, 1, 5);
    const f0 = v128.shuffle<u32>(b0, b1, 2, 6, 3, 7);
    const f1 = v128.shuffle<u32>(b2, b3, 2, 6, 3, 7);
    const r0 = v128.shuffle<u64>(e0, e1, 0, 2);
    const r1 = v128.shuffle<u64>(e0, e1, 1, 3);
    const r2 = v128.shuffle<u64>(f0, f1, 0, 2);
    const r3 = v128.shuffle<u64>(f0, f1, 1, 3);
    const l0 = v128.load(lower);
    const l1 = v128.load(lower, 16);
    const z1 = v128.load(upper);
    const y0 = add4(r0, r1, p);
    const y2 = add4(r2, r3, p);
    const y1 = mul4(sub4(r0, r1, p), v128.shuffle<u32>(l0, l1, 0, 2, 4, 6), p, mu);
    const y3 = mul4(sub4(r2, r3, p), v128.shuffle<u32>(l0, l1, 1, 3, 5, 7), p, mu);
    const x0 = add4(y0, y2, p);
    const x1 = add4(y1, y3, p);
    const x2 = mul4(sub4(y0, y2, p), z1, p, mu);
    const x3 = mul4(sub4(y1, y3, p), z1, p, mu);
    const g0 = v128.shuffle<u32>(x0, x1, 0, 4, 1, 5);
    const g1 = v128.shuffle<u32>(x2, x3, 0, 4, 1, 5);
    const h0 = v128.shuffle<u32>(x0, x1, 2, 6, 3, 7);
    const h1 = v128.shuffle<u32>(x2, x3, 2, 6, 3, 7);
    v128.store(a, v128.shuffle<u64>(g0, g1, 0, 2));
    v128.store(a, v128.shuffle<u64>(g0, g1, 1, 3), 16);
    v128.store(a, v128.shuffle<u64>(h0, h1, 0, 2), 32);
    v128.store(a, v128.shuffle<u64>(h0, h1, 1, 3), 48);
    a += 64;
    upper += 16;
    lower += 32;
  }
}

/** All layers from the bottom. `heap` holds the roots of the layers (twiddles.ts). */
export function joinRows(data: usize, logRows: u32, rowBytes: usize, heap: usize): void {
  const odd: u32 = logRows & 1;
  for (let layer: i32 = <i32>logRows - 2; layer >= <i32>odd; layer -= 2) {
    const q = rowBytes << (logRows - layer - 2);
    const count: u32 = 1 << layer;
    const upper = heap + (count << 2);
    const lower = heap + (count << 3);
    if (q == 4 && count >= 4) {
      join4Words(data, count, upper, lower);
      continue;
    }
    for (let i: usize = 0; i < count; i++) {
      const z = lower + (i << 3);
      join4(data + i * (q << 2), q, load<u32>(upper + (i << 2)), load<u32>(z), load<u32>(z, 4));
    }
  }
  if (odd) join2(data, rowBytes << (logRows - 1), load<u32>(heap, 4));
}
