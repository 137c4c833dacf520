/**
 * Fields by bigint: F = Z/p and K = F[x]/(f), written from their definitions and from nothing else. Slow and
 * obvious; shares no code with src/.
 */

/** KoalaBear. */
export const KOALABEAR = 2n ** 31n - 2n ** 24n + 1n;

/** A field: prime p and the low coefficients of a monic polynomial f of degree low.length, x^0 first. */
export interface Field {
  readonly p: bigint;
  readonly low: readonly bigint[];
}

/** The degree-5 extension of KoalaBear: x^5 + x^2 - 1. */
export const QUINTIC: Field = { p: KOALABEAR, low: [-1n, 0n, 1n, 0n, 0n] };

/** An element of K: d integers in [0, p). */
export type Element = readonly bigint[];

/** The residue in [0, p). */
export function mod(a: bigint, p: bigint): bigint {
  const rest = a % p;
  return rest < 0n ? rest + p : rest;
}

/** a^e mod p by square and multiply. */
export function powMod(a: bigint, e: bigint, p: bigint): bigint {
  let result = 1n % p;
  for (let base = mod(a, p); e > 0n; e >>= 1n, base = (base * base) % p) {
    if (e & 1n) result = (result * base) % p;
  }
  return result;
}

/** The inverse in F by the extended Euclidean algorithm. */
export function inverseMod(a: bigint, p: bigint): bigint {
  let [r0, r1, s0, s1] = [p, mod(a, p), 0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
  }
  if (r0 !== 1n) throw new RangeError(`inverseMod: no inverse of ${a} modulo ${p}`);
  return mod(s0, p);
}

/** a + b. */
export function add(field: Field, a: Element, b: Element): Element {
  return a.map((x, i) => mod(x + coefficient(b, i), field.p));
}

/** a - b. */
export function subtract(field: Field, a: Element, b: Element): Element {
  return a.map((x, i) => mod(x - coefficient(b, i), field.p));
}

/** a * b: the product of polynomials, divided with remainder by f from the top coefficient down. */
export function multiply(field: Field, a: Element, b: Element): Element {
  const { low, p } = field;
  const d = low.length;
  const product = new Array<bigint>(2 * d - 1).fill(0n);
  for (let i = 0; i < d; i++) {
    const x = coefficient(a, i);
    if (x === 0n) continue;
    for (let j = 0; j < d; j++) product[i + j] = (product[i + j] as bigint) + x * (b[j] as bigint);
  }
  for (let top = 2 * d - 2; top >= d; top--) {
    const lead = product[top] as bigint;
    for (let j = 0; j < d; j++) {
      const m = low[j] as bigint;
      if (m !== 0n) product[top - d + j] = (product[top - d + j] as bigint) - lead * m;
    }
  }
  return product.slice(0, d).map((x) => mod(x, p));
}

/** The inverse: b with a * b = 1, by solving the d linear equations for its coefficients (Gauss). */
export function invert(field: Field, a: Element): Element {
  const { p, low } = field;
  const d = low.length;
  // Column j of the matrix is a * x^j; the right side is 1.
  const monomial = (j: number): Element => low.map((_, i) => (i === j ? 1n : 0n));
  const columns = low.map((_, j) => multiply(field, a, monomial(j)));
  const rows = low.map((_, i) => [...columns.map((c) => coefficient(c, i)), i === 0 ? 1n : 0n]);
  for (let i = 0; i < d; i++) {
    const pivot = rows.findIndex((row, k) => k >= i && coefficient(row, i) !== 0n);
    if (pivot < 0) throw new RangeError('invert: a is not invertible');
    [rows[i], rows[pivot]] = [rows[pivot] as bigint[], rows[i] as bigint[]];
    const scale = inverseMod(coefficient(rows[i] as bigint[], i), p);
    rows[i] = (rows[i] as bigint[]).map((x) => mod(x * scale, p));
    rows.forEach((row, k) => {
      const factor = coefficient(row, i);
      if (k !== i) rows[k] = row.map((x, j) => mod(x - factor * coefficient(rows[i] as bigint[], j), p));
    });
  }
  return rows.map((row) => coefficient(row, d));
}

function coefficient(a: readonly bigint[], i: number): bigint {
  const value = a[i];
  if (value === undefined) throw new RangeError(`coefficient ${i} of ${a.length}`);
  return value;
}
