/** Arithmetic in K with the field named once, and multilinear extensions: spec/commitment.md section 1. */
import { add, mod, multiply, powMod, subtract, type Element, type Field } from './field.ts';
import { at, bit, range } from './lists.ts';

export interface Algebra {
  readonly field: Field;
  readonly p: bigint;
  /** d, the degree of K over F. */
  readonly degree: number;
  readonly zero: Element;
  readonly one: Element;
  /** The element of K that an integer is. */
  from(c: bigint | number): Element;
  add(a: Element, b: Element): Element;
  sub(a: Element, b: Element): Element;
  mul(a: Element, b: Element): Element;
  /** c * a for c in F. */
  scale(a: Element, c: bigint): Element;
  sum(values: readonly Element[]): Element;
  product(values: readonly Element[]): Element;
  equal(a: Element, b: Element): boolean;
}

export function algebraOf(field: Field): Algebra {
  const { p, low } = field;
  const from = (c: bigint | number): Element => low.map((_, i) => (i === 0 ? mod(BigInt(c), p) : 0n));
  const [zero, one] = [from(0), from(1)];
  const plus = (a: Element, b: Element): Element => add(field, a, b);
  const times = (a: Element, b: Element): Element => multiply(field, a, b);
  return {
    field,
    p,
    degree: low.length,
    zero,
    one,
    from,
    add: plus,
    sub: (a, b) => subtract(field, a, b),
    mul: times,
    scale: (a, c) => a.map((x) => mod(x * c, p)),
    sum: (values) => values.reduce(plus, zero),
    product: (values) => values.reduce(times, one),
    equal: (a, b) => a.every((x, i) => x === b[i]),
  };
}

/** 1, x, .., x^(n-1). */
export function powers(K: Algebra, x: Element, n: number): Element[] {
  const list = [K.one];
  while (list.length < n) list.push(K.mul(at(list, list.length - 1), x));
  return list.slice(0, n);
}

/** sum_i a_i b_i over lists of one length. */
export function dot(K: Algebra, a: readonly Element[], b: readonly Element[]): Element {
  if (a.length !== b.length) throw new RangeError(`dot: ${a.length} and ${b.length} entries`);
  return K.sum(a.map((x, i) => K.mul(x, at(b, i))));
}

/** eq(z, j) = prod_b (j_b ? z_b : 1 - z_b). */
export function eqIndex(K: Algebra, z: readonly Element[], j: number): Element {
  return K.product(z.map((x, b) => (bit(j, b) === 1 ? x : K.sub(K.one, x))));
}

/** prod_b z_b r_b + (1 - z_b)(1 - r_b): the extension of eq(z, .) at r. */
export function eqPoint(K: Algebra, z: readonly Element[], r: readonly Element[]): Element {
  const complement = (x: Element): Element => K.sub(K.one, x);
  const same = (x: Element, y: Element): Element => K.add(K.mul(x, y), K.mul(complement(x), complement(y)));
  return K.product(z.map((x, b) => same(x, at(r, b))));
}

/** eq(z, 0), .., eq(z, 2^m - 1). */
export function eqTable(K: Algebra, z: readonly Element[]): Element[] {
  return z.reduce(
    (table: Element[], x) => {
      const high = table.map((y) => K.mul(y, x));
      return [...table.map((y, i) => K.sub(y, at(high, i))), ...high];
    },
    [K.one],
  );
}

/** sum_i c_i a_i for c_i in F: as `dot`, coordinate by coordinate. */
export function dotIntegers(K: Algebra, c: readonly bigint[], a: readonly Element[]): Element {
  return range(K.degree).map((k) =>
    mod(
      c.reduce((sum, x, i) => sum + x * (at(a, i)[k] as bigint), 0n),
      K.p,
    ),
  );
}

/** The multilinear extension of a list of 2^m values at a point of K^m. */
export function extension(K: Algebra, values: readonly Element[], point: readonly Element[]): Element {
  return dot(K, values, eqTable(K, point));
}

/** spec/commitment.md section 2: the smallest generator of the multiplicative group of F. */
export function smallestGenerator(p: bigint): bigint {
  const primes: bigint[] = [];
  let rest = p - 1n;
  for (let q = 2n; q * q <= rest; q++) {
    if (rest % q === 0n) primes.push(q);
    while (rest % q === 0n) rest /= q;
  }
  if (rest > 1n) primes.push(rest);
  for (let g = 1n; ; g++) if (primes.every((q) => powMod(g, (p - 1n) / q, p) !== 1n)) return g;
}

/** Section 2: the point x of stored row `row` of a code of 2^logLength points: w^i, i the row's bits reversed. */
export function codePoint({ p }: Algebra, logLength: number, row: number): bigint {
  const w = powMod(smallestGenerator(p), (p - 1n) >> BigInt(logLength), p);
  const position = range(logLength).reduce((i, b) => i + bit(row, b) * 2 ** (logLength - 1 - b), 0);
  return powMod(w, BigInt(position), p);
}

/** <message, pow(x)>: the value of the polynomial with these coefficients (Horner). */
export function encodeAt(K: Algebra, message: readonly Element[], x: bigint): Element {
  return message.reduceRight((value, c) => K.add(K.scale(value, x), c), K.zero);
}
