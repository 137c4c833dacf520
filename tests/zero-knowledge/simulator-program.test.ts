/**
 * ZKP-3 for programs. The simulator is given a statement and challenges and makes proofs that the verifier accepts: of a program that has
 * no witness at all. Given the free part of a real view as its coins it gives the real view, word for word. And the free part is
 * uniform, by the rank of what the randomness does to it, whatever the witness; so both have one distribution. A mask that is
 * missing, shared or too short leaves the proof acceptable and takes rank away.
 */
import { afterAll, describe, expect, test } from 'vitest';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { unpackExt } from '../../src/kernels/contract/layout.ts';
import { referenceKernels, type Kernels } from '../../src/kernels/index.ts';
import { distinctPositions } from '../../src/merkle/rows-verify.ts';
import { groupTree } from '../../src/pcs/opening.ts';
import { verdictOf, type Verdict } from '../../src/pcs/linear-verify.ts';
import { columnsOfProgram } from '../../src/relation/arguments.ts';
import { columnsOf } from '../../src/relation/layout.ts';
import { programPlan } from '../../src/relation/plan.ts';
import type { Program, Relation } from '../../src/relation/program.ts';
import type { ProgramStatement } from '../../src/relation/statement.ts';
import { verifyProgramBody } from '../../src/relation/verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { times } from '../support/example-programs.ts';
import { hiddenCells, hiddenProgram, toyProgram } from '../support/hidden-program.ts';
import { cases, tally } from '../support/long.ts';
import { programView, type ProgramScenario } from '../support/program-hiding.ts';
import { simulateProgram } from '../support/program-simulator.ts';
import { rankOf, type Vector } from '../support/rank.ts';
import { F257, SMALL, toyField } from '../support/scenarios.ts';
import { drawCoins, simulateRows, type Coins, type SimulatedRows } from '../support/simulator.ts';
import { coordinateName, type Coordinate, type Words } from '../support/tape.ts';
import { testDomain } from '../support/transcript.ts';
import { fixedChallenger, viewChannel, type Challenges, type Written } from '../support/view.ts';
import { generator } from '../support/words.ts';

const CHALLENGES: Challenges = { seed: 31, positions: { 'open/positions': [3, 9] } };
const POSITIONS = distinctPositions([3, 9]);

/** Coins of each kind. */
const SEEDS = Array.from({ length: cases(3, 100) }, (_, i) => i + 1);
/** Simulated proofs and real views of both fields. */
afterAll(() => tally({ property: 'ZKP-3 programs', cases: 6 * SEEDS.length, refused: 0, surprises: 0 }));

/** One equals zero: no witness satisfies it. */
const falseProgram: Program = {
  ...hiddenProgram,
  relations: [...hiddenProgram.relations, { kind: 'zero', name: 'one', indices: [], terms: [times(1)] }],
};

function statementOf(
  field: ExtensionField,
  program: Program,
  groups: readonly SimulatedRows[],
): ProgramStatement {
  const { compiled, parameters, identities } = toyProgram(field, SMALL, program);
  const committed = identities.map((own, g) => ({
    ...own,
    cap: groups[g]?.committed.cap ?? new Uint8Array(32),
  }));
  return { compiled, parameters, groups: committed, context: new Uint8Array(0) };
}

function sizesOf({ compiled, parameters }: ProgramStatement) {
  const { count } = columnsOfProgram(compiled, SMALL.logData);
  const plan = programPlan(compiled, parameters, count);
  return { plan, ownColumns: columnsOf(compiled.own, SMALL.logData) };
}

/** The table of opened rows of the static group. */
function tableOf(
  kernels: Kernels,
  program: Program,
  rows: readonly (readonly Fe[])[],
  hash: () => number,
): SimulatedRows[] {
  const { parameters, groups } = statementOf(kernels.ext, program, []);
  const at = new Map(POSITIONS.map((position, i) => [position, rows[i] as readonly Fe[]]));
  return groups.map((group) => simulateRows(kernels, groupTree(parameters, group), at, hash));
}

function simulate(kernels: Kernels, program: Program, groups: readonly SimulatedRows[], coins: Coins) {
  const { ext: field } = kernels;
  const statement = statementOf(field, program, groups);
  const ahead = () => fixedChallenger(field, CHALLENGES);
  const ch = { ...proverChannel(testDomain(field)), ...ahead() };
  simulateProgram(kernels, ch, statement, groups, ahead(), coins);
  const view = viewChannel(field, CHALLENGES);
  simulateProgram(kernels, view, statement, groups, ahead(), coins);
  return { bytes: ch.finish(), written: view.written };
}

