/**
 * Pins: places where a residue is cut into digits, and why in one way only. The entry of a lookup says
 *
 *     t = c + V + sum of c_i d_i (mod p),     t a value of the column, d_i within their ranges.
 *
 * For a given V at most one choice of t and all d_i fits, if t - sum of c_i d_i takes every residue at most once. V is what the
 * program has computed before. spec/programs.md section 7.
 */
import { refuse } from '../errors/proof-error.ts';
import type { BaseField } from '../field/field.ts';
import { isCell, isConstant, reachesAll, type Columns } from './columns.ts';
import { decomposesOnce, type Digit } from './decompose.ts';
import type { FlatRelation, Form } from './form.ts';
import { fitsField, inferTerms, viewKey, type Known } from './interval.ts';
import type { Program, Relation, Table, Tensor, Term, View, Virtual } from './program.ts';

/** A residue, and the entry of a lookup that pins it. */
export interface Residue {
  readonly name: string;
  readonly cells: number;
  readonly relation: string;
  readonly entry: number;
}

type Lookup = Relation & { readonly kind: 'lookup' };

interface Context {
  readonly base: BaseField;
  readonly columns: Columns;
  readonly known: Known;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly residues: ReadonlyMap<string, Virtual>;
  /** Witness tensors that a relation which vanishes makes functions of earlier ones. */
  readonly determined: ReadonlySet<string>;
}

/**
 * Checks all entries of lookups and all residues.
 *
 * @param flat the relations of the program, written out
 * @throws ProofError `PROGRAM_RANGE`
 */
export function checkPins(
  base: BaseField,
  program: Program,
  flat: readonly FlatRelation[],
  columns: Columns,
  known: Known,
): Residue[] {
  const residues = new Map(
    program.virtuals.filter(({ range }) => range === 'residue').map((virtual) => [virtual.name, virtual]),
  );
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  const determined = determinedTensors(program.tensors, flat);
  const context: Context = { base, columns, known, tensors, residues, determined };
  checkUses(program, residues);
  const pinned: Residue[] = [];
  program.relations.forEach((relation, r) => {
    if (relation.kind !== 'lookup') return;
    relation.entries.forEach((terms, entry) => {
      const names = residuesOf(context, terms, `relation ${relation.name}: entry ${entry}`);
      const form = flat[r]?.forms[entry] as Form;
      const table = program.tables[flat[r]?.table as number] as Table;
      checkEntry(context, relation, entry, form, table, names.length > 0);
      for (const name of names) pinned.push({ ...ownerOf(residues, name), relation: relation.name, entry });
    });
  });
  return pinned;
}

function ownerOf(residues: ReadonlyMap<string, Virtual>, name: string): { name: string; cells: number } {
  const { indices } = residues.get(name) as Virtual;
  return { name, cells: indices.reduce((product, { size }) => product * size, 1) };
}

/** A residue is read once: by an entry of a lookup, or by another residue that is. */
function checkUses(program: Program, residues: ReadonlyMap<string, Virtual>): void {
  const uses = new Map([...residues.keys()].map((name) => [name, 0]));
  const count = (terms: readonly Term[], where: string, allowed: boolean): void => {
    for (const { tensor } of terms.flatMap(({ views }) => views)) {
      const before = uses.get(tensor);
      if (before === undefined) continue;
      if (!allowed) {
        refuse(
          'PROGRAM_RANGE',
          `virtual ${tensor}`,
          `expected a lookup that pins this residue, got ${where}`,
        );
      }
      uses.set(tensor, before + 1);
    }
  };
  for (const { name, terms } of program.virtuals) count(terms, `virtual ${name}`, true);
  for (const relation of program.relations) {
    if (relation.kind === 'zero') count(relation.terms, `relation ${relation.name}, which vanishes`, false);
    else relation.entries.forEach((terms) => count(terms, `relation ${relation.name}`, true));
  }
  for (const [name, times] of uses) {
    if (times !== 1) {
      refuse('PROGRAM_RANGE', `virtual ${name}`, `expected one place that reads this residue, got ${times}`);
    }
  }
}

/**
 * Residues that an entry reads, those behind others too. Beside one there are constants and digits alone: all else belongs into
 * the definition of a residue, where it is what the digits are of.
 */
