/** Whether a program says anything: spec/programs.md section 2, in its order. Ranges are reference/ranges.ts. */
import { KOALABEAR } from './field.ts';
import { balancesOf } from './compiled.ts';
import { at, total } from './lists.ts';
import { piecesOf } from './layout.ts';
import type {
  Coordinate,
  Index,
  Mask,
  NamedTable,
  Program,
  Relation,
  Tensor,
  Term,
  View,
} from './program.ts';
import { refuse, require } from './refusal.ts';
import { writeOut, type WrittenRelation } from './written-out.ts';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:/#-]{0,127}$/;
const INDEX_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const p = Number(KOALABEAR);

/** What a sum of terms comes to, written out. */
interface Size {
  readonly terms: number;
  /** The greatest coefficient. */
  readonly magnitude: bigint;
  readonly levels: number;
}

/** Shapes of tensors, and of virtual tensors with the size of their definition. */
type Readable = Map<string, { readonly shape: readonly number[]; readonly size?: Size }>;
type Sizes = ReadonlyMap<string, number>;

export function checkForm(program: Program): void {
  const { tensors, tables, virtuals, relations } = program;
  for (const list of [[...tensors, ...virtuals], tables, relations]) checkNames(list);
  shape(relations.length > 0, 'a relation');
  tensors.forEach(checkTensor);
  checkGroups(tensors);
  const readable: Readable = new Map(tensors.map((tensor) => [tensor.name, { shape: tensor.shape }]));
  for (const { name, indices, terms, range } of virtuals) {
    shape(range === 'proven' || range === 'residue', `kind of ${name}`);
    const size = checkTerms(readable, checkIndices(indices, new Map()), terms);
    readable.set(name, { shape: indices.map((index) => index.size), size });
  }
  const sizes = relations.map((relation) => checkRelation(readable, tables, relation));
  const read = new Set(relations.map((relation) => (relation.kind === 'lookup' ? relation.table : '')));
  for (const { name, columns } of tables) {
    shape(columns.every(({ kind }) => kind === 'dense' || kind === 'range'), `columns of ${name}`); // prettier-ignore
    require(read.has(name), 'PROGRAM_TABLE', `${name} is not read`);
  }
  checkTotals(program, sizes);
}

function shape(holds: boolean, what: string): void {
  require(holds, 'PROGRAM_SHAPE', what);
}

function positive(x: number): boolean {
  return Number.isInteger(x) && x >= 1;
}

function below(x: number, end: number): boolean {
  return Number.isInteger(x) && x >= 0 && x < end;
}

function productOf(numbers: readonly number[]): number {
  return numbers.reduce((product, x) => product * x, 1);
}

function checkNames(items: readonly { readonly name: string }[]): void {
  shape(items.length <= 2 ** 16, 'at most 2^16');
  const taken = new Set<string>();
  for (const { name } of items) {
    require(NAME.test(name) && !taken.has(name), 'PROGRAM_NAME', name);
    taken.add(name);
  }
}

function checkTensor(tensor: Tensor): void {
  const { name, kind, shape: sizes } = tensor;
  shape(['static', 'witness', 'public'].includes(kind), `kind of ${name}`);
  shape(sizes.length >= 1 && sizes.length <= 4 && sizes.every(positive), `dimensions of ${name}`);
  const cells = productOf(sizes);
  shape(cells < 2 ** 31, `cells of ${name}`);
  if (tensor.kind === 'public') {
    const { source } = tensor;
    shape(
      source === undefined || (source instanceof Uint8Array && source.length === 32),
      `source of ${name}`,
    );
    const values = Array.from(tensor.values);
    shape(values.length === cells && values.every((x) => Number.isInteger(x) && Math.abs(x) < p), `values of ${name}`); // prettier-ignore
  }
  if (tensor.kind === 'witness' && tensor.range !== undefined) {
    const { min, max } = tensor.range;
    const half = (p - 1) / 2;
    const interval =
      Number.isInteger(min) && Number.isInteger(max) && -half <= min && min <= max && max <= half;
    require(interval, 'PROGRAM_RANGE', `range of ${name}`);
  }
}

