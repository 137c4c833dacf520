/**
 * QNT-1: what a checked program claims about integers, by exhaustion over small fields: for random programs every witness that all
 * relations accept has its cells within the intervals that were derived, proven virtual tensors are the integers that they
 * stand for, and where a residue is pinned no other digits are accepted.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import type { BaseField, Fe } from '../../src/field/field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { findViolation } from '../../src/relation/check-witness.ts';
import type { Interval } from '../../src/relation/interval.ts';
import type { Program, Relation, Table, Tensor, Term, Virtual } from '../../src/relation/program.ts';
import { read, times } from '../support/example-programs.ts';

type Gen = fc.GeneratorValue;
const WITNESS = ['x', 'y', 'z'] as const;
const I = [{ name: 'i', size: 1 }];
const J = { name: 'j', size: 2 };

function pick<T>(gen: Gen, list: readonly T[]): T {
  return list[gen(fc.nat, { max: list.length - 1 })] as T;
}

/** Two cells e, which a sum may read; single cells x, y, z, and an input a that is any element of F. */
function randomToy(gen: Gen, p: number): Program {
  const coefficient = (): number => pick(gen, [1, -1, 1, -1, 2, -2, 3, 4, -4, p - 1, p + 1]);
  const cell = (name: string): Term => times(coefficient(), [read(name, 'i')]);
  const anyTerm = (names: readonly string[]): Term => {
    const what = gen(fc.nat, { max: 9 });
    if (what < 6) return cell(pick(gen, names));
    if (what === 6) return times(gen(fc.integer, { min: -4, max: 4 }));
    if (what === 7) return times(coefficient(), [read(pick(gen, names), 'i'), read(pick(gen, names), 'i')]);
    if (what === 8) return times(coefficient(), [read('e', 'j')], { sums: [J] });
    return times(coefficient(), [read('e', 'j'), read('c', 'j')], { sums: [J] });
  };
  const terms = (names: readonly string[], most: number): Term[] =>
    Array.from({ length: gen(fc.integer, { min: 1, max: most }) }, () => anyTerm(names));
  const tables = Array.from({ length: gen(fc.integer, { min: 1, max: 3 }) }, (_, t): Table => {
    const rows = gen(fc.integer, { min: 1, max: 5 });
    if (gen(fc.boolean)) {
      return { name: `t${t}`, rows, columns: [{ kind: 'range', first: gen(fc.nat, { max: p - rows }) % p }] };
    }
    const values = Uint32Array.from({ length: rows }, () => gen(fc.nat, { max: p - 1 }));
    if (gen(fc.boolean)) return { name: `t${t}`, rows, columns: [{ kind: 'dense', values }] };
    return {
      name: `t${t}`,
      rows,
      columns: [
        { kind: 'range', first: 0 },
        { kind: 'dense', values },
      ],
    };
  });
  const virtuals: Virtual[] = [];
  if (gen(fc.boolean)) {
    const range = pick(gen, ['proven', 'residue'] as const);
    virtuals.push({ name: 'v', indices: I, range, terms: terms(['a', ...WITNESS], 2) });
  }
  const readable = ['a', ...WITNESS, ...virtuals.map(({ name }) => name)];
  const form = (most: number): Term[] => {
    const own = terms(readable, most);
    // Virtual tensors stand alone.
    return own.filter(({ views }) => views.length < 2 || views.every(({ tensor }) => tensor !== 'v'));
  };
  const relations: Relation[] = [];
  const lookup = (name: string, table: Table, first: readonly Term[]): void => {
    const entries = table.columns.map((_, c) => (c === 0 ? first : nonEmpty(form(2))));
    relations.push({ kind: 'lookup', name, indices: I, table: table.name, entries });
  };
  const nonEmpty = (list: Term[]): Term[] => (list.length > 0 ? list : [times(1)]);
  tables.forEach((table, t) => lookup(`use/${t}`, table, nonEmpty(form(2))));
  for (const name of WITNESS.filter(() => gen(fc.nat, { max: 3 }) > 0)) {
    lookup(`range/${name}`, pick(gen, tables), [times(pick(gen, [1, 1, -1]), [read(name, 'i')]), times(gen(fc.integer, { min: -3, max: 3 }))]); // prettier-ignore
  }
  if (gen(fc.boolean)) {
    const single = tables.find(({ columns }) => columns.length === 1);
    if (single !== undefined) relations.push({ kind: 'lookup', name: 'range/e', indices: [J], table: single.name, entries: [[times(1, [read('e', 'j')])]] }); // prettier-ignore
  }
  if (gen(fc.boolean)) relations.push({ kind: 'zero', name: 'zero', indices: I, terms: nonEmpty(form(3)) });
  const tensors: Tensor[] = [
    { kind: 'static', name: 'a', shape: [1] },
    ...WITNESS.map((name) => ({ kind: 'witness', name, shape: [1] }) as const),
    { kind: 'witness', name: 'e', shape: [2] },
    { kind: 'public', name: 'c', shape: [2], values: [1, pick(gen, [-1, 2])] },
  ];
  const shuffled = gen(fc.boolean) ? [...relations].reverse() : relations;
  return { tensors, tables, virtuals, relations: shuffled };
}

