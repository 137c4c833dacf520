/** QNT-5: the way back in integers is that of doubles, within the roundings that it makes. */
import { describe, expect, it } from 'vitest';
import { evaluateRmsnorm } from '../../src/ops/rmsnorm/eval.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { activationBack } from '../../src/training/backward/activation/eval.ts';
import { slopesOf } from '../../src/training/backward/activation/slope-table.ts';
import {
  linearBack,
  linearBiasGradient,
  linearWeightGradient,
} from '../../src/training/backward/linear/eval.ts';
import { productBack } from '../../src/training/backward/product/eval.ts';
import { rmsnormBack } from '../../src/training/backward/rmsnorm/eval.ts';
import { ropeBack } from '../../src/training/backward/rope/eval.ts';
import { dice } from '../support/graphs.ts';
import { floatSlope } from './float.ts';

const d = dice(20);
const some = (n: number, bits: number): Int32Array =>
  Int32Array.from({ length: n }, () => d.int(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1));

/** The greatest distance of integers from doubles. */
const distance = (cells: Int32Array, expected: ArrayLike<number>): number =>
  cells.reduce((worst, x, i) => Math.max(worst, Math.abs(x - expected[i]!)), 0);

describe('distance from doubles', () => {
  it.each(['silu-12-r3', 'gelu-tanh-12-r4', 'gelu-erf-12-r4', 'relu-12'])('activation %s', (table) => {
    const [kind, range] = [table.replace(/-\d+(-r\d)?$/, ''), Number(/r(\d)$/.exec(table)?.[1] ?? 0)];
    const [x, g] = [some(4096, 12), some(4096, 14)];
    const slopes = slopesOf({ op: 'activation', name: 'y', input: 'x', table });
    const { input } = activationBack('test', x, g, slopes, { width: 64, bits: 15 });
    const expected = Array.from(x, (n, i) => g[i]! * floatSlope(kind, n * 2 ** (range - 11)));
    // Half a unit for the rounding, half a unit of 2^-14 for each slope.
    expect(distance(input!, expected)).toBeLessThanOrEqual(0.5 + 2 ** 13 / 2 ** 15);
  });

  it('linear: half a unit; its weights and its bias exactly', () => {
    const [outputs, inputs, rows] = [24, 16, 8];
    const [data, g, x] = [some(outputs * inputs, 12), some(rows * outputs, 11), some(rows * inputs, 12)];
    const { input } = linearBack('test', { data, outputs, inputs, fraction: 11 }, g, { bits: 16 });
    const expected = Float64Array.from({ length: rows * inputs }, (_, at) => {
      const [t, k] = [Math.floor(at / inputs), at % inputs];
      return data.reduce(
        (sum, w, i) => (i % inputs === k ? sum + (w / 2 ** 11) * g[t * outputs + (i - k) / inputs]! : sum),
        0,
      );
    });
    expect(distance(input!, expected)).toBeLessThanOrEqual(0.5);
    const sums = linearWeightGradient(g, x, { outputs, inputs });
    for (const [o, k] of [
      [0, 0],
      [23, 15],
      [7, 3],
    ] as const) {
      let sum = 0;
      for (let t = 0; t < rows; t++) sum += g[t * outputs + o]! * x[t * inputs + k]!;
      expect(sums[o * inputs + k]).toBe(sum);
    }
    const biases = Array.from({ length: outputs }, (_, o) => g.reduce((sum, own, at) => sum + (at % outputs === o ? own : 0), 0)); // prettier-ignore
    expect(Array.from(linearBiasGradient(g, outputs))).toEqual(biases);
    // a residue, where it is beyond the field
    const far = Int32Array.of(2 ** 30, 5, 2 ** 30, 6);
    expect(Array.from(linearBiasGradient(far, 2))).toEqual([2 ** 31 - 2130706433, 11]);
  });

  it('product: half a unit', () => {
    const [left, right, g] = [some(512, 12), some(512, 12), some(512, 13)];
    const made = productBack('test', { left, right }, g, { left: 10, right: 11 }, { width: 8, bits: 15 });
    expect(
      distance(
        made['left']!,
        Array.from(g, (own, i) => (own * right[i]!) / 2 ** 11),
      ),
    ).toBeLessThanOrEqual(0.5);
    expect(
      distance(
        made['right']!,
        Array.from(g, (own, i) => (own * left[i]!) / 2 ** 10),
      ),
    ).toBeLessThanOrEqual(0.5);
  });

  it.each(['half', 'interleaved'] as const)(
    'rope, %s: half a unit, half a unit of 2^-14 for each constant',
    (order) => {
      const [rows, width, headDim] = [12, 16, 8];
      const table = tableOf(`rope-100-${headDim}-12`);
      const constants = { cos: column(table, 'cos'), sin: column(table, 'sin'), headDim, order };
      const g = some(rows * width, 13);
      const positions = Array.from({ length: rows }, (_, t) => t);
      const { input } = ropeBack('test', g, constants, positions, { width, bits: 15 });
      const expected = new Float64Array(g.length);
      const [step, gap] = order === 'half' ? [1, headDim / 2] : [2, 1];
      positions.forEach((position, t) => {
        for (let i = 0; i < width / 2; i++) {
          const pair = i % (headDim / 2);
          const at = t * width + Math.floor(i / (headDim / 2)) * headDim + pair * step;
          const angle = position * 100 ** ((-2 * pair) / headDim);
          const [a, b] = [g[at]!, g[at + gap]!];
          expected[at] = a * Math.cos(angle) + b * Math.sin(angle);
          expected[at + gap] = b * Math.cos(angle) - a * Math.sin(angle);
        }
      });
      expect(distance(input!, expected)).toBeLessThanOrEqual(0.5 + (2 * 2 ** 12) / 2 ** 15);
    },
  );

  it.each([
    [16, 3000],
    [64, 400],
    [48, 9000],
  ])('rmsnorm of %i columns', (width, size) => {
    const rows = 12;
    const x = Int32Array.from({ length: rows * width }, () => d.int(-size, size));
    const g = some(rows * width, 12);
    const made = evaluateRmsnorm('test', { rows, width, data: x }, 16, 1, column(tableOf('rsqrt'), 'r'));
    const places = { input: 9, result: 12 };
    const root = made.auxiliary()['root'] as Int32Array;
    const { input, slope } = rmsnormBack('test', { width, result: made.data, root }, g, places, { bits: 15 });
    // y = c x / |x| with c = (2^15 - 2) 2^-12: dx = (c / |x|) (g - x <g, x> / |x|^2)
    const expected = new Float64Array(x.length);
    let steepest = 0;
    for (let t = 0; t < rows; t++) {
      const [own, gs] = [x, g].map((of) => Array.from(of.subarray(t * width, (t + 1) * width))) as [
        number[],
        number[],
      ];
      const squares = own.reduce((sum, v) => sum + v * v, 0);
      const dot = own.reduce((sum, v, j) => sum + v * gs[j]!, 0);
      const steep = ((2 ** 15 - 2) / 2 ** 12 / Math.sqrt(squares)) * 2 ** 9;
      steepest = Math.max(steepest, steep);
      own.forEach((v, j) => (expected[t * width + j] = steep * (gs[j]! - (v * dot) / squares)));
    }
    expect(Math.abs(slope![0]! / 2 ** 12 - steepest)).toBeLessThan(steepest);
    // u errs by half a unit, by half a unit of c (at most 2^15 y / 2^15 = 1 beside it), q by 2^-13, each times the other.
    expect(distance(input!, expected)).toBeLessThanOrEqual(0.5 + 1.6 * steepest + 2 ** 12 * 2 ** -13);
  });
});
