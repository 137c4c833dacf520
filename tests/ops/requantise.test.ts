/** QNT-3: the one rounding primitive, exhaustively. */
import { describe, expect, test } from 'vitest';
import { evaluateRequantise } from '../../src/ops/requantise/eval.ts';
import { refusal } from '../support/refusal.ts';

const p = 2130706433n;
const tensor = (values: readonly number[]) => ({
  rows: 1,
  width: values.length,
  data: Int32Array.from(values),
});
const all16 = Array.from({ length: 65536 }, (_, i) => i - 32768);

/** floor((x + 2^(s-1)) / 2^s) by the remainder of bigints, clamped. */
function specified(x: number, s: number, bits: number): number {
  const shifted = BigInt(x) + (1n << BigInt(s - 1));
  const unit = 1n << BigInt(s);
  const q = Number((shifted - (((shifted % unit) + unit) % unit)) / unit);
  return Math.min(Math.max(q, -(2 ** (bits - 1))), 2 ** (bits - 1) - 1);
}

describe('QNT-3: all 65,536 16-bit inputs', () => {
  for (let s = 1; s <= 15; s++) {
    test(`shift ${s}`, () => {
      const bits = Math.max(17 - s, 2); // quotients of 16-bit inputs: up to 2^15 2^-s + 1/2
      const plain = evaluateRequantise('t', tensor(all16), { bits, guard: 0 }, s);
      const clamped = evaluateRequantise('t', tensor(all16), { bits: 3, guard: 14 }, s);
      const narrow = evaluateRequantise('t', tensor(all16), { bits: 2, guard: bits - 1 }, s);
      const parts = (e: typeof plain) => e.auxiliary() as { quotient: Int32Array; remainder: Int32Array };
      const { quotient, remainder } = parts(plain);
      const clampedQuotient = parts(clamped).quotient;
      all16.forEach((x, i) => {
        const [q, r] = [quotient[i] as number, remainder[i] as number];
        const good =
          plain.data[i] === specified(x, s, 18) &&
          q === plain.data[i] &&
          r >= 0 &&
          r < 2 ** s &&
          q * 2 ** s + r === x + 2 ** (s - 1) &&
          clamped.data[i] === specified(x, s, 3) &&
          clampedQuotient[i] === q &&
          narrow.data[i] === specified(x, s, 2);
        if (!good) throw new Error(`x ${x}: q ${q}, r ${r}, clamped ${clamped.data[i]}`);
      });
    });
  }
});

test('ties go up, for both signs', () => {
  const of = (x: number, s: number) => evaluateRequantise('t', tensor([x]), { bits: 8, guard: 0 }, s).data[0];
  expect([of(1, 1), of(-1, 1), of(3, 1), of(-3, 1)]).toEqual([1, 0, 2, -1]);
  expect([of(8, 4), of(-8, 4), of(7, 4), of(-9, 4), of(24, 4), of(-24, 4)]).toEqual([1, 0, 0, -1, 2, -1]);
});

test('a quotient beyond its digits has no witness; the guard moves the edge, the clamp stays', () => {
  const run = (x: number, guard: number) => () =>
    evaluateRequantise('t', tensor([0, x]), { bits: 8, guard }, 4);
  expect(refusal(run(128 * 16 - 8, 0))).toBe('UNPROVABLE');
  expect(refusal(run(-128 * 16 - 9, 0))).toBe('UNPROVABLE');
  expect(run(128 * 16 - 9, 0)().data[1]).toBe(127);
  expect(run(-128 * 16 - 8, 0)().data[1]).toBe(-128);
  expect(run(256 * 16 - 9, 1)().data[1]).toBe(127);
  expect(refusal(run(256 * 16 - 8, 1))).toBe('UNPROVABLE');
  expect(run(-256 * 16 - 8, 1)().data[1]).toBe(-128);
  expect(refusal(run(-256 * 16 - 9, 1))).toBe('UNPROVABLE');
  expect(run(128 * 16, 0)).toThrow(/row 0, column 1/);
});

test('extreme residues: no overflow of int32, never a wrapped quotient', () => {
  const half = 1065353216;
  for (const x of [half, -half, half - 1, 2 ** 29, -(2 ** 29) - 1]) {
    for (const [bits, guard, s] of [
      [8, 0, 22],
      [15, 1, 14],
      [20, 0, 10],
    ] as const) {
      const q = Math.floor((x + 2 ** (s - 1)) / 2 ** s);
      const fits = q >= -(2 ** (bits + guard - 1)) && q < 2 ** (bits + guard - 1);
      const run = () => evaluateRequantise('t', tensor([x]), { bits, guard }, s).auxiliary()['quotient']?.[0];
      if (fits) expect(run()).toBe(q);
      else expect(refusal(run)).toBe('UNPROVABLE');
    }
  }
});

describe('quotient and remainder are unique modulo p up to B + g + s = 30, and not beyond', () => {
  /** How many (q, r) with digits of `total` bits fit a residue: integers of the span that are congruent to it. */
  const witnesses = (x: bigint, total: bigint): number => {
    const [low, high] = [-(1n << (total - 1n)), 1n << (total - 1n)];
    let count = 0;
    for (let v = x - 2n * p; v < high; v += p) if (v >= low) count++;
    return count;
  };
  test('at every edge of the span', () => {
    const edges = [0n, 1n, -1n, 1n << 28n, (1n << 29n) - 1n, -(1n << 29n), (p - 1n) / 2n, -(p - 1n) / 2n];
    for (const x of edges) expect(witnesses(x, 30n)).toBeLessThanOrEqual(1);
    expect(witnesses(0n, 31n)).toBe(1);
    // The span of 31 bits has 2^31 > p integers: 17 million residues have two witnesses.
    expect(witnesses(-(1n << 30n), 31n)).toBe(2);
  });
  test('exhaustively over p = 257: 7 bits are unique, 8 with a span below p too, 9 are not', () => {
    const count = (total: number): number => {
      let most = 0;
      for (let x = 0; x < 257; x++) {
        let fits = 0;
        for (let v = -(2 ** (total - 1)); v < 2 ** (total - 1); v++)
          if ((((v - x) % 257) + 257) % 257 === 0) fits++;
        most = Math.max(most, fits);
      }
      return most;
    };
    expect([count(7), count(8), count(9)]).toEqual([1, 1, 2]);
  });
});
