/**
 * All witnesses of a small program, over the whole field: a search that only ever tries rows of tables and roots of linear
 * equations, so it leaves out nothing that could satisfy the relations. Uniqueness shown with it is exhaustive.
 */
import { koalaBear } from '../../src/field/koalabear.ts';
import { addressesOf, allAddresses } from '../../src/relation/address.ts';
import { flatten, type Form } from '../../src/relation/form.ts';
import type { Index, Program, Table } from '../../src/relation/program.ts';
import type { Cells } from './clear.ts';

type Fe = ReturnType<typeof koalaBear.fromInt>;
const F = koalaBear;

/** constant + sum of coefficients times unknown cells + products of two of them. */
interface Polynomial {
  constant: Fe;
  readonly linear: Map<number, Fe>;
  readonly quadratic: { readonly a: number; readonly b: number; readonly c: Fe }[];
}

interface Constraint {
  readonly name: string;
  readonly forms: readonly Polynomial[];
  readonly table: Table | undefined;
  readonly cells: readonly number[];
}

/** A form under an assignment: a constant, with at most one unknown cell; undefined for anything else. */
interface Reduced {
  readonly constant: Fe;
  readonly cell?: number;
  readonly coefficient?: Fe;
}

/** Witness cells by tensor, as words of F. */
export type Solution = ReadonlyMap<string, readonly number[]>;

export interface Search {
  readonly solutions: readonly Solution[];
  /** Values tried. */
  readonly tried: number;
}

/**
 * @param known cells that are given: static ones, and those of the inputs. All other witness tensors are searched.
 * @param limit solutions after which the search ends
 * @throws Error where some cell is reached by no table and no equation (unless `free` is given)
 */
