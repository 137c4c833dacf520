/**
 * OPS-2 for tables: what a lookup adds to its keys is a function of them, in every table that a graph or a plan may name; and the bounds that make
 * digits of a residue single ones hold for all numbers that plans admit, not for those of the tests alone.
 */
import { describe, expect, test } from 'vitest';
import { P } from '../../src/field/koalabear.ts';
import { digitTable, numeratorTable } from '../../src/ops/attention/octave-tables.ts';
import {
  exponentTable,
  mantissaTable,
  ROOT_LOW,
  rootTable,
  squareTable,
} from '../../src/ops/rmsnorm/norm-tables.ts';
import type { Table } from '../../src/relation/program.ts';
import { cutOff, quotientCount } from '../../src/training/backward/rounding.ts';
import { checkMomentum } from '../../src/training/backward/momentum.ts';
import { distanceTable, rampTable, remainderTable } from '../../src/training/tables.ts';

const rowsOf = ({ columns, rows }: Table): number[][] =>
  Array.from({ length: rows }, (_, i) =>
    columns.map((column) => (column.kind === 'range' ? column.first + i : column.values[i]!)),
  );

describe('keys', () => {
  test.each<[string, () => Table, number]>([
    ['squares', squareTable, 1],
    ['exponents of a norm', exponentTable, 1],
    ['mantissas of a norm', mantissaTable, 1],
    ['roots of a norm: by the power and the high digit', rootTable, 2],
    ['numerators: by the step and the flag', numeratorTable, 2],
    ...Array.from({ length: 10 }, (_, i): [string, () => Table, number] => [
      `digits of distances, octaves of 2^${i + 7}`,
      () => digitTable(i + 1),
      1,
    ]),
    ['distances of the loss', distanceTable, 1],
    ['ramps', () => rampTable(10, 4), 1],
    ['remainders', () => remainderTable(9, 8), 1],
  ])('%s', (_, make, keys) => {
    const rows = rowsOf(make());
    expect(new Set(rows.map((row) => row.slice(0, keys).join())).size).toBe(rows.length);
  });
  test('a high digit of a root and any low one stay below p, with any remainder', () => {
    for (const [power, high, isOne] of rowsOf(rootTable())) {
      if (isOne === 1) expect([power, high]).toEqual([1, 0]);
      else expect((2 ** ROOT_LOW * (high! + 1) - 1) * power! + 2 ** 26).toBeLessThan(P);
    }
  });
});

describe('bounds, for all that is admitted', () => {
  test('roundings of the way back: quotients and remainders are different residues, and the definition', () => {
    for (let bits = 2; bits <= 16; bits++) {
      for (let shift = 1; shift <= 30 - bits; shift++) {
        for (const guard of bits >= 7 && shift <= 23 ? [0, 1, 2, 3, 4] : [0]) {
          const count = quotientCount({ bits, guard, shift });
          // q 2^shift + r from -count/2 2^shift on: integers in a row, all of them balanced residues.
          expect(Number.isInteger(count / 2)).toBe(true);
          expect((count / 2) * 2 ** shift).toBeLessThanOrEqual((P - 1) / 2);
          expect(count).toBeLessThanOrEqual(guard === 0 ? 2 ** 16 : 2 ** 20);
          expect([cutOff(bits, -count), cutOff(bits, count)]).toEqual([
            -(2 ** (bits - 1)),
            2 ** (bits - 1) - 1,
          ]);
          // Either as many as have bits and guard bits, or all but one residue has one.
          if (count !== 2 ** (bits + guard)) expect(count * 2 ** shift).toBe(P - 1);
        }
      }
    }
  });
  test('what rounding leaves of a momentum is a function of its low part', () => {
    let plans = 0;
    for (let low = 1; low <= 15; low++) {
      for (let shift = 1; shift <= 8; shift++) {
        for (let high = 2; high <= 16; high++) {
          try {
            checkMomentum({ shift, high, low });
          } catch {
            continue;
          }
          plans++;
          expect(2 ** (high + low) + 2 ** low).toBeLessThan(P); // one pair of parts for a residue
          expect(low).toBeGreaterThanOrEqual(shift);
        }
        if (low < shift) continue;
        const unit = 2 ** low;
        const left = rowsOf(remainderTable(low, shift));
        const fits = ([key, own]: number[], M: number): boolean =>
          own! + 2 ** shift * Math.floor((M + 2 ** (shift - 1)) / 2 ** shift) === M + 2 ** (shift - 1) &&
          key === ((M % unit) + unit + unit / 2) % unit;
        for (const high of [-3, 0, 1]) {
          expect(left.every((row) => fits(row, high * unit + row[0]! - unit / 2))).toBe(true);
        }
      }
    }
    expect(plans).toBeGreaterThan(500);
  });
});
