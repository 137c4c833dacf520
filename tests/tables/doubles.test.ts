/** Doubles that decide entries of tables: their stated errors, held against integers, and what they must leave undecided. */
import { describe, expect, test } from 'vitest';
import { atanh, EXP_MOST, expNegative, ln, roundBelow, roundNear } from '../../src/tables/doubles.ts';
import { entryPair } from '../../src/tables/activation.ts';
import { exp2Entry } from '../../src/tables/exp2.ts';
import { gumbelEntry } from '../../src/tables/gumbel.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { ropeEntries } from '../../src/tables/rope.ts';
import { expNegative as exactExp, ln as exactLn } from '../../src/tables/series.ts';

const P = 200n;

/** A double as an integer of 2^-P. */
function fixed(x: number): bigint {
  let [value, shift] = [x, 0n];
  while (!Number.isInteger(value)) [value, shift] = [2 * value, shift + 1n];
  return (BigInt(value) << P) >> shift;
}

/** |a - b| in units of 2^-bits, rounded up. */
function distance(a: bigint, b: bigint, bits: bigint): bigint {
  const difference = a > b ? a - b : b - a;
  return (difference >> (P - bits)) + 1n;
}

/** Doubles with all their bits between two bounds, spread evenly by their logarithms. */
function doubles(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => low * (high / low) ** ((i + 0.37) / count));
}

/** Of a positive double ln x = ln(2^P x) - P ln 2. */
function exactLnOf(x: number): bigint {
  return exactLn(fixed(x), P) - exactLn(1n << P, P);
}

describe('stated errors', () => {
  test('ln: below 2^-43', () => {
    for (const x of [
      ...doubles(2 ** -21, 2 ** 11 * (1 - 2 ** -53), 4000),
      2 ** -21,
      1,
      2,
      3,
      1 - 2 ** -53,
      1 + 2 ** -52,
    ]) {
      expect(distance(fixed(ln(x)), exactLnOf(x), 43n), String(x)).toBe(1n);
    }
  });
  test('atanh: relatively below 2^-48', () => {
    for (const z of [...doubles(2 ** -22, 1 / 3, 2000), 1 / 3]) {
      const [up, down] = [fixed(1) + fixed(z), fixed(1) - fixed(z)];
      const exact = (exactLn(up, P) - exactLn(down, P)) / 2n;
      const difference = fixed(atanh(z)) - exact;
      expect((difference < 0n ? -difference : difference) << 48n < exact, String(z)).toBe(true);
    }
    expect(atanh(0)).toBe(0);
  });
  test('exp: relatively below 2^-41', () => {
    for (const v of [...doubles(2 ** -20, EXP_MOST, 4000), 0, EXP_MOST, Math.LN2, 47 * Math.LN2]) {
      const exact = exactExp(fixed(v), P);
      const difference = fixed(expNegative(v)) - exact;
      expect((difference < 0n ? -difference : difference) << 41n < exact, String(v)).toBe(true);
    }
  });
});

describe('rounding', () => {
  const error = 2 ** -20;
  test('near: half up, undecided within the error of a tie, on both sides', () => {
    expect([-1.4, -0.6, 0.2, 7.6].map((v) => roundNear(v, error))).toEqual([-1, -1, 0, 8]);
    for (const tie of [-3.5, -0.5, 0.5, 2 ** 20 + 0.5]) {
      for (const off of [-error / 2, 0, error / 2]) expect(roundNear(tie + off, error)).toBe(undefined);
      expect(roundNear(tie - 2 * error, error)).toBe(tie - 0.5);
      expect(roundNear(tie + 2 * error, error)).toBe(tie + 0.5);
    }
  });
  test('below: decided however near to a tie from below, undecided where the part itself is', () => {
    for (const part of [0, 2 ** -60, 2 ** -20, 0.25]) {
      expect(roundBelow(7283.5, part)).toBe(7283); // below 7283.5
      expect(roundBelow(7283, part)).toBe(7283); // above 7282.5
      expect(roundBelow(0, part)).toBe(0);
    }
    expect([0.75, 1.25, 3].map((part) => roundBelow(10, part))).toEqual([9, 9, 7]);
    expect([0.75, 1.25, 3.1].map((part) => roundBelow(10.5, part))).toEqual([10, 9, 7]);
    for (const off of [-(2 ** -36), 0, 2 ** -36]) {
      expect(roundBelow(10, 0.5 + off)).toBe(undefined);
      expect(roundBelow(10.5, 1 + off)).toBe(undefined);
    }
  });
});

describe('integers, which decide what doubles leave, give the same entries', () => {
  test('gumbel', () => {
    const g = column(tableOf('gumbel'), 'g');
    for (let key = 0; key < g.length; key += 61) {
      expect(gumbelEntry(Math.floor(key / 2048), key % 2048), `key ${key}`).toBe(g[key]);
    }
  });
  test('exp2', () => {
    const e = column(tableOf('exp2'), 'e');
    for (let t = 1; t < e.length; t++) if (t % 64 !== 0) expect(exp2Entry(t >> 6, t % 64)).toBe(e[t]);
  });
  test('rope', () => {
    const rope = { base: 10000, headDim: 8, positions: 512 };
    const [cos, sin] = ['cos', 'sin'].map((name) => column(tableOf('rope-10000-8-512'), name)) as [
      Int32Array,
      Int32Array,
    ];
    for (let i = 0; i < 4; i++) {
      const entries = ropeEntries(rope, i);
      for (let t = 0; t < 512; t++) expect(entries(t)).toEqual([cos[4 * t + i], sin[4 * t + i]]);
    }
  });
  test.each([
    ['silu', 12],
    ['gelu-tanh', 12],
    ['silu', 16],
    ['gelu-tanh', 16],
  ] as const)('%s of %i bits', (kind, bits) => {
    const y = column(tableOf(`${kind}-${bits}-r4`), 'y');
    const half = y.length / 2;
    const f = BigInt(bits - 5);
    for (let n = 1; n < half; n += bits === 12 ? 1 : 37) {
      expect(entryPair(kind, n, f, f - 10n), `key ${n}`).toEqual([y[half + n], y[half - n]]);
    }
  });
});
