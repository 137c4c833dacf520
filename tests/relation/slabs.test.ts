/** Concatenations: what relations say about slabs of a tensor is joined where the slabs cover it, and nowhere else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import type { Fe } from '../../src/field/field.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { findViolation } from '../../src/relation/check-witness.ts';
import type { Interval } from '../../src/relation/interval.ts';
import type { Coordinate, Index, Program, Relation, Term } from '../../src/relation/program.ts';
import { coverDimension } from '../../src/relation/slabs.ts';
import { lookupOf, rangeTable, read, times, witnessTensor } from '../support/example-programs.ts';
import { affine, expectRefusal, gather } from '../support/program-changes.ts';

const T: Index = { name: 't', size: 2 };
const index = (size: number): Index => ({ name: 'j', size });

/** y[t, offset + j] = x[t, j], y of 2 x 6 cells. */
const part = (
  name: string,
  x: string,
  offset: number,
  size: number,
  more: readonly Term[] = [],
): Relation => ({
  kind: 'zero',
  name,
  indices: [T, index(size)],
  terms: [times(1, [read('y', 't', affine(offset, ['j', 1]))]), times(-1, [read(x, 't', 'j')]), ...more],
});
const ranged = (name: string, first: number): Relation =>
  lookupOf(name, [T, index(6)], `${name}s`, [times(1, [read(name, 't', 'j')]), times(-first)]);

/** a in 0 .. 7, b in -4 .. 27, and y, of which relations may say what it is. */
const program = (relations: readonly Relation[], range?: { min: number; max: number }): Program => ({
  tensors: [witnessTensor('a', [2, 6]), witnessTensor('b', [2, 6]), witnessTensor('y', [2, 6], range)],
  tables: [rangeTable('as', 8), rangeTable('bs', 32)],
  virtuals: [],
  relations: [...relations, ranged('a', 0), ranged('b', -4)],
});
const intervalOf = (relations: readonly Relation[]): unknown =>
  checkProgram(koalaBear, program(relations)).intervals.get('y');

describe('slabs that cover a tensor', () => {
  const COVERED: [string, Relation[]][] = [
    ['in order', [part('l', 'a', 0, 2), part('r', 'b', 2, 4)]],
    ['out of order', [part('r', 'b', 2, 4), part('l', 'a', 0, 2)]],
    ['three', [part('l', 'a', 0, 1), part('m', 'b', 1, 4), part('r', 'a', 5, 1)]],
    ['that overlap', [part('l', 'a', 0, 4), part('r', 'b', 1, 5)]],
    ['one inside another', [part('l', 'a', 0, 5), part('m', 'a', 1, 2), part('r', 'b', 3, 3)]],
  ];
  test.each(COVERED)('%s', (_, relations) => {
    expect(intervalOf(relations)).toEqual({ min: -4n, max: 27n });
  });
  test('a slab twice is bounded by both', () => {
    const relations = [part('l', 'a', 0, 2), part('r', 'b', 2, 4), part('again', 'a', 2, 4)];
    expect(intervalOf(relations)).toEqual({ min: 0n, max: 7n });
  });
  test.each([
    ['end', [part('l', 'b', 0, 4), part('m', 'a', 2, 2), part('r', 'a', 4, 2)]],
    ['begin', [part('l', 'a', 0, 2), part('m', 'a', 2, 2), part('r', 'b', 2, 4)]],
  ])('slabs that %s together are bounded each by its own', (_, relations) => {
    expect(intervalOf(relations)).toEqual({ min: -4n, max: 27n });
  });
  test('rows, and slabs that a lookup bounds', () => {
    const row = (name: string, t: number, first: number): Relation =>
      lookupOf(name, [index(6)], 'as', [times(1, [read('y', t, 'j')]), times(-first)]);
    expect(intervalOf([row('top', 0, 0), row('bottom', 1, 5)])).toEqual({ min: 0n, max: 12n });
  });
  test('back a claim', () => {
    const parts = [part('l', 'a', 0, 2), part('r', 'b', 2, 4)];
    expect(() => checkProgram(koalaBear, program(parts, { min: -4, max: 27 }))).not.toThrow();
    expectRefusal(
      () => checkProgram(koalaBear, program(parts, { min: 0, max: 27 })),
      'PROGRAM_RANGE',
      'tensor y',
      'one of -4 to 27',
    );
  });
});

