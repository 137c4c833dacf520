/**
 * What the rooms that decide about ranges must not take for more than it is: one test for each condition of a fact, a bound, a settled
 * tensor or a digit, as an accepted program beside one that differs in that condition alone.
 */
import { describe, expect, test } from 'vitest';
import { koalaBear, P } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { findViolation } from '../../src/relation/check-witness.ts';
import { isCell, isConstant, reachedRun, reachesDimension, singleTerm } from '../../src/relation/columns.ts';
import type { Index, Program, Relation, Term, Virtual } from '../../src/relation/program.ts';
import { lookupOf, rangeTable, read, times, witnessTensor } from '../support/example-programs.ts';
import { affine, expectRefusal } from '../support/program-changes.ts';

const I: Index = { name: 'i', size: 6 };
const J: Index = { name: 'j', size: 4 };
const K: Index = { name: 'k', size: 3 };

const cell = (name: string, coefficient = 1): Term => times(coefficient, [read(name, 'j')]);
const w = cell('w');

/**
 * x in 0 .. 255 of 6 x 4 cells; high, other, y, f and free of 4, of which relations may say what they are; w static, c public. Table k
 * has 16 rows.
 */
function program(
  relations: readonly Relation[],
  virtuals: readonly Virtual[] = [],
  tables: Program['tables'] = [],
): Program {
  const names = new Set(relations.map((one) => (one.kind === 'lookup' ? one.table : '')));
  return {
    tensors: [
      witnessTensor('x', [6, 4]),
      ...['high', 'other', 'y', 'z', 'f', 'free'].map((name) => witnessTensor(name, [4])),
      { kind: 'static', name: 'w', shape: [4] },
      { kind: 'public', name: 'c', shape: [4], values: [1, 2, 3, 1] },
    ],
    tables: [rangeTable('byte', 256), rangeTable('k', 16), ...tables].filter(
      ({ name }) => name === 'byte' || names.has(name),
    ),
    virtuals: [...virtuals],
    relations: [lookupOf('x', [I, J], 'byte', [times(1, [read('x', 'i', 'j')])]), ...relations],
  };
}
const check = (...args: Parameters<typeof program>) => checkProgram(koalaBear, program(...args));
const refused = (args: Parameters<typeof program>, stage: string, detail: string): void =>
  expectRefusal(() => check(...args), 'PROGRAM_RANGE', stage, detail);
const ranged = (name: string): Relation => lookupOf(name, [J], 'k', [cell(name)]);
const residue = (name: string, terms: readonly Term[] = [w]): Virtual => ({
  name,
  indices: [J],
  range: 'residue',
  terms,
});
const zero = (name: string, ...terms: readonly Term[]): Relation => ({
  kind: 'zero',
  name,
  indices: [J],
  terms,
});