/** Numbered from 0 without a gap. */
function checkGroups(tensors: readonly Tensor[]): void {
  const groups = new Set(tensors.flatMap((tensor) => (tensor.kind === 'static' ? [tensor.group ?? 0] : [])));
  shape([...groups].every((group) => below(group, groups.size)), 'groups'); // prettier-ignore
}

/** Indices in play: those of a relation, and with them those of a sum. */
function checkIndices(indices: readonly Index[], outer: Sizes): Sizes {
  shape(indices.length <= 8, 'at most 8 indices');
  const sizes = new Map(outer);
  for (const { name, size } of indices) {
    require(INDEX_NAME.test(name) && !sizes.has(name), 'PROGRAM_NAME', `index ${name}`);
    shape(positive(size), `size of ${name}`);
    sizes.set(name, size);
  }
  shape(productOf(indices.map(({ size }) => size)) < 2 ** 31, 'an index set');
  return sizes;
}

function checkRelation(readable: Readable, tables: readonly NamedTable[], relation: Relation): Size[] {
  shape(relation.kind === 'lookup' || relation.kind === 'zero', `kind of ${relation.name}`);
  const sizes = checkIndices(relation.indices, new Map());
  if (relation.kind === 'zero') return [checkTerms(readable, sizes, relation.terms)];
  const table = tables.find(({ name }) => name === relation.table);
  if (table?.columns.length !== relation.entries.length) {
    refuse('PROGRAM_TABLE', `table of ${relation.name}`);
  }
  return relation.entries.map((terms, e) => checkTerms(readable, sizes, terms, e));
}

function checkTerms(readable: Readable, indices: Sizes, terms: readonly Term[], entry?: number): Size {
  // An entry of a lookup may be empty: it is zero.
  require(entry !== undefined || terms.length > 0, 'PROGRAM_TERM', 'a term');
  const sizes = terms.map((term) => checkTerm(readable, indices, term));
  const all = {
    terms: total(sizes.map((size) => size.terms)),
    magnitude: sizes.reduce((most, { magnitude }) => (magnitude > most ? magnitude : most), 0n),
    levels: Math.max(0, ...sizes.map(({ levels }) => levels)),
  };
  require(all.terms <= 2 ** 12 && all.levels <= 64, 'PROGRAM_TERM', 'written out');
  return all;
}

function checkTerm(readable: Readable, indices: Sizes, { coefficient, views, sums, mask }: Term): Size {
  const term = (holds: boolean, what: string): void => require(holds, 'PROGRAM_TERM', what);
  term(Number.isSafeInteger(coefficient) && views.length <= 2, 'coefficient, views');
  const sizes = checkIndices(sums, indices);
  const read = views.flatMap((view) => {
    const source = readable.get(view.tensor) ?? refuse('PROGRAM_VIEW', view.tensor);
    checkView(sizes, view, source.shape);
    if (source.size === undefined) return [];
    const plain = view.coordinates.every((of, d) => isPlain(of, at(source.shape, d), sizes));
    require(plain, 'PROGRAM_VIEW', `virtual ${view.tensor} at indices alone`);
    return [source.size];
  });
  if (mask !== undefined) checkMask(sizes, mask, views);
  const magnitude = BigInt(Math.abs(coefficient));
  const [own] = read;
  if (own === undefined) return { terms: 1, magnitude, levels: 0 };
  term(views.length === 1 && sums.length === 0 && mask === undefined, 'a virtual tensor stands alone');
  term(magnitude * own.magnitude < 2n ** 53n, 'coefficient written out');
  return { terms: own.terms, magnitude: magnitude * own.magnitude, levels: own.levels + 1 };
}

/** An index of the same size. */
function isPlain(of: Coordinate, size: number, sizes: Sizes): boolean {
  if (of.kind !== 'affine' || of.offset !== 0 || of.parts.length !== 1) return false;
  const { index, stride } = at(of.parts, 0);
  return stride === 1 && sizes.get(index) === size;
}

/** The indices that a view reads, in order, repeated where they are. */
export function indicesOf({ coordinates }: View): string[] {
  return coordinates.flatMap((of) =>
    of.kind === 'gather' ? [of.index] : of.parts.map(({ index }) => index),
  );
}