describe('slabs that do not', () => {
  const stride: Coordinate = affine(0, ['j', 2]);
  const odd: Coordinate = affine(1, ['j', 2]);
  const at = (name: string, x: string, t: Coordinate | string | number, j: Coordinate | string, size: number): Relation => ({
    kind: 'zero',
    name,
    indices: [T, index(size)],
    terms: [times(1, [read('y', t, j)]), times(-1, [read(x, 't', 'j')])],
  }); // prettier-ignore
  const OPEN: [string, Relation[]][] = [
    ['the first is missing', [part('r', 'b', 2, 4)]],
    ['the last is missing', [part('l', 'a', 0, 2), part('m', 'b', 2, 3)]],
    ['one between', [part('l', 'a', 0, 2), part('r', 'b', 3, 3)]],
    ['strides leave holes that others would fill', [at('e', 'a', 't', stride, 3), at('o', 'b', 't', odd, 3)]],
    ['one row of each', [at('l', 'a', 0, affine(0, ['j', 1]), 2), at('r', 'b', 1, affine(2, ['j', 1]), 4)]],
    ['slabs of two dimensions', [at('l', 'a', 0, affine(0, ['j', 1]), 6), part('r', 'b', 3, 3)]],
  ];
  test.each(OPEN)('%s', (_, relations) => {
    expect(intervalOf(relations)).toBeUndefined();
  });
  test('a slab whose source has no bound', () => {
    const free = { ...program([part('l', 'free', 0, 2), part('r', 'b', 2, 4)]) };
    const tensors = [...free.tensors, witnessTensor('free', [2, 6])];
    expect(checkProgram(koalaBear, { ...free, tensors }).intervals.get('y')).toBeUndefined();
  });
});

test('covering a dimension', () => {
  const slabs = (...list: [number, number][]) => list.map(([from, to]) => ({ dimension: 0, from, to }));
  expect(coverDimension(slabs([0, 6]), 6)).toBe(true);
  expect(coverDimension(slabs([3, 6], [0, 3]), 6)).toBe(true);
  expect(coverDimension(slabs([0, 3], [0, 6], [1, 2]), 6)).toBe(true);
  expect(coverDimension(slabs([0, 5]), 6)).toBe(false);
  expect(coverDimension(slabs([1, 6]), 6)).toBe(false);
  expect(coverDimension(slabs([0, 2], [3, 6]), 6)).toBe(false);
  expect(coverDimension([], 6)).toBe(false);
});

describe('a concatenation of residues', () => {
  /** y = (a . w) beside (b . w), then cut into digits `high` and a remainder; more values than a range could have. */
  const cut = lookupOf('cut', [T, index(6)], 'as', [
    times(1, [read('y', 't', 'j')]),
    times(-1024, [read('high', 't', 'j')]),
  ]);
  const residue = (name: string, x: string): Program['virtuals'][number] => ({
    name,
    indices: [T, index(6)],
    range: 'residue',
    terms: [times(1, [read(x, 't', 'j'), read('w', 'j')])],
  });
  const whole = (name: string, v: string): Relation => ({
    kind: 'zero',
    name,
    indices: [T, index(6)],
    terms: [
      times(1, [read(v, 't', 'j')]),
      times(-1, [read('y', 't', affine(name === 'l' ? 0 : 6, ['j', 1]))]),
    ],
  });
  const wide = (...relations: Relation[]): Program => {
    const { tensors, tables, relations: ranges } = program([]);
    const y = witnessTensor('y', [2, 12]);
    const high = witnessTensor('high', [2, 12]);
    return {
      tensors: [
        ...tensors.filter(({ name }) => name !== 'y'),
        y,
        high,
        { kind: 'static', name: 'w', shape: [6] },
      ],
      tables: [...tables, rangeTable('high', 3 * 2 ** 19)],
      virtuals: [residue('va', 'a'), residue('vb', 'b')],
      relations: [
        ...ranges,
        lookupOf('high', [T, index(12)], 'high', [times(1, [read('high', 't', 'j')])]),
        ...relations,
      ],
    };
  };
  const digits = { ...cut, indices: [T, index(12)] } as Relation;
  const withoutRange = (of: Program): Program => ({
    ...of,
    tables: of.tables.filter(({ name }) => name !== 'high'),
    relations: of.relations.filter(({ name }) => name !== 'high'),
  });
  test('is a tensor behind its last slab', () => {
    const { residues } = checkProgram(koalaBear, wide(whole('l', 'va'), whole('r', 'vb'), digits));
    expect(residues.map(({ name, relation }) => [name, relation])).toEqual([
      ['va', 'l'],
      ['vb', 'r'],
      ['cut', 'cut'],
    ]);
  });
  test('is read slab by slab: those that are made, and no others', () => {
    /** z = y[from ..] w, made between the slabs of y. */
    const use = (from: number, size: number): Relation => ({
      kind: 'zero',
      name: 'use',
      indices: [T, index(size)],
      terms: [
        times(1, [read('y', 't', affine(from, ['j', 1])), read('w', 'j')]),
        times(-1, [read('high', 't', 'j')]),
      ],
    });
    const between = (from: number, size: number): Program => wide(whole('l', 'va'), use(from, size), whole('r', 'vb')); // prettier-ignore
    /** The same at a list of positions. */
    const listed = (...positions: number[]): Program => {
      const made = use(0, positions.length) as Relation & { kind: 'zero' };
      const product = times(1, [read('y', 't', gather('j', ...positions)), read('w', 'j')]);
      const terms = [product, ...made.terms.slice(1)];
      return wide(whole('l', 'va'), { ...made, terms }, whole('r', 'vb'));
    };
    expect(() => checkProgram(koalaBear, withoutRange(listed(5, 0, 3)))).not.toThrow();
    for (const positions of [[0, 6], [6], [11, 2]])
      expectRefusal(
        () => checkProgram(koalaBear, withoutRange(listed(...positions))),
        'PROGRAM_RANGE',
        'relation use',
        'got y, settled later',
      );
    expect(() => checkProgram(koalaBear, withoutRange(between(0, 6)))).not.toThrow();
    expect(() => checkProgram(koalaBear, withoutRange(between(2, 4)))).not.toThrow();
    for (const [from, size] of [[1, 6], [6, 6], [5, 2]] as const) {
      const run = (): unknown => checkProgram(koalaBear, withoutRange(between(from, size)));
      expectRefusal(run, 'PROGRAM_RANGE', 'relation use', 'got y, settled later');
    } // prettier-ignore
  });
  test.each([
    ['before its slabs', [digits, whole('l', 'va'), whole('r', 'vb')]],
    ['between them', [whole('l', 'va'), digits, whole('r', 'vb')]],
    ['without the second', [whole('l', 'va'), digits]],
  ])('and none %s', (_, relations) => {
    // y is then a digit of its own, and it has no range.
    const run = (): unknown => checkProgram(koalaBear, wide(...relations));
    expectRefusal(run, 'PROGRAM_RANGE', 'relation cut: entry 0', 'reads y, which has no range');
  });
});

