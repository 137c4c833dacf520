// Batched inverses of Montgomery forms: Montgomery's trick over chunks (three products an element), and one
// inverse by the norm for each chunk. Lanes of a block run side by side.
import { mul4, mus, P, primes, scratch } from './montgomery';
import { BLOCK_BYTES, highPrimes, productAt, timesBase4 } from './quintic';
import { fixedRow, mapTable, TABLE_SPACE } from './quintic-fixed';

/** Blocks of a chunk: the prefix products (20 KiB) stay in the first-level cache. */
const CHUNK: usize = 256;

/** out = the linear map of the table applied to the block at a. */
function mapAt(out: usize, a: usize, table: usize): void {
  const p = primes();
  const mu = mus();
  const a0 = v128.load(a, 0);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  v128.store(out, fixedRow(table, 0, a0, a1, a2, a3, a4, p, mu), 0);
  v128.store(out, fixedRow(table, 1, a0, a1, a2, a3, a4, p, mu), 16);
  v128.store(out, fixedRow(table, 2, a0, a1, a2, a3, a4, p, mu), 32);
  v128.store(out, fixedRow(table, 3, a0, a1, a2, a3, a4, p, mu), 48);
  v128.store(out, fixedRow(table, 4, a0, a1, a2, a3, a4, p, mu), 64);
}

/** x^(p-2) for four Montgomery words: their inverses, and 0 for 0. */
function invertBase4(x: v128, p: v128, mu: v128): v128 {
  let y = x; // the leading bit of p - 2
  for (let bit: i32 = 29; bit >= 0; bit--) {
    y = mul4(y, y, p, mu);
    if (((P - 2) >> bit) & 1) y = mul4(y, x, p, mu);
  }
  return y;
}

/**
 * The block at a to its inverses, in place: a^-1 = a^(p + p^2 + p^3 + p^4) / N(a) with the norm N(a) in F.
 * False when an element is zero. `frobenius1`, `frobenius2`: tables of x -> x^p and x -> x^(p^2); `temp`: 2 blocks.
 */
function invertBlock(a: usize, frobenius1: usize, frobenius2: usize, temp: usize): bool {
  const p = primes();
  const mu = mus();
  const pHigh = highPrimes();
  const other = temp + BLOCK_BYTES;
  mapAt(temp, a, frobenius1);
  mapAt(other, a, frobenius2);
  productAt(temp, temp, other, p, mu, pHigh); // a^(p + p^2)
  mapAt(other, temp, frobenius2); // a^(p^3 + p^4)
  productAt(temp, temp, other, p, mu, pHigh);
  productAt(other, a, temp, p, mu, pHigh);
  const norm = v128.load(other);
  const inverse = invertBase4(norm, p, mu);
  const inverseMu = i32x4.mul(inverse, mu);
  for (let j: usize = 0; j < BLOCK_BYTES; j += 16) {
    v128.store(a + j, timesBase4(v128.load(temp + j), inverse, inverseMu, p));
  }
  return v128.all_true<u32>(norm);
}

/**
 * out = R^2 / a. `maps`: the matrices of both Frobenius maps (25 words each). A chunk with a zero is left as it
 * was and the word at `flag` becomes 1.
 */
export function kInverse(flag: usize, out: usize, a: usize, maps: usize, blocks: usize): void {
  const frobenius1 = scratch();
  const frobenius2 = frobenius1 + TABLE_SPACE;
  const temp = frobenius2 + TABLE_SPACE;
  const running = temp + 2 * BLOCK_BYTES;
  const prefix = running + 2 * BLOCK_BYTES;
  mapTable(frobenius1, maps);
  mapTable(frobenius2, maps + 100);
  const p = primes();
  const mu = mus();
  const pHigh = highPrimes();
  while (blocks > 0) {
    const count = min<usize>(blocks, CHUNK);
    memory.copy(prefix, a, BLOCK_BYTES);
    const last = prefix + (count - 1) * BLOCK_BYTES;
    let at = a;
    for (let x = prefix; x < last; x += BLOCK_BYTES) {
      at += BLOCK_BYTES;
      productAt(x + BLOCK_BYTES, x, at, p, mu, pHigh);
    }
    memory.copy(running, last, BLOCK_BYTES);
    if (invertBlock(running, frobenius1, frobenius2, temp)) {
      // running = 1 / (a_0 .. a_k); 1 / a_k = running * (a_0 .. a_(k-1)).
      let o = out + (at - a);
      for (let x = last; x > prefix; x -= BLOCK_BYTES) {
        productAt(temp, running, at, p, mu, pHigh); // before out, which may be a
        productAt(o, running, x - BLOCK_BYTES, p, mu, pHigh);
        memory.copy(running, temp, BLOCK_BYTES);
        at -= BLOCK_BYTES;
        o -= BLOCK_BYTES;
      }
      memory.copy(o, running, BLOCK_BYTES);
    } else {
      store<u32>(flag, 1);
    }
    a += count * BLOCK_BYTES;
    out += count * BLOCK_BYTES;
    blocks -= count;
  }
}
