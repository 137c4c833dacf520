/**
 * Elementary functions in fixed point, by integers alone: X stands for X / 2^P ("an ulp" is 2^-P). Every function
 * states its absolute error in ulps; the derivation stands beside the code. Nothing here rounds to a table entry:
 * that is decided in `rounding.ts` from two-sided bounds.
 */

/** Extra bits inside a function, so that its own errors stay below one ulp of its result. */
const GUARD = 24n;

const memo = new Map<string, bigint>();

function remember(key: string, make: () => bigint): bigint {
  const known = memo.get(key);
  if (known !== undefined) return known;
  const made = make();
  memo.set(key, made);
  return made;
}

/** floor(sqrt(n)) for n >= 0, by Newton's method from above. @param start any integer that is at least the root */
export function isqrt(n: bigint, start?: bigint): bigint {
  if (n < 0n) throw new RangeError('isqrt: n: expected a non-negative integer');
  if (n < 2n) return n;
  let x = start ?? 1n << BigInt((n.toString(2).length + 1) >> 1); // x >= sqrt(n)
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/**
 * atanh(n/d) for 0 <= n/d <= 1/3 in fixed point with W bits: sum z^(2i+1)/(2i+1).
 * Each step floors twice, and the powers shrink by z^2 <= 1/9: error below 3 ulps per term, W/3 + 2 terms.
 */
function atanh(n: bigint, d: bigint, W: bigint): bigint {
  let power = (n << W) / d;
  let sum = 0n;
  for (let i = 1n; power > 0n; i += 2n) {
    sum += power / i;
    power = (power * n * n) / (d * d);
  }
  return sum;
}

/** ln 2 = 2 atanh(1/3). Error below 1 ulp. */
export function ln2(P: bigint): bigint {
  return remember(`ln2 ${P}`, () => (2n * atanh(1n, 3n, P + GUARD)) >> GUARD); // P < 2^13: 2 * 3 * P < 2^GUARD
}

/** sqrt(2/pi)'s and other constants need pi: Machin, pi = 16 atan(1/5) - 4 atan(1/239). Error below 1 ulp. */
export function pi(P: bigint): bigint {
  const atanInverse = (d: bigint, W: bigint): bigint => {
    let power = (1n << W) / d;
    let sum = 0n;
    for (let i = 1n; power > 0n; i += 2n) {
      sum += (i & 2n) === 0n ? power / i : -(power / i);
      power /= d * d;
    }
    return sum;
  };
  const W = P + GUARD;
  return remember(`pi ${P}`, () => (16n * atanInverse(5n, W) - 4n * atanInverse(239n, W)) >> GUARD);
}

/** Values at places, computed when they are asked for: a table may need a few of many. */
function grid(make: (j: bigint, W: bigint) => bigint): (j: bigint, W: bigint) => bigint {
  const known = new Map<bigint, Map<bigint, bigint>>();
  return (j, W) => {
    let own = known.get(W);
    if (own === undefined) known.set(W, (own = new Map()));
    let value = own.get(j);
    if (value === undefined) own.set(j, (value = make(j, W)));
    return value;
  };
}

/** exp(-j/256) for j = 0..255 with W bits, by Taylor's series. Error below 128 ulps (at most W/2 floors of 1 ulp). */
const expAt = grid((j, W) => {
  let term = 1n << W;
  let sum = 0n;
  for (let n = 1n; term !== 0n; n++) {
    sum += n % 2n === 1n ? term : -term;
    term = (term * j) / (256n * n);
  }
  return sum;
});

/**
 * exp(-v / 2^P), v >= 0, in fixed point with P bits. Error below 2 ulps, for P <= 4096.
 *
 * v = k ln 2 + r with 0 <= r < ln 2; r = j/256 + q with q < 2^-8; exp(-q) by Horner's rule. With W = P + 24 bits: ln 2
 * contributes k <= P + 1 < 2^13 ulps of W, the grid 128, Horner 3 (each step adds at most 2 ulps, multiplied by q
 * afterwards), the product 1: together below 2^14 = 2^-10 ulps of P, and the last floor adds one.
 */
export function expNegative(v: bigint, P: bigint): bigint {
  const W = P + GUARD;
  const ln2W = ln2(W);
  const wide = v << GUARD;
  const k = wide / ln2W;
  if (k > P + 1n) return 0n; // exp(-v) < 2^-P
  const r = wide - k * ln2W;
  const j = r >> (W - 8n);
  const q = r - (j << (W - 8n));
  let y = 1n << W;
  for (let n = taylorTerms(W); n > 0n; n--) y = (1n << W) - ((q * y) >> W) / n;
  return (expAt(j, W) * y) >> (W + k + GUARD);
}

/** The least N with (2^-8)^(N+1) / (N+1)! < 2^-W. */
function taylorTerms(W: bigint): bigint {
  return remember(`terms ${W}`, () => {
    let n = 1n;
    for (let size = 1n << W; size > 0n; n++) size = (size >> 8n) / n;
    return n;
  });
}

/** ln(1 + j/128) for j = 0..127 with W bits. Error below 2^14 ulps: twice 3 for each of at most W/3 + 2 terms, W < 2^12 + 2^5. */
const lnAt = grid((j, W) => 2n * atanh(j, 256n + j, W));

/**
 * ln X of a positive integer X, in fixed point with P bits. Error below 2 ulps, for P <= 4096 and X < 2^4096.
 *
 * X = m 2^k, 1 <= m < 2, m = m_j (1+z)/(1-z) with m_j = 1 + j/128 and z = (m - m_j)/(m + m_j) < 2^-8. With W = P + 24
 * bits: m is cut once (1 ulp), ln 2 contributes k < 2^12 ulps, the grid 2^14 (W terms of 3), the series W: below 2^15.
 */
export function ln(X: bigint, P: bigint): bigint {
  if (X <= 0n) throw new RangeError('ln: X: expected a positive integer');
  const W = P + GUARD;
  const k = BigInt(X.toString(2).length - 1);
  const m = k <= W ? X << (W - k) : X >> (k - W);
  const j = (m - (1n << W)) >> (W - 7n);
  const mj = (1n << W) + (j << (W - 7n));
  const z = ((m - mj) << W) / (m + mj);
  const zz = (z * z) >> W;
  let sum = 0n;
  let power = z;
  for (let i = 1n; power > 0n; i += 2n) {
    sum += power / i;
    power = (power * zz) >> W;
  }
  return (k * ln2(W) + lnAt(j, W) + 2n * sum) >> GUARD;
}

/**
 * cos and sin of w / 2^P for 0 <= w/2^P <= 1, by Taylor's series. Error below 2 ulps: with 24 more bits every floor
 * is an ulp of those, there are fewer than P of them, and the last cut adds one.
 */
export function cosSin(w: bigint, P: bigint): { readonly cos: bigint; readonly sin: bigint } {
  const W = P + GUARD;
  const x = w << GUARD;
  const sums: [bigint, bigint] = [0n, 0n];
  let term = 1n << W;
  for (let n = 0; term !== 0n; n++) {
    const part = n % 2;
    sums[part] = (sums[part] as bigint) + (n % 4 < 2 ? term : -term);
    term = ((term * x) >> W) / BigInt(n + 1);
  }
  return { cos: sums[0] >> GUARD, sin: sums[1] >> GUARD };
}
