/** Residues are pinned, and so is everything that is looked up: spec/programs.md section 4, "Residue". */
import { KOALABEAR } from './field.ts';
import { balanced, intervalOf, isCell, isConstant, reachesAll, tensorOf, withinField, type Interval, type SumBound } from './intervals.ts'; // prettier-ignore
import { at } from './lists.ts';
import type { NamedTable, Program, Relation, Tensor, Term, Virtual } from './program.ts';
import type { Flat } from './ranges.ts';
import { refuse, require } from './refusal.ts';
import { readsWithin, slabOf, Slabs, type Slab } from './slabs.ts';

/** c d for 0 <= d < count. */
interface Digit {
  readonly tensor: string;
  readonly coefficient: bigint;
  readonly count: bigint;
}

interface Context {
  readonly program: Program;
  readonly flat: readonly Flat[];
  readonly known: ReadonlyMap<string, Interval>;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly residues: ReadonlyMap<string, Virtual>;
  /** Settled tensors, with the number of the relation that settles them. */
  readonly settled: Map<string, number>;
  /** "relation entry" that settles, or would if it reached all: the tensors. */
  readonly makes: Map<string, readonly string[]>;
  readonly slabs: Slabs<true>;
  /** Slabs of tensors, with the number of the relation that makes them. */
  readonly parts: (Slab & { readonly tensor: string; readonly by: number })[];
}

export function checkPins(
  program: Program,
  flat: readonly Flat[],
  known: ReadonlyMap<string, Interval>,
  bound: SumBound,
): void {
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  const residues = new Map(program.virtuals.filter(({ range }) => range === 'residue').map((of) => [of.name, of])); // prettier-ignore
  const context: Context = {
    program,
    flat,
    known,
    tensors,
    residues,
    settled: new Map(),
    makes: new Map(),
    slabs: new Slabs(),
    parts: [],
  };
  program.relations.forEach((relation, r) => settle(context, relation, r));
  const pins: Pin[] = [];
  program.relations.forEach((relation, r) => {
    termsOf(relation).forEach((terms, entry) => {
      const reads = readsResidue(context, terms);
      let makes = context.makes.get(`${r} ${entry}`);
      if (relation.kind === 'zero') require(!reads || makes !== undefined, 'PROGRAM_RANGE', relation.name);
      else if (!isPlain(context, relation, entry, r, reads, bound))
        makes = checkEntry(context, relation, entry, r, reads);
      if (makes !== undefined) pins.push({ entry, r, makes });
    });
  });
  checkOrder(context, pins);
}

/** An entry that makes cells of tensors. */
interface Pin {
  readonly entry: number;
  readonly r: number;
  readonly makes: readonly string[];
}

function termsOf(relation: Relation): readonly (readonly Term[])[] {
  return relation.kind === 'zero' ? [relation.terms] : relation.entries;
}

function tableOf({ program, flat }: Context, r: number): NamedTable {
  return at(program.tables, at(flat, r).table as number);
}

/** What this relation settles, in the light of those before it. */
function settle(context: Context, relation: Relation, r: number): void {
  const { flat, tensors, settled, makes, slabs, parts } = context;
  const { indices, forms } = at(flat, r);
  const isWitness = (name: string): boolean => tensors.get(name)?.kind === 'witness';
  const covers = (term: Term): boolean =>
    reachesAll(at(term.views, 0), (tensors.get(tensorOf(term)) as Tensor).shape, indices);
  /** Whether slabs up to this one cover the tensor. */
  const completes = (term: Term): boolean => {
    const { shape } = tensors.get(tensorOf(term)) as Tensor;
    const slab = slabOf(at(term.views, 0), shape, indices);
    if (slab === undefined) return false;
    parts.push({ ...slab, tensor: tensorOf(term), by: r });
    return slabs.learn(tensorOf(term), shape, slab, true, () => true) !== undefined;
  };
  forms.forEach((form, entry) => {
    const cells = form.filter(
      (term) => isCell(term) && isWitness(tensorOf(term)) && !settled.has(tensorOf(term)),
    );
    if (relation.kind === 'zero') {
      const [cell] = cells;
      if (cell === undefined || cells.length > 1 || Math.abs(cell.coefficient) !== 1) return;
      const times = form
        .flatMap(({ views }) => views)
        .filter(({ tensor }) => tensor === tensorOf(cell)).length;
      if (times > 1) return;
      makes.set(`${r} ${entry}`, [tensorOf(cell)]);
      if (completes(cell)) settled.set(tensorOf(cell), r);
      return;
    }
    // A single cell is checked, not cut.
    const cut = form.some((term) => term.views.length > 0 && !cells.includes(term));
    const digits = cut && cells.length > 0 ? digitsOf(context, relation, entry, r) : [];
    if (typeof digits === 'string' || digits.length === 0 || !decompose(tableOf(context, r), entry, digits))
      return;
    if (readsDigits(context, relation, entry, r)) return;
    const names = new Set(digits.map(({ tensor }) => tensor));
    const own = cells.filter((cell) => names.has(tensorOf(cell)));
    if (own.length === 0 || !own.every(covers)) return;
    makes.set(`${r} ${entry}`, [...names]);
    names.forEach((name) => settled.set(name, r));
  });
}

