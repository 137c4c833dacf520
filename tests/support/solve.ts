/**
 * All witnesses of a small program, over the whole field: a search that only ever tries rows of tables and roots of linear
 * equations, so it leaves out nothing that could satisfy the relations. Uniqueness shown with it is exhaustive.
 */
import { koalaBear } from '../../src/field/koalabear.ts';
import type { Program, Table } from '../../src/relation/program.ts';
import type { Cells } from './clear.ts';
import { MOST_SOLUTIONS, solveDigits, type Expanded } from './solve-digits.ts';
import { compile, domainsOf, type Constraint, type Polynomial } from './solve-program.ts';
import { cellOf, rowsBy } from './solve-rows.ts';

type Fe = ReturnType<typeof koalaBear.fromInt>;
const F = koalaBear;

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

export interface SearchOptions {
  /** Solutions after which the search ends. Default: 2. */
  readonly limit?: number;
  /** Values to try. Default: all there are. */
  readonly budget?: number;
  /** Give some values to cells that nothing determines. Then not all witnesses are found, but what is found is one. */
  readonly guess?: boolean;
}

const inverses = new Map<Fe, Fe>();
/** Coefficients are few. */
function inverse(x: Fe): Fe {
  let known = inverses.get(x);
  if (known === undefined) {
    if (inverses.size > 100_000) inverses.clear();
    inverses.set(x, (known = F.inverse(x)));
  }
  return known;
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
    const known = linear.some(([own]) => own !== cell);
    if (others || known || constant !== F.zero || !quadratic.every(({ a }) => a === cell)) return undefined;
    const c = quadratic.reduce((sum, own) => F.add(sum, own.c), F.zero);
    if (c === F.zero) return undefined;
    const root = F.mul(F.neg(linear[0]?.[1] ?? F.zero), inverse(c));
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
  const candidates = (constraint: Constraint): Iterable<[number, Fe][]> | undefined => {
    const reduced = constraint.forms.map(reduce);
    const digits = twoRoots(constraint) ?? digitSolutions(constraint, Infinity);
    if (digits !== undefined) return digits;
    if (reduced.some((form) => form === undefined)) return undefined;
    const forms = reduced as Reduced[];
    const inverses = forms.map(({ coefficient }) => coefficient && inverse(coefficient));
    const root = (c: number, value: number): [number, Fe] => {
      const { constant, cell } = forms[c] as Reduced;
      return [cell as number, F.mul(F.sub(value as Fe, constant), inverses[c] as Fe)];
    };
    if (constraint.table === undefined) {
      const [form] = forms as [Reduced];
      if (form.cell !== undefined) return [[root(0, 0)]];
      return form.constant === F.zero ? [[]] : [];
    }
    return ofRows(forms, constraint.table, root);
  };
  /** One row of a table after the other: there can be many. */
  function* ofRows(
    forms: readonly Reduced[],
    table: Table,
    root: (c: number, value: number) => [number, Fe],
  ): Generator<[number, Fe][]> {
    const fixed = forms.findIndex(({ cell }) => cell === undefined);
    const matching = fixed < 0 ? undefined : (rowsBy(table, fixed).get(forms[fixed]!.constant) ?? []);
    for (let i = 0; i < (matching?.length ?? table.rows); i++) {
      const row = matching === undefined ? i : matching[i]!;
      const assignment: [number, Fe][] = [];
      const fits = forms.every((form, c) => {
        const there = cellOf(table.columns[c]!, row);
        if (form.cell === undefined) return form.constant === there;
        const own = root(c, there);
        const other = assignment.find(([cell]) => cell === own[0]);
        if (other === undefined) assignment.push(own);
        return other === undefined || other[1] === own[1];
      });
      if (fits) yield assignment;
    }
  }

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
    return rowsBy(table, fixed).get(reduced[fixed]!.constant)?.length ?? 0;
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
        const unknown = unknownOf(constraint);
        if (unknown === 'several') continue;
        const found = ofOne(constraint);
        if (found === 'none') return false;
        if (found !== undefined && unknown !== undefined) queue.push([unknown, found]);
      }
    }
    return true;
  };

  const unknownOf = ({ cells }: Constraint): number | 'several' | undefined => {
    let only: number | undefined;
    for (const cell of cells) {
      if (values[cell] !== undefined) continue;
      if (only !== undefined) return 'several';
      only = cell;
    }
    return only;
  };
  /** What `evaluate` found of the forms of one constraint. */
  const constants: Fe[] = [];
  const coefficients: Fe[] = [];
  /** Constant and coefficient of a form of at most one unknown cell; false where the cell is squared. */
  const evaluate = ({ constant, linear, quadratic }: Polynomial, at: number): boolean => {
    let [sum, coefficient] = [constant, F.zero];
    for (let i = 0; i < linear.length; i++) {
      const [cell, c] = linear[i]!;
      const value = values[cell];
      if (value === undefined) coefficient = F.add(coefficient, c);
      else sum = F.add(sum, F.mul(c, value));
    }
    for (const { a, b, c } of quadratic) {
      const [x, y] = [values[a], values[b]];
      if (x !== undefined && y !== undefined) sum = F.add(sum, F.mul(c, F.mul(x, y)));
      else if (x === undefined && y === undefined) return false;
      else coefficient = F.add(coefficient, F.mul(c, (x ?? y) as Fe));
    }
    [constants[at], coefficients[at]] = [sum, coefficient];
    return true;
  };
  /**
   * What a constraint says of the only cell that it does not know, or of none: the one value, or none; undefined where there are
   * more, or it is not known, or nothing is left to say.
   */
  const ofOne = (constraint: Constraint): Fe | 'none' | undefined => {
    const { forms, table } = constraint;
    if (table === undefined) {
      if (!evaluate(forms[0]!, 0)) {
        const roots = twoRoots(constraint);
        return roots?.length === 1 ? roots[0]![0]![1] : undefined;
      }
      const [constant, coefficient] = [constants[0]!, coefficients[0]!];
      if (coefficient !== F.zero) return F.mul(F.neg(constant), inverse(coefficient));
      return constant === F.zero ? undefined : 'none';
    }
    let fixed = -1;
    for (let c = 0; c < forms.length; c++) {
      if (!evaluate(forms[c]!, c)) return undefined;
      if (fixed < 0 && coefficients[c] === F.zero) fixed = c;
    }
    if (fixed < 0) return undefined;
    let found: Fe | 'none' | undefined = 'none';
    for (const row of rowsBy(table, fixed).get(constants[fixed]!) ?? []) {
      const own = inRow(table, row);
      if (own === 'none') continue;
      if (found !== 'none') return undefined;
      found = own;
    }
    return found;
  };
  /** The value of the cell in a row of a table; undefined where no form has it, none where the row does not fit. */
  const inRow = (table: Table, row: number): Fe | 'none' | undefined => {
    let value: Fe | undefined;
    for (let c = 0; c < table.columns.length; c++) {
      const [constant, coefficient] = [constants[c]!, coefficients[c]!];
      const there = cellOf(table.columns[c]!, row);
      if (coefficient === F.zero) {
        if (constant !== there) return 'none';
        continue;
      }
      const own = F.mul(F.sub(there as Fe, constant), inverse(coefficient));
      if (value !== undefined && value !== own) return 'none';
      value = own;
    }
    return value;
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
    (constraint) => constraint.cells.length > 0 || [...candidates(constraint)!].length > 0,
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
