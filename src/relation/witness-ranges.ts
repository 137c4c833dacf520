/**
 * Intervals of witness tensors, from what lookups and vanishing relations force on every cell. A fact about a tensor is a form
 * with one cell of it, coefficient 1 or -1, that reaches all cells, or all of a slab:
 *
 *     c + x + rest in a column        or        c + x + rest = 0,        the rest with known intervals.
 *
 * All are true of every accepted witness, so their order does not matter and they may be intersected; slabs that cover a tensor
 * bound it together. spec/programs.md section 4.
 */
import type { BaseField } from '../field/field.ts';
import { isCell, isConstant, type Columns } from './columns.ts';
import type { FlatRelation, FlatTerm } from './form.ts';
import { fitsField, inferTerms, type Interval } from './interval.ts';
import type { Table, Tensor, View } from './program.ts';
import { reachedSlab, slabFacts, type Slab } from './slabs.ts';

/** Rounds in which intervals follow from those of the round before. */
const ROUNDS = 4;
/** Forms with more cells say little about one of them, and would cost their square. */
const MAX_CELLS_OF_A_FACT = 8;

/**
 * Adds the intervals of witness tensors to those of public ones.
 *
 * @param flat all relations, written out
 */
export function inferWitnesses(
  base: BaseField,
  columns: Columns,
  tables: readonly Table[],
  tensors: ReadonlyMap<string, Tensor>,
  flat: readonly FlatRelation[],
  intervals: Map<string, Interval>,
): void {
  const facts = flat.flatMap((relation) =>
    relation.forms.map((form, column): Fact => ({ relation, form, column })),
  );
  const slabs = slabFacts(meet);
  /** Whether something new was found. */
  const add = (cell: FlatTerm, { indices }: FlatRelation, of: Interval | undefined): boolean => {
    if (of === undefined) return false;
    const name = tensorOf(cell);
    const { shape } = tensors.get(name) as Tensor;
    const slab = reachedSlab(cell.views[0] as View, shape, indices) as Slab;
    const found = slabs.add(name, shape[slab.dimension] as number, slab, of)?.reduce(hull);
    if (found === undefined) return false;
    const before = intervals.get(name);
    const both = before === undefined ? found : meet(before, found);
    intervals.set(name, both);
    return both.min !== before?.min || both.max !== before.max;
  };
  // Single cells first, all of them: bounds from several lookups meet.
  for (const { relation, form, column } of facts) {
    const { table } = relation;
    const cell = soleCell(form, tensors, relation);
    if (cell === undefined || table === undefined || form.some((term) => !isConstant(term) && term !== cell))
      continue;
    const found = solve(base, cell, columns.bounds(tables[table] as Table, column, shiftOf(form)), NOTHING);
    add(cell, relation, found);
  }
  for (let round = 0; round < ROUNDS; round++) {
    let changed = false;
    for (const { relation, form, column } of facts) {
      const cells = form.filter((term) => isWitnessCell(term, tensors, relation));
      for (const cell of cells.length <= MAX_CELLS_OF_A_FACT ? cells : []) {
        const rest = inferTerms(
          { intervals },
          relation.indices,
          form.filter((term) => term !== cell),
        );
        if ('unknown' in rest) continue;
        const { table } = relation;
        const values = table === undefined ? NOTHING : columns.bounds(tables[table] as Table, column, 0n);
        changed = add(cell, relation, solve(base, cell, values, rest.interval)) || changed;
      }
    }
    if (!changed) break;
  }
}

interface Fact {
  readonly relation: FlatRelation;
  readonly form: readonly FlatTerm[];
  readonly column: number;
}

const NOTHING: Interval = { min: 0n, max: 0n };

function tensorOf({ views }: FlatTerm): string {
  return (views[0] as View).tensor;
}

/** The one cell of a witness tensor among terms. */
function soleCell(
  terms: readonly FlatTerm[],
  tensors: ReadonlyMap<string, Tensor>,
  relation: FlatRelation,
): FlatTerm | undefined {
  const cells = terms.filter((term) => isWitnessCell(term, tensors, relation));
  return cells.length === 1 ? cells[0] : undefined;
}

/** Whether a term is a cell with coefficient 1 or -1 of a witness tensor, of which the relation reaches all or a slab. */
function isWitnessCell(
  term: FlatTerm,
  tensors: ReadonlyMap<string, Tensor>,
  { indices }: FlatRelation,
): boolean {
  if (!isCell(term) || Math.abs(term.coefficient) !== 1) return false;
  const tensor = tensors.get(tensorOf(term)) as Tensor;
  return tensor.kind === 'witness' && reachedSlab(term.views[0] as View, tensor.shape, indices) !== undefined;
}

function shiftOf(terms: readonly FlatTerm[]): bigint {
  return terms.filter(isConstant).reduce((sum, { coefficient }) => sum + BigInt(coefficient), 0n);
}

/** x from c x + rest = value; undefined where that could leave (p-1)/2. */
function solve(base: BaseField, cell: FlatTerm, value: Interval, rest: Interval): Interval | undefined {
  const min = value.min - rest.max;
  const max = value.max - rest.min;
  const found = cell.coefficient === 1 ? { min, max } : { min: -max, max: -min };
  return fitsField(base, found) ? found : undefined;
}

/** Both at once. Where they do not meet there is no witness, and either is true. */
function meet(a: Interval, b: Interval): Interval {
  const min = a.min > b.min ? a.min : b.min;
  const max = a.max < b.max ? a.max : b.max;
  return min > max ? a : { min, max };
}

/** The least interval that holds both. */
function hull(a: Interval, b: Interval): Interval {
  return { min: a.min < b.min ? a.min : b.min, max: a.max > b.max ? a.max : b.max };
}