describe('views and terms', () => {
  const sizes = new Map([
    ['i', 3],
    ['j', 4],
  ]);
  test('an index that is not among those that run reaches nothing', () => {
    expect(reachesDimension({ kind: 'gather', index: 'i', positions: [2, 0, 1] }, 3, sizes)).toBe(true);
    expect(reachesDimension({ kind: 'gather', index: 'k', positions: [2, 0, 1] }, 3, sizes)).toBe(false);
    expect(reachesDimension({ kind: 'gather', index: 'i', positions: [2, 0, 0] }, 3, sizes)).toBe(false);
    expect(reachedRun(affine(0, ['i', 1]), sizes)).toEqual({ from: 0, to: 3 });
    expect(reachedRun(affine(0, ['i', 1], ['k', 1]), sizes)).toBeUndefined();
    expect(reachedRun({ kind: 'gather', index: 'i', positions: [0, 1, 2] }, sizes)).toBeUndefined();
  });
  test('positions of an affine coordinate', () => {
    expect(reachedRun(affine(2, ['j', 1], ['i', 4]), sizes)).toEqual({ from: 2, to: 14 });
    expect(reachedRun(affine(2, ['j', 1], ['i', 5]), sizes)).toBeUndefined();
    expect(reachedRun(affine(5), sizes)).toEqual({ from: 5, to: 6 });
  });
  test('constants and cells have neither sums nor masks', () => {
    const mask = { row: 'i', column: 'j', from: [0], to: [1] };
    expect([isConstant(times(5)), isConstant(times(5, [], { sums: [J] })), isConstant(times(5, [], { mask }))]).toEqual([true, false, false]); // prettier-ignore
    expect([isCell(w), isCell(times(1, w.views, { sums: [J] })), isCell(times(1, w.views, { mask })), isCell(times(1, [...w.views, ...w.views]))]).toEqual([true, false, false, false]); // prettier-ignore
    expect(isConstant(w)).toBe(false);
  });
  test('a single term is one', () => {
    expect(singleTerm([times(3), w, times(-1)])).toEqual({ term: w, shift: 2n });
    expect(singleTerm([w, cell('x')])).toBeUndefined();
    expect(singleTerm([times(3)])).toBeUndefined();
  });
  test('a constant that is summed counts as often as it is summed', () => {
    const of = (first: number): unknown =>
      check([lookupOf('r', [J], 't', [cell('y'), times(5, [], { sums: [I] })])], [], [rangeTable('t', 16, first)]).intervals.get('y'); // prettier-ignore
    expect(of(30)).toEqual({ min: 0n, max: 15n });
  });
});

describe('facts about witness tensors', () => {
  const interval = (terms: readonly Term[], name = 'y', indices: readonly Index[] = [J]): unknown =>
    check([lookupOf('r', [...indices], 'k', [...terms])]).intervals.get(name);
  test('are of cells with coefficient 1 or -1', () => {
    expect(interval([cell('y')])).toEqual({ min: 0n, max: 15n });
    expect(interval([cell('y', -1)])).toEqual({ min: -15n, max: 0n });
    expect(interval([cell('y', 2)])).toBeUndefined();
  });
  test('beside what has a range', () => {
    const x = times(1, [read('x', 0, 'j')]);
    expect(interval([cell('y'), x])).toEqual({ min: -255n, max: 15n });
    refused(
      [[lookupOf('r', [J], 'k', [cell('y'), w])]],
      'relation r: entry 0',
      'reads y, which has no range',
    );
    expect(interval([cell('y'), times(1, [read('x', 'i', 'j')], { sums: [I] })])).toEqual({
      min: -1530n,
      max: 15n,
    });
    expect(interval([cell('y'), times(1, [read('c', 'j')])])).toEqual({ min: -3n, max: 14n });
  });
  test('a constant moves the column, which may pass (p-1)/2', () => {
    const at = (P - 1) / 2 - 3;
    const { intervals } = check(
      [lookupOf('r', [J], 't', [cell('y'), times(at)])],
      [],
      [rangeTable('t', 16, at)],
    );
    expect(intervals.get('y')).toEqual({ min: 0n, max: 15n });
  });
  test('not of sums, nor of static tensors', () => {
    expect(interval([times(1, [read('y', 'j')], { sums: [J] })], 'y', [])).toBeUndefined();
    expect(interval([w], 'w')).toBeUndefined();
  });
});

