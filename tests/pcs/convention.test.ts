/**
 * The one convention of indices, against its definition: a column's coefficients are cells and pads in order, a row of its tree
 * is its value at the row's point, bits of an index are low variables first, and the form of an evaluation stops short of the
 * pads.
 */
import { describe, expect, test } from 'vitest';
import { encodeAt } from '../../src/code/encode-at.ts';
import { codePoint } from '../../src/code/point.ts';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { commitGroup } from '../../src/pcs/group-prove.ts';
import { commitOwn } from '../../src/pcs/own-prove.ts';
import { eqAbove, eqIndex } from '../../src/sumcheck/eq.ts';
import { applyForms, evaluateMultilinear } from '../../src/pcs/whir/functional.ts';
import { randomPoint, testSource } from '../support/linear.ts';
import { groupOf, toyField } from '../support/scenarios.ts';

const [M, T, N0] = [3, 4, 32];

function parametersOf(field: ExtensionField): Parameters {
  return {
    profile: unsafeToyProfile(1, { modulus: field.base.modulus, degree: field.degree }),
    code: { logData: M, padLength: T, queries: 2 },
    levels: [{ logFold: 2, logInverseRate: 1, queries: 1 }],
    logFinal: 2,
    pads: { size: 1, logCodeword: 2, queries: 1 },
  };
}

describe.each<[string, ExtensionField]>([
  ['F_97', toyField('F_97^2')],
  ['KoalaBear', quintic],
])('%s', (_, field) => {
  const { base } = field;
  const kernels = referenceKernels(field);
  const parameters = parametersOf(field);
  const value = (coefficients: readonly number[], x: Fe): Fe =>
    coefficients.reduceRight((sum: Fe, c) => base.add(base.mul(sum, x), base.fe(c)), base.zero);
  const points = Array.from({ length: N0 }, (_x, row) => codePoint(base, M + 2, row));

  test('points are all different and not zero', () => {
    expect(new Set(points).size).toBe(N0);
    expect(points).not.toContain(base.zero);
    for (const x of points) expect(base.pow(x, N0)).toBe(base.one);
  });

  test('every row of a group: cells, then pads, at the point of the row', () => {
    const cells = Int16Array.from({ length: 16 }, (_x, i) => i * i - 20);
    const identity = groupOf('W', 2);
    const read = (first: number, count: number) => cells.subarray(8 * first, 8 * (first + count));
    const group = commitGroup(kernels, testSource(field, 4), parameters, identity, read, 0);
    const pads = [...group.source.pads(0, 2)];
    expect(new Set(pads).size).toBeGreaterThan(2);
    const opened = group.open(Array.from({ length: N0 }, (_x, i) => i)).values;
    points.forEach((x, row) => {
      const expected = [0, 1].map((c) => {
        const column = [...cells.subarray(8 * c, 8 * c + 8)].map((cell) => base.fromInt(cell));
        return value([...column, ...pads.slice(T * c, T * c + T)], x);
      });
      expect([row, [...opened.subarray(2 * row, 2 * row + 2)]]).toEqual([row, expected]);
    });
  });

  test("every row of a proof's own tree: its columns, then the limbs of the mask", () => {
    const cells = Uint32Array.from({ length: 8 }, (_x, i) => 3 * i + 1);
    const own = commitOwn(kernels, testSource(field, 5), parameters, 1, cells);
    const width = 1 + field.degree;
    const [data, pads] = [own.source.data(0, width), own.source.pads(0, width)];
    const opened = own.open(Array.from({ length: N0 }, (_x, i) => i)).values;
    points.forEach((x, row) => {
      const expected = Array.from({ length: width }, (_x, c) =>
        value([...data.subarray(8 * c, 8 * c + 8), ...pads.subarray(T * c, T * c + T)], x),
      );
      expect([row, [...opened.subarray(width * row, width * (row + 1))]]).toEqual([row, expected]);
    });
  });

  test('encodeAt is the value of the polynomial; pow(x) is the same functional', () => {
    const vector = randomPoint(field, 16, 6);
    encodeAt(field, vector, points).forEach((got, row) => {
      const x = points[row] as Fe;
      const horner = vector.reduceRight((sum: Ext, c) => field.add(field.mulBase(sum, x), c), field.zero);
      expect([row, got]).toEqual([row, horner]);
      expect(applyForms(field, [{ kind: 'pow', coefficient: field.one, x }], vector)).toEqual(horner);
    });
  });

  test('an evaluation sees the cells alone: (r, 0), the zero on the highest variable', () => {
    const column = randomPoint(field, 16, 7); // eight cells, eight pads
    const r = randomPoint(field, M, 8);
    const cells = column.slice(0, 8);
    const direct = cells.reduce(
      (sum: Ext, x, j) => field.add(sum, field.mul(x, eqIndex(field, r, j))),
      field.zero,
    );
    expect(evaluateMultilinear(field, cells, r)).toEqual(direct);
    const form = (point: readonly Ext[]): Ext =>
      applyForms(field, [{ kind: 'eq', coefficient: field.one, point }], column);
    expect(form([...r, field.zero])).toEqual(direct);
    expect(form([field.zero, ...r])).not.toEqual(direct);
    // eq by its definition: bit b of an index is variable b.
    for (let j = 0; j < 8; j++) {
      const factors = r.map((z, b) => ((j >> b) & 1 ? z : field.sub(field.one, z)));
      expect(eqIndex(field, r, j)).toEqual(factors.reduce((a, z) => field.mul(a, z), field.one));
    }
    const above = eqAbove(field, r);
    for (let from = 0; from <= r.length; from++) {
      const upper = r.slice(from);
      for (let j = 0; j < 2 ** upper.length; j++) expect(above(from, j)).toEqual(eqIndex(field, upper, j));
      const last = above(from, 0); // once more, now that it is known
      expect(last).toEqual(eqIndex(field, upper, 0));
    }
  });
});