/** Whether terms read a residue, and if so whether they may: cells and constants beside residues with coefficient 1 or -1. */
function readsResidue(context: Context, terms: readonly Term[]): boolean {
  const isResidue = ({ views }: Term): boolean => views.some(({ tensor }) => context.residues.has(tensor));
  const own = terms.filter(isResidue);
  if (own.length === 0) return false;
  const allowed = terms.every((term) => term.views.length === 0 || isCell(term));
  require(allowed && own.every(({ coefficient }) => Math.abs(coefficient) === 1), 'PROGRAM_RANGE', 'beside a residue'); // prettier-ignore
  for (const term of own) readsResidue(context, (context.residues.get(tensorOf(term)) as Virtual).terms);
  return true;
}

/** An entry that needs no pin: proven, or a single cell, or behind the first column, and no residue. */
function isPlain(
  context: Context,
  relation: Relation & { kind: 'lookup' },
  entry: number,
  r: number,
  reads: boolean,
  bound: SumBound,
): boolean {
  // prettier-ignore
  const { known, flat } = context;
  const own = intervalOf(known, relation.indices, at(relation.entries, entry), bound);
  if (typeof own !== 'string' && withinField(own)) return true;
  const others = at(at(flat, r).forms, entry).filter((term) => !isConstant(term));
  const single = others.length === 1 && isCell(at(others, 0));
  return !reads && (entry > 0 || single);
}

function checkEntry(
  context: Context,
  relation: Relation & { kind: 'lookup' },
  entry: number,
  r: number,
  reads: boolean,
): string[] {
  // prettier-ignore
  const pinned = (holds: boolean, what: string): void => require(holds, 'PROGRAM_RANGE', `${relation.name}: ${what}`);
  const isWitness = (name: string): boolean => context.tensors.get(name)?.kind === 'witness';
  const product = at(relation.entries, entry).some(
    ({ views, sums }) =>
      views.length === 2 && sums.length === 0 && views.every(({ tensor }) => isWitness(tensor)),
  );
  pinned(reads || !product, 'a product of two witness cells');
  const digits = digitsOf(context, relation, entry, r);
  if (typeof digits === 'string') return refuse('PROGRAM_RANGE', `${relation.name} reads ${digits}`);
  pinned(!readsDigits(context, relation, entry, r), 'digits of itself');
  pinned(decompose(tableOf(context, r), entry, digits), 'digits in one way');
  return digits.map(({ tensor }) => tensor);
}

/**
 * What is cut must be there before its digits: no tensor of which a later pin makes cells, nor, where none settles it, another pin of the same
 * relation. Slabs that earlier ones made may be read.
 */
function checkOrder({ flat, settled, parts }: Context, pins: readonly Pin[]): void {
  for (const { entry, r, makes } of pins) {
    const { indices, forms } = at(flat, r);
    for (const { views, sums } of at(forms, entry))
      for (const view of views) {
        const { tensor } = view;
        if (makes.includes(tensor)) continue;
        const by = settled.get(tensor);
        const isLater =
          by === undefined ? pins.some((pin) => pin.r >= r && pin.makes.includes(tensor)) : by > r;
        const before = parts.filter((part) => part.tensor === tensor && part.by < r);
        const isThere = !isLater || readsWithin(view, [...indices, ...sums], before);
        require(isThere, 'PROGRAM_RANGE', `${tensor} is settled later`);
      }
  }
}

/** The cells of an entry that may be chosen. */
function openCells(
  { tensors, residues, settled, flat }: Context,
  relation: Relation & { kind: 'lookup' },
  entry: number,
  r: number,
): Term[] {
  const outside = cellsOutside(residues, at(relation.entries, entry));
  const open = at(at(flat, r).forms, entry).filter(
    (term) => isCell(term) && tensors.get(tensorOf(term))?.kind === 'witness' && (settled.get(tensorOf(term)) ?? r) >= r, // prettier-ignore
  );
  const chosen = open.filter((term) => outside.has(tensorOf(term)));
  return chosen.length > 0 ? chosen : open;
}