describe('what settles a digit', () => {
  /** b + high - 16 other: high counts as a digit of 16 unless it is settled. */
  const second = lookupOf('second', [J], 'k', [cell('b'), cell('high'), cell('other', -16)]);
  const checks = [ranged('high'), ranged('other')];
  const settledBy = (first: Relation, tables: Program['tables'] = []): Parameters<typeof program> => [
    [...checks, first, second],
    [residue('b')],
    tables,
  ];
  const x = times(1, [read('x', 0, 'j')]);
  const cut = (high: Term, indices: readonly Index[] = [J]): Relation =>
    lookupOf('first', [...indices], 'k', [cell('c'), high]);
  const overlap = '16 times 1, 16 times 16 over';
  const stage = 'relation second: entry 0';

  test('an entry with digits that decompose, of all their cells', () => {
    expect(() => check(...settledBy(cut(cell('high', -16))))).not.toThrow();
    refused(settledBy(cut(cell('high', -15))), stage, overlap);
    refused(settledBy(cut(cell('high', -16), [{ name: 'j', size: 3 }])), stage, overlap);
  });
  test('not a column that has a value twice, beside another column', () => {
    const pairs = (values: readonly number[]): Program['tables'][number] => ({
      name: 'pairs',
      rows: 16,
      columns: [
        { kind: 'dense', values: Uint32Array.from(values) },
        { kind: 'range', first: 0 },
      ],
    });
    const first = lookupOf('first', [J], 'pairs', [cell('c'), cell('high', -16)], [cell('z')]);
    const different = Array.from({ length: 16 }, (_, i) => i);
    expect(() => check(...settledBy(first, [pairs(different)]))).not.toThrow();
    refused(settledBy(first, [pairs(different.map((i) => Math.max(i, 1)))]), stage, overlap);
  });
  test('not a check of a single cell, whatever its coefficient', () => {
    // 16 y is a value of k, so y is 0; what makes a tensor of the residue is the relation behind it.
    const relations = [
      ranged('y'),
      lookupOf('too', [J], 'k', [cell('y', 16), times(0)]),
      lookupOf('only', [J], 'k', [cell('y', 16)]),
      zero('make', cell('a'), cell('y', -1)),
    ];
    expect(check(relations, [residue('a')]).residues).toMatchObject([{ name: 'a', relation: 'make' }]);
  });
  test('an entry whose digit has no range settles nothing, and is no reason to refuse', () => {
    const pairs = { name: 'pairs', rows: 16, columns: [{ kind: 'range', first: 0 }, { kind: 'range', first: 5 }] } as const; // prettier-ignore
    const other = lookupOf('pair', [J], 'pairs', [x], [cell('free'), w]);
    expect(() => check([other], [], [pairs])).not.toThrow();
    // f is settled later: that matters to relations that settle or pin something.
    const sum = [times(1, [read('f', 'j'), read('c', 'j')]), cell('free')];
    const late = [
      lookupOf('pair', [J], 'pairs', [x], sum),
      ranged('f'),
      zero('make', cell('a'), cell('f', -1)),
    ];
    expect(() => check(late, [residue('a')], [pairs])).not.toThrow();
  });
});

