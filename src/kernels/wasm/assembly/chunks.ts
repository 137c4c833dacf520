// The small loops that rounds are made of, over at most CHUNK blocks that stay in the first-level cache. One fused
// body for a whole round has thousands of vector instructions and runs up to twice as slow as these in turn.
// An operand is an address and a step: 80 bytes (16 over F), or 0 for a constant.
import { accumulate, accumulateProduct, accumulateProductAt } from './accumulate';
import { add4, mus, primes, sub4 } from './montgomery';
import { BLOCK_BYTES, high, highPrimes, low, product, productAt, timesBase4 } from './quintic';
import { fixedRow } from './quintic-fixed';

/** Blocks of a chunk. */
export const CHUNK: usize = 64;
/** Bytes of a chunk of products. */
export const CHUNK_BYTES: usize = 5120;

/** out = a * b / R */
export function mulChunk(out: usize, a: usize, sa: usize, b: usize, sb: usize, n: usize): void {
  const p = primes();
  const mu = mus();
  const pHigh = highPrimes();
  const end = out + n * BLOCK_BYTES;
  while (out < end) {
    productAt(out, a, b, p, mu, pHigh);
    out += BLOCK_BYTES;
    a += sa;
    b += sb;
  }
}

/** out += a */
export function addChunk(out: usize, a: usize, n: usize): void {
  const p = primes();
  const end = out + n * BLOCK_BYTES;
  while (out < end) {
    v128.store(out, add4(v128.load(out), v128.load(a), p));
    out += 16;
    a += 16;
  }
}

/** out = (a1 - a0) * (b1 - b0) / R */
export function mulSlopesChunk(
  out: usize, a0: usize, sa0: usize, a1: usize, sa1: usize, b0: usize, sb0: usize, b1: usize, sb1: usize, n: usize,
): void {
  const p = primes();
  const mu = mus();
  const pHigh = highPrimes();
  const end = out + n * BLOCK_BYTES;
  while (out < end) {
    product(
      out,
      sub4(v128.load(a1, 0), v128.load(a0, 0), p),
      sub4(v128.load(a1, 16), v128.load(a0, 16), p),
      sub4(v128.load(a1, 32), v128.load(a0, 32), p),
      sub4(v128.load(a1, 48), v128.load(a0, 48), p),
      sub4(v128.load(a1, 64), v128.load(a0, 64), p),
      sub4(v128.load(b1, 0), v128.load(b0, 0), p),
      sub4(v128.load(b1, 16), v128.load(b0, 16), p),
      sub4(v128.load(b1, 32), v128.load(b0, 32), p),
      sub4(v128.load(b1, 48), v128.load(b0, 48), p),
      sub4(v128.load(b1, 64), v128.load(b0, 64), p),
      p, mu, pHigh,
    );
    out += BLOCK_BYTES;
    a0 += sa0;
    a1 += sa1;
    b0 += sb0;
    b1 += sb1;
  }
}

/** acc += a * b */
export function dotChunk(acc: usize, a: usize, sa: usize, b: usize, sb: usize, n: usize): void {
  const p = primes();
  const pHigh = highPrimes();
  for (let i: usize = 0; i < n; i++) {
    accumulateProductAt(acc, a, b, p, pHigh);
    a += sa;
    b += sb;
  }
}

/** acc += (a1 - a0) * (b1 - b0) */
export function dotSlopesChunk(
  acc: usize, a0: usize, sa0: usize, a1: usize, sa1: usize, b0: usize, sb0: usize, b1: usize, sb1: usize, n: usize,
): void {
  const p = primes();
  const pHigh = highPrimes();
  for (let i: usize = 0; i < n; i++) {
    accumulateProduct(
      acc,
      sub4(v128.load(a1, 0), v128.load(a0, 0), p),
      sub4(v128.load(a1, 16), v128.load(a0, 16), p),
      sub4(v128.load(a1, 32), v128.load(a0, 32), p),
      sub4(v128.load(a1, 48), v128.load(a0, 48), p),
      sub4(v128.load(a1, 64), v128.load(a0, 64), p),
      sub4(v128.load(b1, 0), v128.load(b0, 0), p),
      sub4(v128.load(b1, 16), v128.load(b0, 16), p),
      sub4(v128.load(b1, 32), v128.load(b0, 32), p),
      sub4(v128.load(b1, 48), v128.load(b0, 48), p),
      sub4(v128.load(b1, 64), v128.load(b0, 64), p),
      p, pHigh,
    );
    a0 += sa0;
    a1 += sa1;
    b0 += sb0;
    b1 += sb1;
  }
}