export function solve(program: Program, known: Cells, limit = 2): Search {
  const { constraints, names } = compile(program, known);
  const values: (Fe | undefined)[] = names.map(() => undefined);
  const watchers: Constraint[][] = names.map(() => []);
  for (const constraint of constraints) for (const cell of constraint.cells) watchers[cell]!.push(constraint);
  const solutions: Solution[] = [];
  let tried = 0;

  const reduce = ({ constant, linear, quadratic }: Polynomial): Reduced | undefined => {
    let sum = constant;
    let unknown: number | undefined;
    let slope = F.zero;
    for (const [cell, c] of linear) {
      const value = values[cell];
      if (value !== undefined) sum = F.add(sum, F.mul(c, value));
      else if (unknown === undefined || unknown === cell) [unknown, slope] = [cell, F.add(slope, c)];
      else return undefined;
    }
    for (const { a, b, c } of quadratic) {
      const [x, y] = [values[a], values[b]];
      if (x !== undefined && y !== undefined) sum = F.add(sum, F.mul(c, F.mul(x, y)));
      else if (x === undefined && y === undefined) return undefined;
      else {
        const cell = x === undefined ? a : b;
        const factor = F.mul(c, (x ?? y) as Fe);
        if (factor === F.zero) continue;
        if (unknown !== undefined && unknown !== cell) return undefined;
        [unknown, slope] = [cell, F.add(slope, factor)];
      }
    }
    if (unknown === undefined || slope === F.zero) {
      // A cell with coefficient zero is not determined here; it may still be unknown.
      return { constant: sum };
    }
    return { constant: sum, cell: unknown, coefficient: slope };
  };

  /** All assignments that one constraint allows; undefined where it does not say yet. */
  const candidates = (constraint: Constraint): [number, Fe][][] | undefined => {
    const reduced = constraint.forms.map(reduce);
    if (reduced.some((form) => form === undefined)) return undefined;
    const forms = reduced as Reduced[];
    const root = ({ constant, cell, coefficient }: Reduced, value: number): [number, Fe] => [
      cell as number,
      F.mul(F.sub(value as Fe, constant), F.inverse(coefficient as Fe)),
    ];
    if (constraint.table === undefined) {
      const [form] = forms as [Reduced];
      if (form.cell !== undefined) return [[root(form, 0)]];
      return form.constant === F.zero ? [[]] : [];
    }
    const rows = rowsOf(constraint.table);
    const fixed = forms.findIndex(({ cell }) => cell === undefined);
    const matching = fixed < 0 ? rows.all : (rows.by(fixed).get(forms[fixed]!.constant) ?? []);
    return matching.flatMap((row) => {
      const assignment: [number, Fe][] = [];
      for (const [c, form] of forms.entries()) {
        if (form.cell === undefined) {
          if (form.constant !== row[c]) return [];
          continue;
        }
        const own = root(form, row[c]!);
        const other = assignment.find(([cell]) => cell === own[0]);
        if (other === undefined) assignment.push(own);
        else if (other[1] !== own[1]) return [];
      }
      return [assignment];
    });
  };

  /** Assigns, and everything that follows; false where a relation fails. @param trail what was assigned */
  const assign = (assignment: readonly (readonly [number, Fe])[], trail: number[]): boolean => {
    const queue: (readonly [number, Fe])[] = [...assignment];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [cell, value] = next;
      if (values[cell] !== undefined) {
        if (values[cell] !== value) return false;
        continue;
      }
      values[cell] = value;
      trail.push(cell);
      for (const constraint of watchers[cell]!) {
        const unknown = constraint.cells.filter((c) => values[c] === undefined);
        if (unknown.length > 1) continue;
        const found = candidatesIfFew(constraint);
        if (found === undefined) continue;
        if (found.length === 0) return false;
        queue.push(...(found[0] as [number, Fe][]));
      }
    }
    return true;
  };

  /** None or one; undefined where there are more or it is not known. */
  const candidatesIfFew = (constraint: Constraint): [number, Fe][][] | undefined => {
    const { table, forms } = constraint;
    if (table !== undefined) {
      const reduced = forms.map(reduce);
      if (reduced.every((form) => form === undefined || form.cell !== undefined)) return undefined;
    }
    const found = candidates(constraint);
    return found === undefined || found.length > 1 ? undefined : found;
  };

  const search = (): void => {
    if (solutions.length >= limit) return;
    let best: [number, Fe][][] | undefined;
    let open = false;
    for (const constraint of constraints) {
      const unknown = constraint.cells.some((cell) => values[cell] === undefined);
      const found = candidates(constraint);
      if (found !== undefined && found.length === 0) return;
      if (!unknown) continue;
      open = true;
      if (found === undefined || found[0]!.length === 0) continue;
      if (best === undefined || found.length < best.length) best = found;
      if (best.length === 1) break;
    }
    if (!open || values.every((value) => value !== undefined)) {
      if (values.some((value) => value === undefined)) throw new Error(`free: ${freeCell()}`);
      solutions.push(solutionOf());
      return;
    }
    if (best === undefined) throw new Error(`free: ${freeCell()}`);
    for (const assignment of best) {
      tried++;
      const trail: number[] = [];
      if (assign(assignment, trail)) search();
      for (const cell of trail) values[cell] = undefined;
      if (solutions.length >= limit) return;
    }
  };
  const freeCell = (): string => {
    const cell = values.findIndex((value) => value === undefined);
    return `${names[cell]!.tensor}[${names[cell]!.at}]`;
  };
  const solutionOf = (): Solution => {
    const result = new Map<string, number[]>();
    names.forEach(({ tensor, at }, cell) => {
      const cells = result.get(tensor) ?? [];
      cells[at] = values[cell] as number;
      result.set(tensor, cells);
    });
    return result;
  };
  search();
  return { solutions, tried };
}

/** Whether the program has exactly one witness for the given cells. A cell that nothing determines counts as many. */
export function isUnique(program: Program, known: Cells): boolean {
  try {
    return solve(program, known).solutions.length === 1;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('free')) return false;
    throw error;
  }
}

/** The program without one relation. */
export function withoutRelation(program: Program, name: string): Program {
  return { ...program, relations: program.relations.filter((relation) => relation.name !== name) };
}

