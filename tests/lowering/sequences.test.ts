/** DIF-2 for positions, attention and choices: what the executor computes satisfies all relations. */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import { attentionBlocks, firstVisibleRows } from '../../src/ops/attention/blocks.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { violated } from '../support/clear.ts';
import { dice } from '../support/graphs.ts';
import type { Lowered } from '../support/lowered.ts';
import { argmaxCase, attentionCase, LOGITS, ropeCase } from '../support/lowered-cases.ts';

/** Whether there was a witness; every one that there is satisfies the program. */
function holds(make: () => Lowered): boolean {
  let made: Lowered;
  try {
    made = make();
  } catch (error) {
    if (error instanceof ProofError && error.code === 'UNPROVABLE') return false;
    throw error;
  }
  checkProgram(koalaBear, made.program);
  expect(violated(made.program, made.cells)).toEqual([]);
  return true;
}

/** Rows and ascending starts of sequences. */
function someRows(d: ReturnType<typeof dice>, most: number): { rows: number; starts: number[] } {
  const rows = d.int(1, most);
  const starts = [0];
  while (d.int(0, 2) > 0) {
    const next = starts.at(-1)! + d.int(1, Math.ceil(most / 2));
    if (next >= rows) break;
    starts.push(next);
  }
  return { rows, starts };
}

describe('blocks of attention', () => {
  it('hold every visible pair once, and little else', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const d = dice(seed);
      const { rows, starts } = someRows(d, 300);
      const window = d.int(0, 1) === 0 ? undefined : d.int(1, rows);
      const start = Array.from({ length: rows }, (_, t) => starts.findLast((row) => row <= t)!);
      const first = firstVisibleRows(start, window);
      const blocks = attentionBlocks(first);
      expect(blocks.reduce((sum, block) => sum + block.rows, 0)).toBe(rows);
      let next = 0;
      for (const { row, rows: height, column, columns } of blocks) {
        expect(row).toBe(next);
        next = row + height;
        for (let t = row; t < next; t++) {
          expect(first[t]!).toBeGreaterThanOrEqual(column);
          expect(t).toBeLessThan(column + columns);
        }
      }
    }
  });
  it('9/16 of the square of one sequence; sequences cost nothing for each other', () => {
    const cells = (first: readonly number[]): number =>
      attentionBlocks(first).reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    expect(cells(new Array<number>(1024).fill(0))).toBe((9 / 16) * 1024 ** 2);
    expect(attentionBlocks(new Array<number>(31).fill(0))).toEqual([
      { row: 0, rows: 31, column: 0, columns: 31 },
    ]);
    const four = Array.from({ length: 256 }, (_, t) => 64 * Math.floor(t / 64));
    expect(cells(four)).toBe(4 * (32 * 32 + 32 * 64));
    // A window of 16 rows in blocks of 128: 143 columns.
    const windowed = firstVisibleRows(new Array<number>(1024).fill(0), 16);
    expect(cells(windowed)).toBe(128 * 128 + 7 * 128 * 143);
  });
});

describe('DIF-2: random inputs', () => {
  it('attention: heads, groups, windows, sequences', { timeout: 300_000 }, () => {
    let proven = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const d = dice(seed);
      const kvHeads = d.int(1, 3);
      const where = someRows(d, 9);
      const window = d.int(0, 1) === 0 ? {} : { window: d.int(1, where.rows) };
      const made = {
        ...where,
        ...window,
        seed,
        kvHeads,
        heads: kvHeads * d.int(1, 3),
        headDim: d.int(1, 5),
        shift: d.int(1, 10),
        bits: d.int(2, 12),
        valueBits: d.int(2, 15),
      };
      if (holds(() => attentionCase(made))) proven++;
    }
    expect(proven).toBeGreaterThan(40);
  });
  it('attention in several blocks', { timeout: 300_000 }, () => {
    for (const starts of [[0], [0, 33], [0, 5, 9, 40, 71]]) {
      expect(holds(() => attentionCase({ seed: 5, rows: 75, starts, headDim: 2, bits: 9 }))).toBe(true);
      expect(holds(() => attentionCase({ seed: 6, rows: 75, starts, window: 3, bits: 6 }))).toBe(true);
    }
  });
  it('rope: both orders, widths, sequences', { timeout: 300_000 }, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const d = dice(seed);
      const where = someRows(d, 12);
      const order = d.pick(['half', 'interleaved'] as const);
      const guard = d.int(0, 1) === 0 ? 2 : 4;
      const headDim = d.pick([2, 4, 6, 10]);
      expect(holds(() => ropeCase({ ...where, seed, order, guard, headDim, heads: d.int(1, 3) }))).toBe(true);
    }
  });
  it('rope of 16 bits: a residue, since sums of products could wrap as far as ranges tell', () => {
    const narrow = { seed: 3, rows: 1, headDim: 4, heads: 2, order: 'half', guard: 4 } as const;
    for (const [inputBits, level] of [
      [12, 'proven'],
      [16, 'residue'],
    ] as const) {
      const { program } = ropeCase({ ...narrow, inputBits });
      expect(program.virtuals.find(({ name }) => name === 'y:rotated')!.range).toBe(level);
      expect(holds(() => ropeCase({ ...narrow, inputBits }))).toBe(true);
    }
  });
  it.each(LOGITS)('argmax of %s logits', { timeout: 300_000 }, (logits) => {
    for (let seed = 1; seed <= 12; seed++) {
      const d = dice(seed);
      const where = someRows(d, 8);
      const rows = Array.from({ length: where.rows }, (_, t) => t);
      const some = rows.filter(() => d.int(0, 1) === 0);
      const emit = logits === 'centred' || d.int(0, 2) === 0 ? {} : { emit: some.length > 0 ? some : [0] };
      const bits = d.pick([2, 8]);
      expect(
        holds(() => argmaxCase({ ...where, ...emit, seed, logits, bits, vocabulary: d.int(1, 12) })),
      ).toBe(true);
    }
  });
});
