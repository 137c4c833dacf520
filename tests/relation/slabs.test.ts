/** Concatenations: what relations say about slabs of a tensor is joined where the slabs cover it, and nowhere else. */
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import type { Coordinate, Index, Program, Relation, Term } from '../../src/relation/program.ts';
import { coverDimension } from '../../src/relation/slabs.ts';
import { lookupOf, rangeTable, read, times, witnessTensor } from '../support/example-programs.ts';
import { affine, expectRefusal } from '../support/program-changes.ts';

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
  test('is a tensor behind its last slab', () => {
    const { residues } = checkProgram(koalaBear, wide(whole('l', 'va'), whole('r', 'vb'), digits));
    expect(residues.map(({ name, relation }) => [name, relation])).toEqual([
      ['va', 'l'],
      ['vb', 'r'],
      ['cut', 'cut'],
    ]);
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
