/** Claims of a model's kind: a random point on all columns, one cell, a block of the first column, with their values. */
import type { Ext, Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { extWords, readExt } from '../../src/kernels/contract/layout.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import type { PublicClaim } from '../../src/pcs/claim-encoding.ts';
import { bindLow } from '../../src/pcs/fold-prove.ts';
import type { CellReader } from '../../src/pcs/group-prove.ts';

export const CLAIMS = 3;

export function exampleClaims(
  kernels: Kernels,
  logData: number,
  columns: number,
  read: CellReader,
): PublicClaim[] {
  const point = Array.from({ length: logData }, (_, i) => quintic.fromLimbs([i + 2, 3, 5, 7, 11]));
  const coefficients = Array.from({ length: columns }, (_, i) => quintic.fromLimbs([1, i, 0, 0, 1]));
  const cell = quintic.fromBase(quintic.base.fromInt(read(0, 1)[5] as number));
  return [
    {
      weight: coefficients.map((coefficient, column) => ({
        column,
        coefficient,
        factors: [{ kind: 'eq' as const, point }],
      })),
      value: valueAtPoint(kernels, point, coefficients, read),
    },
    {
      weight: [
        { column: 0, coefficient: quintic.one, factors: [{ kind: 'fixed', bits: logData, index: 5 }] },
      ],
      value: cell,
    },
    {
      weight: [
        {
          column: 0,
          coefficient: quintic.one,
          factors: [
            { kind: 'dense', values: [0, 1, 0, 0].map((x) => quintic.fromBase(x as Fe)) },
            { kind: 'fixed', bits: logData - 2, index: 1 },
          ],
        },
      ],
      value: cell,
    },
  ];
}

/** sum over columns of coefficient * column~(point). */
function valueAtPoint(
  kernels: Kernels,
  point: readonly Ext[],
  coefficients: readonly Ext[],
  read: CellReader,
): Ext {
  const n = 2 ** point.length;
  const table = new Uint32Array(extWords(n, quintic.degree));
  kernels.eqTable(table, point, quintic.one);
  const out = new Uint32Array(extWords(1, quintic.degree));
  const inverse = quintic.base.inverse(kernels.radix);
  return coefficients.reduce((value: Ext, coefficient, column) => {
    bindLow(kernels, out, read(column, 1), 0, 1, n, table);
    const plain = quintic.mulBase(readExt(out, 0, quintic.degree), inverse);
    return quintic.add(value, quintic.mul(coefficient, plain));
  }, quintic.zero);
}
