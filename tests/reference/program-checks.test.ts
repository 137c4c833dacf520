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
import type { Program } from '../../src/relation/program.ts';
import { gated, layerNormed, smallest, type AnswerModel } from '../support/answer-models.ts';
import { exampleProgram } from '../support/example-programs.ts';
import { dice, type Dice } from '../support/graphs.ts';
import { cases, tally } from '../support/long.ts';
import { allCases } from '../support/program-cases.ts';
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
