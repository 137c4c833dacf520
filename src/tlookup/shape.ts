/**
 * Lookup programs: public tables, and balances of lookups against their rows. A program is loaded once; prover and verifier
 * work on what loading returns, so that no argument runs on a program that was not checked. spec/lookups.md section 2.
 */
import { refuse } from '../errors/proof-error.ts';
import type { BaseField } from '../field/field.ts';
import { layOut, type LeafTree } from './layout.ts';

/** A column of a public table. */
export type TableColumn =
  /** One canonical word for each row. */
  | { readonly kind: 'dense'; readonly values: Uint32Array }
  /** first, first + 1, ..: the verifier evaluates it in time log(rows). */
  | { readonly kind: 'range'; readonly first: number };

/** A public table: rows are tuples of 1 to 4 elements of F. */
export interface LookupTable {
  /** The coordinate that tells tables apart, an element of F; no two tables of a program share it. */
  readonly tag: number;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
}

/** Looked-up tuples: `count` cells of as many column tensors as the table is wide. */
export interface LookupSource {
  /** Index of the table in the program. */
  readonly table: number;
  readonly count: number;
}

/** Lookups with table rows and multiplicities of their own, and a condition of their own that they cancel. */
export interface Balance {
  readonly sources: readonly LookupSource[];
  /** Indices of tables in the program, each at most once. One multiplicity vector each. */
  readonly tables: readonly number[];
}

export interface LookupProgram {
  readonly tables: readonly LookupTable[];
  readonly balances: readonly Balance[];
}

/** A checked program and what follows from it. Made by `loadLookups` only. */
export interface LoadedLookups {
  readonly program: LookupProgram;
  /** The trees of all balances, balance by balance. */
  readonly trees: readonly LeafTree[];
  /** The widest table: the number of betas. */
  readonly width: number;
  /** k: 2^k roots, of which the first `trees.length` are live. */
  readonly logForest: number;
  /** n, the depth of the deepest tree. */
  readonly logLeaves: number;
}

/** A kernel folds at most four products of canonical words into one 64-bit sum. */
export const MAX_TABLE_WIDTH = 4;
/** Lookups and table rows of one balance: 2N/|K| is then 2^-128.9 for the production field. */
export const MAX_BALANCE_LEAVES = 2 ** 25;
export const MAX_BALANCES = 2 ** 12;

const STAGE = 'lookup program';

/**
 * Checks a program and lays out its leaves.
 *
 * @param base F: its characteristic bounds the lookups of a balance
 * @throws ProofError `LOOKUP_TABLE` for a malformed table or two tables of one tag, `LOOKUP_SHAPE` for a malformed balance,
 *   `LOOKUP_COUNT` for p or more lookups in one balance (p copies of a wrong tuple would cancel), `LOOKUP_SIZE` for more
 *   than 2^25 leaves in one balance
 * @example
 * const bytes = { tag: 1, rows: 256, columns: [{ kind: 'range', first: 0 }] } as const;
 * const lookups = loadLookups(koalaBear, {
 *   tables: [bytes],
 *   balances: [{ sources: [{ table: 0, count: 1000 }], tables: [0] }],
 * });
 * lookups.trees.map(({ depth }) => depth); // [10, 8]: 1000 lookups and a gap, 256 rows
 */
export function loadLookups(base: BaseField, program: LookupProgram): LoadedLookups {
  const { tables, balances } = program;
  tables.forEach((table, t) => checkTable(base, table, t));
  const tags = new Set(tables.map(({ tag }) => tag));
  if (tags.size !== tables.length) {
    refuse('LOOKUP_TABLE', STAGE, 'tags: expected a different one for each table, got one twice');
  }
  if (balances.length < 1 || balances.length > MAX_BALANCES) {
    refuse('LOOKUP_SHAPE', STAGE, `balances: expected 1 to ${MAX_BALANCES}, got ${balances.length}`);
  }
  balances.forEach((balance, b) => checkBalance(base, program, balance, `balance ${b}`));
  const trees = balances.flatMap((balance, b) => layOut(tables, balance, b));
  return {
    program,
    trees,
    width: Math.max(...tables.map(({ columns }) => columns.length)),
    logForest: logCeil(trees.length),
    logLeaves: Math.max(...trees.map(({ depth }) => depth)),
  };
}