/** out = a0 + (a1 - a0) * c / R for the table of c. `out` may be a0 or a1. */
export function bindChunk(
  out: usize, a0: usize, sa0: usize, a1: usize, sa1: usize, table: usize, n: usize,
): void {
  const p = primes();
  const mu = mus();
  const end = out + n * BLOCK_BYTES;
  while (out < end) {
    const x0 = v128.load(a0, 0);
    const x1 = v128.load(a0, 16);
    const x2 = v128.load(a0, 32);
    const x3 = v128.load(a0, 48);
    const x4 = v128.load(a0, 64);
    const d0 = sub4(v128.load(a1, 0), x0, p);
    const d1 = sub4(v128.load(a1, 16), x1, p);
    const d2 = sub4(v128.load(a1, 32), x2, p);
    const d3 = sub4(v128.load(a1, 48), x3, p);
    const d4 = sub4(v128.load(a1, 64), x4, p);
    v128.store(out, add4(x0, fixedRow(table, 0, d0, d1, d2, d3, d4, p, mu), p), 0);
    v128.store(out, add4(x1, fixedRow(table, 1, d0, d1, d2, d3, d4, p, mu), p), 16);
    v128.store(out, add4(x2, fixedRow(table, 2, d0, d1, d2, d3, d4, p, mu), p), 32);
    v128.store(out, add4(x3, fixedRow(table, 3, d0, d1, d2, d3, d4, p, mu), p), 48);
    v128.store(out, add4(x4, fixedRow(table, 4, d0, d1, d2, d3, d4, p, mu), p), 64);
    out += BLOCK_BYTES;
    a0 += sa0;
    a1 += sa1;
  }
}

/** acc += b * x for canonical words x over F: one product a limb, p^2 < 2^64. */
// @ts-ignore: decorator
@inline
function accumulateBase(acc: usize, b0: v128, b1: v128, b2: v128, b3: v128, b4: v128, x: v128): void {
  accumulate(acc, 0, low(b0, x), high(b0, x));
  accumulate(acc, 1, low(b1, x), high(b1, x));
  accumulate(acc, 2, low(b2, x), high(b2, x));
  accumulate(acc, 3, low(b3, x), high(b3, x));
  accumulate(acc, 4, low(b4, x), high(b4, x));
}

/** acc += a * b with a over F (step sa: 16 or 0) */
export function dotBaseChunk(acc: usize, a: usize, sa: usize, b: usize, sb: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) {
    accumulateBase(
      acc, v128.load(b, 0), v128.load(b, 16), v128.load(b, 32), v128.load(b, 48), v128.load(b, 64), v128.load(a),
    );
    a += sa;
    b += sb;
  }
}

/** acc += (a1 - a0) * (b1 - b0) with a over F */
export function dotBaseSlopesChunk(
  acc: usize, a0: usize, sa0: usize, a1: usize, sa1: usize, b0: usize, sb0: usize, b1: usize, sb1: usize, n: usize,
): void {
  const p = primes();
  for (let i: usize = 0; i < n; i++) {
    accumulateBase(
      acc,
      sub4(v128.load(b1, 0), v128.load(b0, 0), p),
      sub4(v128.load(b1, 16), v128.load(b0, 16), p),
      sub4(v128.load(b1, 32), v128.load(b0, 32), p),
      sub4(v128.load(b1, 48), v128.load(b0, 48), p),
      sub4(v128.load(b1, 64), v128.load(b0, 64), p),
      sub4(v128.load(a1), v128.load(a0), p),
    );
    a0 += sa0;
    a1 += sa1;
    b0 += sb0;
    b1 += sb1;
  }
}

/** out = (a1 - a0) * (b1 - b0) / R with a over F */
export function mulBaseSlopesChunk(
  out: usize, a0: usize, sa0: usize, a1: usize, sa1: usize, b0: usize, sb0: usize, b1: usize, sb1: usize, n: usize,
): void {
  const p = primes();
  const mu = mus();
  const end = out + n * BLOCK_BYTES;
  while (out < end) {
    const x = sub4(v128.load(a1), v128.load(a0), p);
    const xMu = i32x4.mul(x, mu);
    v128.store(out, timesBase4(sub4(v128.load(b1, 0), v128.load(b0, 0), p), x, xMu, p), 0);
    v128.store(out, timesBase4(sub4(v128.load(b1, 16), v128.load(b0, 16), p), x, xMu, p), 16);
    v128.store(out, timesBase4(sub4(v128.load(b1, 32), v128.load(b0, 32), p), x, xMu, p), 32);
    v128.store(out, timesBase4(sub4(v128.load(b1, 48), v128.load(b0, 48), p), x, xMu, p), 48);
    v128.store(out, timesBase4(sub4(v128.load(b1, 64), v128.load(b0, 64), p), x, xMu, p), 64);
    out += BLOCK_BYTES;
    a0 += sa0;
    a1 += sa1;
    b0 += sb0;
    b1 += sb1;
  }
}

/** out = a * b / R with a over F */
export function mulBaseChunk(out: usize, a: usize, sa: usize, b: usize, sb: usize, n: usize): void {
  const p = primes();
  const mu = mus();
  const end = out + n * BLOCK_BYTES;
  while (out < end) {
    const x = v128.load(a);
    const xMu = i32x4.mul(x, mu);
    v128.store(out, timesBase4(v128.load(b, 0), x, xMu, p), 0);
    v128.store(out, timesBase4(v128.load(b, 16), x, xMu, p), 16);
    v128.store(out, timesBase4(v128.load(b, 32), x, xMu, p), 32);
    v128.store(out, timesBase4(v128.load(b, 48), x, xMu, p), 48);
    v128.store(out, timesBase4(v128.load(b, 64), x, xMu, p), 64);
    out += BLOCK_BYTES;
    a += sa;
    b += sb;
  }
}
