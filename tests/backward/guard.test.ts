/** Gradients that are cut off to their bits: the rounding at its ends, steps that would have none, proofs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkGraph } from '../../src/graph/index.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { openHome } from '../../src/store/index.ts';
import { checkGraphPlan, type GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { chooseStepParameters, commitGraphState } from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import { quotientCount, roundedValues, type Rounded } from '../../src/training/backward/rounding.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { verifySteps } from '../../src/training/backward/verify.ts';
import { graphStepWitness, stateTensorCells } from '../../src/training/backward/witness.ts';
import { violated } from '../support/clear.ts';
import { dice } from '../support/graphs.ts';
import { proofError } from '../support/refusal.ts';
import { batchOfText, firstState, planOf, TINY, transformer } from './transformer.ts';

const SIZE = { ...TINY, layers: 1, hidden: 8 };
const P = 2130706433;

describe('the rounding', () => {
  const round = (x: number, rounding: Rounded): number[] =>
    Object.values(roundedValues('x', 'test', 1, [x], rounding)).map((own) => own[0]!);

  it.each<[string, Rounded, number]>([
    ['two more bits', { bits: 15, guard: 2, shift: 12 }, 2 ** 17],
    ['as many as fit beside the shift', { bits: 15, guard: 3, shift: 12 }, 2 ** 18],
    ['all quotients of residues', { bits: 15, guard: 4, shift: 12 }, 127 * 2 ** 12],
    ['all, behind a greater shift', { bits: 15, guard: 1, shift: 15 }, 127 * 2 ** 9],
    ['none', { bits: 15, shift: 15 }, 2 ** 15],
  ])('%s: every quotient that has a place, cut off; no other', (_, rounding, count) => {
    expect(quotientCount(rounding)).toBe(count);
    const [whole, half] = [2 ** rounding.shift, 2 ** (rounding.shift - 1)];
    const { int } = dice(count);
    const ends = [-count / 2, count / 2 - 1, -(2 ** 14) - 1, -(2 ** 14), 2 ** 14 - 1, 2 ** 14, 0, -1];
    for (const q of [...ends, ...ends.map(() => int(-count / 2, count / 2 - 1))]) {
      if (q < -count / 2 || q >= count / 2) continue;
      for (const rest of [0, whole - 1, int(0, whole - 1)]) {
        const values = round(q * whole + rest - half, rounding);
        const cut = Math.max(-(2 ** 14), Math.min(q, 2 ** 14 - 1));
        expect(values).toEqual(rounding.guard === undefined ? [q] : [cut, q]);
      }
    }
    const beyond = (count / 2) * whole - half;
    expect(proofError(() => round(beyond, rounding)).code).toBe('UNPROVABLE');
    const below = proofError(() => round(-(count / 2) * whole - half - 1, rounding));
    expect(below.message).toMatch(/row 0, column 0/);
  });
  it('every residue but one, where all quotients have a place', () => {
    const rounding = { bits: 15, guard: 4, shift: 12 };
    // x + 2^11 = (p - 1) / 2 is the one; its neighbours are at the two ends.
    const none = (P - 1) / 2 - 2 ** 11;
    expect(proofError(() => round(none, rounding)).code).toBe('UNPROVABLE');
    expect(round(none - 1, rounding)).toEqual([2 ** 14 - 1, 127 * 2 ** 11 - 1]);
    expect(round(none + 1, rounding)).toEqual([-(2 ** 14), -127 * 2 ** 11]);
    expect(round(none + 1 - P, rounding)).toEqual([-(2 ** 14), -127 * 2 ** 11]);
  });
});

/** Gradients of seven bits are cut off in many places. */
const NARROW = { bits: 7, fraction: 10 };
const planWith = (gradient: GraphPlan['gradient'], graph = transformer(SIZE)): GraphPlan =>
  planOf(graph, { gradient });

describe('a step', () => {
  const graph = transformer(SIZE);
  const [state, batch] = [firstState(graph), batchOfText(SIZE, 3, 11)];
  const plan = planWith({ ...NARROW, guard: 4 });

  it('that has no proof without guard bits has one, and is the same where nothing is cut off', () => {
    expect(proofError(() => graphStep(graph, planWith(NARROW), state, batch)).code).toBe('UNPROVABLE');
    expect(graphStep(graph, plan, state, batch).next.size).toBe(graph.weights.length);
    const wide = { bits: 15, fraction: 10 };
    const [without, with_] = [wide, { ...wide, guard: 2 }].map((own) =>
      graphStep(graph, planWith(own), state, batch),
    );
    expect(with_!.next).toEqual(without!.next);
  });
  it.each([
    ['one layer', SIZE],
    ['gated', { ...SIZE, gated: true, kvHeads: 1 }],
  ])('%s: the program is accepted, the step holds, one that does not cut off does not', (_, size) => {
    const own = transformer(size);
    const narrow = planWith({ ...NARROW, guard: 4 }, own);
    const first = firstState(own);
    const program = graphStepProgram(own, narrow, batch);
    checkProgram(koalaBear, program);
    const step = graphStep(own, narrow, first, batch);
    const { tensors } = graphStepWitness(own, program, step);
    const cells = new Map<string, ArrayLike<number>>([
      ...tensors,
      ...stateTensorCells(own, narrow, first, step.next),
    ]);
    expect(violated(program, cells)).toEqual([]);
    const cut = [...step.values].filter(([name, quotients]) => {
      const result = step.values.get(name.replace(/-quotient$/, ''))!;
      return name.endsWith('-quotient') && quotients.some((q, i) => q !== result[i]);
    });
    expect(cut.length).toBeGreaterThan(2);
    for (const [name, quotients] of cut) {
      const result = name.replace(/-quotient$/, '');
      expect(violated(program, new Map([...cells, [result, quotients]]))).toContain(`${result}/cut`);
    }
  });
  it.each<[string, GraphPlan['gradient'], RegExp]>([
    ['no guard bits that are said', { ...NARROW, guard: 0 }, /guard/],
    ['more than tables have', { ...NARROW, guard: 5 }, /guard/],
    ['bits beside which not all shifts are whole', { bits: 6, fraction: 5, guard: 2 }, /beside guard bits/],
  ])('refused: %s', (_, gradient, message) => {
    expect(proofError(() => checkGraphPlan(graph, checkGraph(graph), planWith(gradient))).message).toMatch(
      message,
    );
  });
  it(
    'proven and followed; another number of guard bits is another program',
    { timeout: 600_000 },
    async () => {
      const kernels = await wasmKernels({ threads: 1 });
      const folder = mkdtempSync(join(tmpdir(), 'zkdl-guard-'));
      try {
        const home = openHome(join(folder, 'home'));
        const training = { graph, plan };
        const { parameters } = chooseStepParameters(training, batch);
        const first = commitGraphState(kernels, home, join(folder, 'first'), training, state, parameters);
        const { step, next } = proveGraphStep(kernels, home, training, first, batch, join(folder, 'next'));
        first.group.close();
        next.group.close();
        const verdict = (gradient: GraphPlan['gradient']) =>
          verifySteps({ graph, plan: planWith(gradient) }, first.group.key, [batch], [step]);
        expect(verdict(plan.gradient)).toEqual({ ok: true });
        expect(verdict({ ...NARROW, guard: 3 })).toMatchObject({ ok: false });
        expect(verdict(NARROW)).toMatchObject({ ok: false });
      } finally {
        rmSync(folder, { recursive: true });
        await kernels.close();
      }
    },
  );
});
