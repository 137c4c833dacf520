/**
 * DIF-3: what a program may say. The twin's check of names, views, terms, totals, ranges and pins against that of src/: same
 * verdict, same code, for good programs, for lowered graphs, for these with relations left out, and with single values changed.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkProgram as twinCheck } from '../../reference/ranges.ts';
import { verdictOf as twinVerdictOf } from '../../reference/refusal.ts';
import { passOf, type Prompt } from '../../src/answer/statement.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { checkProgram } from '../../src/relation/check.ts';
import type { Program, Relation, Term } from '../../src/relation/program.ts';
import { gated, layerNormed, smallest, type AnswerModel } from '../support/answer-models.ts';
import {
  exampleProgram,
  lookupOf,
  rangeTable,
  read,
  times,
  witnessTensor,
} from '../support/example-programs.ts';
import { dice, type Dice } from '../support/graphs.ts';
import { cases, tally } from '../support/long.ts';
import { allCases } from '../support/program-cases.ts';
import { affine } from '../support/program-changes.ts';
import { randomProgram } from '../support/random-programs.ts';
import { randomPins } from '../support/random-pins.ts';
import { randomSlabs } from '../support/random-slabs.ts';
import { twinRelations } from '../support/twin-program.ts';
import { wordOf } from '../support/twin.ts';

const CHANGES = cases(400, 10_000);

/** Both words. @param twin the same program */
function words(program: Program, twin = twinRelations(program)): [string, string] {
  return [
    wordOf(() => verdictOf(() => void checkProgram(koalaBear, program))),
    wordOf(() => twinVerdictOf(() => twinCheck(twin))),
  ];
}

function lowered({ graph }: AnswerModel, prompt: Prompt = [1, 2]): Program {
  const sequences = [{ prompt, completion: [3, 0, 1] }];
  return lowerGraph(graph, passOf(graph, { model: new Uint8Array(32), sequences, choice: 'greedy', context: new Uint8Array(0) })); // prettier-ignore
}

const small = lowered(smallest(1));
const concatenated = lowered(layerNormed(1));
const llama = lowered(gated(1));
const hidden = lowered(smallest(1), { privateTokens: 2 });

test('good programs and random ones', () => {
  for (const program of [
    exampleProgram(),
    small,
    llama,
    concatenated,
    hidden,
    ...allCases().map(({ make }) => make().program),
  ]) {
    const [ours, twin] = words(program);
    expect(twin).toBe(ours);
  }
  const lowerings = [small, llama, concatenated, hidden];
  for (const program of lowerings) expect(words(program)).toEqual(['accepted', 'accepted']);
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const [ours, twin] = words(randomProgram(gen));
      expect(twin).toBe(ours);
      seen.set(ours, (seen.get(ours) ?? 0) + 1);
    }),
    { numRuns: 150, seed: 5 },
  );
});

test('every relation of a lowered graph left out: the ranges that it backed are missed by both', () => {
  let refused = 0;
  for (const program of [small, llama, concatenated, hidden]) {
    const all = twinRelations(program);
    for (const left of program.relations) {
      const relations = program.relations.filter((relation) => relation !== left);
      const used = new Set(relations.map((relation) => (relation.kind === 'lookup' ? relation.table : '')));
      const tables = program.tables.filter(({ name }) => used.has(name));
      const twinTables = all.tables.filter(({ name }) => used.has(name));
      const [ours, twin] = words(
        { ...program, relations, tables },
        { ...all, relations, tables: twinTables },
      );
      expect([left.name, twin]).toEqual([left.name, ours]);
      if (ours !== 'accepted') refused++;
    }
  }
  expect(refused).toBeGreaterThan(60);
});

