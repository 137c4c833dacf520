/**
 * Programs in the clear: what every relation says about given values, cell by cell, modulo p. The definition that proofs are
 * tested against, and the answer to "why is there no proof". Knows nothing of layouts, claims or challenges.
 * spec/programs.md section 3.
 */
import { refuse } from '../errors/proof-error.ts';
import type { BaseField, Fe } from '../field/field.ts';
import type { Index, Program, Relation, Table, Term, View } from './program.ts';

/** Integers or words of every committed tensor, row-major. They count modulo p. */
export type ProgramWitness = ReadonlyMap<string, ArrayLike<number>>;

/** A cell at which a relation does not hold. */
export interface Violation {
  readonly relation: string;
  /** A value for each index of the relation. */
  readonly index: readonly number[];
}

/** Cells of a tensor, row-major. */
export interface Cells {
  readonly shape: readonly number[];
  readonly cells: readonly Fe[];
}

/**
 * Checks that values satisfy a program.
 *
 * @param program checked (`checkProgram`)
 * @param witness every static and witness tensor
 * @throws RangeError for a tensor that is missing, unknown or of another size; ProofError `WITNESS_RELATION` with the first
 *   violated relation and its first cell, and no value
 * @example
 * checkWitness(koalaBear, program, new Map([['x', [1, -2, 3]], ['y', [1, 4, 9]]]));
 */
export function checkWitness(base: BaseField, program: Program, witness: ProgramWitness): void {
  const violation = findViolation(base, program, witness);
  if (violation === undefined) return;
  const { relation, index } = violation;
  refuse(
    'WITNESS_RELATION',
    `relation ${relation}`,
    `expected it to hold, got a violation at [${index.join(', ')}]`,
  );
}

/**
 * The first violation, in the order of relations and of their cells.
 *
 * @throws RangeError as `checkWitness`
 */
export function findViolation(
  base: BaseField,
  program: Program,
  witness: ProgramWitness,
): Violation | undefined {
  const values = valuesOf(base, program, witness);
  const tables = new Map(program.tables.map((table) => [table.name, table]));
  for (const relation of program.relations) {
    const cell = firstViolated(base, values, tables, relation);
    if (cell >= 0) return { relation: relation.name, index: unravel(cell, relation.indices) };
  }
  return undefined;
}

/** All tensors of a program, virtual ones computed. @throws RangeError as `checkWitness` */
export function valuesOf(base: BaseField, program: Program, witness: ProgramWitness): Map<string, Cells> {
  const values = new Map<string, Cells>();
  const committed = new Set<string>();
  for (const tensor of program.tensors) {
    const { name, shape } = tensor;
    const given = tensor.kind === 'public' ? tensor.values : witness.get(name);
    if (tensor.kind !== 'public') committed.add(name);
    const size = shape.reduce((product, d) => product * d, 1);
    if (given?.length !== size) {
      throw new RangeError(`witness: ${name}: expected ${size} cells, got ${given?.length ?? 'none'}`);
    }
    values.set(name, {
      shape,
      cells: Array.from({ length: size }, (_, i) => base.fromInt(given[i] as number)),
    });
  }
  for (const name of witness.keys()) {
    if (!committed.has(name)) throw new RangeError(`witness: expected tensors of the program, got ${name}`);
  }
  for (const { name, indices, terms } of program.virtuals) {
    values.set(name, {
      shape: indices.map(({ size }) => size),
      cells: evaluateForm(base, values, indices, terms),
    });
  }
  return values;
}

/**
 * A sum of terms for all combinations of indices, row-major.
 *
 * @param values of every tensor that it reads
 */
export function evaluateForm(
  base: BaseField,
  values: ReadonlyMap<string, Cells>,
  indices: readonly Index[],
  terms: readonly Term[],
): Fe[] {
  const count = indices.reduce((product, { size }) => product * size, 1);
  const result = new Array<Fe>(count).fill(base.zero);
  for (const term of terms) {
    const coefficient = base.fromInt(term.coefficient);
    evaluateTerm(base, values, indices, term, (cell, value) => {
      result[cell] = base.add(result[cell] as Fe, base.mul(coefficient, value));
    });
  }
  return result;
}

