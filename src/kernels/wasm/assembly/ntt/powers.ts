// Vectors of powers.
import { MU, mulConstant4, mulOne, primes, add4 } from '../montgomery';

/** out[i] = first * base^i, base a Montgomery word; the form of `first` is kept. */
export function fPowers(out: usize, n: u32, first: u32, base: u32): void {
  const p = primes();
  let x = first;
  const head = min<u32>(n, 16);
  for (let i: u32 = 0; i < head; i++) {
    store<u32>(out + (i << 2), x);
    x = mulOne(x, base);
  }
  if (n <= 16) return;
  const b2 = mulOne(base, base);
  const b4 = mulOne(b2, b2);
  const b8 = mulOne(b4, b4);
  const b16 = mulOne(b8, b8);
  const w = i32x4.splat(b16);
  const wMu = i32x4.splat(b16 * MU);
  // Four independent chains of vectors: the latency of one hides behind the others.
  let v0 = v128.load(out);
  let v1 = v128.load(out, 16);
  let v2 = v128.load(out, 32);
  let v3 = v128.load(out, 48);
  let i: u32 = 16;
  for (; i + 16 <= n; i += 16) {
    v0 = mulConstant4(v0, w, wMu, p);
    v1 = mulConstant4(v1, w, wMu, p);
    v2 = mulConstant4(v2, w, wMu, p);
    v3 = mulConstant4(v3, w, wMu, p);
    v128.store(out + (i << 2), v0);
    v128.store(out + (i << 2), v1, 16);
    v128.store(out + (i << 2), v2, 32);
    v128.store(out + (i << 2), v3, 48);
  }
  for (; i < n; i++) store<u32>(out + (i << 2), mulOne(load<u32>(out + ((i - 16) << 2)), b16));
}

/**
 * Blocks 1 .. blocks-1 of an extension array from block 0, each the one before times a fixed element. `matrix`
 * holds the Montgomery words m[i][j], row-major: limb i of the product = sum_j m[i][j] limb j.
 */
export function kGeometricBlocks(out: usize, blocks: u32, matrix: usize): void {
  const p = primes();
  for (let b: u32 = 1; b < blocks; b++) {
    const to = out + 80;
    for (let i: usize = 0; i < 5; i++) {
      let sum = i32x4.splat(0);
      for (let j: usize = 0; j < 5; j++) {
        const w = load<u32>(matrix + 20 * i + 4 * j);
        sum = add4(sum, mulConstant4(v128.load(out + 16 * j), i32x4.splat(w), i32x4.splat(w * MU), p), p);
      }
      v128.store(to + 16 * i, sum);
    }
    out = to;
  }
}