test('no witness leaves what random slabs derive, by exhaustion', () => {
  const base = primeField(7);
  const seen = { bounded: 0, open: 0, witnesses: 0 };
  const pick = <T>(gen: fc.GeneratorValue, list: readonly T[]): T =>
    list[gen(fc.nat, { max: list.length - 1 })] as T;
  /** y of three cells, written or looked up in one to four runs of them; x of one cell, sometimes bounded. */
  const random = (gen: fc.GeneratorValue): Program => {
    const constant = (): Term => times(gen(fc.integer, { min: -2, max: 2 }));
    const cell = (): Term => times(pick(gen, [1, -1]), [read('x', affine(0))]);
    const relations = Array.from({ length: gen(fc.integer, { min: 1, max: 4 }) }, (_, r): Relation => {
      const [from, size] = pick(gen, [[0, 1], [1, 1], [2, 1], [0, 2], [1, 2], [0, 3]] as const); // prettier-ignore
      const stride = from + 2 * (size - 1) < 3 && gen(fc.nat, { max: 5 }) === 0 ? 2 : 1;
      const y = times(pick(gen, [1, 1, -1, 2]), [read('y', affine(from, ['j', stride]))]);
      const terms = [y, ...(gen(fc.boolean) ? [cell()] : []), constant()];
      if (gen(fc.boolean)) return { kind: 'zero', name: `r${r}`, indices: [index(size)], terms };
      return lookupOf(`r${r}`, [index(size)], pick(gen, ['short', 'long']), terms);
    });
    if (gen(fc.boolean))
      relations.push(lookupOf('x', [index(1)], 'short', [times(1, [read('x', 'j')]), constant()]));
    const read0 = (name: string): boolean => relations.some((own) => 'table' in own && own.table === name);
    return {
      tensors: [witnessTensor('x', [1]), witnessTensor('y', [3])],
      tables: [rangeTable('short', 2), rangeTable('long', 4)].filter(({ name }) => read0(name)),
      virtuals: [],
      relations: gen(fc.boolean) ? relations : [...relations].reverse(),
    };
  };
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const own = random(gen);
      let interval: Interval | undefined;
      try {
        interval = checkProgram(base, own).intervals.get('y');
      } catch (error) {
        expect(error).toBeInstanceOf(ProofError);
        return;
      }
      if (interval === undefined) return void seen.open++;
      seen.bounded++;
      for (let i = 0; i < 7 ** 4; i++) {
        const cells = [0, 1, 2, 3].map((k) => Math.floor(i / 7 ** k) % 7) as Fe[];
        const witness = new Map([['x', cells.slice(3)], ['y', cells.slice(0, 3)]]); // prettier-ignore
        if (findViolation(base, own, witness) !== undefined) continue;
        seen.witnesses++;
        const y = cells.slice(0, 3).map((value) => BigInt(base.toBalanced(value)));
        const { min, max } = interval;
        expect(y.every((value) => min <= value && value <= max)).toBe(true);
      }
    }),
    { seed: 11, numRuns: 400 },
  );
  for (const [what, count] of Object.entries(seen)) expect([what, count > 30]).toEqual([what, true]);
}, 120_000);
