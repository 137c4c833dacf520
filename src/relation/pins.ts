/**
 * Pins: places where a residue is cut into digits, and why in one way only. The entry of a lookup says
 *
 *     t = c + V + sum of c_i d_i (mod p),     t a value of the column, d_i within their intervals.
 *
 * For a given V at most one choice of t and all d_i fits, if t - sum of c_i d_i takes every residue at most once. V is what was
 * there before: everything but the cells of witness tensors that nothing has settled yet. spec/programs.md section 4.
 */
import { refuse } from '../errors/proof-error.ts';
import type { BaseField } from '../field/field.ts';
import { isCell, isConstant, type Columns } from './columns.ts';
import { circleOf, digitsOf, type Context as CutContext } from './cut.ts';
import { decomposesOnce } from './decompose.ts';
import type { FlatRelation, Form } from './form.ts';
import { fitsField, inferTerms, type Known } from './interval.ts';
import { checkOrder, type Pin } from './order.ts';
import type { Program, Relation, Table, Tensor, Term, View, Virtual } from './program.ts';
import { settleTensors, type MadeSlab, type Settled } from './settle.ts';

/** A residue, and a place that pins it: an entry of a lookup, or a relation that makes a tensor of it (entry 0). */
export interface Residue {
  /** The virtual tensor; for an entry that is a residue without being declared as one the relation. */
  readonly name: string;
  readonly cells: number;
  readonly relation: string;
  readonly entry: number;
}

type Lookup = Relation & { readonly kind: 'lookup' };

interface Context extends CutContext {
  readonly columns: Columns;
}

/** All pins of a program. */
export interface Pins {
  readonly residues: readonly Residue[];
  readonly pins: readonly Pin[];
  readonly settled: Settled;
  readonly parts: ReadonlyMap<string, readonly MadeSlab[]>;
}

/**
 * Checks all entries of lookups and all residues.
 *
 * @param flat the relations of the program, written out
 * @throws ProofError `PROGRAM_RANGE`
 */
export function checkPins(...args: Parameters<typeof findPins>): readonly Residue[] {
  const { residues, pins, settled, parts } = findPins(...args);
  checkOrder(pins, settled, parts);
  return residues;
}

/** Everything that `checkPins` asks but the order. */
export function findPins(
  base: BaseField,
  program: Program,
  flat: readonly FlatRelation[],
  columns: Columns,
  known: Known,
): Pins {
  const residues = new Map(
    program.virtuals.filter(({ range }) => range === 'residue').map((virtual) => [virtual.name, virtual]),
  );
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  const context: Context = { base, columns, known, tensors, residues, settled: new Map() };
  const { settled, made, parts } = settleTensors(
    program,
    flat,
    tensors,
    (r, relation, form, entry, before) => {
      const at = { ...context, settled: before };
      const digits = digitsOf(at, r, relation, form, entry);
      if (typeof digits === 'string' || circleOf(at, r, relation, form, entry) !== undefined) return [];
      const table = tableOf(program, relation);
      const { values, repeats } = columns.values(table, entry);
      const once = !(repeats && table.columns.length > 1) && decomposesOnce(base, values, digits);
      return once ? digits.map(({ tensor }) => tensor) : [];
    },
  );
  const own = { ...context, settled };
  const found: Residue[] = [];
  const pins: Pin[] = [];
  program.relations.forEach((relation, r) => {
    const forms = relation.kind === 'zero' ? [relation.terms] : relation.entries;
    forms.forEach((terms, entry) => {
      const form = flat[r]?.forms[entry] as Form;
      const stage = stageOf(relation, entry);
      const names = residuesOf(context, terms, stage);
      const at = { relation: relation.name, entry };
      const makes = made.get(r)?.get(entry);
      const pin = { form, r, stage, indices: relation.indices };
      if (relation.kind === 'zero') {
        if (names.length > 0 && makes === undefined) {
          const what = `reads the residue ${names[0]}, but makes no tensor of it`;
          refuse('PROGRAM_RANGE', stage, `${what}: one with coefficient 1 or -1 that nothing settled before`);
        }
        if (makes !== undefined) pins.push({ ...pin, makes });
      } else {
        const digits = checkEntry(own, r, relation, entry, form, tableOf(program, relation), names);
        const settled = digits ?? makes;
        if (settled !== undefined) pins.push({ ...pin, makes: settled });
        if (digits !== undefined && names.length === 0)
          found.push({ name: relation.name, cells: cellsOf(relation), ...at });
      }
      for (const name of names) found.push({ name, cells: cellsOf(residues.get(name) as Virtual), ...at });
    });
  });
  return { residues: found, pins, settled, parts };
}