function checkView(sizes: Sizes, view: View, dimensions: readonly number[]): void {
  const check = (holds: boolean): void => require(holds, 'PROGRAM_VIEW', view.tensor);
  check(view.coordinates.length === dimensions.length);
  view.coordinates.forEach((of, d) => {
    shape(of.kind === 'affine' || of.kind === 'gather', 'kind of a coordinate');
    const dimension = at(dimensions, d);
    if (of.kind === 'gather') {
      check(of.positions.length === sizes.get(of.index) && of.positions.every((x) => below(x, dimension)));
      return;
    }
    check(below(of.offset, dimension));
    const known = of.parts.every(
      ({ index, stride }) => sizes.has(index) && positive(stride) && stride < 2 ** 31,
    );
    check(known);
    const counts = of.parts.map(({ index }) => sizes.get(index) as number);
    check(of.offset + total(of.parts.map(({ stride }, i) => stride * (at(counts, i) - 1))) < dimension);
    check(productOf(counts) <= 2 ** 25);
  });
  const read = indicesOf(view);
  check(new Set(read).size === read.length);
  check(productOf(read.map((index) => sizes.get(index) as number)) < 2 ** 31);
}

function checkMask(sizes: Sizes, { row, column, from, to }: Mask, views: readonly View[]): void {
  const [rows, columns] = [sizes.get(row), sizes.get(column)];
  const term = (holds: boolean): void => require(holds, 'PROGRAM_TERM', `mask of ${row} and ${column}`);
  term(rows !== undefined && columns !== undefined && row !== column && columns <= 2 ** 25);
  term(from.length === rows && to.length === rows);
  term(from.every((low, i) => below(low, at(to, i) + 1) && below(at(to, i), (columns as number) + 1))); // prettier-ignore
  const reading = (index: string): number[] => [0, 1].filter((v) => views[v] !== undefined && indicesOf(at(views, v)).includes(index)); // prettier-ignore
  const [ofRow, ofColumn] = [reading(row), reading(column)];
  const apart = ofRow.length === 1 && ofColumn.length === 1 && ofRow[0] !== ofColumn[0];
  term(ofRow.length === 0 || ofColumn.length === 0 || apart);
}

/** What a verifier has to do, all relations together. */
function checkTotals(program: Program, sizes: readonly (readonly Size[])[]): void {
  let [claims, terms, renamed] = [0, 0, 0];
  program.relations.forEach(({ indices }, r) => {
    const blocks = blocksIn(indices) * partsOf(indices);
    for (const size of at(sizes, r)) {
      claims += blocks;
      terms += blocks * size.terms;
      renamed += size.terms * size.levels;
    }
    require(renamed <= 2 ** 18, 'PROGRAM_TERM', 'renamed terms');
    shape(claims <= 2 ** 16 && terms <= 2 ** 20, 'claims');
  });
  balancesOf(KOALABEAR, program);
  let products = 0;
  for (const relation of writeOut(program)) shape((products += productsOf(relation)) <= 2 ** 30, 'products');
}

function blocksIn(indices: readonly Index[]): number {
  return productOf(indices.map(({ size }) => piecesOf(size).length));
}

/** At most as many parts a block of a source is cut into. */
function partsOf(indices: readonly Index[]): number {
  return Math.ceil(productOf(indices.map(({ size }) => size)) / 2 ** 23);
}

/** For a term with two views: kept indices times blocks of the others. */
function productsOf({ indices, forms }: WrittenRelation): number {
  return total(
    forms.flat().map(({ views, sums, mask }) => {
      if (views.length < 2) return 0;
      const [first, second] = views.map((view) => new Set(indicesOf(view))) as [Set<string>, Set<string>];
      const inMask = (name: string): boolean => name === mask?.row || name === mask?.column;
      const kept = ({ name }: Index): boolean => second.has(name) && (first.has(name) || inMask(name));
      const box = productOf([...indices, ...sums].filter(kept).map(({ size }) => size));
      return box * blocksIn(indices.filter((index) => !kept(index))) * partsOf(indices);
    }),
  );
}
