/**
 * Real functions in fixed point with P bits (X stands for X / 2^P), by methods of their own: logarithms by repeated
 * squaring, powers of two by repeated square roots, roots by Newton's method on integers, pi by Euler's formula. They share
 * no series with the library's tables, and no code.
 */

/** The greatest r with r^n <= x, by bisection over bits. */
export function integerRoot(x: bigint, n: bigint): bigint {
  let r = 0n;
  for (let bit = BigInt(x.toString(2).length) / n; bit >= 0n; bit--) {
    const next = r | (1n << bit);
    if (next ** n <= x) r = next;
  }
  return r;
}

/** The greatest r with r^n <= x, by Newton's method from above; for large n and x. */
export function newtonRoot(x: bigint, n: bigint): bigint {
  let r = 1n << (BigInt(x.toString(2).length) / n + 1n);
  for (;;) {
    const next = ((n - 1n) * r + x / r ** (n - 1n)) / n;
    if (next >= r) return r;
    r = next;
  }
}

/** ln 2 = sum 1 / (k 2^k). */
export function naturalLogOfTwo(P: bigint): bigint {
  let sum = 0n;
  for (let k = 1n; k <= P; k++) sum += (1n << P) / (k << k);
  return sum;
}

/** log2 of x / 2^P > 0, to `digits` binary digits: squaring doubles the logarithm. */
export function log2(x: bigint, P: bigint, digits: bigint): bigint {
  const exponent = BigInt(x.toString(2).length - 1) - P;
  let y = exponent >= 0n ? x >> exponent : x << -exponent; // in [1, 2)
  let result = exponent << digits;
  for (let bit = digits - 1n; bit >= 0n; bit--) {
    y = (y * y) >> P;
    if (y >> (P + 1n) === 1n) {
      result |= 1n << bit;
      y >>= 1n;
    }
  }
  return result;
}

/** 2^(-v / 2^P) for v >= 0: the product of 2^(-1/2), 2^(-1/4), .. over the binary digits of v. */
export function powerOfTwo(P: bigint): (v: bigint) => bigint {
  const roots: bigint[] = [];
  for (let root = 1n << (P - 1n), i = 0n; i < P; i++) roots.push((root = integerRoot(root << P, 2n)));
  return (v) => {
    let product = 1n << P;
    for (let i = 0n; i < P; i++) {
      if ((v >> (P - 1n - i)) & 1n) product = (product * (roots[Number(i)] as bigint)) >> P;
    }
    return product >> (v >> P);
  };
}

/** pi = 20 atan(1/7) + 8 atan(3/79) (Euler, 1755). */
export function circleConstant(P: bigint): bigint {
  const atan = (n: bigint, d: bigint): bigint => {
    let sum = 0n;
    for (let k = 0n, power = (n << P) / d; power !== 0n; k++, power = (-power * n * n) / (d * d)) {
      sum += power / (2n * k + 1n);
    }
    return sum;
  };
  return 20n * atan(1n, 7n) + 8n * atan(3n, 79n);
}

/** cos and sin of any angle x / 2^P: reduced modulo 2 pi, divided by 2^12, Taylor, then doubled twelve times. */
export function cosineSine(x: bigint, P: bigint, twoPi: bigint): [bigint, bigint] {
  const HALVINGS = 12n;
  const small = (((x % twoPi) + twoPi) % twoPi) >> HALVINGS;
  const square = (small * small) >> P;
  let [cos, sin, term] = [0n, 0n, 1n << P];
  for (let k = 0n; term !== 0n; k++, term = -((term * square) >> P) / ((2n * k - 1n) * (2n * k))) cos += term;
  term = small;
  for (let k = 0n; term !== 0n; k++, term = -((term * square) >> P) / (2n * k * (2n * k + 1n))) sin += term;
  for (let i = 0n; i < HALVINGS; i++) [cos, sin] = [(cos * cos - sin * sin) >> P, (2n * cos * sin) >> P];
  return [cos, sin];
}
