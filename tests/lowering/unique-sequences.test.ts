/**
 * OPS-2: rotations, choices and attention have one witness. Rotations by a search over the whole field; choices and attention step by
 * step, as in spec/integer-semantics.md: every value that a lookup admits is tried, with all that follows from it. That no relation is
 * superfluous (OPS-4) is shown by the liars, each of whom one relation alone stops.
 */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { digitTable, numeratorTable } from '../../src/ops/attention/octave-tables.ts';
import type { Table } from '../../src/relation/program.ts';
import { attentionCells, changed } from '../support/attention-liars.ts';
import { claiming } from '../support/choice-liars.ts';
import { clearChecker } from '../support/clear.ts';
import type { Lowered } from '../support/lowered.ts';
import { argmaxCase, attentionCase, ropeCase } from '../support/lowered-cases.ts';
import { solve } from '../support/solve.ts';

const F = koalaBear;

/** Cells of weights, inputs and everything else that is there before a node. */
function before({ cells }: Lowered, node: string): Map<string, ArrayLike<number>> {
  return new Map([...cells].filter(([name]) => name !== node && !name.startsWith(`${node}:`)));
}

function expectUnique(made: Lowered, node: string): void {
  const known = before(made, node);
  const { solutions } = solve(made.program, known);
  expect(solutions.length).toBe(1);
  for (const [name, cells] of solutions[0]!) {
    expect(cells, name).toEqual(Array.from(made.cells.get(name)!, (x) => F.fromInt(x)));
  }
}

describe('OPS-2: rope', () => {
  it.each(['half', 'interleaved'] as const)('order %s', { timeout: 300_000 }, (order) => {
    for (const seed of [1, 2, 3]) {
      const small = { rows: 1, headDim: 2, heads: 1, bits: 3, guard: 2, inputBits: 4 };
      expectUnique(ropeCase({ seed, order, ...small }), 'z');
    }
  });
});

describe('OPS-2: argmax', () => {
  const checker = (made: Lowered) => {
    const holds = clearChecker(made.program);
    return (name: string, cell: number, value: number): boolean =>
      holds(changed(made.cells, name, (cells) => (cells[cell] = value))) === undefined;
  };
  it('of all ids one fits, between equals too', { timeout: 300_000 }, () => {
    for (const logits of ['rounded', 'sampled'] as const) {
      for (let seed = 1; seed <= 12; seed++) {
        const made = argmaxCase({ seed, rows: 1, logits, vocabulary: 5, width: 1, bits: 2 });
        const fitting = [0, 1, 2, 3, 4].filter((id) => {
          const { program, cells } = claiming(made, [id]);
          return clearChecker(program)(cells) === undefined;
        });
        expect(fitting).toEqual(Array.from(made.pass.choices!['choice']!));
      }
    }
  });
  it('of all digits one fits', { timeout: 300_000 }, () => {
    const made = argmaxCase({ seed: 5, rows: 1, logits: 'biased', vocabulary: 2, width: 1 });
    const holds = checker(made);
    for (const [name, cell] of [
      ['choice:chosen-high', 0],
      ['choice:lead-high', 1],
    ] as const) {
      const fitting = [];
      for (let high = 0; high < 2 ** 14; high++) if (holds(name, cell, high)) fitting.push(high);
      expect(fitting).toEqual([made.cells.get(name)![cell]]);
      expect(holds(name, cell, 2 ** 14)).toBe(false);
    }
  });
});

const rowsOf = ({ columns, rows }: Table): number[][] =>
  Array.from({ length: rows }, (_, i) =>
    columns.map((column) =>
      column.kind === 'range' ? column.first + i : F.toBalanced(F.fromInt(column.values[i]!)),
    ),
  );

describe('OPS-2: attention', () => {
  it('every distance below 2^(s+19) has one row of digits, and no other has any', () => {
    const numerators = rowsOf(numeratorTable());
    for (const s of [1, 2]) {
      const seen = new Uint8Array(2 ** (s + 19));
      for (const [value, far] of rowsOf(digitTable(s))) {
        for (const [step, own] of numerators) {
          // u = value + 2^s step, an integer far below p
          if (own === far) seen[value! + 2 ** s * step!]! += 1;
        }
      }
      expect(seen.every((count) => count === 1)).toBe(true);
      expect(rowsOf(digitTable(s)).length * 2048).toBe(seen.length);
    }
  });

  it('of all 8192 shifts one fits', { timeout: 300_000 }, () => {
    for (const rows of [1, 2]) {
      const made = attentionCase({ seed: rows, rows, shift: rows, bits: 5, valueBits: 5, headDim: 2 });
      const holds = clearChecker(made.program);
      const fitting: number[] = [];
      for (let k = -4096; k < 4096; k++) {
        const shift = (t: number, _: number, honest: number): number => (t === rows - 1 ? k : honest);
        if (holds(attentionCells(made, { shift })) === undefined) fitting.push(k);
      }
      expect(fitting).toEqual([made.cells.get('o:shift')![rows - 1]]);
    }
  });
  it('of all results one fits', { timeout: 300_000 }, () => {
    const made = attentionCase({ seed: 4, rows: 3, shift: 2, bits: 5, valueBits: 8, headDim: 2 });
    const holds = clearChecker(made.program);
    for (let cell = 0; cell < 6; cell++) {
      const fitting: number[] = [];
      for (let o = -256; o < 256; o++) {
        const result = (floor: number, at: number): number => (at === cell ? o : floor);
        if (holds(attentionCells(made, { result })) === undefined) fitting.push(o);
      }
      expect(fitting).toEqual([made.cells.get('o')![cell]]);
    }
  });
});
