/** DIF-2 for positions, attention and choices: what the executor computes satisfies all relations. */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import { checkStructure } from '../../src/relation/check.ts';
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
  checkStructure(koalaBear, made.program);
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

describe('DIF-2: random inputs', () => {
  it('attention: heads, groups, windows, sequences', { timeout: 60_000 }, () => {
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
  it('attention in several blocks', { timeout: 60_000 }, () => {
    for (const starts of [[0], [0, 33], [0, 5, 9, 40, 71]]) {
      expect(holds(() => attentionCase({ seed: 5, rows: 75, starts, headDim: 2, bits: 9 }))).toBe(true);
      expect(holds(() => attentionCase({ seed: 6, rows: 75, starts, window: 3, bits: 6 }))).toBe(true);
    }
  });
  it('rope: both orders, widths, sequences', { timeout: 60_000 }, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const d = dice(seed);
      const where = someRows(d, 12);
      const order = d.pick(['half', 'interleaved'] as const);
      const guard = d.int(0, 1) === 0 ? 2 : 4;
      const headDim = d.pick([2, 4, 6, 10]);
      expect(holds(() => ropeCase({ ...where, seed, order, guard, headDim, heads: d.int(1, 3) }))).toBe(true);
    }
  });
  it.each(LOGITS)('argmax of %s logits', { timeout: 60_000 }, (logits) => {
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