function verify(
  field: ExtensionField,
  program: Program,
  groups: readonly SimulatedRows[],
  bytes: Uint8Array,
): Verdict {
  return verdictOf(() => {
    const ch = { ...verifierChannel(testDomain(field), bytes), ...fixedChallenger(field, CHALLENGES) };
    verifyProgramBody(ch, statementOf(field, program, groups));
    ch.finish();
  });
}

/** A run of the real prover: what it sends, and g'. */
function realView(kernels: Kernels, words: Words, cells: ReadonlyMap<string, readonly number[]>) {
  let combined: Ext[] | undefined;
  const watched: Kernels = {
    ...kernels,
    kRows(out, vector, count) {
      combined ??= unpackExt(vector, 2 ** SMALL.logData + SMALL.padLength, kernels.ext.degree);
      kernels.kRows(out, vector, count);
    },
  };
  const scenario: ProgramScenario = { kernels: watched, code: SMALL, program: hiddenProgram, proofs: [CHALLENGES], witnesses: [] }; // prettier-ignore
  const written = programView(scenario, 0, words, cells, () => true);
  return { written, combined: combined as Ext[] };
}

/** Labels of values that are sent under a pad. */
const MASKED = /^(lookup|product|merge)\/|^open\/y(-mask)?$/;

function wordsAt(written: readonly Written[], label: RegExp): number[] {
  return written.filter((part) => label.test(part.label)).flatMap(({ words }) => [...words]);
}

function cut(all: readonly number[], size: number): Fe[][] {
  return Array.from({ length: all.length / size }, (_, i) => all.slice(size * i, size * (i + 1)) as Fe[]);
}

describe.each<[string, ExtensionField]>([
  ['F_257', toyField('F_257^2')],
  ['KoalaBear', quintic],
])('%s', (_, field) => {
  const kernels = referenceKernels(field);
  const p = field.base.modulus;
  const d = field.degree;

  test.each(SEEDS)('simulated proofs are accepted, of what has no witness too, seed %i', (seed) => {
    for (const program of [hiddenProgram, falseProgram]) {
      const next = generator(seed);
      const statement = statementOf(field, program, []);
      const { plan, ownColumns } = sizesOf(statement);
      const groups = tableOf(kernels, program, POSITIONS.map(() => [next() % p] as Fe[]), next); // prettier-ignore
      const coins = drawCoins(field, statement.parameters, plan, ownColumns, () => next() % p, next);
      const { bytes } = simulate(kernels, program, groups, coins);
      expect(verify(field, program, groups, bytes)).toEqual({ ok: true });
      // A real verifier: a claim that is off by one is refused.
      const changed = {
        ...program,
        relations: program.relations.map((one, r): Relation =>
          r > 0 && one.kind === 'zero' ? { ...one, terms: [...one.terms, times(1)] } : one,
        ),
      };
      expect(verify(field, changed, groups, bytes)).toMatchObject({ ok: false, code: 'PAD_LINEAR' });
    }
  });

  test.each(SEEDS)('with the coins of a real proof it is the real view, seed %i', (seed) => {
    const next = generator(seed + 70);
    const small = () => next() % 50;
    const cells = hiddenCells(p, [small(), small(), small()], [next() % 3, next() % 3, next() % 3]);
    const drawn = new Map<string, number>();
    const words: Words = (at) => {
      const name = coordinateName(at);
      if (!drawn.has(name)) drawn.set(name, next() % p);
      return drawn.get(name)!;
    };
    const { written, combined } = realView(kernels, words, cells);
    const { ownColumns } = sizesOf(statementOf(field, hiddenProgram, []));
    const coins: Coins = {
      masked: cut(wordsAt(written, MASKED), d),
      combined,
      ownRows: cut(wordsAt(written, /^rows\/AM$/), ownColumns + d).map((row) => row.slice(0, ownColumns)),
      x: cut(wordsAt(written, /^pads\/revealed$/), d),
      v: cut(wordsAt(written, /^pads\/sums$/), d)[2] as Ext,
      padRows: cut(wordsAt(written, /^rows\/PAD$/), 2 * d).map((row) => row.slice(0, d)),
      hash: next,
    };
    const groups = tableOf(kernels, hiddenProgram, cut(wordsAt(written, /^rows\/W0$/), 1), next);
    expect(simulate(kernels, hiddenProgram, groups, coins).written).toEqual(written);
  });
});

/** A planted leak: the word that is used for a word, undefined for zero. */
type Instead = (at: Coordinate) => Coordinate | undefined;

/**
 * What the simulator draws, as a real prover sends it: masked messages, g', rows of the group and of own columns. The pad proof's
 * own part, x, V and h-rows, is quadratic in its randomness and has exact tests (`pad-proof`).
 */