describe('what makes a tensor of a residue', () => {
  const none = 'reads the residue a, but makes no tensor of it';
  test('one cell that nothing settled, with coefficient 1 or -1, read once', () => {
    const make = (...terms: readonly Term[]): Parameters<typeof program> => [
      [zero('make', cell('a'), ...terms)],
      [residue('a')],
    ];
    expect(() => check(...make(cell('y', -1)))).not.toThrow();
    expect(() => check(...make(cell('y')))).not.toThrow();
    refused(make(cell('y', -2)), 'relation make', none);
    refused(make(cell('y', -1), cell('z')), 'relation make', none);
    refused(make(), 'relation make', none);
    const own = residue('a', [times(1, [read('y', 'j'), read('w', 'j')])]);
    refused([[zero('make', cell('a'), cell('y', -1))], [own]], 'relation make', none);
  });
  test('of what is there before it', () => {
    const virtuals = [residue('a'), residue('v', [times(1, [read('f', 'j'), read('w', 'j')])])];
    const [make, use] = [zero('make', cell('a'), cell('f', -1)), zero('use', cell('v'), cell('y', -1))];
    expect(() => check([make, use], virtuals)).not.toThrow();
    refused([[use, make], virtuals], 'relation use', 'got f, settled later');
  });
  test('and no digits of themselves: two witnesses would fit', () => {
    // c is 1 in its first cell: 16 high - 16 high is in k for any high there.
    const of = (term: Term): Parameters<typeof program> => {
      const cut = lookupOf('cut', [J], 'k', [cell('a'), cell('high', -16)]);
      return [[ranged('high'), ranged('y'), cut], [residue('a', [term])]];
    };
    const product = (name: string): Term => times(16, [read(name, 'j'), read('c', 'j')]);
    const own = of(product('high'));
    const fits = (first: number): boolean => {
      const sizes = program(...own).tensors.map(({ name, shape }): [string, number[]] => {
        return [name, new Array<number>(shape.reduce((a, b) => a * b)).fill(0)];
      });
      const witness = new Map(sizes.filter(([name]) => name !== 'c'));
      (witness.get('high') as number[])[0] = first;
      return findViolation(koalaBear, program(...own), witness) === undefined;
    };
    expect([fits(0), fits(5)]).toEqual([true, true]);
    const cut = 'relation cut: entry 0';
    refused(own, cut, 'reads high beside digits, and makes digits of it');
    refused(of(times(1, [read('high', K.name)], { sums: [{ ...K, size: 4 }] })), cut, 'reads high beside');
    expect(() => check(...of(product('y')))).not.toThrow();
    // Nor of digits that another entry of the relation makes.
    const pairs = { name: 'pairs', rows: 16, columns: [{ kind: 'range', first: 0 }, { kind: 'range', first: 0 }] } as const; // prettier-ignore
    const both = (one: string, other: string): Parameters<typeof program> => {
      const entries = [[cell('a'), cell('high', -16)], [cell('b'), cell('y', -16)]]; // prettier-ignore
      return [
        [ranged('high'), ranged('y'), lookupOf('cut', [J], 'pairs', ...entries)],
        [residue('a', [product(one)]), residue('b', [product(other)])],
        [pairs],
      ];
    };
    expect(() => check(...both('z', 'f'))).not.toThrow();
    refused(both('y', 'high'), 'relation cut: entry 1', 'reads high beside digits');
    refused(both('y', 'f'), cut, 'reads y beside digits');
  });
  test('and not of cells of themselves, by way of other tensors, where no relation reaches all of them', () => {
    const one: Index = { name: 'j', size: 1 };
    const first = (name: string, terms: readonly Term[]): Virtual => ({ ...residue(name, terms), indices: [one] }); // prettier-ignore
    const product = (name: string): Term => times(16, [read(name, 'j'), read('c', 'j')]);
    /** Whether zeros satisfy a program, but for these first cells. */
    const fits = (args: Parameters<typeof program>, cells: Record<string, number>): boolean => {
      const own = program(...args);
      const zeros = own.tensors.filter(({ kind }) => kind !== 'public').map(({ name, shape }): [string, number[]] => {
        return [name, new Array<number>(shape.reduce((a, b) => a * b)).fill(0).fill(cells[name] ?? 0, 0, 1)];
      }); // prettier-ignore
      return findViolation(koalaBear, own, new Map(zeros)) === undefined;
    };
    const liar = (
      args: Parameters<typeof program>,
      cells: Record<string, number>,
      at: string,
      got: string,
    ): void => {
      // prettier-ignore
      expect([fits(args, {}), fits(args, cells)]).toEqual([true, true]);
      refused(args, `relation ${at}`, `got ${got}, settled later`);
    };
    // f = 16 c high, and its first cell is cut into high: 16 high - 16 high is in k for any high.
    const make = zero('make', cell('f', -1), product('high'));
    const cut = lookupOf('cut', [one], 'k', [cell('a'), cell('high', -16)]);
    const checks = [ranged('high'), ranged('y')];
    liar([[...checks, make, cut], [first('a', [cell('f')])]], { f: 16, high: 1 }, 'make', 'high');
    expect(() => check([...checks, zero('make', cell('f', -1), product('y')), cut], [first('a', [cell('f')])])).not.toThrow(); // prettier-ignore
    // f = c y, and the first cell of y is made of f: c is 1 there.
    const back = { ...zero('back', cell('y'), cell('a', -1)), indices: [one] } as Relation;
    const whole = zero('make', cell('f', -1), times(1, [read('y', 'j'), read('c', 'j')]));
    liar([[whole, back], [first('a', [cell('f')])]], { f: 7, y: 7 }, 'make', 'y');
    // Two entries of one relation, each of the other's digit.
    const pairs = { name: 'pairs', rows: 16, columns: [{ kind: 'range', first: 0 }, { kind: 'range', first: 0 }] } as const; // prettier-ignore
    const entries = [[cell('a'), cell('high', -16)], [cell('b'), cell('y', -16)]]; // prettier-ignore
    const both = (of: string): Parameters<typeof program> => [
      [...checks, lookupOf('cut', [one], 'pairs', ...entries)],
      [first('a', [product(of)]), first('b', [product('high')])],
      [pairs],
    ];
    liar(both('y'), { high: 1, y: 1 }, 'cut: entry 0', 'y');
  });
  test('its digits may be cut half by half', () => {
    const two: Index = { name: 'j', size: 2 };
    const half = (from: number): Relation =>
      lookupOf(`half-${from}`, [two], 'k', [
        times(1, [read('v', 'j')]),
        times(-16, [read('high', affine(from, ['j', 1]))]),
      ]);
    const v = { ...residue('v', [times(1, [read('w', 'j')])]), indices: [two] };
    expect(() => check([ranged('high'), half(0), half(2)], [v])).not.toThrow();
  });
  test('and digits of proven sums likewise', () => {
    const virtuals = [residue('a')];
    const make = zero('make', cell('a'), cell('f', -1));
    const product = times(1, [read('f', 'j'), read('c', 'j')]);
    const use = lookupOf('use', [J], 'k', [product, cell('high', -16)]);
    const checks = [ranged('f'), ranged('high')];
    expect(() => check([...checks, make, use], virtuals)).not.toThrow();
    refused([[...checks, use, make], virtuals], 'relation use: entry 0', 'got f, settled later');
  });
});

