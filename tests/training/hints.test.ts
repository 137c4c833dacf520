/**
 * OPS-2, tensor by tensor: everything that a proof of training or of a prediction commits follows from what was there before by one of
 * three rules, but for the hints of the list below. Each of these has an argument of its own; a hint that is not on the list has none.
 */
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { addressesOf, allAddresses } from '../../src/relation/address.ts';
import { columnFacts, isCell } from '../../src/relation/columns.ts';
import { decomposesOnce, type ColumnValues, type Digit } from '../../src/relation/decompose.ts';
import { flatten, type FlatRelation, type FlatTerm, type Form } from '../../src/relation/form.ts';
import { intervalOfPublic, type Interval } from '../../src/relation/interval.ts';
import type { Program, Table, Tensor } from '../../src/relation/program.ts';
import { inferWitnesses } from '../../src/relation/witness-ranges.ts';
import type { PublicBatch } from '../../src/training/backward/batch.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram, graphStepsProgram } from '../../src/training/backward/program.ts';
import { predictionProgram } from '../../src/training/prediction-program.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { batchOfText, planOf, TINY, transformer, type Size } from '../backward/transformer.ts';
import { SMALL, SMALL_MOMENTUM, SMALL_PAIRS, SMALL_TRIPLES } from './small.ts';

/** Witness tensors that no rule makes of static and public ones. @param given hints that count as made */
function hintsOf(program: Program, given: readonly string[]): string[] {
  const flat = flatten(program);
  const columns = columnFacts(koalaBear);
  const tensors = new Map<string, Tensor>(program.tensors.map((tensor) => [tensor.name, tensor]));
  const intervals = new Map<string, Interval>();
  for (const tensor of program.tensors) {
    if (tensor.kind === 'public') intervals.set(tensor.name, intervalOfPublic(koalaBear, tensor));
  }
  inferWitnesses(koalaBear, columns, program.tables, tensors, flat, intervals);
  const made = new Set(given);
  const isMade = (name: string): boolean => tensors.get(name)!.kind !== 'witness' || made.has(name);
  const nameOf = (term: FlatTerm): string => term.views[0]!.tensor;
  const covered = new Map<string, Set<number>>();
  /** Notes cells of a tensor; it is made when all are. */
  const make = (term: FlatTerm, { indices }: FlatRelation): void => {
    const { shape } = tensors.get(nameOf(term))!;
    const own = covered.get(nameOf(term)) ?? new Set();
    covered.set(nameOf(term), own);
    const { base, steps } = addressesOf(term.views[0]!, shape, indices);
    allAddresses(base, steps).forEach((at) => own.add(at));
    if (own.size === shape.reduce((product, size) => product * size, 1)) made.add(nameOf(term));
  };
  /** Terms of a form that read what is not made; undefined unless all are cells of different tensors. */
  const newCells = (form: Form): FlatTerm[] | undefined => {
    const strange = form.filter((term) => term.views.some(({ tensor }) => !isMade(tensor)));
    const different = new Set(strange.map(nameOf)).size === strange.length;
    return different && strange.every((term) => isCell(term)) ? strange : undefined;
  };
  const digitOf = (term: FlatTerm): Digit => {
    const range = intervals.get(nameOf(term));
    return {
      coefficient: Math.abs(term.coefficient),
      count: range === undefined ? Infinity : Number(range.max - range.min) + 1,
    };
  };
  for (let before = -1; before < made.size;) {
    before = made.size;
    flat.forEach((relation) => {
      const { forms, table } = relation;
      const first = newCells(forms[0]!);
      if (table === undefined) {
        // An equation: of one cell, or of digits that fit one residue.
        const once = first?.length === 1 || (first && decomposesOnce(koalaBear, ZERO, first.map(digitOf)));
        if (first && first.length > 0 && once) first.forEach((term) => make(term, relation));
        return;
      }
      const own = program.tables[table]!;
      const { values, repeats } = columns.values(own, 0);
      if (first && first.length > 0) {
        // A cut: values of the column and digits that fit one residue. A cell alone is checked, not cut.
        const isCut = forms[0]!.some((term) => term.views.length > 0 && !first.includes(term));
        const isOnce =
          !(repeats && own.columns.length > 1) && decomposesOnce(koalaBear, values, first.map(digitOf));
        if (isCut && isOnce) first.forEach((term) => make(term, relation));
        return;
      }
      // Columns behind keys: one row fits those that are known.
      const fresh = forms.map(newCells);
      const keys = fresh.flatMap((cells, c) => (cells?.length === 0 ? [c] : []));
      if (!isKey(own, keys)) return;
      for (const cells of fresh) if (cells?.length === 1) make(cells[0]!, relation);
    });
  }
  return program.tensors.flatMap((tensor) => (isMade(tensor.name) ? [] : [tensor.name]));
}

const ZERO: ColumnValues = { kind: 'interval', length: 1 };

const keysOf = new Map<string, boolean>();