describe('the free part of a real view is uniform', () => {
  const F = F257.ext.base;
  const { ownColumns } = sizesOf(statementOf(F257.ext, hiddenProgram, []));
  const cellsOf = (seed: number): ReadonlyMap<string, readonly number[]> => {
    const next = generator(seed);
    return hiddenCells(257, [next() % 257, next() % 257, next() % 257], [next() % 3, next() % 3, next() % 3]);
  };
  const free = (words: Words, own: ReadonlyMap<string, readonly number[]>): number[] => {
    const { written, combined } = realView(F257, words, own);
    const rows = cut(wordsAt(written, /^rows\/AM$/), ownColumns + F257.ext.degree);
    return [
      ...wordsAt(written, MASKED),
      ...combined.flatMap((x) => [...x]),
      ...wordsAt(written, /^rows\/W0$/),
      ...rows.flatMap((row) => row.slice(0, ownColumns)),
    ];
  };
  /** Streams that reach the pad proof alone. */
  const inPadProof = ({ label }: Coordinate): boolean => /^(padr|padx|star)$/.test(label);
  /** What each word does, by name, and the word itself. */
  const effects = new Map<string, { at: Coordinate; column: Vector }>();
  const own = cellsOf(5);
  const base = free((at) => {
    if (!inPadProof(at)) effects.set(coordinateName(at), { at, column: [] });
    return 0;
  }, own);
  for (const [name, effect] of effects) {
    const view = free((at) => (coordinateName(at) === name ? 1 : 0), own);
    effect.column = view.map((x, i) => F.sub(F.fe(x), F.fe(base[i]!)));
  }
  /** The columns of R where words are taken for others, or for none. */
  const randomness = (instead: Instead): Vector[] => {
    const sums = new Map<string, Vector>();
    for (const { at, column } of effects.values()) {
      const real = instead(at);
      if (real === undefined) continue;
      const before = sums.get(coordinateName(real));
      sums.set(coordinateName(real), before?.map((x, i) => F.add(F.fe(x), F.fe(column[i]!))) ?? column);
    }
    return [...sums.values()];
  };
  const size = base.length;

  test('of full rank', () => {
    expect(
      rankOf(
        F,
        randomness((at) => at),
      ),
    ).toBe(size);
  });

  const degree = F257.ext.degree;
  /** Pads of all messages, in the order of sending. */
  const messages = realView(F257, () => 0, own).written.filter(({ label }) => MASKED.test(label));
  /** The pad under the first value of a message. */
  const padOf = (label: string): number => {
    const first = messages.findIndex((one) => one.label === label);
    return messages.slice(0, first).reduce((pads, { words }) => pads + words.length / degree, 0);
  };
  const isPad = ({ source, label, word }: Coordinate, pad: number): boolean =>
    source === 'proof 0' && label === 'pad' && Math.floor(word / degree) === pad;
  const withoutPad = (label: string): Instead => {
    const pad = padOf(label);
    return (at) => (isPad(at, pad) ? undefined : at);
  };
  const LEAKS: [string, Instead][] = [
    ...['lookup/roots', 'lookup/round', 'lookup/nodes', 'product/sum', 'product/round', 'product/values', 'merge/round', 'open/y', 'open/y-mask'].map(
      (label): [string, Instead] => [`${label} without a pad`, withoutPad(label)],
    ), // prettier-ignore
    [
      'one pad for two messages',
      (at) => (isPad(at, padOf('product/sum')) ? { ...at, word: at.word - degree } : at),
    ],
    [
      'a pad in the base field',
      (at) => (isPad(at, padOf('product/sum')) && at.word % degree > 0 ? undefined : at),
    ],
    ['a mask of one limb less', (at) => (at.label === 'maskcell' && at.id === degree - 1 ? undefined : at)],
    ['a mask on cells alone', (at) => (at.label === 'maskpads' ? undefined : at)],
    ['own columns without pads', (at) => (at.label === 'ownpads' ? undefined : at)],
    ['own columns with a pad less', (at) => (at.label === 'ownpads' && at.word === 1 ? undefined : at)],
    ['a group without pads', (at) => (at.label === 'pads' ? undefined : at)],
  ];
  test.each(LEAKS)('ZKP-6: %s takes rank away', (_, instead) => {
    expect(rankOf(F, randomness(instead))).toBeLessThan(size);
    // The prover itself, with this leak, sends what the columns foretell.
    const next = generator(8);
    const values = new Map([...effects.keys()].map((name) => [name, next() % 257]));
    const valueOf: Words = (at) => {
      const real = instead(at);
      return real === undefined ? 0 : (values.get(coordinateName(real)) ?? 0);
    };
    const foretold = base.map((x) => F.fe(x));
    for (const { at, column } of effects.values()) {
      const value = F.fe(valueOf(at));
      column.forEach((x, i) => (foretold[i] = F.add(foretold[i]!, F.mul(value, F.fe(x)))));
    }
    expect(free(valueOf, own)).toEqual(foretold);
  });
});
