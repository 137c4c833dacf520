/** What a program says about integers: spec/programs.md section 4. One code, `PROGRAM_RANGE`. */
import { columnInterval, balanced, hull, intervalOf, isCell, isConstant, meet, reaches, tensorOf, times, withinField, type Interval, type SumBound } from './intervals.ts'; // prettier-ignore
import { at } from './lists.ts';
import { checkForm } from './program-form.ts';
import { checkPins } from './pins.ts';
import type { Index, Program, Tensor, Term, View } from './program.ts';
import { require } from './refusal.ts';
import { slabOf, Slabs, type Slab } from './slabs.ts';
import { writeOut, type WrittenRelation } from './written-out.ts';

/** Refuses with `PROGRAM_*` and `LOOKUP_*`: what anybody looks at before he relies on a program. */
export function checkProgram(program: Program): void {
  checkForm(program);
  checkRanges(program);
}

function checkRanges(program: Program): void {
  const relations = writeOut(program).map(asTerms);
  const known = new Map<string, Interval>();
  for (const tensor of program.tensors) {
    if (tensor.kind !== 'public') continue;
    known.set(tensor.name, hull(Array.from(tensor.values, (value) => balanced(BigInt(value)))));
  }
  inferWitnesses(program, relations, known);
  for (const tensor of program.tensors) {
    if (tensor.kind !== 'witness' || tensor.range === undefined) continue;
    const { min, max } = tensor.range;
    const own = known.get(tensor.name);
    const backed = own !== undefined && own.min >= BigInt(min) && own.max <= BigInt(max);
    require(backed, 'PROGRAM_RANGE', `claim of ${tensor.name}`);
  }
  const bound = convexity(program, relations, known);
  for (const { name, indices, terms, range } of program.virtuals) {
    if (range === 'residue') continue;
    const own = intervalOf(known, indices, terms, bound);
    require(typeof own !== 'string' && withinField(own), 'PROGRAM_RANGE', `virtual ${name}`);
    known.set(name, own as Interval);
  }
  checkPins(program, relations, known, bound);
}

/** A written-out relation in terms with safe coefficients. */
export interface Flat {
  readonly indices: readonly Index[];
  readonly table?: number;
  readonly forms: readonly (readonly Term[])[];
}

function asTerms({ indices, table, forms }: WrittenRelation): Flat {
  const plain = forms.map((form) =>
    form.map((term): Term => ({ ...term, coefficient: Number(term.coefficient) })),
  );
  return { indices, ...(table !== undefined && { table }), forms: plain };
}

/** "Witness tensors", "Slabs": facts about tensors and slabs of them, single cells first, then for at most 4 rounds. */
function inferWitnesses(program: Program, relations: readonly Flat[], known: Map<string, Interval>): void {
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  const slabs = new Slabs<Interval>();
  const learn = (cell: Term, indices: readonly Index[], value: Interval, rest: Interval): boolean => {
    const positive = { min: value.min - rest.max, max: value.max - rest.min };
    const own = cell.coefficient === 1 ? positive : { min: -positive.max, max: -positive.min };
    if (!withinField(own)) return false;
    const name = tensorOf(cell);
    const { shape } = tensors.get(name) as Tensor;
    const slab = slabOf(at(cell.views, 0), shape, indices) as Slab;
    const all = slabs.learn(name, shape, slab, own, (a, b) => meet(a, b) ?? a);
    if (all === undefined) return false;
    const found = hull(all.flatMap(({ min, max }) => [min, max]));
    const before = known.get(name);
    const both = before === undefined ? found : (meet(before, found) ?? before);
    known.set(name, both);
    return both.min !== before?.min || both.max !== before.max;
  };
  const nothing = { min: 0n, max: 0n };
  const facts = relations.flatMap(({ indices, table, forms }) =>
    forms.map((form, column) => {
      const cells = form.filter((term) => isFact(term, tensors, indices));
      const values = (shift: bigint): Interval =>
        table === undefined ? nothing : columnInterval(at(program.tables, table), column, shift);
      return { indices, form, cells, values, isLookup: table !== undefined };
    }),
  );
  for (const { indices, form, cells, values, isLookup } of facts) {
    const [cell] = cells;
    const others = form.filter((term) => term !== cell);
    if (!isLookup || cell === undefined || cells.length > 1 || !others.every(isConstant)) continue;
    const shift = others.reduce((sum, { coefficient }) => sum + BigInt(coefficient), 0n);
    learn(cell, indices, values(shift), nothing);
  }
  for (let round = 0, changed = true; round < 4 && changed; round++) {
    changed = false;
    for (const { indices, form, cells, values } of facts) {
      for (const cell of cells.length <= 8 ? cells : []) {
        const rest = intervalOf(known, indices, form.filter((term) => term !== cell)); // prettier-ignore
        if (typeof rest !== 'string' && learn(cell, indices, values(0n), rest)) changed = true;
      }
    }
  }
}