function stageOf({ kind, name }: Relation, entry: number): string {
  return kind === 'zero' ? `relation ${name}` : `relation ${name}: entry ${entry}`;
}

function tableOf({ tables }: Program, relation: Lookup): Table {
  return tables.find(({ name }) => name === relation.table) as Table;
}

function cellsOf({ indices }: { readonly indices: readonly { readonly size: number }[] }): number {
  return indices.reduce((product, { size }) => product * size, 1);
}

/**
 * Residues that a form reads, those behind others too. Products beside one belong into its definition: there they are what the
 * digits are of.
 */
function residuesOf(context: Context, terms: readonly Term[], stage: string): string[] {
  const own = terms.filter(({ views }) => views.some(({ tensor }) => context.residues.has(tensor)));
  if (own.length === 0) return [];
  for (const term of terms) {
    if (term.views.length === 0 || isCell(term)) continue;
    const names = term.views.map(({ tensor: name }) => name).join(' and ');
    refuse('PROGRAM_RANGE', stage, `expected residues, cells and constants, got a term of ${names}`);
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
    const reads = inner.some(({ views: of }) => of.some(({ tensor }) => context.residues.has(tensor)));
    return [...(reads ? residuesOf(context, inner, `virtual ${name}`) : []), name];
  });
}

/** @returns tensors of the digits of an entry that is a residue which it pins */
function checkEntry(
  context: Context,
  r: number,
  relation: Lookup,
  entry: number,
  form: Form,
  table: Table,
  residues: readonly string[],
): string[] | undefined {
  const { base, columns, known } = context;
  const stage = stageOf(relation, entry);
  const wrong = (what: string): never => refuse('PROGRAM_RANGE', stage, what);
  const inferred = inferTerms(known, relation.indices, relation.entries[entry] as readonly Term[]);
  if ('interval' in inferred && fitsField(base, inferred.interval)) return undefined;
  // Columns behind the first are functions of the row: they say what a value is, and check none.
  if (residues.length === 0 && (entry > 0 || isSingleCell(form))) return undefined;
  const product =
    residues.length > 0 ? undefined : productOfCells(context, relation.entries[entry] as readonly Term[]);
  if (product !== undefined) wrong(`expected a virtual tensor for the product of ${product}`);
  const { values, repeats } = columns.values(table, entry);
  if (repeats && table.columns.length > 1)
    wrong(`column ${entry} of ${table.name}: expected different values`);
  const digits = digitsOf(context, r, relation, form, entry);
  if (typeof digits === 'string') return wrong(`reads ${digits}, which has no range`);
  const circle = circleOf(context, r, relation, form, entry);
  if (circle !== undefined) wrong(`reads ${circle} beside digits, and makes digits of it`);
  if (!decomposesOnce(base, values, digits)) {
    const list = digits.map(({ coefficient, count }) => `${count} times ${coefficient}`).join(', ');
    wrong(`expected digits that decompose in one way, got ${list} over the column of ${table.name}`);
  }
  return digits.map(({ tensor }) => tensor);
}

/** A single cell with any coefficient, and constants: the table says what it is. */
function isSingleCell(form: Form): boolean {
  const others = form.filter((term) => !isConstant(term));
  return others.length === 1 && isCell(others[0] as Term);
}

/** Names of two witness tensors that are multiplied cell by cell: a quotient times its divisor would look like an input. */
function productOfCells({ tensors }: Context, terms: readonly Term[]): string | undefined {
  const isWitness = ({ tensor }: View): boolean => tensors.get(tensor)?.kind === 'witness';
  const term = terms.find(
    ({ views, sums }) => views.length === 2 && sums.length === 0 && views.every(isWitness),
  );
  return term?.views.map(({ tensor }) => tensor).join(' and ');
}
