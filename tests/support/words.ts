/** Seeded test data: words of F with the values that break arithmetic well represented. */

/** A small deterministic generator (xorshift32): tests print or fix its seed; nothing secret uses it. */
export function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** Values at which carries, signs and reductions change, for a modulus p. */
export function edges(p: number): number[] {
  const half = (p - 1) / 2;
  const values = [0, 1, 2, p - 1, p - 2, half, half + 1];
  for (let k = 1; 2 ** k < p; k++) values.push(2 ** k, 2 ** k - 1, 2 ** k + 1);
  return [...new Set(values.filter((v) => Number.isInteger(v) && v >= 0 && v < p))];
}

/** n canonical words, half of them edge values. */
export function words(n: number, p: number, seed: number): Uint32Array {
  const next = generator(seed);
  const edge = edges(p);
  return Uint32Array.from({ length: n }, () =>
    next() & 1 ? next() % p : (edge[next() % edge.length] as number),
  );
}

/** Bit-for-bit equality of typed arrays; names the first difference (a matcher on large arrays is slow). */
export function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>, what = 'array'): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: expected length ${expected.length}, got ${actual.length}`);
  }
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i])
      throw new Error(`${what}[${i}]: expected ${expected[i]}, got ${actual[i]}`);
  }
}
