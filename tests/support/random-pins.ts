/** Random programs of residues, digits and slabs over a small field, and all witnesses that satisfy one. */
import type { BaseField } from '../../src/field/field.ts';
import { columnFacts } from '../../src/relation/columns.ts';
import { flatten, type Form } from '../../src/relation/form.ts';
import { findPins } from '../../src/relation/pins.ts';
import type { Coordinate, Index, Program, Relation, Term, View } from '../../src/relation/program.ts';
import type { ProgramRanges } from '../../src/relation/ranges.ts';
import { lookupOf, rangeTable, read, times, witnessTensor } from './example-programs.ts';
import type { Dice } from './graphs.ts';
import { affine } from './program-changes.ts';

/** Witness tensors of two cells each; w is public. */
const NAMES = ['a', 'b', 'x'];
const CELLS = 2 * NAMES.length;
const K: Index = { name: 'k', size: 2 };
const J = (size: number): Index => ({ name: 'j', size });

/** Within two cells, j running over `size`; k where it is summed. */
function coordinate(size: number, isSummed: boolean, d: Dice): Coordinate {
  const kind = d.int(0, isSummed ? 3 : 2);
  if (kind === 0) return affine(d.int(0, 1));
  if (kind === 3) return affine(0, ['k', 1]);
  if (d.int(0, 7) === 0) {
    return { kind: 'gather', index: 'j', positions: Array.from({ length: size }, () => d.int(0, 1)) };
  }
  return own(size, d);
}

/** Cells one after the other, from the first or the second on. */
function own(size: number, d: Dice): Coordinate {
  return affine(size === 2 ? 0 : d.int(0, 1), ['j', 1]);
}

/** A constant, a cell, a product or a sum. */
function term(size: number, d: Dice): Term {
  const kind = d.int(0, 5);
  if (kind === 0) return times(d.int(0, 2));
  const isSummed = d.int(0, 3) === 0;
  const views = Array.from({ length: kind < 4 ? 1 : 2 }, () =>
    read(d.pick([...NAMES, 'w']), coordinate(size, isSummed, d)),
  );
  const sums = views.some((view) => indicesOf(view).includes('k')) ? [K] : [];
  return times(d.pick([1, 1, -1, 2]), views, { sums });
}

function indicesOf({ coordinates }: View): string[] {
  return coordinates.flatMap((one) => (one.kind === 'gather' ? [one.index] : one.parts.map(({ index }) => index)));
} // prettier-ignore

/** Two to five relations that vanish, cut or check, and range checks of about half of the tensors. */
export function randomPins(d: Dice): Program {
  const virtuals: Program['virtuals'][number][] = [];
  const tables = new Map<string, Program['tables'][number]>();
  /** Terms, or a residue that is defined by them. */
  const body = (size: number): Term[] => {
    const terms = Array.from({ length: d.int(1, 2) }, () => term(size, d));
    if (d.int(0, 1) === 0) return terms;
    const name = `v${virtuals.length}`;
    virtuals.push({ name, indices: [J(size)], range: 'residue', terms });
    return [times(1, [read(name, 'j')])];
  };
  const range = (rows: number): string => {
    tables.set(`t${rows}`, rangeTable(`t${rows}`, rows));
    return `t${rows}`;
  };
  /** Two columns; the first may have a value twice. */
  const pairs = (): string => {
    const values = d.pick([[0, 1], [0, 0], [1, 3], [0, 1, 1]]); // prettier-ignore
    const name = `pairs-${values.join('-')}`;
    const columns = [{ kind: 'dense', values: Uint32Array.from(values) }, { kind: 'range', first: 0 }] as const; // prettier-ignore
    tables.set(name, { name, rows: values.length, columns });
    return name;
  };
  const digits = (size: number): Term[] => {
    const at = own(size, d);
    const more = d.int(0, 3) === 0 ? [times(d.pick([1, 2, -2]), [read(d.pick(NAMES), at)])] : [];
    return [times(d.pick([2, 2, 3, -2, 1]), [read(d.pick(NAMES), at)]), ...more, ...body(size)];
  };
  const relation = (r: number): Relation => {
    const name = `r${r}`;
    const kind = d.int(0, 8);
    const size = d.pick([1, 1, 2]);
    if (kind < 5) {
      const cell = times(d.pick([1, 1, -1, -1, 2]), [read(d.pick(NAMES), own(size, d))]);
      return { kind: 'zero', name, indices: [J(size)], terms: [cell, ...body(size)] };
    }
    if (kind === 5) return lookupOf(name, [J(size)], pairs(), digits(size), digits(size));
    if (kind < 8) return lookupOf(name, [J(size)], range(d.int(1, 3)), digits(size));
    return lookupOf(name, [J(2)], range(d.int(2, 3)), [times(1, [read(d.pick(NAMES), 'j')])]);
  };
  const relations = Array.from({ length: d.int(2, 5) }, (_, r) => relation(r));
  for (const name of NAMES) {
    if (d.int(0, 1) === 0) relations.push(lookupOf(name, [J(2)], range(2), [times(1, [read(name, 'j')])]));
  }
  return {
    tensors: [
      ...NAMES.map((name) => witnessTensor(name, [2])),
      { kind: 'public', name: 'w', shape: [2], values: [d.int(1, 2), d.int(-1, 1)] },
    ],
    tables: [...tables.values()],
    virtuals,
    relations,
  };
}