describe('keys of lookups', () => {
  const key = (...terms: readonly Term[]): Relation => lookupOf('key', [J], 'k', [...terms]);
  const sum = times(1, [read('x', 'i', 'j')], { sums: [I] });
  test('of products and sums are residues that are listed', () => {
    const listed = [{ name: 'key', cells: 4, relation: 'key', entry: 0 }];
    expect(check([key(times(1, [read('w', 'j'), read('w', 'j')]))]).residues).toEqual(listed);
    expect(check([key(w, sum)]).residues).toEqual(listed);
    expect(check([key(w, times(1, [read('x', 0, 'j'), read('w', 'j')]))]).residues).toEqual(listed);
    expect(check([key(w, times(1, [read('x', 'i', 'j'), read('f', 'j')], { sums: [I] }))]).residues).toEqual(
      listed,
    );
    expect(check([key(w)]).residues).toEqual([]);
  });
  test('of two cells multiplied are refused', () => {
    const product = times(1, [read('x', 0, 'j'), read('f', 'j')]);
    refused([[key(w, product)]], 'relation key: entry 0', 'the product of x and f');
  });
});

describe('convexity', () => {
  const T = 2048;
  const [i, j, d]: [Index, Index, Index] = [
    { name: 'i', size: 2 },
    { name: 'j', size: T },
    { name: 'd', size: 3 },
  ];
  interface Attention {
    readonly sum?: readonly Term[];
    readonly value?: Term;
    readonly cells?: number;
  }
  const rows = (tensor: string, sums: readonly Index[] = [j]): Term =>
    times(1, [read(tensor, 'i', 'j')], { sums: [...sums] });
  const attention = ({ sum = [rows('e')], value, cells = T }: Attention): Program => {
    const own = { ...j, size: cells };
    return {
      tensors: [
        witnessTensor('e', [2, cells]),
        witnessTensor('g', [2, cells]),
        witnessTensor('v', [cells, 3]),
        witnessTensor('u', [2]),
        { kind: 'public', name: 'ones', shape: [2, T], values: new Int32Array(2 * T).fill(1) },
      ],
      tables: [rangeTable('weights', 2 ** 15)],
      virtuals: [{ name: 'o', indices: [i, d], range: 'proven', terms: [value ?? times(1, [read('e', 'i', 'j'), read('v', 'j', 'd')], { sums: [own] })] }], // prettier-ignore
      relations: [
        lookupOf('e', [i, own], 'weights', [times(1, [read('e', 'i', 'j')])]),
        lookupOf('g', [i, own], 'weights', [times(1, [read('g', 'i', 'j')])]),
        lookupOf('v', [own, d], 'weights', [times(1, [read('v', 'j', 'd')]), times(2 ** 14)]),
        lookupOf('u', [i], 'weights', [times(1, [read('u', 'i')])]),
        lookupOf('sum', [i], 'weights', [...sum]),
        { kind: 'zero', name: 'o', indices: [i, d], terms: [times(1, [read('o', 'i', 'd')])] },
      ],
    };
  };
  const bounded = (of: Attention): void => {
    const { intervals } = checkProgram(koalaBear, attention(of));
    expect(intervals.get('o')).toMatchObject({ max: (2n ** 15n - 1n) * (2n ** 14n - 1n) });
  };
  const open = (of: Attention): void =>
    expectRefusal(
      () => checkProgram(koalaBear, attention(of)),
      'PROGRAM_RANGE',
      'virtual o',
      'within (p-1)/2',
    );
  const identity = Array.from({ length: T }, (_, at) => at);

  test('a sum alone, of this tensor', () => {
    bounded({});
    bounded({ sum: [rows('e'), times(0)] });
    open({ sum: [rows('e'), times(-1, [read('u', 'i')])] });
    open({ sum: [rows('g')] });
  });
  test('a sum of cells, not of products', () => {
    open({ sum: [times(1, [read('e', 'i', 'j'), read('ones', 'i', 'j')], { sums: [j] })] });
    // Masked by nothing at all, the sum is zero and says nothing.
    const b: Index = { name: 'b', size: 2 };
    const nothing = { row: 'i', column: 'b', from: [0, 0], to: [0, 0] };
    open({ sum: [times(1, [read('e', 'i', 'j')], { sums: [j, b], mask: nothing })] });
  });
  test('a sum that cannot pass p', () => {
    const cells = 2 ** 17;
    open({ cells, sum: [rows('e', [{ ...j, size: cells }])] });
  });
  test('gathered rows are rows; gathered cells may be one cell often', () => {
    const gathered = (index: string, positions: readonly number[]) => ({ kind: 'gather', index, positions: [...positions] }) as const; // prettier-ignore
    const value = (at: Term['views'][number]): Term => times(1, [at, read('v', 'j', 'd')], { sums: [j] });
    bounded({ value: value(read('e', gathered('i', [1, 1]), 'j')) });
    open({ value: value(read('e', 'i', gathered('j', identity.map(() => 0)))) }); // prettier-ignore
  });
  test('a sum over rows is none over a row', () => {
    const a: Index = { name: 'a', size: 2 };
    open({ value: times(1, [read('e', 'a', 0), read('v', 0, 'd')], { sums: [a] }) });
  });
  test('a single cell is a part of a row', () => {
    const { intervals } = checkProgram(
      koalaBear,
      attention({ value: times(1, [read('e', 'i', 0), read('v', 0, 'd')]) }),
    );
    expect(intervals.get('o')).toMatchObject({ max: (2n ** 15n - 1n) * (2n ** 14n - 1n) });
  });
});