/** Lookups and table rows of a balance: N of the ledger. */
export function leavesOf({ tables }: LookupProgram, balance: Balance): number {
  const lookups = balance.sources.reduce((sum, { count }) => sum + count, 0);
  return balance.tables.reduce((sum, t) => sum + (tables[t] as LookupTable).rows, lookups);
}

/** The least e with 2^e >= n, for 1 <= n <= 2^31. */
export function logCeil(n: number): number {
  return n <= 1 ? 0 : 32 - Math.clz32(n - 1);
}

function checkTable(base: BaseField, table: LookupTable, t: number): void {
  const where = `table ${t}`;
  const wrong = (what: string): never => refuse('LOOKUP_TABLE', STAGE, `${where}: ${what}`);
  const p = base.modulus;
  if (!isIndex(table.tag, p)) wrong(`tag: expected an element of F, got ${table.tag}`);
  if (!isIndex(table.rows, MAX_BALANCE_LEAVES) || table.rows === 0) {
    wrong(`rows: expected an integer in [1, 2^25), got ${table.rows}`);
  }
  if (table.columns.length < 1 || table.columns.length > MAX_TABLE_WIDTH) {
    wrong(`columns: expected 1 to ${MAX_TABLE_WIDTH}, got ${table.columns.length}`);
  }
  table.columns.forEach((column, c) => {
    if (column.kind === 'range') {
      if (!isIndex(column.first, p) || column.first + table.rows > p) {
        wrong(`column ${c}: first: expected a range of ${table.rows} elements of F, got ${column.first}`);
      }
      return;
    }
    if (column.values.length !== table.rows) {
      wrong(`column ${c}: expected ${table.rows} values, got ${column.values.length}`);
    }
    const row = firstFrom(column.values, p);
    if (row >= 0) wrong(`column ${c}, row ${row}: expected an element of F, got ${column.values[row]}`);
  });
}

/** The first row whose value is p or more, else -1. A loop: tables have millions of rows. */
function firstFrom(values: Uint32Array, p: number): number {
  for (let row = 0; row < values.length; row++) if ((values[row] as number) >= p) return row;
  return -1;
}

function checkBalance(base: BaseField, program: LookupProgram, balance: Balance, where: string): void {
  const { tables } = program;
  const wrong = (what: string): never => refuse('LOOKUP_SHAPE', STAGE, `${where}: ${what}`);
  const own = new Set(balance.tables);
  if (own.size !== balance.tables.length) wrong('tables: expected different ones, got one twice');
  const unknown = balance.tables.find((t) => !isIndex(t, tables.length));
  if (unknown !== undefined) wrong(`tables: expected indices below ${tables.length}, got ${unknown}`);
  if (balance.sources.length === 0) wrong('sources: expected at least one, got none');
  balance.sources.forEach(({ table, count }, s) => {
    if (!own.has(table)) wrong(`source ${s}: expected a table of the balance, got table ${table}`);
    if (!Number.isSafeInteger(count) || count < 1) {
      wrong(`source ${s}: count: expected a positive integer, got ${count}`);
    }
  });
  const lookups = balance.sources.reduce((sum, { count }) => sum + count, 0);
  if (lookups >= base.modulus) {
    refuse('LOOKUP_COUNT', STAGE, `${where}: expected fewer than ${base.modulus} lookups, got ${lookups}`);
  }
  const leaves = leavesOf(program, balance);
  if (leaves > MAX_BALANCE_LEAVES) {
    refuse('LOOKUP_SIZE', STAGE, `${where}: expected at most 2^25 leaves, got ${leaves}`);
  }
}

function isIndex(x: number, end: number): boolean {
  return Number.isInteger(x) && x >= 0 && x < end;
}