/** Whether an entry reads, beside its digits, a tensor of which it or another entry makes digits. */
function readsDigits(
  context: Context,
  relation: Relation & { kind: 'lookup' },
  entry: number,
  r: number,
): boolean {
  const open = openCells(context, relation, entry, r);
  const made = new Set(open.map(tensorOf));
  return at(at(context.flat, r).forms, entry)
    .filter((term) => !open.includes(term))
    .flatMap(({ views }) => views)
    .some(({ tensor }) => made.has(tensor) || context.settled.get(tensor) === r);
}

/** The digits of an entry; the name of a tensor without interval where there is one among them. */
function digitsOf(
  context: Context,
  relation: Relation & { kind: 'lookup' },
  entry: number,
  r: number,
): Digit[] | string {
  const { known } = context;
  const sums = new Map<string, { tensor: string; sum: bigint }>();
  for (const term of openCells(context, relation, entry, r)) {
    if (!known.has(tensorOf(term))) return tensorOf(term);
    const key = JSON.stringify(term.views);
    const before = sums.get(key)?.sum ?? 0n;
    sums.set(key, { tensor: tensorOf(term), sum: before + BigInt(term.coefficient) });
  }
  return [...sums.values()].flatMap(({ tensor, sum }) => {
    const c = balanced(sum);
    const { min, max } = known.get(tensor) as Interval;
    return c === 0n ? [] : [{ tensor, coefficient: c < 0n ? -c : c, count: max - min + 1n }];
  });
}

/** Tensors that an entry reads as cells outside the definitions of residues (of those that read no other residue). */
function cellsOutside(residues: ReadonlyMap<string, Virtual>, terms: readonly Term[]): Set<string> {
  const names = terms.filter(isCell).flatMap((term): string[] => {
    const residue = residues.get(tensorOf(term));
    if (residue === undefined) return [tensorOf(term)];
    const deeper = residue.terms.some(({ views }) => views.some(({ tensor }) => residues.has(tensor)));
    return deeper ? [...cellsOutside(residues, residue.terms)] : [];
  });
  return new Set(names);
}

/** "Decided by": t + sum of c_i d_i, t a value of the column, takes every residue at most once. */
function decompose({ rows, columns }: NamedTable, column: number, digits: readonly Digit[]): boolean {
  const of = at(columns, column);
  const values = of.kind === 'range' ? undefined : leastSpan([...of.values]);
  const distinct = values === undefined || values.length === rows;
  if (!distinct && columns.length > 1) return false;
  const last = values === undefined ? BigInt(rows) - 1n : at(values, values.length - 1);
  const gaps = values !== undefined && last + 1n > BigInt(values.length) ? values : undefined;
  let span = last + 1n;
  for (const [i, { coefficient, count }] of joined(digits).entries()) {
    const fits = coefficient >= span || (i === 0 && gaps !== undefined && fitGaps(gaps, coefficient, count));
    if (!fits) return false;
    span += coefficient * (count - 1n);
  }
  return span <= KOALABEAR;
}

/** Different residues as integers from 0 on, behind the widest gap of the circle; the first of the widest. */
function leastSpan(residues: readonly bigint[]): bigint[] {
  const sorted = [...new Set(residues)].sort((a, b) => (a < b ? -1 : 1));
  let [start, widest] = [0, 0n];
  sorted.forEach((value, i) => {
    const next = sorted[i + 1] ?? at(sorted, 0) + KOALABEAR;
    if (next - value > widest) [widest, start] = [next - value, (i + 1) % sorted.length];
  });
  const turned = [...sorted.slice(start), ...sorted.slice(0, start).map((value) => value + KOALABEAR)];
  return turned.map((value) => value - at(turned, 0));
}

/** Ascending; digits of one value dropped; two that continue each other are one. */
function joined(digits: readonly Digit[]): Digit[] {
  const all: Digit[] = [];
  const ascending = [...digits].sort((a, b) => Number(a.coefficient - b.coefficient));
  for (const digit of ascending.filter(({ count }) => count > 1n)) {
    const before = all[all.length - 1];
    if (before !== undefined && digit.coefficient === before.coefficient * before.count) {
      all[all.length - 1] = { ...before, count: before.count * digit.count };
    } else all.push(digit);
  }
  return all;
}

/** Values that are congruent modulo c lie at least c n apart. */
function fitGaps(values: readonly bigint[], c: bigint, n: bigint): boolean {
  const before = new Map<bigint, bigint>();
  return values.every((value) => {
    const last = before.get(value % c);
    before.set(value % c, value);
    return last === undefined || value - last >= c * n;
  });
}