/** All accepted witnesses: cells of a, x, y, z, e. */
function accepted(base: BaseField, program: Program): Fe[][] {
  const p = base.modulus;
  const found: Fe[][] = [];
  // Tensors that nothing reads are left at zero: they would multiply the work and no result.
  const text = JSON.stringify([program.virtuals, program.relations]);
  const range = (name: string): number => (text.includes(`"tensor":"${name}"`) ? p : 1);
  const [A, X, Y, Z, E] = ['a', 'x', 'y', 'z', 'e'].map(range) as [number, number, number, number, number];
  if (A * X * Y * Z * E * E > 2500) return [];
  for (let a = 0; a < A; a++)
    for (let x = 0; x < X; x++)
      for (let y = 0; y < Y; y++)
        for (let z = 0; z < Z; z++)
          for (let e = 0; e < E; e++)
            for (let f = 0; f < E; f++) {
              const given: [string, number[]][] = [['a', [a]], ['x', [x]], ['y', [y]], ['z', [z]], ['e', [e, f]]]; // prettier-ignore
              if (findViolation(base, program, new Map(given)) === undefined)
                found.push([a, x, y, z, e, f] as Fe[]);
            }
  return found;
}

const isIn = (value: bigint, { min, max }: Interval): boolean => min <= value && value <= max;

/** The integer that terms stand for, cells as balanced residues. */
function integerOf(terms: readonly Term[], cellOf: (name: string, i: number) => bigint): bigint {
  return terms.reduce((sum, { coefficient, views, sums }) => {
    let inner = 0n;
    for (let j = 0; j < (sums.length > 0 ? 2 : 1); j++) {
      inner += views.reduce((value, { tensor }) => value * cellOf(tensor, sums.length > 0 ? j : 0), 1n);
    }
    return sum + BigInt(coefficient) * inner;
  }, 0n);
}

describe.each([
  [7, 700],
  [11, 500],
])('over F_%i', (p, numRuns) => {
  // prettier-ignore
  const base = primeField(p);
  const half = BigInt((p - 1) / 2);

  test('no witness leaves what was derived', () => {
    const seen = { programs: 0, intervals: 0, proven: 0, witnesses: 0 };
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const program = randomToy(gen, p);
        let checked: ReturnType<typeof checkProgram>;
        try {
          checked = checkProgram(base, program);
        } catch (error) {
          expect(error).toBeInstanceOf(ProofError);
          return;
        }
        const all = accepted(base, program);
        if (all.length === 0) return;
        seen.programs++;
        seen.witnesses += all.length;
        const place = new Map([['a', 0], ['x', 1], ['y', 2], ['z', 3], ['e', 4]]); // prettier-ignore
        for (const cells of all) {
          const cellOf = (name: string, i: number): bigint =>
            name === 'c'
              ? BigInt(
                  (program.tensors.find((tensor) => tensor.name === 'c') as Tensor & { kind: 'public' })
                    .values[i]!,
                )
              : BigInt(base.toBalanced(cells[place.get(name)! + i]!));
          for (const name of [...WITNESS, 'e']) {
            const interval = checked.intervals.get(name);
            if (interval === undefined) continue;
            seen.intervals++;
            for (let i = 0; i < (name === 'e' ? 2 : 1); i++) expect([name, isIn(cellOf(name, i), interval)]).toEqual([name, true]); // prettier-ignore
          }
          const v = program.virtuals[0];
          const interval = checked.intervals.get('v');
          if (v === undefined || interval === undefined) continue;
          seen.proven++;
          const value = integerOf(v.terms, cellOf);
          expect(isIn(value, interval) && isIn(value, { min: -half, max: half })).toBe(true);
        }
      }),
      { seed: 6, numRuns },
    );
    for (const [what, count] of Object.entries(seen)) expect([what, count > 5]).toEqual([what, true]);
  }, 120_000);
});