/** Whether no two rows of a table have the same entries in some columns. */
function isKey({ name, rows, columns }: Table, keys: readonly number[]): boolean {
  if (keys.length === 0) return false;
  if (keys.some((c) => columns[c]!.kind === 'range')) return true;
  const id = `${name} ${keys.join()}`;
  const at = (c: number, row: number): number => (columns[c] as { values: Uint32Array }).values[row]!;
  const different = (): boolean =>
    new Set(Array.from({ length: rows }, (_, row) => keys.map((c) => at(c, row)).join())).size === rows;
  const known = keysOf.get(id) ?? different();
  keysOf.set(id, known);
  return known;
}

/** What else is a hint, and why one fits: the section that says it. */
const ARGUED: readonly (readonly [RegExp, string])[] = [
  [/^(weight|rest)\/\d+$/, 'two parts of a residue: training.md, 6'],
  [/^next\/(weight|rest|high|low)\/[^/]+$/, 'parts of a residue: training-operators.md, 8'],
  [/^target$|^targets\/rows$/, 'one 1 among zeros: training.md, 5; training-operators.md, 10'],
  [/^softmax\/shift$/, "the one octave with S < 2^15 <= S': training.md, 5"],
  [/^softmax\/reciprocal(-rest)?$/, 'division with remainder: training.md, 5'],
  [/^[^/]+:shift$/, 'the same for attention: integer-semantics.md, 4'],
  [/^a\d+$|^a\d+:rest$/, 'the result of attention, division with remainder: integer-semantics.md, 4'],
  [
    /^norm[^/]*:(digits-1[15]|power|step|one|two|mantissa|entry|small|root|root1|unit)$/,
    'integer-semantics.md, 9',
  ],
  [/^[^/]+:(high|low)$/, 'digits of a private id, one 1 among zeros: integer-semantics.md, 9'],
  [/^back\/[^/]+:(octave-)?reciprocal(-rest)?$/, 'division with remainder: training-operators.md, 5'],
];
const seen = new Set<RegExp>();

/** What no rule makes of the hints with an argument; and that each of these needs one. @param given what counts as made */
function unargued(program: Program, given: readonly string[] = []): string[] {
  const alone = hintsOf(program, given);
  // Of several steps in one program every name has its step before it.
  const inStep = (name: string): string => name.replace(/^\d+\//, '');
  const argued = alone.filter((name) => ARGUED.some(([pattern]) => pattern.test(inStep(name))));
  for (const [pattern] of ARGUED) if (argued.some((name) => pattern.test(inStep(name)))) seen.add(pattern);
  return hintsOf(program, [...argued, ...given]);
}

describe('networks', () => {
  const rows = new Uint32Array(9);
  test.each([
    ['steps', SMALL],
    ['steps with momentum', SMALL_MOMENTUM],
  ])('%s', (_, plan) => {
    expect(unargued(trainingProgram({ plan, first: 1, count: 3, rows }))).toEqual([]);
    expect(unargued(trainingProgram({ plan, first: 0, count: 1, rows: rows.slice(0, 3) }))).toEqual([]);
  });
  test('periods: of the gradients of their steps, which are made step by step, everything else is', () => {
    for (const plan of [SMALL_PAIRS, SMALL_TRIPLES]) {
      const { period } = plan as { period: number };
      const program = trainingProgram({ plan, first: 0, count: period, rows: new Uint32Array(3 * period) });
      const gradients = ['gradient/0', 'gradient/1', 'gradient/2'];
      expect(unargued(program, gradients)).toEqual([]);
      expect(unargued(program)).toEqual(expect.arrayContaining(gradients));
    }
  });
  test('predictions: nothing but the inputs', () => {
    const classes = Uint16Array.of(1, 2);
    const hidden = predictionProgram({ plan: SMALL, inputs: undefined, classes });
    expect(hintsOf(hidden, ['x/0'])).toEqual([]);
    expect(hintsOf(hidden, [])).toContain('x/0');
    expect(hintsOf(predictionProgram({ plan: SMALL, inputs: new Uint16Array(12), classes }), [])).toEqual([]);
  });
});

describe('graphs', () => {
  const at = Array.from({ length: 8 }, (_, i) => i);
  const sizes: [string, Size][] = [
    ["GPT-2's shape", TINY],
    ["LLaMA's shape", { ...TINY, layers: 1, gated: true, kvHeads: 1 }],
    ['tied', { ...TINY, layers: 1, tied: true }],
  ];
  const plans: Partial<GraphPlan>[] = [
    {},
    { momentum: { shift: 3, high: 12, low: 15 } },
    { gradient: { bits: 15, fraction: 8, guard: 2 } },
  ];
  test.each(sizes)('%s', (_, size) => {
    const graph = transformer(size);
    const batches: PublicBatch[] = [batchOfText(size, 2, 60), { corpus: 60, at, starts: [0] }];
    for (const change of plans) {
      const plan = planOf(graph, { ...(size.tied && { ratePlaces: 8 }), ...change });
      for (const batch of batches) expect(unargued(graphStepProgram(graph, plan, batch))).toEqual([]);
      const [, ofCorpus] = batches as [PublicBatch, PublicBatch];
      expect(unargued(graphStepsProgram(graph, plan, [ofCorpus, ofCorpus, ofCorpus]))).toEqual([]);
    }
  });
});

test('no argument for what needs none', () => {
  expect(ARGUED.filter(([pattern]) => !seen.has(pattern)).map(([pattern]) => pattern.source)).toEqual([]);
});
