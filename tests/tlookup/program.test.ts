/** Loading, layout, tables and counting. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import { koalaBear, P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import type { Ext } from '../../src/field/field.ts';
import { checkParameters } from '../../src/params/check.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { S128 } from '../../src/params/profile.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import { countMultiplicities } from '../../src/tlookup/multiplicities-witness.ts';
import { lookupInstance } from '../../src/tlookup/plan.ts';
import { loadLookups, type LookupProgram, type LookupTable } from '../../src/tlookup/shape.ts';
import { columnEvaluator, evaluateColumn } from '../../src/tlookup/table.ts';
import { lookupProgramDigest } from '../../src/tlookup/digest.ts';
import { TOY_FIELDS, elements } from '../support/ext.ts';
import { codeOf } from '../support/linear.ts';
import { denseEvaluate } from '../support/lookup-dense.ts';
import { balanceOf, cellOf, COUNTING, exampleOf, exampleTable } from '../support/lookup-programs.ts';
import { honestRun } from '../support/lookups.ts';
import { hex } from '../support/transcript.ts';
import { words } from '../support/words.ts';

const range = (tag: number, rows: number, first = 0): LookupTable => ({
  tag,
  rows,
  columns: [{ kind: 'range', first }],
});
const dense = (tag: number, ...columns: number[][]): LookupTable => ({
  tag,
  rows: columns[0]?.length ?? 1,
  columns: columns.map((values) => ({ kind: 'dense', values: Uint32Array.from(values) })),
});
const one = (table: LookupTable, count = 3): LookupProgram => ({
  tables: [table],
  balances: [balanceOf([0, count])],
});

describe('the loader refuses', () => {
  const two = [range(1, 4), range(2, 4)];
  const REFUSED: [string, LookupProgram, string, string][] = [
    ['tag p', one(range(P, 4)), 'LOOKUP_TABLE', 'table 0: tag'],
    ['negative tag', one(range(-1, 4)), 'LOOKUP_TABLE', 'table 0: tag'],
    ['no rows', one(range(1, 0)), 'LOOKUP_TABLE', 'table 0: rows'],
    ['half a row', one(range(1, 1.5)), 'LOOKUP_TABLE', 'table 0: rows'],
    ['a range through p', one(range(1, 4, P - 3)), 'LOOKUP_TABLE', 'column 0: first'],
    ['a range before 0', one(range(1, 4, -1)), 'LOOKUP_TABLE', 'column 0: first'],
    ['a range from a half', one(range(1, 4, 0.5)), 'LOOKUP_TABLE', 'column 0: first'],
    ['no columns', one({ tag: 1, rows: 1, columns: [] }), 'LOOKUP_TABLE', 'columns: expected 1 to 4, got 0'],
    [
      'five columns',
      one(dense(1, [1], [1], [1], [1], [1])),
      'LOOKUP_TABLE',
      'columns: expected 1 to 4, got 5',
    ],
    ['columns of two lengths', one(dense(1, [1, 2], [1])), 'LOOKUP_TABLE', 'column 1: expected 2 values'],
    ['a word p', one(dense(1, [1, 2], [1, P])), 'LOOKUP_TABLE', 'column 1, row 1'],
    ['one tag twice', { ...one(range(1, 4)), tables: [range(1, 4), range(1, 5)] }, 'LOOKUP_TABLE', 'tags'],
    ['no balance', { tables: two, balances: [] }, 'LOOKUP_SHAPE', 'balances: expected 1 to 4096, got 0'],
    [
      'too many balances',
      { tables: two, balances: Array.from({ length: 4097 }, () => balanceOf([0, 1])) },
      'LOOKUP_SHAPE',
      'balances: expected 1 to 4096, got 4097',
    ],
    [
      'a table twice',
      { tables: two, balances: [{ ...balanceOf([0, 1]), tables: [0, 0] }] },
      'LOOKUP_SHAPE',
      'tables',
    ],
    [
      'an unknown table',
      { tables: two, balances: [{ ...balanceOf([0, 1]), tables: [0, 2] }] },
      'LOOKUP_SHAPE',
      'below 2, got 2',
    ],
    [
      'a source without its table',
      { tables: two, balances: [{ ...balanceOf([0, 1]), tables: [1] }] },
      'LOOKUP_SHAPE',
      'balance 0: source 0: expected a table of the balance',
    ],
    ['no source', { tables: two, balances: [{ sources: [], tables: [0] }] }, 'LOOKUP_SHAPE', 'sources'],
    ['half a lookup', one(range(1, 4), 1.5), 'LOOKUP_SHAPE', 'count'],
    ['an empty source', one(range(1, 4), 0), 'LOOKUP_SHAPE', 'count'],
    ['too many leaves', one(range(1, 4), 2 ** 25 - 3), 'LOOKUP_SIZE', 'expected at most 2^25 leaves'],
    ['p lookups', one(range(1, 4), P), 'LOOKUP_COUNT', `expected fewer than ${P} lookups, got ${P}`],
  ];
  test.each(REFUSED)('%s', (_, program, code, detail) => {
    let error: unknown;
    try {
      loadLookups(koalaBear, program);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ProofError);
    expect((error as ProofError).code).toBe(code);
    expect((error as ProofError).detail).toContain(detail);
  });
  test('and accepts one step beside', () => {
    const base = TOY_FIELDS[1]!.base;
    expect(loadLookups(base, one(range(96, 4, 93), 96)).trees.map(({ live }) => live)).toEqual([64, 32, 4]);
    expect(() => loadLookups(base, one(range(96, 4, 93), 97))).toThrow('LOOKUP_COUNT');
    expect(loadLookups(koalaBear, one(range(P - 1, 4), 2 ** 25 - 4)).logLeaves).toBe(25);
  });
});

test('layout: aligned blocks that tile every source and table, lookups first, no leaf twice', () => {
  const count = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 }));
  fc.assert(
    fc.property(
      fc.array(count, { minLength: 1, maxLength: 4 }),
      fc.array(count, { minLength: 1, maxLength: 6 }),
      (rows, counts) => {
        const tables = rows.map((n, t) => range(t, n));
        const sources = counts.map((n, s) => ({ table: s % rows.length, count: n }));
        const balance = { sources, tables: tables.map((_, t) => t) };
        const { trees } = loadLookups(koalaBear, { tables, balances: [balance] });
        const cells = new Map<string, number>();
        const lookups = counts.reduce((a, b) => a + b);
        let used = 0;
        let from = 0;
        trees.forEach(({ depth, blocks, units, live }, t) => {
          const taken = new Uint8Array(2 ** depth);
          for (const { kind, index, first, bits, at } of blocks) {
            const size = 2 ** bits;
            expect(at % size).toBe(0);
            expect(first % size).toBe(0);
            expect(kind === 'lookup' ? at + size <= units : at >= units).toBe(true);
            expect(taken.subarray(at, at + size).every((x) => x === 0)).toBe(true);
            taken.fill(1, at, at + size);
            used += size;
            const key = `${kind} ${index}`;
            expect(first).toBe(cells.get(key) ?? 0);
            cells.set(key, first + size);
          }
          expect(units).toBe(Math.max(0, Math.min(lookups - from, 2 ** depth)));
          expect(taken[live - 1]).toBe(1);
          expect(taken.subarray(live).every((x) => x === 0)).toBe(true);
          if (t > 0) expect(depth).toBeLessThanOrEqual(trees[t - 1]!.depth);
          from += 2 ** depth;
        });
        expect(trees.length).toBeLessThanOrEqual(4);
        counts.forEach((n, s) => expect(cells.get(`lookup ${s}`)).toBe(n));
        rows.forEach((n, t) => expect(cells.get(`table ${t}`)).toBe(n));
        expect(used).toBe(lookups + rows.reduce((a, b) => a + b));
        // The gap is shorter than the largest block of rows; what the last tree adds is less than an eighth.
        const gap = 2 ** Math.floor(Math.log2(Math.max(...rows)));
        expect(from).toBeLessThan((used + gap) * 1.125);
      },
    ),
    { seed: 11, numRuns: 200 },
  );
});

test.each([0, 1, 2, 5, 6, 7, 9, 13])('a table column at a point of K^%i', (bits) => {
  const rows = 2 ** bits;
  const values = bits === 6 ? new Uint32Array(3 * rows).fill(P - 1) : words(3 * rows, P, bits + 1);
  const limbs: Ext[] = Array.from({ length: bits }, () =>
    quintic.fromLimbs([P - 1, P - 1, P - 1, P - 1, P - 1]),
  );
  for (const point of [elements(bits, quintic, bits + 5), limbs]) {
    const expected = (of: (i: number) => number): Ext =>
      denseEvaluate(
        quintic,
        Array.from({ length: rows }, (_, i) => quintic.fromBase(koalaBear.fromInt(of(i)))),
        point,
      );
    const column = { kind: 'dense' as const, values };
    expect(evaluateColumn(quintic, column, rows, point)).toEqual(expected((i) => values[rows + i] as number));
    const line = { kind: 'range' as const, first: 17 };
    expect(evaluateColumn(quintic, line, rows, point)).toEqual(expected((i) => 17 + rows + i));
  }
});

test('a column of lines: runs that climb evenly modulo p, and runs that miss it by one row', () => {
  const rows = 512;
  const steps = [0, 1, P - 1, 12_345_678, 1_800_000_000, 2, 1, P - 2];
  const evaluator = columnEvaluator(quintic);
  const points = [elements(9, quintic, 3), elements(9, quintic, 4)];
  // Row 0 and 1 of a run set its step; then each row in turn, the last of all among them, is off by one.
  for (const off of [-1, 0, 1, 2, 63, 64, 127, 200, 511]) {
    const values = new Uint32Array(rows);
    for (let i = 0; i < rows; i++) {
      const step = koalaBear.fromInt(steps[i >>> 6]!);
      const start = koalaBear.fromInt(P - 5 - 3 * (i >>> 6)); // so that runs pass p
      values[i] = koalaBear.add(start, koalaBear.mul(step, koalaBear.fromInt(i & 63)));
    }
    if (off >= 0) values[off] = koalaBear.add(koalaBear.fromInt(values[off]!), koalaBear.one);
    for (const point of points) {
      const cells = Array.from(values, (value) => quintic.fromBase(koalaBear.fe(value)));
      const column = { kind: 'dense' as const, values };
      expect(evaluator(column, 0, point)).toEqual(denseEvaluate(quintic, cells, point));
      expect(evaluator(column, 64, point.slice(0, 6))).toEqual(
        denseEvaluate(quintic, cells.slice(64, 128), point.slice(0, 6)),
      );
    }
  }
});

describe('counting', () => {
  test.each([true, false])('finds every row and nothing else, range %s', (isRange) => {
    const tables = [exampleTable(koalaBear, 1, 100, 3, isRange), exampleTable(koalaBear, 2, 33, 1, !isRange)];
    const program = { tables, balances: [balanceOf([0, 500], [1, 77], [0, 3])] };
    const { lookups, witnesses } = exampleOf(koalaBear, program, 1);
    const [counts] = witnesses.map(({ multiplicities }) => multiplicities);
    tables.forEach((table, t) => {
      const slow = Array.from({ length: table.rows }, (_, row) =>
        [0, 1, 2]
          .filter((s) => program.balances[0]!.sources[s]!.table === t)
          .reduce((sum, s) => {
            const columns = witnesses[0]!.sources[s]!;
            return (
              sum +
              [...columns[0]!.keys()].filter((i) =>
                columns.every((column, c) => column[i] === cellOf(table, row, c)),
              ).length
            );
          }, 0),
      );
      expect([...counts![t]!]).toEqual(slow);
    });
    const sources = witnesses[0]!.sources.map((columns) => columns.map((column) => column.slice()));
    sources[2]![1]![2]! ^= 1;
    expect(() => countMultiplicities(COUNTING, lookups, 0, sources)).toThrow(
      'balance 0: source 2: cell 2: expected a row of table 0',
    );
    sources[1]![0]![5] = 4_000_000;
    expect(() => countMultiplicities(COUNTING, lookups, 0, sources)).toThrow('source 2: cell 2');
    sources[2]![1]![2]! ^= 1;
    expect(() => countMultiplicities(COUNTING, lookups, 0, sources)).toThrow(
      'source 1: cell 5: expected a row of table 1',
    );
  });
});

test('the ledger: pads and balances of a program, 128 bits at 2^25 leaves', () => {
  const program = {
    tables: [range(1, 2 ** 16)],
    balances: [balanceOf([0, 2 ** 24]), balanceOf([0, 2 ** 25 - 2 ** 16])],
  };
  const part = lookupInstance(loadLookups(koalaBear, program));
  // Trees of 2^24 and 2^16 leaves, and one of 2^25: p, q and u of three roots; layers 0..24 of j + 2 rounds with two values
  // and four nodes.
  expect(part).toEqual({
    balances: [2 ** 24 + 2 ** 16, 2 ** 25],
    exposed: 9 + 25 * 4 + 2 * (300 + 25 * 2),
    products: 6 + 2 * 25,
    constraints: 3 + 2 + 25,
    terms: [{ name: 'lookup: start over trees', kind: 'point', size: 2 }],
  });
  const instance = {
    kind: 'program' as const,
    groups: [{ name: 'AM', lifetime: 'proof' as const, columns: 3, uses: 1 }],
    claims: 2,
    ...part,
    constraints: part.constraints + 4,
  };
  const draft = completeInstance(instance, codeOf(S128, 14, 2 ** 13), S128);
  const { challenges } = checkParameters(draft!.parameters, instance);
  const alpha = challenges.find(({ challenge }) => challenge === 'alpha, beta');
  expect(alpha!.tenths).toBe(1289);
});

test('the digest changes with every part of a program', () => {
  const program: LookupProgram = {
    tables: [dense(1, [1, 2], [3, 4]), range(2, 4)],
    balances: [balanceOf([0, 3], [1, 4]), balanceOf([1, 2])],
  };
  const [first, second] = program.tables as [LookupTable, LookupTable];
  const [a, b] = program.balances;
  const others: LookupProgram[] = [
    program,
    { ...program, tables: [dense(1, [1, 2], [3, 5]), second] },
    { ...program, tables: [dense(1, [3, 4], [1, 2]), second] },
    { ...program, tables: [dense(3, [1, 2], [3, 4]), second] },
    { ...program, tables: [first, range(2, 4, 1)] },
    { ...program, tables: [first, range(2, 5)] },
    { ...program, tables: [first, dense(2, [0, 1, 2, 3])] },
    { ...program, balances: [b!, a!] },
    { ...program, balances: [balanceOf([0, 3], [1, 5]), b!] },
    { ...program, balances: [balanceOf([0, 4], [1, 3]), b!] },
    { ...program, balances: [{ ...a!, tables: [1, 0] }, b!] },
    { ...program, balances: [a!, { ...b!, tables: [1, 0] }] },
    { ...program, balances: [a!] },
  ];
  const digests = others.map((other) => hex(lookupProgramDigest(loadLookups(koalaBear, other))));
  expect(new Set(digests).size).toBe(others.length);
  expect(hex(lookupProgramDigest(loadLookups(koalaBear, { ...program })))).toBe(digests[0]);
});

test('a witness that does not fit its program', () => {
  const program = { tables: [dense(1, [1, 2], [3, 4]), range(2, 3)], balances: [balanceOf([0, 3], [1, 2])] };
  const { lookups, witnesses } = exampleOf(koalaBear, program, 1);
  const { sources, multiplicities } = witnesses[0]!;
  const [first, second] = sources;
  const prove = (witness: BalanceWitness[]) => () =>
    honestRun(referenceKernels(quintic), lookups, witness, 1);
  expect(prove([])).toThrow('witnesses: expected 1 items, got 0');
  expect(prove([{ sources: [first!], multiplicities }])).toThrow('balance 0: source 1: column 0: expected 2');
  expect(prove([{ sources: [[first![0]!], second!], multiplicities }])).toThrow(
    'source 0: column 1: expected 3',
  );
  expect(prove([{ sources, multiplicities: [multiplicities[0]!] }])).toThrow(
    'multiplicities 1: expected 3 items',
  );
  expect(prove([{ sources, multiplicities: [multiplicities[0]!, new Uint32Array(2)] }])).toThrow(
    'multiplicities 1: expected 3 items, got 2',
  );
});