function compile(
  program: Program,
  known: Cells,
): { constraints: Constraint[]; names: { tensor: string; at: number }[] } {
  const first = new Map<string, number>();
  const names: { tensor: string; at: number }[] = [];
  const given = new Map<string, ArrayLike<number>>(known);
  for (const tensor of program.tensors) {
    if (tensor.kind === 'public') given.set(tensor.name, tensor.values);
    if (tensor.kind !== 'witness' || given.has(tensor.name)) continue;
    first.set(tensor.name, names.length);
    const count = tensor.shape.reduce((a, b) => a * b, 1);
    for (let at = 0; at < count; at++) names.push({ tensor: tensor.name, at });
  }
  const shapes = new Map(program.tensors.map(({ name, shape }) => [name, shape]));
  const constraints = flatten(program).flatMap(({ name, indices, forms, table }) => {
    const columns = forms.map((form) => polynomials(form, indices, shapes, given, first));
    return columns[0]!.map((_, i): Constraint => {
      const own = columns.map((column) => column[i]!);
      const cells = own.flatMap(({ linear, quadratic }) => [
        ...linear.keys(),
        ...quadratic.flatMap(({ a, b }) => [a, b]),
      ]);
      return {
        name: `${name}[${i}]`,
        forms: own,
        table: table === undefined ? undefined : program.tables[table],
        cells: [...new Set(cells)],
      };
    });
  });
  return { constraints, names };
}

/** A form at every combination of indices. */
function polynomials(
  form: Form,
  indices: readonly Index[],
  shapes: ReadonlyMap<string, readonly number[]>,
  given: ReadonlyMap<string, ArrayLike<number>>,
  first: ReadonlyMap<string, number>,
): Polynomial[] {
  const count = indices.reduce((n, { size }) => n * size, 1);
  const out = Array.from({ length: count }, (): Polynomial => ({
    constant: F.zero,
    linear: new Map(),
    quadratic: [],
  }));
  for (const { coefficient, views, sums, mask } of form) {
    const all = [...indices, ...sums];
    const inner = sums.reduce((n, { size }) => n * size, 1);
    const places = views.map(({ tensor, coordinates }) => {
      const { base, steps } = addressesOf({ tensor, coordinates }, shapes.get(tensor)!, all);
      const addresses = allAddresses(base, steps);
      return { tensor, addresses };
    });
    const valueAt = (name: string, combination: number): number => {
      const at = all.findIndex((index) => index.name === name);
      const step = all.slice(at + 1).reduce((n, { size }) => n * size, 1);
      return Math.floor(combination / step) % all[at]!.size;
    };
    for (let i = 0; i < count * inner; i++) {
      if (mask !== undefined) {
        const [row, column] = [valueAt(mask.row, i), valueAt(mask.column, i)];
        if (column < mask.from[row]! || column >= mask.to[row]!) continue;
      }
      let factor = F.fromInt(coefficient);
      const unknown: number[] = [];
      for (const { tensor, addresses } of places) {
        const cells = given.get(tensor);
        if (cells === undefined) unknown.push(first.get(tensor)! + addresses[i]!);
        else factor = F.mul(factor, F.fromInt(cells[addresses[i]!]!));
      }
      const to = out[Math.floor(i / inner)]!;
      const [a, b] = unknown;
      if (a === undefined) to.constant = F.add(to.constant, factor);
      else if (b !== undefined) to.quadratic.push({ a, b, c: factor });
      else to.linear.set(a, F.add(to.linear.get(a) ?? F.zero, factor));
    }
  }
  return out;
}

interface Rows {
  readonly all: readonly (readonly number[])[];
  by(column: number): ReadonlyMap<number, readonly (readonly number[])[]>;
}

const rowCache = new WeakMap<Table, Rows>();
function rowsOf(table: Table): Rows {
  const known = rowCache.get(table);
  if (known !== undefined) return known;
  const all = Array.from({ length: table.rows }, (_, i) =>
    table.columns.map((column) => (column.kind === 'range' ? column.first + i : column.values[i]!)),
  );
  const indexes = new Map<number, Map<number, number[][]>>();
  const rows: Rows = {
    all,
    by(column) {
      let index = indexes.get(column);
      if (index === undefined) {
        index = new Map();
        for (const row of all) {
          const list = index.get(row[column]!);
          if (list === undefined) index.set(row[column]!, [row]);
          else list.push(row);
        }
        indexes.set(column, index);
      }
      return index;
    },
  };
  rowCache.set(table, rows);
  return rows;
}