/** Calls back with every cell and the sum of a term there, without its coefficient. */
function evaluateTerm(
  base: BaseField,
  values: ReadonlyMap<string, Cells>,
  indices: readonly Index[],
  { views, sums, mask }: Term,
  found: (cell: number, value: Fe) => void,
): void {
  const levels = [...indices, ...sums];
  const [first, second] = views.map((view) => addresses(view, values.get(view.tensor) as Cells, levels));
  const row = levels.findIndex(({ name }) => name === mask?.row);
  const column = levels.findIndex(({ name }) => name === mask?.column);
  const at = levels.map(() => 0);
  const isMasked = (): boolean => {
    if (mask === undefined) return false;
    const [i, j] = [at[row] as number, at[column] as number];
    return j < (mask.from[i] as number) || j >= (mask.to[i] as number);
  };
  const leaf = (a: number, b: number): Fe => {
    if (isMasked()) return base.zero;
    if (first === undefined) return base.one;
    const value = first.cells[a] as Fe;
    return second === undefined ? value : base.mul(value, second.cells[b] as Fe);
  };
  const sumFrom = (level: number, a: number, b: number): Fe => {
    if (level === levels.length) return leaf(a, b);
    let sum = base.zero;
    for (let i = 0; i < (levels[level] as Index).size; i++) {
      at[level] = i;
      sum = base.add(sum, sumFrom(level + 1, a + stepOf(first, level, i), b + stepOf(second, level, i)));
    }
    return sum;
  };
  const walk = (level: number, cell: number, a: number, b: number): void => {
    if (level === indices.length) return found(cell, sumFrom(level, a, b));
    const { size } = levels[level] as Index;
    for (let i = 0; i < size; i++) {
      at[level] = i;
      walk(level + 1, cell * size + i, a + stepOf(first, level, i), b + stepOf(second, level, i));
    }
  };
  walk(0, 0, first?.start ?? 0, second?.start ?? 0);
}

/** Where a view reads: start + one step for each index. */
interface Addresses {
  readonly cells: readonly Fe[];
  readonly start: number;
  /** For every index in play and every value of it what it adds; undefined for one that is not read. */
  readonly steps: readonly ((i: number) => number)[];
}

const NO_STEP: (i: number) => number = () => 0;

function addresses({ coordinates }: View, { shape, cells }: Cells, levels: readonly Index[]): Addresses {
  let start = 0;
  const steps = levels.map(() => NO_STEP);
  const add = (index: string, step: (i: number) => number): void => {
    const level = levels.findIndex(({ name }) => name === index);
    const before = steps[level] as (i: number) => number;
    steps[level] = before === NO_STEP ? step : (i) => before(i) + step(i);
  };
  coordinates.forEach((coordinate, d) => {
    const cellsBelow = shape.slice(d + 1).reduce((product, size) => product * size, 1);
    if (coordinate.kind === 'gather') {
      add(coordinate.index, (i) => cellsBelow * (coordinate.positions[i] as number));
      return;
    }
    start += cellsBelow * coordinate.offset;
    for (const { index, stride } of coordinate.parts) add(index, (i) => cellsBelow * stride * i);
  });
  return { cells, start, steps };
}

function stepOf(view: Addresses | undefined, level: number, i: number): number {
  return view === undefined ? 0 : (view.steps[level] as (i: number) => number)(i);
}

/** The first cell at which a relation does not hold, or -1. */
function firstViolated(
  base: BaseField,
  values: ReadonlyMap<string, Cells>,
  tables: ReadonlyMap<string, Table>,
  relation: Relation,
): number {
  const { indices } = relation;
  if (relation.kind === 'zero') {
    return evaluateForm(base, values, indices, relation.terms).findIndex((value) => value !== base.zero);
  }
  const table = tables.get(relation.table) as Table;
  const entries = relation.entries.map((terms) => evaluateForm(base, values, indices, terms));
  const isRow = rowFinder(table);
  return (entries[0] as Fe[]).findIndex((_, cell) => !isRow(entries.map((entry) => entry[cell] as Fe)));
}

/** Whether a tuple is a row of a table: rows by their first column, then compared. */
function rowFinder({ rows, columns }: Table): (tuple: readonly Fe[]) => boolean {
  const word = (column: number, row: number): number => {
    const own = columns[column] as Table['columns'][number];
    return own.kind === 'range' ? own.first + row : (own.values[row] as number);
  };
  const isAt = (tuple: readonly Fe[], row: number): boolean =>
    row >= 0 && row < rows && tuple.every((value, c) => value === word(c, row));
  const [key] = columns;
  if (key?.kind === 'range') return (tuple) => isAt(tuple, (tuple[0] as number) - key.first);
  const byFirst = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const known = byFirst.get(word(0, row));
    if (known === undefined) byFirst.set(word(0, row), [row]);
    else known.push(row);
  }
  return (tuple) => (byFirst.get(tuple[0] as number) ?? []).some((row) => isAt(tuple, row));
}

/** The values of indices at a cell. */
function unravel(cell: number, indices: readonly Index[]): number[] {
  const index: number[] = [];
  let rest = cell;
  for (const { size } of [...indices].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}
