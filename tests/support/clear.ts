/** Relations evaluated in the clear, cell by cell: which hold for a witness, which do not. Shares nothing with provers. */
import { koalaBear } from '../../src/field/koalabear.ts';
import { addressesOf, allAddresses } from '../../src/relation/address.ts';
import type { Index, Program, Relation, Table, Term, View } from '../../src/relation/program.ts';

const F = koalaBear;
export type Cells = ReadonlyMap<string, ArrayLike<number>>;

/** Static and witness cells by name; public ones are the program's. */
export function clearChecker(program: Program): (cells: Cells) => string | undefined {
  const tables = new Map(program.tables.map((table) => [table.name, rowTest(table)]));
  const checks = program.relations.map((relation) => ({
    relation,
    check: compiled(program, relation, tables),
  }));
  return (cells) => {
    const read = reader(program, cells);
    return checks.find(({ check }) => !check(read))?.relation.name;
  };
}

/** The names of all relations that do not hold. */
export function violated(program: Program, cells: Cells): string[] {
  const tables = new Map(program.tables.map((table) => [table.name, rowTest(table)]));
  const read = reader(program, cells);
  return program.relations
    .filter((relation) => !compiled(program, relation, tables)(read))
    .map(({ name }) => name);
}

type Read = (name: string) => ArrayLike<number>;

function reader(program: Program, cells: Cells): Read {
  const publics = new Map(
    program.tensors.flatMap((tensor) =>
      tensor.kind === 'public' ? [[tensor.name, tensor.values] as const] : [],
    ),
  );
  const virtuals = new Map(program.virtuals.map((virtual) => [virtual.name, virtual]));
  const known = new Map<string, ArrayLike<number>>();
  return function read(name): ArrayLike<number> {
    const own = cells.get(name) ?? publics.get(name) ?? known.get(name);
    if (own !== undefined) return own;
    const virtual = virtuals.get(name);
    if (virtual === undefined) throw new Error(`no cells of ${name}`);
    const values = evaluator(program, virtual.terms, virtual.indices)(read);
    known.set(name, values);
    return values;
  };
}

const shapes = new WeakMap<Program, Map<string, readonly number[]>>();
function shapeOf(program: Program, name: string): readonly number[] {
  let map = shapes.get(program);
  if (map === undefined) {
    map = new Map(program.tensors.map((tensor) => [tensor.name, tensor.shape]));
    for (const { name: own, indices } of program.virtuals)
      map.set(
        own,
        indices.map(({ size }) => size),
      );
    shapes.set(program, map);
  }
  return map.get(name) as readonly number[];
}

/** Values of terms over indices, words of F. */
function evaluator(
  program: Program,
  terms: readonly Term[],
  indices: readonly Index[],
): (read: Read) => Uint32Array {
  const count = indices.reduce((n, { size }) => n * size, 1);
  const parts = terms.map((term) => {
    const all = [...indices, ...term.sums];
    const inner = term.sums.reduce((n, { size }) => n * size, 1);
    const places = term.views.map((view: View) => {
      const { base, steps } = addressesOf(view, shapeOf(program, view.tensor), all);
      const outer = allAddresses(base, steps.slice(0, indices.length));
      return { name: view.tensor, outer, inner: allAddresses(0, steps.slice(indices.length)) };
    });
    return { term, places, inner, visible: visibility(term, all, indices.length) };
  });
  return (read) => {
    const out = new Uint32Array(count);
    for (const { term, places, inner, visible } of parts) {
      const c = F.fromInt(term.coefficient);
      const factors = places.map((place) => ({ ...place, cells: read(place.name) }));
      for (let i = 0; i < count; i++) {
        let sum: number = F.zero;
        for (let k = 0; k < inner; k++) {
          if (visible !== undefined && !visible(i, k)) continue;
          let value: number = F.one;
          for (const { cells, outer, inner: at } of factors) {
            const cell = cells[outer[i]! + at[k]!]!;
            value = F.mul(value as never, F.fromInt(cell));
          }
          sum = F.add(sum as never, value as never);
        }
        out[i] = F.add(out[i] as never, F.mul(c, sum as never));
      }
    }
    return out;
  };
}

function visibility(
  { mask }: Term,
  all: readonly Index[],
  outer: number,
): ((i: number, k: number) => boolean) | undefined {
  if (mask === undefined) return undefined;
  const coordinate = (name: string) => {
    const at = all.findIndex((index) => index.name === name);
    const behind = at < outer ? all.slice(at + 1, outer) : all.slice(at + 1);
    const step = behind.reduce((n, { size }) => n * size, 1);
    return (i: number, k: number): number => Math.floor((at < outer ? i : k) / step) % all[at]!.size;
  };
  const [row, column] = [coordinate(mask.row), coordinate(mask.column)];
  return (i, k) => mask.from[row(i, k)]! <= column(i, k) && column(i, k) < mask.to[row(i, k)]!;
}

function compiled(
  program: Program,
  relation: Relation,
  tables: ReadonlyMap<string, (row: readonly number[]) => boolean>,
): (read: Read) => boolean {
  if (relation.kind === 'zero') {
    const values = evaluator(program, relation.terms, relation.indices);
    return (read) => values(read).every((x) => x === 0);
  }
  const entries = relation.entries.map((terms) => evaluator(program, terms, relation.indices));
  const isRow = tables.get(relation.table)!;
  return (read) => {
    const columns = entries.map((values) => values(read));
    return columns[0]!.every((_, i) => isRow(columns.map((column) => column[i]!)));
  };
}

const rowTests = new WeakMap<Table, (row: readonly number[]) => boolean>();
/** Whether a tuple is a row of the table. */
function rowTest(table: Table): (row: readonly number[]) => boolean {
  const known = rowTests.get(table);
  if (known !== undefined) return known;
  const at = (c: number, i: number): number => {
    const column = table.columns[c]!;
    return column.kind === 'range' ? column.first + i : column.values[i]!;
  };
  const key = table.columns.findIndex(({ kind }) => kind === 'range');
  let test: (row: readonly number[]) => boolean;
  if (key >= 0) {
    test = (row) => {
      const i = row[key]! - at(key, 0);
      return i >= 0 && i < table.rows && row.every((x, c) => x === at(c, i));
    };
  } else {
    const rows = new Set<string>();
    for (let i = 0; i < table.rows; i++) rows.add(table.columns.map((_, c) => at(c, i)).join());
    test = (row) => rows.has(row.join());
  }
  rowTests.set(table, test);
  return test;
}
