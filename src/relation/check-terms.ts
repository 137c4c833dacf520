/**
 * Whether sums of terms mean what they say: every view reads cells that exist, indices are known, masks can be summed, and
 * coefficients stay exact when virtual tensors are written out. spec/programs.md section 2.
 */
import { refuse } from '../errors/proof-error.ts';
import type { Coordinate, Index, Mask, Term, View } from './program.ts';
import { indicesOf, viewIndices } from './view.ts';

/** Cells of a tensor, of an index set, of what a view reads: pieces are computed on 32-bit integers. Exclusive. */
export const MAX_CELLS = 2 ** 31;
/** Indices of a relation, or sums of a term: with at most 2^31 cells that is at most 2^16 blocks. */
export const MAX_INDICES = 8;
/** Combinations of indices in one coordinate, and columns of a mask: a verifier may have to write them out. */
export const MAX_WRITTEN = 2 ** 25;
/** Terms of a form with its virtual tensors written out: definitions that use others twice would grow without bound. */
export const MAX_TERMS = 2 ** 12;
/** Virtual tensors that are defined by one another: writing out calls itself so often. */
export const MAX_DEPTH = 64;

/** Letters without dots: a dot joins the name of a virtual tensor to an index of its own when it is written out. */
const INDEX_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** What a view can read. */
export interface Readable {
  readonly shape: readonly number[];
  /** For a virtual tensor what its form comes to. */
  readonly form?: FormSize;
}

/** A form with its virtual tensors written out. */
export interface FormSize {
  readonly terms: number;
  /** The greatest absolute value of a coefficient. */
  readonly magnitude: number;
  readonly depth: number;
}

/** Sizes of the indices in play. */
type Sizes = ReadonlyMap<string, number>;

/** @throws ProofError `PROGRAM_NAME`, `PROGRAM_SHAPE` for indices that are not new, not positive, or too many */
export function checkIndices(stage: string, indices: readonly Index[], outer: Sizes = new Map()): Sizes {
  if (indices.length > MAX_INDICES) {
    refuse('PROGRAM_SHAPE', stage, `indices: expected at most ${MAX_INDICES}, got ${indices.length}`);
  }
  const sizes = new Map(outer);
  let cells = 1;
  indices.forEach(({ name, size }, i) => {
    if (!INDEX_NAME.test(name)) {
      refuse(
        'PROGRAM_NAME',
        stage,
        `index ${i}: expected 1 to 64 letters, digits, _ or -, got '${shown(name)}'`,
      );
    }
    if (sizes.has(name))
      refuse('PROGRAM_NAME', stage, `index ${i}: expected a new name, got '${name}' twice`);
    if (!Number.isInteger(size) || size < 1) {
      refuse('PROGRAM_SHAPE', stage, `index ${name}: expected a positive integer, got ${size}`);
    }
    sizes.set(name, size);
    cells *= size;
  });
  if (cells >= MAX_CELLS) refuse('PROGRAM_SHAPE', stage, `indices: expected below 2^31 cells, got ${cells}`);
  return sizes;
}

/**
 * What has two meanings is told apart by its kind, and digests, checks and arguments each ask for one of them: a third kind would be
 * something else to each.
 *
 * @throws ProofError `PROGRAM_SHAPE`
 */
export function checkKind(stage: string, kind: string, kinds: readonly string[]): void {
  if (kinds.includes(kind)) return;
  refuse('PROGRAM_SHAPE', stage, `kind: expected ${kinds.join(' or ')}, got '${shown(String(kind))}'`);
}