/** One cell, coefficient 1 or -1, of a witness tensor all of which, or a slab of which, is reached. */
function isFact(term: Term, tensors: ReadonlyMap<string, Tensor>, indices: readonly Index[]): boolean {
  if (!isCell(term) || Math.abs(term.coefficient) !== 1) return false;
  const tensor = tensors.get(tensorOf(term)) as Tensor;
  return tensor.kind === 'witness' && slabOf(at(term.views, 0), tensor.shape, indices) !== undefined;
}

/** "Convexity": where a lookup bounds sums of a tensor that is not negative, products with it are bounded. */
function convexity(
  program: Program,
  relations: readonly Flat[],
  known: ReadonlyMap<string, Interval>,
): SumBound {
  const shapes = new Map(program.tensors.map(({ name, shape }) => [name, shape]));
  const rows: { tensor: string; dimensions: number[]; most: bigint }[] = [];
  for (const { indices, table, forms } of relations) {
    forms.forEach((form, column) => {
      const others = form.filter((term) => !isConstant(term));
      const [term] = others;
      if (table === undefined || term === undefined || others.length > 1 || term.coefficient !== 1) return;
      const [view] = term.views;
      if (view === undefined || term.views.length > 1 || term.mask !== undefined) return;
      const sum = intervalOf(known, indices, [term]);
      if (typeof sum === 'string' || !withinField(sum) || (known.get(view.tensor) as Interval).min < 0n)
        return;
      const shape = shapes.get(view.tensor) as readonly number[];
      const dimensions = shape.flatMap((size, d) =>
        reaches(at(view.coordinates, d), size, term.sums) ? [d] : [],
      );
      const taken = shape.every((size, d) => dimensions.includes(d) || reaches(at(view.coordinates, d), size, indices)); // prettier-ignore
      if (!taken) return;
      const shift = form
        .filter(isConstant)
        .reduce((total, { coefficient }) => total + BigInt(coefficient), 0n);
      const { max } = columnInterval(at(program.tables, table), column, shift);
      rows.push({ tensor: view.tensor, dimensions, most: max > 0n ? max : 0n });
    });
  }
  return ({ views, sums }) => {
    const [a, b] = views;
    if (a === undefined || b === undefined) return undefined;
    for (const [own, other] of [
      [a, b],
      [b, a],
    ] as const) {
      // prettier-ignore
      const row = rows.find((of) => of.tensor === own.tensor && isPartOfRow(own, of.dimensions, sums));
      const factor = known.get(other.tensor);
      if (row !== undefined && factor !== undefined) return times({ min: 0n, max: row.most }, factor);
    }
    return undefined;
  };
}

/** Whether a view reads, while the sums run, different cells of one row: each sum in a summed dimension of its own. */
function isPartOfRow({ coordinates }: View, dimensions: readonly number[], sums: readonly Index[]): boolean {
  const summed = (index: string): boolean => sums.some(({ name }) => name === index);
  let found = 0;
  for (const [d, of] of coordinates.entries()) {
    if (of.kind === 'gather' && summed(of.index)) return false;
    const inner = of.kind === 'gather' ? [] : of.parts.filter(({ index }) => summed(index));
    if (inner.length > 1 || (inner.length === 1 && !dimensions.includes(d))) return false;
    found += inner.length;
  }
  return found === sums.length;
}