describe.each([31, 61])('a residue over F_%i', (p) => {
  const base = primeField(p);

  /** v = a + shift, cut into x and y over some table, both of which have a table of their own. */
  function cutProgram(gen: Gen): { program: Program; digits: number[][] } {
    const table = (name: string): Table => {
      const rows = gen(fc.integer, { min: 1, max: 4 });
      if (gen(fc.boolean))
        return { name, rows, columns: [{ kind: 'range', first: gen(fc.nat, { max: p - rows }) }] };
      const step = gen(fc.integer, { min: 1, max: 9 });
      const first = gen(fc.nat, { max: p - 1 });
      return { name, rows, columns: [{ kind: 'dense', values: Uint32Array.from({ length: rows }, (_, i) => (first + i * step) % p) }] }; // prettier-ignore
    };
    const tables = [table('cut'), table('x'), table('y')];
    const coefficient = (): number => pick(gen, [1, -1, 2, -2, 3, 4, -4, 8, 16, -16, p + 2, p - 4]);
    const cells = ['x', 'y'].map((name) => times(coefficient(), [read(name, 'i')]));
    const sign = pick(gen, [1, -1]);
    const entry = [
      times(sign, [read('v', 'i')]),
      ...cells,
      ...(gen(fc.nat, { max: 3 }) === 0 ? [cells[0]!] : []),
    ];
    const shifts = [0, 1].map(() => gen(fc.integer, { min: -5, max: 5 }));
    const relations = [
      { kind: 'lookup', name: 'cut', indices: I, table: 'cut', entries: [entry] },
      ...['x', 'y'].map((name, d) => ({ kind: 'lookup', name, indices: I, table: name, entries: [[times(1, [read(name, 'i')]), times(shifts[d]!)]] }) as const), // prettier-ignore
    ] as const satisfies readonly Relation[];
    const order = pick(gen, [[0, 1, 2], [1, 0, 2], [2, 1, 0]]); // prettier-ignore
    const program: Program = {
      tensors: [
        { kind: 'static', name: 'a', shape: [1] },
        { kind: 'witness', name: 'x', shape: [1] },
        { kind: 'witness', name: 'y', shape: [1] },
      ],
      tables,
      virtuals: [{ name: 'v', indices: I, range: 'residue', terms: [times(1, [read('a', 'i')]), times(gen(fc.nat, { max: 40 }))] }], // prettier-ignore
      relations: order.map((i) => relations[i] as Relation),
    };
    const valuesOf = ({ rows, columns }: Table, shift: number): number[] => {
      const [column] = columns;
      const all = Array.from({ length: rows }, (_, i) => column!.kind === 'range' ? column!.first + i : column!.values[i]!); // prettier-ignore
      return [...new Set(all)].map((value) => base.fromInt(value - shift) as number);
    };
    return { program, digits: [valuesOf(tables[1]!, shifts[0]!), valuesOf(tables[2]!, shifts[1]!)] };
  }

  test('accepted programs have one pair of digits for every accumulator; many refused ones have two', () => {
    const seen = { accepted: 0, refused: 0, ambiguous: 0 };
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const { program, digits } = cutProgram(gen);
        let passes = true;
        try {
          checkProgram(base, program);
        } catch (error) {
          expect(error).toBeInstanceOf(ProofError);
          passes = false;
        }
        if (!passes && seen.refused > 40) return;
        const counts = Array.from(
          { length: p },
          (_, a) =>
            digits[0]!
              .flatMap((x) => digits[1]!.map((y) => [x, y] as const))
              .filter(
                ([x, y]) =>
            findViolation(base, program, new Map([['a', [a]], ['x', [x]], ['y', [y]]])) === undefined, // prettier-ignore
              ).length,
        );
        const most = Math.max(...counts);
        if (passes) seen.accepted++;
        else seen.refused++;
        if (passes) expect(most).toBeLessThanOrEqual(1);
        else if (most > 1) seen.ambiguous++;
      }),
      { seed: p, numRuns: 400 },
    );
    expect([seen.accepted > 30, seen.ambiguous > 10]).toEqual([true, true]);
  });
});
