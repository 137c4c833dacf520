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

/** A form under an assignment, with all of its unknown cells. */
interface Expanded {
  readonly constant: Fe;
  readonly unknown: ReadonlyMap<number, Fe>;
}

/** The integers of an interval. */
interface Domain {
  readonly min: number;
  readonly max: number;
}

/** Witness cells by tensor, as words of F. */
export type Solution = ReadonlyMap<string, readonly number[]>;

export interface Search {
  readonly solutions: readonly Solution[];
  /** Values tried. */
  readonly tried: number;
}

export interface SearchOptions {
  /** Solutions after which the search ends. Default: 2. */
  readonly limit?: number;
  /** Values to try. Default: all there are. */
  readonly budget?: number;
  /** Give some values to cells that nothing determines. Then not all witnesses are found, but what is found is one. */
  readonly guess?: boolean;
}

/**
 * @param known cells that are given: static ones, and those of the inputs. All other witness tensors are searched.
 * @throws Error where a cell is reached by no table and no equation, and nothing is guessed; or beyond the budget
 */
export function solve(program: Program, known: Cells, options: SearchOptions = {}): Search {
  const { limit = 2, budget = Infinity, guess = false } = options;
  const { constraints, names } = compile(program, known);
  const values: (Fe | undefined)[] = names.map(() => undefined);
  const watchers: Constraint[][] = names.map(() => []);
  for (const constraint of constraints) for (const cell of constraint.cells) watchers[cell]!.push(constraint);
  const domains = domainsOf(constraints, names.length);
  const solutions: Solution[] = [];
  let tried = 0;

  const expand = ({ constant, linear, quadratic }: Polynomial): Expanded | undefined => {
    let sum = constant;
    const unknown = new Map<number, Fe>();
    const put = (cell: number, c: Fe): void => {
      const total = F.add(unknown.get(cell) ?? F.zero, c);
      if (total === F.zero) unknown.delete(cell);
      else unknown.set(cell, total);
    };
    for (const [cell, c] of linear) {
      const value = values[cell];
      if (value !== undefined) sum = F.add(sum, F.mul(c, value));
      else put(cell, c);
    }
    for (const { a, b, c } of quadratic) {
      const [x, y] = [values[a], values[b]];
      if (x !== undefined && y !== undefined) sum = F.add(sum, F.mul(c, F.mul(x, y)));
      else if (x === undefined && y === undefined) return undefined;
      else put(x === undefined ? a : b, F.mul(c, (x ?? y) as Fe));
    }
    return { constant: sum, unknown };
  };
  const reduce = (polynomial: Polynomial): Reduced | undefined => {
    const expanded = expand(polynomial);
    if (expanded === undefined || expanded.unknown.size > 1) return undefined;
    const [only] = expanded.unknown;
    if (only === undefined) return { constant: expanded.constant };
    return { constant: expanded.constant, cell: only[0], coefficient: only[1] };
  };
  /** Both roots of c x^2 + b x = 0, the only unknown cell x; undefined for another equation. */
  const twoRoots = ({ forms, table, cells }: Constraint): [number, Fe][][] | undefined => {
    const [cell, more] = cells.filter((own) => values[own] === undefined);
    if (table !== undefined || cell === undefined || more !== undefined) return undefined;
    const { constant, linear, quadratic } = forms[0]!;
    const others = quadratic.some(({ a, b }) => (a === cell) !== (b === cell));
    const known = [...linear.keys()].some((own) => own !== cell);
    if (others || known || constant !== F.zero || !quadratic.every(({ a }) => a === cell)) return undefined;
    const c = quadratic.reduce((sum, own) => F.add(sum, own.c), F.zero);
    if (c === F.zero) return undefined;
    const root = F.mul(F.neg(linear.get(cell) ?? F.zero), F.inverse(c));
    return [[[cell, F.zero]], ...(root === F.zero ? [] : [[[cell, root]] as [number, Fe][]])];
  };
  /** Solutions of an equation between digits; undefined where a cell has no domain or there are too many. */
  const digitSolutions = ({ forms, table }: Constraint, most: number): [number, Fe][][] | undefined => {
    if (table !== undefined) return undefined;
    const expanded = expand(forms[0]!);
    if (expanded === undefined || expanded.unknown.size < 2) return undefined;
    return solveDigits(expanded, domains, Math.min(most, guess ? 500 : MOST_SOLUTIONS));
  };

  /** All assignments that one constraint allows; undefined where it does not say yet. */
  const candidates = (constraint: Constraint): [number, Fe][][] | undefined => {
    const reduced = constraint.forms.map(reduce);
    const digits = twoRoots(constraint) ?? digitSolutions(constraint, Infinity);
    if (digits !== undefined) return digits;
    if (reduced.some((form) => form === undefined)) return undefined;
    const forms = reduced as Reduced[];
    const inverses = forms.map(({ coefficient }) => coefficient && F.inverse(coefficient));
    const root = (c: number, value: number): [number, Fe] => {
      const { constant, cell } = forms[c] as Reduced;
      return [cell as number, F.mul(F.sub(value as Fe, constant), inverses[c] as Fe)];
    };
    if (constraint.table === undefined) {
      const [form] = forms as [Reduced];
      if (form.cell !== undefined) return [[root(0, 0)]];
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
        const own = root(c, row[c]!);
        const other = assignment.find(([cell]) => cell === own[0]);
        if (other === undefined) assignment.push(own);
        else if (other[1] !== own[1]) return [];
      }
      return [assignment];
    });
  };

  /** About how many candidates there are; Infinity where the constraint does not say yet, or says nothing of unknown cells. */
  const estimate = (constraint: Constraint, most: number): number => {
    const { forms, table } = constraint;
    const reduced = forms.map(reduce);
    const digits = twoRoots(constraint) ?? digitSolutions(constraint, most);
    if (digits !== undefined) return digits.length;
    if (reduced.every((form) => form?.cell === undefined) || reduced.includes(undefined)) return Infinity;
    if (table === undefined) return 1;
    const fixed = reduced.findIndex((form) => form!.cell === undefined);
    if (fixed < 0) return table.rows;
    return rowsOf(table).by(fixed).get(reduced[fixed]!.constant)?.length ?? 0;
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
    const digits = twoRoots(constraint) ?? digitSolutions(constraint, 1);
    if (digits !== undefined) return digits.length > 1 ? undefined : digits;
    const { table, forms } = constraint;
    if (table !== undefined) {
      const reduced = forms.map(reduce);
      if (reduced.every((form) => form === undefined || form.cell !== undefined)) return undefined;
    }
    const found = candidates(constraint);
    return found === undefined || found.length > 1 ? undefined : found;
  };

  const search = (): void => {
    if (values.every((value) => value !== undefined)) {
      solutions.push(solutionOf());
      return;
    }
    let best: Constraint | undefined;
    let fewest = Infinity;
    for (const constraint of constraints) {
      if (constraint.cells.every((cell) => values[cell] !== undefined)) continue;
      const count = estimate(constraint, fewest);
      if (count < fewest) [best, fewest] = [constraint, count];
      if (fewest <= 1) break;
    }
    if (best === undefined && !guess) throw new Error(`free: ${freeCell()}`);
    const guessed = values.findIndex((value) => value === undefined);
    const all =
      best === undefined
        ? [0, 1, 2].map((v): [number, Fe][] => [[guessed, F.fromInt(v)]])
        : candidates(best)!;
    for (const assignment of all) {
      if (++tried > budget) throw new Error(`budget: more than ${budget} values`);
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
  // Relations of known cells alone.
  const consistent = constraints.every(
    (constraint) => constraint.cells.length > 0 || candidates(constraint)!.length > 0,
  );
  if (consistent) search();
  return { solutions, tried };
}

/**
 * A witness that is not the honest one: searched with most tensors as they are and some free, chosen by `pick`.
 *
 * @param relation whose cells are free in every attempt
 */
export function secondWitness(
  program: Program,
  known: Cells,
  honest: Cells,
  first: readonly string[],
  pick: () => boolean,
  attempts = 16,
): Solution | undefined {
  const names = program.tensors.flatMap(({ kind, name }) =>
    kind === 'witness' && !known.has(name) ? [name] : [],
  );
  for (let i = 0; i < attempts; i++) {
    const free = new Set(names.filter((name) => first.includes(name) || (i > 0 && pick())));
    const fixed = new Map(known);
    for (const name of names) if (!free.has(name)) fixed.set(name, honest.get(name)!);
    if (free.size === 0) continue;
    const other = (solution: Solution): boolean =>
      [...solution].some(([name, cells]) => cells.some((x, at) => x !== F.fromInt(honest.get(name)![at]!)));
    try {
      const found = solve(program, fixed, { budget: 1000, guess: true }).solutions.find(other);
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('budget'))) throw error;
    }
  }
  return undefined;
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