function residuesOf(context: Context, terms: readonly Term[], stage: string): string[] {
  const own = terms.filter(({ views }) => views.some(({ tensor }) => context.residues.has(tensor)));
  if (own.length === 0) return [];
  for (const term of terms) {
    if (own.includes(term) || term.views.length === 0) continue;
    const tensor = isCell(term) ? context.tensors.get((term.views[0] as View).tensor) : undefined;
    if (tensor?.kind === 'witness' || tensor?.kind === 'public') continue;
    const names = term.views.map(({ tensor: name }) => name).join(' and ');
    refuse(
      'PROGRAM_RANGE',
      stage,
      `expected a residue, cells of digits and constants, got a term of ${names}`,
    );
  }
  return own.flatMap(({ coefficient, views }) => {
    const { name, terms: inner } = context.residues.get((views[0] as View).tensor) as Virtual;
    if (Math.abs(coefficient) !== 1) {
      refuse(
        'PROGRAM_RANGE',
        stage,
        `coefficient of the residue ${name}: expected 1 or -1, got ${coefficient}`,
      );
    }
    return [...residuesOf(context, inner, `virtual ${name}`), name];
  });
}

/** @param pins whether the entry reads a residue */
function checkEntry(
  context: Context,
  relation: Lookup,
  entry: number,
  form: Form,
  table: Table,
  pins: boolean,
): void {
  const { base, columns, known } = context;
  const stage = `relation ${relation.name}: entry ${entry}`;
  const wrong = (what: string): never => refuse('PROGRAM_RANGE', stage, what);
  const inferred = inferTerms(known, relation.indices, relation.entries[entry] as readonly Term[]);
  if ('interval' in inferred && fitsField(base, inferred.interval)) return;
  // Columns behind the first are functions of the row: they say what a value is, and check none.
  if (!pins && (entry > 0 || isSingleCell(form))) return;
  if (!pins) {
    wrong(
      'unknown' in inferred
        ? `reads ${inferred.unknown}, which has no range, beside other terms, and is no residue`
        : `expected values within (p-1)/2, got ${inferred.interval.min} to ${inferred.interval.max}`,
    );
  }
  const { values, repeats } = columns.values(table, entry);
  if (repeats && table.columns.length > 1)
    wrong(`column ${entry} of ${table.name}: expected different values`);
  const digits = digitsOf(context, form, wrong);
  if (!decomposesOnce(base, values, digits)) {
    const list = digits.map(({ coefficient, count }) => `${count} times ${coefficient}`).join(', ');
    wrong(`expected digits that decompose in one way, got ${list} over the column of ${table.name}`);
  }
}

/** A single cell with any coefficient, and constants: the table says what it is. */
function isSingleCell(form: Form): boolean {
  const others = form.filter((term) => !isConstant(term));
  return others.length === 1 && isCell(others[0] as Term);
}

/** The cells of a form: what a prover could choose. Cells of one view count once, with their coefficients added. */
function digitsOf(
  { base, known, tensors, determined }: Context,
  form: Form,
  wrong: (what: string) => never,
): Digit[] {
  const coefficients = new Map<string, { tensor: string; sum: bigint }>();
  for (const term of form) {
    const view = term.views[0];
    if (!isCell(term) || view === undefined || tensors.get(view.tensor)?.kind !== 'witness') continue;
    if (!known.intervals.has(view.tensor)) {
      if (determined.has(view.tensor)) continue;
      wrong(`reads ${view.tensor}, which has no range`);
    }
    const key = viewKey(view);
    const sum = (coefficients.get(key)?.sum ?? 0n) + BigInt(term.coefficient);
    coefficients.set(key, { tensor: view.tensor, sum });
  }
  return [...coefficients.values()].flatMap(({ tensor, sum }) => {
    const { min, max } = known.intervals.get(tensor) as { min: bigint; max: bigint };
    const coefficient = Math.abs(base.toBalanced(base.fromInt(sum)));
    // A coefficient of zero leaves the digit to other relations.
    return coefficient === 0 ? [] : [{ coefficient, count: Number(max - min) + 1 }];
  });
}

/**
 * Tensors whose every cell is, with coefficient 1 or -1, the rest of a relation that vanishes, where that rest reads no later
 * witness tensor: functions of what was there before.
 */
function determinedTensors(tensors: readonly Tensor[], flat: readonly FlatRelation[]): Set<string> {
  const order = new Map(tensors.map(({ name }, i) => [name, i]));
  const kinds = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const determined = new Set<string>();
  for (const { table, forms, indices } of flat) {
    if (table !== undefined) continue;
    const form = forms[0] as Form;
    const reads = form
      .flatMap(({ views }) => views.map(({ tensor }) => tensor))
      .filter((name) => kinds.get(name)?.kind === 'witness');
    const last = reads.reduce(
      (a, b) => ((order.get(b) as number) > (order.get(a) as number) ? b : a),
      reads[0] ?? '',
    );
    if (reads.filter((name) => name === last).length !== 1) continue;
    const term = form.find(({ views }) => views.some(({ tensor }) => tensor === last)) as Term;
    const view = term.views[0] as View;
    const { shape } = kinds.get(last) as Tensor;
    if (isCell(term) && Math.abs(term.coefficient) === 1 && reachesAll(view, shape, indices))
      determined.add(last);
  }
  return determined;
}
