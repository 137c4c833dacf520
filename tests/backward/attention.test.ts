/** QNT-5, OPS-2: back through attention, of several sequences, blocks and heads: as in doubles, and the program holds. */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { attentionBlocks } from '../../src/ops/attention/blocks.ts';
import type { AttentionNode } from '../../src/ops/attention/shape.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { columnRuns } from '../../src/training/backward/attention/shape.ts';
import { attentionBackRelations } from '../../src/training/backward/attention/relations.ts';
import { dice } from '../support/graphs.ts';
import { violated } from '../support/clear.ts';
import { FORMAT, make, type BackOperator, type Run } from './back-case.ts';
import { attentionOf } from './cases.ts';

const PLACES = { query: 7, key: 8, value: 10 };
const SHIFT = 9; // an octave is 2^15 = 2^(7 + 8)

interface Shape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly rows: number;
  readonly starts: readonly number[];
  readonly window?: number;
}

function caseOf({ heads, kvHeads, headDim, rows, starts, window }: Shape): BackOperator {
  const d = dice(31);
  const some = (n: number, size: number): number[] => Array.from({ length: n }, () => d.int(-size, size));
  return {
    name: 'attention',
    rows,
    starts,
    inputs: {
      q: some(rows * heads * headDim, 200),
      k: some(rows * kvHeads * headDim, 400),
      v: some(rows * kvHeads * headDim, 2000),
    },
    gradient: some(rows * heads * headDim, 800),
    build: (g) =>
      g.attention(
        'y',
        {
          query: g.input('q', { width: heads * headDim, bits: 10 }),
          key: g.input('k', { width: kvHeads * headDim, bits: 10 }),
          value: g.input('v', { width: kvHeads * headDim, bits: 12 }),
        },
        { heads, kvHeads, headDim, shift: SHIFT, ...(window && { window }) },
      ),
    relations: (b, node, gradient) =>
      void attentionBackRelations(b, node as AttentionNode, gradient, PLACES, FORMAT),
    values: (run) => attentionOf(run, {}, run.gradient, PLACES),
  };
}

interface Gradients {
  readonly query: Float64Array;
  readonly key: Float64Array;
  readonly value: Float64Array;
}

/** In doubles, from the same integers. @param steps as the octave softmax has them: floors of 1/64 octave */
function inDoubles(
  { heads, kvHeads, headDim, rows, starts, window = Infinity }: Shape,
  run: Run,
  steps: boolean,
): Gradients {
  const [q, k, v] = ['q', 'k', 'v'].map((name) => run.result(name)) as [Int32Array, Int32Array, Int32Array];
  const shift = run.auxiliary('shift');
  const made = {
    query: new Float64Array(q.length),
    key: new Float64Array(k.length),
    value: new Float64Array(v.length),
  };
  const octave = 2 ** (6 + SHIFT);
  for (let i = 0; i < rows; i++) {
    const start = Math.max(starts.filter((s) => s <= i).at(-1)!, i - window + 1);
    for (let h = 0; h < heads; h++) {
      const [mine, theirs] = [h * headDim, Math.floor((h * kvHeads) / heads) * headDim];
      const at = (j: number, c: number): number => j * kvHeads * headDim + theirs + c;
      const own = (c: number): number => i * heads * headDim + mine + c;
      const columns = Array.from({ length: headDim }, (_, c) => c);
      const seen = Array.from({ length: i - start + 1 }, (_, n) => start + n);
      const e = seen.map((j) => {
        const distance =
          shift[i * heads + h]! - columns.reduce((z, c) => z + q[own(c)]! * k[at(j, c)]!, 0) / octave;
        return 2 ** (15 - (steps ? Math.floor(64 * distance) / 64 : distance));
      });
      const total = e.reduce((a, b) => a + b, 0);
      const p = e.map((x) => x / total);
      const dp = seen.map((j) =>
        columns.reduce((sum, c) => sum + run.gradient[own(c)]! * (v[at(j, c)]! / 2 ** PLACES.value), 0),
      );
      const mean = dp.reduce((sum, x, n) => sum + x * p[n]!, 0);
      seen.forEach((j, n) => {
        const dz = Math.LN2 * p[n]! * (dp[n]! - mean);
        for (const c of columns) {
          made.query[own(c)]! += (dz * k[at(j, c)]!) / 2 ** PLACES.key;
          made.key[at(j, c)]! += (dz * q[own(c)]!) / 2 ** PLACES.query;
          made.value[at(j, c)]! += p[n]! * run.gradient[own(c)]!;
        }
      });
    }
  }
  return made;
}

const norm = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));
const apart = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  norm(Array.from(x, (v, i) => v - y[i]!)) / norm(y);

const SHAPES: readonly Shape[] = [
  { heads: 4, kvHeads: 2, headDim: 8, rows: 24, starts: [0, 10] },
  { heads: 2, kvHeads: 2, headDim: 4, rows: 70, starts: [0] },
  { heads: 2, kvHeads: 1, headDim: 4, rows: 80, starts: [0, 36, 41], window: 20 },
];

describe.each(SHAPES)('$heads heads on $kvHeads, rows $starts to $rows', (shape) => {
  const made = make(caseOf(shape));
  const values = attentionOf(made.run, {}, made.run.gradient, PLACES);

  it('the program accepts, and holds', () => {
    checkProgram(koalaBear, made.program);
    expect(violated(made.program, made.cells)).toEqual([]);
  });

  it.each(['query', 'key', 'value'] as const)('%s: as in doubles', (name) => {
    const same = inDoubles(shape, made.run, true)[name];
    const smooth = inDoubles(shape, made.run, false)[name];
    // Each pair's score errs by half a unit for itself and about as much for its spread, times keys of at most 400 / 2^8.
    const distance = values[name]!.reduce((most, x, i) => Math.max(most, Math.abs(x - same[i]!)), 0);
    expect(distance).toBeLessThan(8);
    expect(apart(values[name]!, same)).toBeLessThan(0.01);
    // The forward pass counts distances in steps of 1/64 octave.
    expect(apart(values[name]!, smooth)).toBeLessThan(0.012);
  });
});

it('columns that the same blocks see: cut where one begins or ends, all of them once', () => {
  const runs = columnRuns(attentionBlocks(Array.from({ length: 80 }, (_, i) => Math.max(0, i - 19))));
  expect(runs).toEqual([
    { first: 0, count: 13, blocks: [0] },
    { first: 13, count: 19, blocks: [0, 1] },
    { first: 32, count: 13, blocks: [1] },
    { first: 45, count: 19, blocks: [1, 2] },
    { first: 64, count: 16, blocks: [2] },
  ]);
});