/** The first letters of a name of any length. */
export function shown(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}..` : name;
}

/**
 * Checks a sum of terms.
 *
 * @param readable tensors, and virtual tensors that are already defined
 * @param stage the virtual tensor or relation, with which of its sums it is
 * @returns what it comes to with its virtual tensors written out
 * @throws ProofError `PROGRAM_NAME`, `PROGRAM_SHAPE`, `PROGRAM_VIEW`, `PROGRAM_TERM`
 */
export function checkTerms(
  readable: ReadonlyMap<string, Readable>,
  stage: string,
  indices: Sizes,
  terms: readonly Term[],
): FormSize {
  const total = { terms: 0, magnitude: 0, depth: 0 };
  terms.forEach((term, i) => {
    const own = checkTerm(readable, `${stage}: term ${i}`, indices, term);
    total.terms += own.terms;
    total.magnitude = Math.max(total.magnitude, own.magnitude);
    total.depth = Math.max(total.depth, own.depth);
  });
  if (total.terms > MAX_TERMS) {
    refuse('PROGRAM_TERM', stage, `terms: expected at most 2^12 when written out, got ${total.terms}`);
  }
  if (total.depth > MAX_DEPTH) {
    refuse(
      'PROGRAM_TERM',
      stage,
      `virtual tensors: expected at most ${MAX_DEPTH} levels, got ${total.depth}`,
    );
  }
  return total;
}

function checkTerm(
  readable: ReadonlyMap<string, Readable>,
  stage: string,
  indices: Sizes,
  { coefficient, views, sums, mask }: Term,
): FormSize {
  if (!Number.isSafeInteger(coefficient)) {
    refuse('PROGRAM_TERM', stage, `coefficient: expected a safe integer, got ${coefficient}`);
  }
  if (views.length > 2) refuse('PROGRAM_TERM', stage, `views: expected at most two, got ${views.length}`);
  const sizes = checkIndices(`${stage}: sums`, sums, indices);
  const forms = views.flatMap((view) => {
    const of = `${stage}: view of ${shown(view.tensor)}`;
    const source = readable.get(view.tensor);
    if (source === undefined)
      return refuse('PROGRAM_VIEW', of, 'expected a tensor, or a virtual defined before');
    checkView(of, sizes, view, source.shape);
    return source.form === undefined ? [] : [checkVirtualView(of, sizes, view, source.shape, source.form)];
  });
  if (mask !== undefined) checkMask(`${stage}: mask`, sizes, mask, views);
  const [form] = forms;
  if (form === undefined) return { terms: 1, magnitude: Math.abs(coefficient), depth: 0 };
  if (views.length > 1 || sums.length > 0 || mask !== undefined) {
    refuse('PROGRAM_TERM', stage, 'expected a virtual tensor to stand alone, without sums and mask');
  }
  const magnitude = Math.abs(coefficient) * form.magnitude;
  if (!Number.isSafeInteger(magnitude)) {
    refuse('PROGRAM_TERM', stage, `coefficient: expected below 2^53 when written out, got ${magnitude}`);
  }
  return { terms: form.terms, magnitude, depth: form.depth + 1 };
}

function checkView(stage: string, sizes: Sizes, view: View, shape: readonly number[]): void {
  const { coordinates } = view;
  const wrong = (what: string): never => refuse('PROGRAM_VIEW', stage, what);
  if (coordinates.length !== shape.length) {
    wrong(`coordinates: expected ${shape.length}, got ${coordinates.length}`);
  }
  coordinates.forEach((coordinate, d) => {
    checkCoordinate(`${stage}: dimension ${d}`, sizes, coordinate, shape[d] as number);
  });
  const read = coordinates.flatMap(indicesOf);
  // A functional on a tensor is a product over its dimensions: a diagonal is none.
  if (new Set(read).size !== read.length) wrong(`expected every index once, got ${read.join(', ')}`);
  const cells = read.reduce((product, index) => product * (sizes.get(index) as number), 1);
  if (cells >= MAX_CELLS) wrong(`expected below 2^31 combinations of its indices, got ${cells}`);
}

function checkCoordinate(stage: string, sizes: Sizes, coordinate: Coordinate, dimension: number): void {
  const wrong = (what: string): never => refuse('PROGRAM_VIEW', stage, what);
  const sizeOf = (index: string): number =>
    sizes.get(index) ?? wrong(`expected a known index, got '${shown(index)}'`);
  checkKind(stage, coordinate.kind, ['affine', 'gather']);
  if (coordinate.kind === 'gather') {
    const { index, positions } = coordinate;
    const size = sizeOf(index);
    if (positions.length !== size) wrong(`positions: expected ${size}, got ${positions.length}`);
    const bad = positions.findIndex((at) => !isBelow(at, dimension));
    if (bad >= 0) wrong(`positions[${bad}]: expected an integer in [0, ${dimension}), got ${positions[bad]}`);
    return;
  }
  const { parts, offset } = coordinate;
  if (!isBelow(offset, dimension)) wrong(`offset: expected an integer in [0, ${dimension}), got ${offset}`);
  let [greatest, combinations] = [offset, 1];
  for (const { index, stride } of parts) {
    const size = sizeOf(index);
    if (!isBelow(stride, MAX_CELLS) || stride === 0) {
      wrong(`stride of ${index}: expected an integer in [1, 2^31), got ${stride}`);
    }
    greatest += stride * (size - 1);
    combinations *= size;
  }
  if (greatest >= dimension) wrong(`expected positions below ${dimension}, got ${greatest}`);
  if (combinations > MAX_WRITTEN) wrong(`expected at most 2^25 combinations of indices, got ${combinations}`);
}

/** A virtual tensor is read at indices alone, one for each of its own and as long: then its definition can be renamed. */
function checkVirtualView(
  stage: string,
  sizes: Sizes,
  { coordinates }: View,
  shape: readonly number[],
  form: FormSize,
): FormSize {
  coordinates.forEach((coordinate, d) => {
    const [part] = coordinate.kind === 'affine' ? coordinate.parts : [];
    const plain =
      coordinate.kind === 'affine' &&
      coordinate.parts.length === 1 &&
      part?.stride === 1 &&
      coordinate.offset === 0 &&
      sizes.get(part.index) === shape[d];
    if (!plain) {
      refuse(
        'PROGRAM_VIEW',
        `${stage}: dimension ${d}`,
        `expected an index of size ${shape[d]} and nothing else`,
      );
    }
  });
  return form;
}

/** A mask is summed over one of its indices; so one view may not read both, unless the other index couples two views. */
function checkMask(
  stage: string,
  sizes: Sizes,
  { row, column, from, to }: Mask,
  views: readonly View[],
): void {
  const wrong = (what: string): never => refuse('PROGRAM_TERM', stage, what);
  const [rows, columns] = [row, column].map(
    (index) => sizes.get(index) ?? wrong(`expected a known index, got '${shown(index)}'`),
  ) as [number, number];
  if (row === column) wrong(`expected two indices, got '${row}' twice`);
  if (columns > MAX_WRITTEN) wrong(`expected at most 2^25 columns, got ${columns}`);
  for (const [name, list] of [['from', from] as const, ['to', to] as const]) {
    if (list.length !== rows) wrong(`${name}: expected ${rows} entries, got ${list.length}`);
  }
  for (let i = 0; i < rows; i++) {
    const [low, high] = [from[i] as number, to[i] as number];
    if (!isBelow(low, high + 1) || !isBelow(high, columns + 1)) {
      wrong(`row ${i}: expected integers 0 <= from <= to <= ${columns}, got ${low} and ${high}`);
    }
  }
  const reads = views.map((view) => new Set(viewIndices(view)));
  const both = [row, column].every((index) => reads.some((read) => read.has(index)));
  if (both && !couples(row, column, reads)) {
    wrong(`expected ${row} and ${column} in two views that read one each, or one of them in no view`);
  }
}

/** Whether one view reads the row and the other one the column. */
function couples(row: string, column: string, reads: readonly ReadonlySet<string>[]): boolean {
  const [ofRow, ofColumn] = [row, column].map((index) => reads.filter((read) => read.has(index)));
  return ofRow?.length === 1 && ofColumn?.length === 1 && ofRow[0] !== ofColumn[0];
}

function isBelow(x: number, end: number): boolean {
  return Number.isInteger(x) && x >= 0 && x < end;
}
