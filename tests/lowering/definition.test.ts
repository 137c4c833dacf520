/**
 * OPS-2 for residues: an accumulator of hidden weights may be any element of the field. Of all of them what satisfies the relations of a rounding, of
 * an activation, of a choice is the definition's result, and nothing does where it has none.
 */
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { graphBuilder, type GraphBuilder, type TensorHandle } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import type { Program } from '../../src/relation/program.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { dice } from '../support/graphs.ts';
import { hostileResidues } from '../support/hostile.ts';
import { cases } from '../support/long.ts';
import { solve } from '../support/solve.ts';

const F = koalaBear;
const balanced = (x: number): number => F.toBalanced(F.fromInt(x));

/** What reads so many accumulators, each its weight times 1. */
function behind(
  width: number,
  build: (g: GraphBuilder, acc: TensorHandle) => TensorHandle,
  choice?: number,
): Program {
  const g = graphBuilder({ context: 4 });
  const acc = g.linear('acc', g.input('x', { width: 1, bits: 2 }), g.weight('w', [width, 1], { bits: 16 }));
  const choices = choice === undefined ? {} : { choices: { y: [choice] } };
  return lowerGraph(g.build(build(g, acc)), { rows: 1, starts: [0], emit: [0], ...choices });
}

/** All that satisfies a program of these accumulators. */
function satisfying(program: Program, acc: readonly number[]): Record<string, readonly number[]>[] {
  const known = new Map<string, ArrayLike<number>>([
    ['weight/w', acc],
    ['x', [1]],
  ]);
  return solve(program, known).solutions.map((own) =>
    Object.fromEntries([...own].map(([name, cells]) => [name, cells.map(balanced)])),
  );
}

/** Section 3; undefined where there is no witness. */
function rounded(x: number, shift: number, bits: number, guard: number): number | undefined {
  const q = Math.floor((x + 2 ** (shift - 1)) / 2 ** shift);
  const most = 2 ** (bits + guard - 1);
  if (q < -most || q >= most) return undefined;
  return Math.min(Math.max(q, -(2 ** (bits - 1))), 2 ** (bits - 1) - 1);
}

describe('a rounding', () => {
  test.each([
    [3, 4, 0],
    [12, 8, 0],
    [2, 3, 4],
    [14, 10, 6],
    [1, 2, 10],
  ])(
    'by %i to %i bits, %i guard bits; alone, and an activation behind it',
    { timeout: 300_000 },
    (shift, bits, guard) => {
      const plain = behind(1, (g, acc) => g.requantise('y', acc, { shift, bits, guard }));
      const active = behind(1, (g, acc) =>
        g.activation('a', g.requantise('y', acc, { shift, bits, guard }), 'relu-12'),
      );
      const { int } = dice(shift);
      const residue = hostileResidues(int);
      const rounds = shift < 10 ? cases(300, 20_000) : cases(30, 500); // tables of 2^shift rows are searched
      const seen = { some: 0, none: 0 };
      for (let i = 0; i < rounds; i++) {
        const edge = 2 ** (bits + guard - 1 + shift) * int(-1, 1) + int(-(2 ** shift), 2 ** shift);
        const x = balanced(int(0, 1) === 0 ? residue() : edge);
        const y = rounded(x, shift, bits, guard);
        seen[y === undefined ? 'none' : 'some']++;
        expect(
          satisfying(plain, [x]).map((own) => own['y']),
          `${x}`,
        ).toEqual(y === undefined ? [] : [[y]]);
        expect(
          satisfying(active, [x]).map((own) => own['a']),
          `${x}`,
        ).toEqual(y === undefined ? [] : [[Math.max(y, 0)]]);
      }
      expect(Math.min(seen.some, seen.none)).toBeGreaterThan(rounds / 20);
    },
  );
});

test('an activation of a residue', () => {
  const program = behind(1, (g, acc) => g.activation('y', acc, 'silu-6-r2'));
  const y = column(tableOf('silu-6-r2'), 'y');
  const { int } = dice(2);
  const residue = hostileResidues(int);
  for (let i = 0; i < 300; i++) {
    const x = balanced(int(0, 1) === 0 ? int(-34, 34) : residue());
    const fits = x >= -32 && x < 32;
    expect(satisfying(program, [x]).map((own) => own['y'])).toEqual(fits ? [[y[x + 32]]] : []);
  }
});

test('a choice among residues', { timeout: 300_000 }, () => {
  const programs = [0, 1].map((choice) => behind(2, (g, acc) => g.argmax('y', acc, { unit: 0 }), choice));
  const { int } = dice(7);
  const residue = hostileResidues(int);
  const seen = { some: 0, none: 0 };
  for (let i = 0; i < cases(8, 400); i++) {
    const first = balanced(int(0, 1) === 0 ? int(-(2 ** 28), 2 ** 28) : residue());
    const second = balanced(
      [first + int(-1, 1), residue(), first - 2 ** 29 + int(-2, 2), int(-5, 5)][int(0, 3)]!,
    );
    const logits = [first, second];
    programs.forEach((program, choice) => {
      const own = logits[choice]!;
      const leads = logits.map((l, v) => own - l - (v < choice ? 1 : 0));
      const fits = own >= -(2 ** 28) && own < 2 ** 28 && leads.every((lead) => lead >= 0 && lead < 2 ** 29);
      seen[fits ? 'some' : 'none']++;
      expect(satisfying(program, logits).length, `${logits.join()} ${choice}`).toBe(fits ? 1 : 0);
    });
  }
  expect(Math.min(seen.some, seen.none)).toBeGreaterThan(2);
});