/** Where a lookup says that a cell alone lies in an interval: the narrowest. */
function domainsOf(constraints: readonly Constraint[], cells: number): readonly (Domain | undefined)[] {
  const domains = new Array<Domain | undefined>(cells).fill(undefined);
  for (const { table, forms } of constraints) {
    table?.columns.forEach((column, c) => {
      const { constant, linear, quadratic } = forms[c]!;
      const [only] = linear;
      if (column.kind !== 'range' || quadratic.length > 0 || linear.size !== 1 || only![1] !== F.one) return;
      const min = column.first - balancedOf(constant);
      const known = domains[only![0]];
      if (known !== undefined && known.max - known.min < table.rows) return;
      domains[only![0]] = { min, max: min + table.rows - 1 };
    });
  }
  return domains;
}

/** The integer of least absolute value. */
function balancedOf(x: Fe): number {
  return x > F.modulus / 2 ? x - F.modulus : x;
}

/** 2^14 and some: all remainders of the largest step of a norm. */
const MOST_SOLUTIONS = 17_000;

/** All solutions of constant + sum of coefficients times cells = 0 modulo p, cells in their domains. */
function solveDigits(
  { constant, unknown }: Expanded,
  domains: readonly (Domain | undefined)[],
  most: number,
): [number, Fe][][] | undefined {
  const terms: { cell: number; c: number; low: number; high: number; domain: Domain }[] = [];
  for (const [cell, coefficient] of unknown) {
    const domain = domains[cell];
    if (domain === undefined) return undefined;
    const c = balancedOf(coefficient);
    const ends = [c * domain.min, c * domain.max];
    terms.push({ cell, c, low: Math.min(...ends), high: Math.max(...ends), domain });
  }
  terms.sort((a, b) => Math.abs(b.c) - Math.abs(a.c));
  const [low, high] = [0, 0].map(() => [0]) as [number[], number[]];
  for (let i = terms.length - 1; i >= 0; i--) {
    low.unshift(low[0]! + terms[i]!.low);
    high.unshift(high[0]! + terms[i]!.high);
  }
  if (high[0]! - low[0]! > 2 ** 45) return undefined; // sums must be exact, multiples of p few
  const target = -balancedOf(constant);
  const found: [number, Fe][][] = [];
  const visit = (i: number, rest: number, chosen: [number, Fe][]): boolean => {
    if (i === terms.length) {
      if (rest === 0) found.push(chosen);
      return found.length <= most;
    }
    const { cell, c, domain } = terms[i]!;
    // rest - c a must lie between the ends of what follows.
    const ends = [(rest - high[i + 1]!) / c, (rest - low[i + 1]!) / c];
    const from = Math.max(domain.min, Math.ceil(Math.min(...ends)));
    const to = Math.min(domain.max, Math.floor(Math.max(...ends)));
    for (let a = from; a <= to; a++) {
      if (!visit(i + 1, rest - c * a, [...chosen, [cell, F.fromInt(a)]])) return false;
    }
    return true;
  };
  const multiples = (end: number): number => (end - target) / F.modulus;
  const last = Math.floor(multiples(high[0]!));
  for (let j = Math.ceil(multiples(low[0]!)); j <= last; j++) {
    if (!visit(0, target + j * F.modulus, [])) return undefined;
  }
  return found;
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
