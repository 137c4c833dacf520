/**
 * Programs come out of keys and out of code that builds them: nothing about one is believed. A checked program can be compiled,
 * proven and verified without another question. spec/programs.md section 2.
 */
import { refuse } from '../errors/proof-error.ts';
import type { BaseField } from '../field/field.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { balanceLookups } from './balances.ts';
import {
  checkIndices,
  checkKind,
  checkTerms,
  MAX_CELLS,
  shown,
  type FormSize,
  type Readable,
} from './check-terms.ts';
import { flatten, type FlatRelation } from './form.ts';
import { piecesOf } from './pieces.ts';
import type { Index, Program, Relation, Table, Tensor } from './program.ts';
import { checkRanges, type ProgramRanges } from './ranges.ts';
import { viewIndices } from './view.ts';

export const MAX_DIMENSIONS = 4;
/** Tensors, tables, virtual tensors, relations: of each. */
export const MAX_ITEMS = 2 ** 16;
/** Blocks of all relations, once for each of their forms: the claims that the arguments handle. And terms of these. */
export const MAX_CLAIMS = 2 ** 16;
export const MAX_CLAIM_TERMS = 2 ** 20;
/** Terms of virtual tensors, once for each level at which writing out renames them. */
export const MAX_RENAMED = 2 ** 18;
/** Elements of the two vectors whose products are summed: their length is a 32-bit integer. */
export const MAX_PRODUCT_CELLS = 2 ** 30;
/** log2 of the largest source of a lookup: larger blocks are cut. */
const SOURCE_BITS = 23;

/** Names of tensors, tables and relations. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:/#-]{0,127}$/;

/**
 * Checks a program: its structure, then what it claims about integers.
 *
 * @returns what is proven about its integers, and its residues
 * @throws ProofError as `checkStructure` and `checkRanges`
 * @example
 * const { residues } = checkProgram(koalaBear, program);
 * residues.map(({ name }) => name); // accumulators that are rounded modulo p
 */
export function checkProgram(base: BaseField, program: Program): ProgramRanges {
  checkStructure(base, program);
  return checkRanges(base, program);
}

/**
 * Checks everything about a program but its ranges: names, shapes, views, terms, tables, sizes. Total: any numbers, lists and
 * names are answered.
 *
 * @throws ProofError naming the first culprit: `PROGRAM_NAME` for names that are malformed or taken, `PROGRAM_SHAPE` for shapes,
 *   sizes, kinds, lengths of lists and groups, `PROGRAM_VIEW` for views of what is not there, `PROGRAM_TERM` for coefficients, masks
 *   and sums, `PROGRAM_TABLE` for unknown tables and entries that do not fit them, `PROGRAM_RANGE` for claimed ranges that are
 *   none, `LOOKUP_*` as `loadLookups`
 */
export function checkStructure(base: BaseField, program: Program): void {
  const { tensors, tables, virtuals, relations } = program;
  checkNames('tensor', [...tensors, ...virtuals]);
  checkNames('table', tables);
  checkNames('relation', relations);
  if (relations.length === 0)
    refuse('PROGRAM_SHAPE', 'program', 'relations: expected at least one, got none');
  tensors.forEach((tensor) => checkTensor(base, tensor));
  checkGroups(tensors);
  const readable = new Map<string, Readable>(tensors.map(({ name, shape }) => [name, { shape }]));
  for (const { name, indices, terms, range } of virtuals) {
    const stage = `virtual ${name}`;
    checkKind(stage, range, ['proven', 'residue']);
    const sizes = checkIndices(stage, indices);
    if (terms.length === 0) refuse('PROGRAM_TERM', stage, 'terms: expected at least one, got none');
    const form = checkTerms(readable, stage, sizes, terms);
    readable.set(name, { shape: indices.map(({ size }) => size), form });
  }
  const byName = new Map(tables.map((table) => [table.name, table]));
  const sizes = relations.map((relation) => checkRelation(readable, byName, relation));
  checkTables(program);
  checkTotals(base, program, sizes);
}

/** A table that is read is checked with its lookups; so no other is allowed. */
function checkTables({ tables, relations }: Program): void {
  const read = new Set(relations.map((relation) => (relation.kind === 'lookup' ? relation.table : '')));
  for (const { name, columns } of tables) {
    for (const { kind } of columns) checkKind(`table ${name}`, kind, ['range', 'dense']);
    if (!read.has(name))
      refuse('PROGRAM_TABLE', `table ${name}`, 'expected a relation that reads it, got none');
  }
}

function checkNames(kind: string, items: readonly { readonly name: string }[]): void {
  if (items.length > MAX_ITEMS) {
    refuse('PROGRAM_SHAPE', 'program', `${kind}s: expected at most 2^16, got ${items.length}`);
  }
  const taken = new Set<string>();
  items.forEach(({ name }, i) => {
    if (!NAME.test(name)) {
      refuse(
        'PROGRAM_NAME',
        `${kind} ${i}`,
        `expected 1 to 128 letters, digits and _.:/#-, got '${shown(name)}'`,
      );
    }
    if (taken.has(name)) refuse('PROGRAM_NAME', `${kind} ${i}`, `expected a new name, got '${name}' twice`);
    taken.add(name);
  });
}

