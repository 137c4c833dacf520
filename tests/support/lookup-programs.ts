/** Lookup programs with honest witnesses. */
import type { BaseField } from '../../src/field/field.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import { countMultiplicities } from '../../src/tlookup/multiplicities-witness.ts';
import {
  loadLookups,
  type Balance,
  type LoadedLookups,
  type LookupProgram,
  type LookupTable,
} from '../../src/tlookup/shape.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { generator } from './words.ts';

/** A table of distinct first words with `width - 1` words that follow from them. */
export function exampleTable(
  base: BaseField,
  tag: number,
  rows: number,
  width: number,
  range: boolean,
): LookupTable {
  const p = base.modulus;
  const first = 3;
  return {
    tag,
    rows,
    columns: Array.from({ length: width }, (_, c) => {
      if (c === 0 && range) return { kind: 'range' as const, first };
      const value = (i: number): number => (c === 0 ? (first + 5 * i) % p : (i * i * (c + 6) + 11 * c) % p);
      return { kind: 'dense' as const, values: Uint32Array.from({ length: rows }, (_x, i) => value(i)) };
    }),
  };
}

/** The word of a row. */
export function cellOf(table: LookupTable, row: number, column: number): number {
  const { [column]: of } = table.columns;
  return of!.kind === 'dense' ? (of.values[row] as number) : of!.first + row;
}

/** Counting knows no field. */
export const COUNTING = referenceKernels(quintic);

export interface Example {
  readonly lookups: LoadedLookups;
  readonly witnesses: readonly BalanceWitness[];
}

/** Every source looks up random rows of its table. */
export function exampleOf(base: BaseField, program: LookupProgram, seed: number): Example {
  const lookups = loadLookups(base, program);
  const next = generator(seed);
  const witnesses = program.balances.map((balance, b) => {
    const sources = balance.sources.map(({ table, count }) => {
      const of = program.tables[table]!;
      const picked = Array.from({ length: count }, () => next() % of.rows);
      return of.columns.map((_, c) => Uint32Array.from(picked, (row) => cellOf(of, row, c)));
    });
    return { sources, multiplicities: countMultiplicities(COUNTING, lookups, b, sources) };
  });
  return { lookups, witnesses };
}

/** One balance over tables 0.., sources as pairs (table, count). */
export function balanceOf(...sources: readonly (readonly [table: number, count: number])[]): Balance {
  return {
    sources: sources.map(([table, count]) => ({ table, count })),
    tables: [...new Set(sources.map(([table]) => table))],
  };
}

/** A copy of witnesses that may be spoilt. */
export function copyWitnesses(witnesses: readonly BalanceWitness[]): BalanceWitness[] {
  return witnesses.map(({ sources, multiplicities }) => ({
    sources: sources.map((columns) => columns.map((column) => column.slice())),
    multiplicities: multiplicities.map((counts) => counts.slice()),
  }));
}