test('slabs: any of them, in any order, joined and settled by both alike', () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < cases(400, 10_000); seed++) {
    const program = randomSlabs(dice(seed));
    const [ours, twin] = words(program);
    expect([seed, twin]).toEqual([seed, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  for (const word of ['accepted', 'PROGRAM_RANGE']) expect(seen.get(word) ?? 0).toBeGreaterThan(20);
});

test('pins: of random residues, digits and slabs, in any order, accepted by both or by none', () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < cases(1000, 20_000); seed++) {
    const [ours, twin] = words(randomPins(dice(seed)));
    expect([seed, twin]).toEqual([seed, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  for (const word of ['accepted', 'PROGRAM_RANGE']) expect(seen.get(word) ?? 0).toBeGreaterThan(20);
});

const [ROWS, COLUMNS] = [{ name: 't', size: 2 }, { name: 'j', size: 4 }] as const; // prettier-ignore
const weights = { kind: 'static', name: 'w', shape: [4] } as const;
const cell = (name: string, coefficient = 1) => times(coefficient, [read(name, 't', 'j')]);
const looked = (name: string, table: string) => lookupOf(`${name}-in-${table}`, [ROWS, COLUMNS], table, [cell(name)]); // prettier-ignore
/** Columns [first, first + 2) of y. */
const part = (first: number) => times(1, [read('y', 't', affine(first, ['j', 1]))]);
const half = { name: 'j', size: 2 } as const;

test('facts about one slab: the narrower counts, and of two that overlap what they share, whichever comes first', () => {
  type Fact = readonly [table: 'narrow' | 'wide', shift: number];
  const [narrow, wide, higher]: readonly Fact[] = [['narrow', 0], ['wide', 0], ['wide', -4]]; // prettier-ignore
  const expectBoth = (
    word: string,
    [min, max]: readonly [number, number],
    ...facts: (Fact | undefined)[]
  ) => {
    const program: Program = {
      tensors: [witnessTensor('y', [2, 4], { min, max }), witnessTensor('other', [2, 4])],
      tables: [rangeTable('narrow', 8), rangeTable('wide', 32)],
      virtuals: [],
      // All facts about both slabs, one behind the other: a slab that forgets is never at its narrowest when the other is.
      relations: [
        ...['narrow', 'wide'].map((table) => looked('other', table)),
        ...[0, 2].flatMap((first) =>
          facts.map((fact, i) => {
            const [table, shift] = fact as Fact;
            return lookupOf(`${first}-${i}`, [ROWS, half], table, [part(first), times(shift)]);
          }),
        ),
      ],
    };
    expect(words(program)).toEqual([word, word]);
  };
  for (const facts of [[narrow, wide], [wide, narrow], [wide, narrow, wide], [narrow]]) {
    // prettier-ignore
    expectBoth('accepted', [0, 7], ...facts);
    expectBoth('PROGRAM_RANGE', [1, 7], ...facts);
    expectBoth('PROGRAM_RANGE', [0, 6], ...facts);
  }
  expectBoth('PROGRAM_RANGE', [0, 7], wide);
  for (const facts of [
    [wide, higher],
    [higher, wide],
  ]) {
    // prettier-ignore
    expectBoth('accepted', [4, 31], ...facts);
    expectBoth('PROGRAM_RANGE', [5, 31], ...facts);
    expectBoth('PROGRAM_RANGE', [4, 30], ...facts);
  }
});

test('order: a slab may be made before the others, of nothing that is settled later', () => {
  const residue = (x: string): Program['virtuals'][number] => ({ name: `v${x}`, indices: [ROWS, half], range: 'residue', terms: [times(1, [read(x, 't', 'j'), read('w', 'j')])] }); // prettier-ignore
  const made = (first: number, term: Term): Relation => ({ kind: 'zero', name: `made-${first}`, indices: [ROWS, half], terms: [part(first), term] }); // prettier-ignore
  const [a, b] = [cell('va', -1), cell('vb', -1)];
  const ofDigits = times(-1, [read('x', 't', 'j'), read('w', 'j')]);
  // 2^10 times 2^20 values do not fit between -(p-1)/2 and (p-1)/2: the cut is of a residue.
  const cut = lookupOf('cut', [ROWS, COLUMNS], 'low', [cell('y'), cell('x', -(2 ** 10))]);
  const expectBoth = (word: string, ...relations: Relation[]) => {
    const program = {
      tensors: [...['a', 'b', 'y', 'x'].map((name) => witnessTensor(name, [2, 4])), weights],
      tables: [rangeTable('low', 2 ** 10), rangeTable('high', 2 ** 20)],
      virtuals: [residue('a'), residue('b')],
      relations: [looked('a', 'low'), looked('b', 'low'), looked('x', 'high'), ...relations],
    };
    expect(words(program)).toEqual([word, word]);
  };
  expectBoth('accepted', made(0, a), made(2, b), cut);
  expectBoth('accepted', made(2, b), made(0, a), cut);
  expectBoth('PROGRAM_RANGE', made(0, a), cut, made(2, b));
  expectBoth('PROGRAM_RANGE', cut, made(0, a), made(2, b));
  // y = x w and y = 2^10 x + t: any x fits where w is 2^10.
  expectBoth('PROGRAM_RANGE', made(0, a), made(2, ofDigits), cut);
  expectBoth('PROGRAM_RANGE', made(0, ofDigits), made(2, b), cut);
});

test('order: digits of one another, which no residue is among', () => {
  const cut = (of: string, into: string) =>
    lookupOf(`${of}-into-${into}`, [ROWS, COLUMNS], 'low', [
      times(1, [read(of, 't', 'j'), read('w', 'j')]),
      cell(into, -8),
    ]);
  // 8 x = 8 z + t, and the other way round: any x = z fits. All of it is proven, no entry is a residue.
  const eights = { kind: 'public', name: 'w', shape: [4], values: Int32Array.of(8, 8, 8, 8) } as const;
  const expectBoth = (word: string, ...relations: Relation[]) => {
    const program = {
      tensors: [...['x', 'z'].map((name) => witnessTensor(name, [2, 4])), eights],
      tables: [rangeTable('low', 8)],
      virtuals: [],
      relations: [looked('x', 'low'), looked('z', 'low'), ...relations],
    };
    expect(words(program)).toEqual([word, word]);
  };
  expectBoth('accepted', cut('x', 'z'));
  expectBoth('accepted', cut('z', 'x'));
  expectBoth('PROGRAM_RANGE', cut('x', 'z'), cut('z', 'x'));
});

type Tree = { [key: string]: unknown };

/** One value of a program changed: a number, a name, an item gone or twice, a key gone. */
function changed(program: Program, d: Dice): Program {
  const copy = structuredClone(program) as unknown as Tree;
  const places: { of: Tree; key: string }[] = [];
  const visit = (of: unknown): void => {
    if (typeof of !== 'object' || of === null || ArrayBuffer.isView(of)) return;
    const keys = Object.keys(of);
    for (const key of keys.length > 64 ? keys.slice(0, 8) : keys) {
      places.push({ of: of as Tree, key });
      visit((of as Tree)[key]);
    }
  };
  visit({ ...copy, tables: [] });
  (copy['tables'] as Tree[]).forEach((of) => places.push({ of, key: 'name' }));
  const { of, key } = d.pick(places);
  const before = of[key];
  if (typeof before === 'number') {
    of[key] = d.pick([before + 1, before - 1, 0, -1, 1, 2 * before, -before, 2 ** 15, 2 ** 31, 2 ** 53, 0.5]);
  } else if (typeof before === 'string') {
    const names = places.map((place) => place.of[place.key]).filter((value) => typeof value === 'string');
    of[key] =
      key === 'kind' ? before : d.pick([d.pick(names), d.pick(names), 'no one', 'proven', 'residue', 't']);
  } else if (Array.isArray(of)) {
    if (d.int(0, 2) === 0) of.push(structuredClone(before));
    else of.splice(Number(key), 1);
  } else if (['range', 'mask', 'group'].includes(key)) delete of[key];
  return copy as unknown as Program;
}

test(`${CHANGES} changed programs`, { timeout: 120_000 + 40 * CHANGES }, () => {
  const slabs = [1, 2, 3].map((seed) => randomSlabs(dice(seed)));
  const of = [
    exampleProgram(),
    small,
    hidden,
    exampleProgram(),
    ...slabs,
    ...allCases().map(({ make }) => make().program),
  ];
  const seen = new Map<string, number>();
  for (let seed = 0; seed < CHANGES; seed++) {
    const d = dice(seed);
    const program = changed(changed(seed % 50 === 0 ? llama : d.pick(of), d), d);
    const [ours, twin] = words(program);
    expect([seed, twin]).toEqual([seed, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  const refused = CHANGES - (seen.get('accepted') ?? 0);
  tally({ property: 'verdicts of the twin on changed programs', cases: CHANGES, refused, surprises: 0 });
  const codes = ['NAME', 'SHAPE', 'VIEW', 'TERM', 'TABLE', 'RANGE'].map((code) => `PROGRAM_${code}`);
  for (const code of ['accepted', ...codes]) expect([code, seen.has(code)]).toEqual([code, true]);
});