function checkTensor(base: BaseField, tensor: Tensor): void {
  const stage = `tensor ${tensor.name}`;
  const wrong = (what: string): never => refuse('PROGRAM_SHAPE', stage, what);
  checkKind(stage, tensor.kind, ['static', 'witness', 'public']);
  const { shape } = tensor;
  if (shape.length < 1 || shape.length > MAX_DIMENSIONS) {
    wrong(`shape: expected 1 to ${MAX_DIMENSIONS} dimensions, got ${shape.length}`);
  }
  const bad = shape.findIndex((size) => !Number.isInteger(size) || size < 1);
  if (bad >= 0) wrong(`shape[${bad}]: expected a positive integer, got ${shape[bad]}`);
  const cells = shape.reduce((product, size) => product * size, 1);
  if (cells >= MAX_CELLS) wrong(`shape: expected below 2^31 cells, got ${cells}`);
  if (tensor.kind === 'public') {
    const { values, source } = tensor;
    if (source !== undefined && (!(source instanceof Uint8Array) || source.length !== DIGEST_BYTES)) {
      wrong('source: expected 32 bytes, got something else');
    }
    if (values.length !== cells) wrong(`values: expected ${cells}, got ${values.length}`);
    for (let i = 0; i < cells; i++) {
      const value = values[i] as number;
      if (!Number.isInteger(value) || Math.abs(value) >= base.modulus) {
        wrong(`values[${i}]: expected an integer below p in absolute value, got ${value}`);
      }
    }
  }
  if (tensor.kind === 'witness' && tensor.range !== undefined) {
    const { min, max } = tensor.range;
    const half = (base.modulus - 1) / 2;
    if (!Number.isInteger(min) || !Number.isInteger(max) || min > max || min < -half || max > half) {
      refuse('PROGRAM_RANGE', stage, `range: expected integers within (p-1)/2, got ${min} to ${max}`);
    }
  }
}

/** Groups are numbered from 0 without a gap: each is a commitment of the statement. */
function checkGroups(tensors: readonly Tensor[]): void {
  const groups = new Set<number>();
  for (const tensor of tensors) {
    if (tensor.kind !== 'static') continue;
    const group = tensor.group ?? 0;
    if (!Number.isInteger(group) || group < 0) {
      refuse('PROGRAM_SHAPE', `tensor ${tensor.name}`, `group: expected an integer from 0 on, got ${group}`);
    }
    groups.add(group);
  }
  for (let group = 0; group < groups.size; group++) {
    if (!groups.has(group)) refuse('PROGRAM_SHAPE', 'program', `groups: expected a tensor in group ${group}`);
  }
}

function checkRelation(
  readable: ReadonlyMap<string, Readable>,
  tables: ReadonlyMap<string, Table>,
  relation: Relation,
): FormSize[] {
  const stage = `relation ${relation.name}`;
  checkKind(stage, relation.kind, ['lookup', 'zero']);
  const sizes = checkIndices(stage, relation.indices);
  if (relation.kind === 'zero') {
    if (relation.terms.length === 0) refuse('PROGRAM_TERM', stage, 'terms: expected at least one, got none');
    return [checkTerms(readable, stage, sizes, relation.terms)];
  }
  const table = tables.get(relation.table);
  if (table === undefined) {
    return refuse('PROGRAM_TABLE', stage, `expected a table of the program, got '${shown(relation.table)}'`);
  }
  const { entries } = relation;
  if (entries.length !== table.columns.length) {
    refuse('PROGRAM_TABLE', stage, `entries: expected ${table.columns.length}, got ${entries.length}`);
  }
  return entries.map((terms, e) => checkTerms(readable, `${stage}: entry ${e}`, sizes, terms));
}

/** What only shows when all relations stand together. */
function checkTotals(base: BaseField, program: Program, sizes: readonly (readonly FormSize[])[]): void {
  let [claims, terms, renamed] = [0, 0, 0];
  program.relations.forEach(({ name, indices }, r) => {
    const blocks = blockCount(indices) * cutCount(indices);
    for (const form of sizes[r] as readonly FormSize[]) {
      claims += blocks;
      terms += blocks * form.terms;
      renamed += form.terms * form.depth;
    }
    if (renamed > MAX_RENAMED) {
      refuse('PROGRAM_TERM', `relation ${name}`, 'terms: expected at most 2^18 renamed ones in the program');
    }
    if (claims > MAX_CLAIMS || terms > MAX_CLAIM_TERMS) {
      refuse(
        'PROGRAM_SHAPE',
        `relation ${name}`,
        'blocks: expected at most 2^16, and 2^20 terms, in the program',
      );
    }
  });
  const relations = flatten(program);
  balanceLookups(base, program.tables, relations);
  let products = 0;
  for (const relation of relations) {
    products += productCells(relation);
    if (products > MAX_PRODUCT_CELLS) {
      refuse('PROGRAM_SHAPE', `relation ${relation.name}`, 'products: expected at most 2^30 in the program');
    }
  }
}

/** Blocks of an index set. */
export function blockCount(indices: readonly Index[]): number {
  return indices.reduce((product, { size }) => product * piecesOf(size).length, 1);
}

/** A bound for the parts into which a block is cut as a source of lookups. */
export function cutCount(indices: readonly Index[]): number {
  const cells = indices.reduce((product, { size }) => product * size, 1);
  return Math.ceil(cells / 2 ** SOURCE_BITS);
}

/** A bound for the elements that the products of a relation take: one box of kept indices for every block. */
function productCells({ indices, forms }: FlatRelation): number {
  let sum = 0;
  for (const { views, sums, mask } of forms.flat()) {
    const [first, second] = views;
    if (first === undefined || second === undefined) continue;
    const inFirst = new Set(viewIndices(first));
    const inSecond = new Set(viewIndices(second));
    const isKept = ({ name }: Index): boolean =>
      inSecond.has(name) && (inFirst.has(name) || name === mask?.row || name === mask?.column);
    const box = [...indices, ...sums].filter(isKept).reduce((product, { size }) => product * size, 1);
    sum += box * blockCount(indices.filter((index) => !isKept(index))) * cutCount(indices);
  }
  return sum;
}
