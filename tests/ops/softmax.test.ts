/** The octave softmax: one shift for every row, against the twin and against adversarial rows. */
import { describe, expect, test } from 'vitest';
import { acceptedShifts } from '../../reference/graph.ts';
import { octaveSoftmax } from '../../src/ops/attention/eval.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { dice } from '../support/graphs.ts';

const exp2 = column(tableOf('exp2'), 'e');
const step = column(tableOf('exp2'), 'b');

function ours(z: readonly number[], s: number) {
  const weights = new Int32Array(z.length);
  return { row: octaveSoftmax(weights, Int32Array.from(z), z.length, s, exp2), weights };
}

/** The conditions of the specification, read straight from it, for one k. */
function accepts(k: number, z: readonly number[], s: number): boolean {
  let [S, S2] = [0, 0];
  for (const score of z) {
    const u = k * 2 ** (6 + s) - score;
    if (u < 0 || u >= 2 ** (s + 19)) return false;
    const t = Math.floor(u / 2 ** s) % 2048;
    const w = Math.floor(u / 2 ** (s + 11));
    if (w > 0) continue;
    S += exp2[t] as number;
    S2 += 2 * (exp2[t] as number) + (step[t] as number);
  }
  return k >= -4096 && k < 4096 && S < 2 ** 15 && S2 >= 2 ** 15;
}

/** Rows: random spreads from a tenth of an octave to hundreds, equal entries, ramps, lone peaks, edges of digits. */
function* rows(): Generator<{ z: number[]; s: number }> {
  const d = dice(11);
  for (let i = 0; i < 4000; i++) {
    const s = d.int(1, 10);
    const G = 2 ** (6 + s);
    const n = d.pick([1, 2, 3, d.int(1, 40), d.int(1, 600)]);
    const top = d.int(-3000, 3000) * G + d.int(0, G - 1);
    const spread = Math.max(1, Math.floor(G * d.pick([0.1, 1, 5, 16, 17, 32, 33, 400])));
    const kind = d.int(0, 5);
    const z = Array.from({ length: n }, (_, j) => {
      if (kind === 0) return top; // all equal
      if (kind === 1) return top - Math.floor((spread * j) / n); // a ramp
      if (kind === 2) return j === 0 ? top : top - spread; // a peak over a floor
      if (kind === 3) return top - d.pick([0, 1, G - 1, G, G + 1, 17 * G, 32 * G - 1, 32 * G, 32 * G + 1]);
      return top - d.int(0, spread);
    });
    yield { z, s };
  }
  // Multiples of an octave, where floors and the tie of the table meet.
  for (const n of [1, 2, 4, 1024, 16384]) {
    for (const offset of [-1, 0, 1]) yield { z: new Array<number>(n).fill(64 * 2 ** 8 + offset), s: 8 };
  }
}

test('exactly one shift is accepted, and it is ours, on 4,015 rows', () => {
  let count = 0;
  let least = Infinity;
  for (const { z, s } of rows()) {
    const { row } = ours(z, s);
    const middle = Math.floor(z.reduce((a, b) => Math.max(a, b)) / 2 ** (6 + s));
    const accepted: number[] = [];
    for (let k = middle - 24; k < middle + 24; k++) if (accepts(k, z, s)) accepted.push(k);
    if (row === undefined) {
      expect(accepted).toEqual([]);
      continue;
    }
    expect(accepted).toEqual([row.shift === 0 ? 0 : row.shift]);
    if (z.length < 40) expect(acceptedShifts(z.map(BigInt), BigInt(s))).toEqual([BigInt(row.shift)]);
    if (row.sum < least) least = row.sum;
    count++;
  }
  console.log(`octave softmax: ${count} rows, least sum ${least}`);
  expect(count).toBeGreaterThan(3900);
  expect(least).toBeGreaterThanOrEqual(2 ** 13);
});

test('a shift one octave off, which a tolerance on the sum would allow, fails a condition', () => {
  const d = dice(12);
  for (let i = 0; i < 200; i++) {
    const z = Array.from({ length: 20 }, () => d.int(-(2 ** 20), 2 ** 20));
    const k = ours(z, 10).row?.shift as number;
    expect([accepts(k - 1, z, 10), accepts(k, z, 10), accepts(k + 1, z, 10)]).toEqual([false, true, false]);
  }
});

describe('digits', () => {
  test('u a multiple of p away is no witness: digits span less than p', () => {
    // The largest |k G - z| is 2^28 + 2^29, the digits reach 2^29: no two of these differ by p.
    expect(2 ** 28 + 2 ** 29 + 2 ** 29).toBeLessThan(2130706433);
  });
  test('entries 32 octaves down and more count nothing, in the sum and one octave up', () => {
    const G = 2 ** 14;
    const base = ours([0], 8);
    const far = ours([0, -32 * G, -33 * G, -4000 * G], 8);
    expect(far.row).toEqual(base.row);
    expect([...far.weights].slice(1)).toEqual([0, 0, 0]);
  });
  test('a spread beyond 8,192 octaves or a shift beyond 13 bits has no witness', () => {
    const G = 2 ** 7;
    expect(ours([0, -8191 * G + 1], 1).row?.shift).toBe(1);
    expect(ours([0, -8191 * G], 1).row).toBe(undefined);
    expect(ours([4094 * G], 1).row?.shift).toBe(4095);
    expect(ours([4095 * G], 1).row).toBe(undefined);
    expect(ours([-4097 * G], 1).row?.shift).toBe(-4096);
    expect(ours([-4098 * G], 1).row).toBe(undefined);
  });
});

test('weights approach the real softmax within one step of the exponent', () => {
  const d = dice(13);
  for (let i = 0; i < 300; i++) {
    const n = d.int(1, 200);
    const z = Array.from({ length: n }, () => d.int(-(2 ** 18), 2 ** 18));
    const { row, weights } = ours(z, 10);
    const real = z.map((v) => 2 ** ((v - Math.max(...z)) / 2 ** 16));
    const total = real.reduce((a, b) => a + b, 0);
    let distance = 0;
    real.forEach((e, j) => (distance += Math.abs(e / total - (weights[j] as number) / (row?.sum as number))));
    expect(distance).toBeLessThan(2 ** (1 / 64) - 1 + n / 2 ** 13);
  }
});