/** A cell of the witness, tensor by tensor, at one value of j and of what is summed. */
function cellAt({ tensor, coordinates: [at] }: View, j: number, k: number): number {
  const of = (index: string): number => (index === 'j' ? j : k);
  const position =
    at?.kind === 'gather'
      ? (at.positions[j] as number)
      : (at?.parts.reduce((sum, { index }) => sum + of(index), at.offset) as number);
  return 2 * NAMES.indexOf(tensor) + position; // negative: of w
}

/** Cells that some pin makes, and all of tensors that are settled. */
export function madeCells(base: BaseField, program: Program, { intervals }: ProgramRanges): ReadonlySet<number> {
  const { pins, settled } = findPins(base, program, flatten(program), columnFacts(base), { intervals });
  const made = new Set<number>([...settled.keys()].flatMap((name) => [2 * NAMES.indexOf(name), 2 * NAMES.indexOf(name) + 1]));
  for (const { form, indices, makes } of pins) {
    for (const { views, sums } of form) {
      const [view] = views;
      if (view === undefined || views.length > 1 || sums.length > 0 || !makes.includes(view.tensor)) continue;
      for (let j = 0; j < (indices[0] as Index).size; j++) made.add(cellAt(view, j, 0));
    }
  }
  return made;
} // prettier-ignore

/** coefficient times cells, for each value of the indices. */
type Monomial = readonly [coefficient: number, first: number, second: number];

function expanded(form: Form, j: number, w: ArrayLike<number>, p: number): Monomial[] {
  return form.flatMap(({ coefficient, views, sums }) =>
    Array.from({ length: sums.length === 0 ? 1 : K.size }, (_, k): Monomial => {
      let c = coefficient;
      const cells: number[] = [];
      for (const view of views) {
        const cell = cellAt(view, j, k);
        if (view.tensor === 'w') c *= w[cell + 2] as number;
        else cells.push(cell);
      }
      return [((c % p) + p) % p, cells[0] ?? -1, cells[1] ?? -1];
    }),
  );
}

/** Entries at one value of j that must be a row: the last cell that they read, and whether cells up to that satisfy it. */
interface Check {
  readonly last: number;
  holds(cells: readonly number[]): boolean;
}

function checksOf(base: BaseField, program: Program): Check[] {
  const p = base.modulus;
  const { values: w } = program.tensors.find(({ name }) => name === 'w') as { values: ArrayLike<number> };
  return flatten(program).flatMap(({ forms, table, indices }) => {
    const of = table === undefined ? undefined : program.tables[table];
    const columns = of?.columns ?? [{ kind: 'range', first: 0 }];
    const keys = Array.from({ length: of?.rows ?? 1 }, (_, i) =>
      columns.reduce((key, own) => key * p + (own.kind === 'range' ? own.first + i : (own.values[i] as number)), 0),
    ); // prettier-ignore
    const rows = new Set(keys);
    return Array.from({ length: (indices[0] as Index).size }, (_, j): Check => {
      const entries = forms.map((form) => expanded(form, j, w, p));
      return {
        last: Math.max(0, ...entries.flat().flatMap(([, first, second]) => [first, second])),
        holds(cells) {
          const at = (cell: number): number => (cell < 0 ? 1 : (cells[cell] as number));
          const sums = entries.map(
            (entry) => entry.reduce((sum, [c, a, b]) => sum + c * at(a) * at(b), 0) % p,
          );
          return rows.has(sums.reduce((key, sum) => key * p + sum, 0));
        },
      };
    });
  });
}

/** Calls back with each witness that satisfies a program: cells a, b, x, always in one array. */
export function eachWitness(
  base: BaseField,
  program: Program,
  found: (cells: readonly number[]) => void,
): void {
  const checks = checksOf(base, program);
  const own = Array.from({ length: CELLS }, (_, k) => checks.filter(({ last }) => last === k));
  const cells: number[] = [];
  const descend = (k: number): void => {
    if (k === CELLS) return found(cells);
    for (let value = 0; value < base.modulus; value++) {
      cells[k] = value;
      if (own[k]?.every((check) => check.holds(cells)) === true) descend(k + 1);
    }
  };
  descend(0);
}
