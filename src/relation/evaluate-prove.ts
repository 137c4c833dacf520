/**
 * Values of terms over the indices of a relation, exact modulo p: what a prover looks up. Products are sums of products of
 * integers, through the matrix kernel where they are large.
 */
import type { BaseField } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { addressesOf, allAddresses } from './address.ts';
import { hotLike, hotWords } from '../kernels/memory/hot.ts';
import { hotWordsOf, type ProgramWitness, type RowMajor, type TensorCells } from './cells-prove.ts';
import type { CompiledProgram } from './compile.ts';
import { matrixProduct } from './matrix-prove.ts';
import type { Index, Mask, Term, View, Virtual } from './program.ts';
import type { Tensor } from './program.ts';

/** Values of sums of terms: words of F over the indices, row-major. */
export interface Evaluator {
  (terms: readonly Term[], indices: readonly Index[]): Uint32Array;
  /** Makes the virtual tensors that terms read, which stay: call it before a scope that evaluates in passing. */
  prepare(terms: readonly Term[]): void;
}

export function createEvaluator(
  kernels: Kernels,
  compiled: CompiledProgram,
  cells: TensorCells,
  witness: ProgramWitness,
): Evaluator {
  const virtuals = new Map(compiled.program.virtuals.map((virtual) => [virtual.name, virtual]));
  const known = new Map<string, RowMajor>();
  const valuesOf = (virtual: Virtual): RowMajor => {
    let values = known.get(virtual.name);
    if (values === undefined) {
      const given = witness.virtuals?.get(virtual.name);
      const count = virtual.indices.reduce((product, { size }) => product * size, 1);
      if (given !== undefined && given.length !== count) {
        throw new RangeError(`witness: ${virtual.name}: expected ${count} values, got ${given.length}`);
      }
      values = given ?? evaluate(virtual.terms, virtual.indices);
      known.set(virtual.name, values);
    }
    return values;
  };
  const source = (view: View): { cells: RowMajor; shape: readonly number[] } => {
    const virtual = virtuals.get(view.tensor);
    if (virtual === undefined) {
      return { cells: cells.rows(view.tensor), shape: (compiled.tensors.get(view.tensor) as Tensor).shape };
    }
    return { cells: valuesOf(virtual), shape: virtual.indices.map(({ size }) => size) };
  };
  const evaluate = (terms: readonly Term[], indices: readonly Index[]): Uint32Array => {
    const count = indices.reduce((product, { size }) => product * size, 1);
    const { base } = kernels.ext;
    const constants = terms.filter(isConstant).map(({ coefficient }) => base.fromInt(coefficient));
    const out = roomFor(kernels, count).fill(constants.reduce(base.add, base.zero));
    prepare(terms);
    for (const term of terms) {
      if (!isConstant(term)) kernels.memory.scope(() => addTerm(kernels, out, term, indices, source));
    }
    return out;
  };
  const prepare = (terms: readonly Term[]): void => terms.forEach(({ views }) => views.forEach(source));
  return Object.assign(evaluate, { prepare });
}

/** Part of the kernel memory that one result may take. They stay until the proof ends. */
const RESULT_SHARE = 1 / 64;

/** Words for a result or, where that has `of` words, a part of it: in the current scope of the kernel memory unless these are many. */
export function roomFor(kernels: Kernels, count: number, of = count): Uint32Array {
  const small = 4 * of <= kernels.memory.capacityBytes * RESULT_SHARE;
  return small ? hotWords(kernels, count) : new Uint32Array(count);
}

/** Whether a term reads nothing. */
export function isConstant({ views, sums, mask }: Term): boolean {
  return views.length === 0 && sums.length === 0 && mask === undefined;
}

type Source = (view: View) => { readonly cells: RowMajor; readonly shape: readonly number[] };

/** Adds a term to words of F over the indices. Call within a scope. */
function addTerm(
  kernels: Kernels,
  out: Uint32Array,
  term: Term,
  indices: readonly Index[],
  source: Source,
): void {
  const F = kernels.ext.base;
  const c = F.fromInt(term.coefficient);
  const [first, second] = term.views;
  if (first !== undefined && second === undefined && term.sums.length === 0 && term.mask === undefined) {
    const { cells, shape } = source(first);
    let values = cells;
    if (!isIdentity(first, shape, indices)) {
      const { base, steps } = addressesOf(first, shape, indices);
      values = pick(hotLike(kernels, cells, out.length), cells, allAddresses(base, steps));
    }
    return kernels.addScaled(out, out, c, hotWordsOf(kernels, values));
  }
  kernels.addScaled(out, out, c, sumOfProducts(kernels, term, indices, source));
}

function pick<T extends RowMajor>(out: T, cells: RowMajor, addresses: Int32Array): T {
  for (let i = 0; i < out.length; i++) out[i] = cells[addresses[i] as number] as number;
  return out;
}

/** Whether a view reads the tensor cell by cell in the relation's order. */
export function isIdentity(view: View, shape: readonly number[], indices: readonly Index[]): boolean {
  return (
    shape.length === indices.length &&
    view.coordinates.every((coordinate, d) => {
      if (coordinate.kind !== 'affine' || coordinate.offset !== 0 || coordinate.parts.length !== 1)
        return false;
      const [part] = coordinate.parts;
      const index = indices[d] as Index;
      return part?.stride === 1 && part.index === index.name && index.size === shape[d];
    })
  );
}

/** Factors as integers of small absolute value, and how large they are. */
function balancedOf(F: BaseField, cells: RowMajor): { values: RowMajor; bound: number } {
  let bound = 0;
  if (!(cells instanceof Uint32Array)) {
    for (const x of cells) bound = Math.max(bound, Math.abs(x));
    return { values: cells, bound };
  }
  const half = (F.modulus - 1) / 2;
  const values = new Int32Array(cells.length);
  for (let i = 0; i < cells.length; i++) {
    const x = cells[i] as number;
    const y = x > half ? x - F.modulus : x;
    values[i] = y;
    bound = Math.max(bound, Math.abs(y));
  }
  return { values, bound };
}

/** sum over `sums` of mask * product of views, words of F over the indices. */
function sumOfProducts(kernels: Kernels, term: Term, indices: readonly Index[], source: Source): Uint32Array {
  const F = kernels.ext.base;
  const all = [...indices, ...term.sums];
  const factors = term.views.map((view) => {
    const { cells, shape } = source(view);
    return { ...balancedOf(F, cells), addresses: addressesOf(view, shape, all) };
  });
  const [a, b] = factors;
  if (a !== undefined && b !== undefined) {
    const product = matrixProduct(kernels, term, indices, a, b);
    if (product !== undefined) return product;
  }
  const outer = indices.length;
  const at = factors.map(({ addresses }) => allAddresses(addresses.base, addresses.steps.slice(0, outer)));
  const inner = factors.map(({ addresses }) => allAddresses(0, addresses.steps.slice(outer)));
  const count = indices.reduce((product, { size }) => product * size, 1);
  const terms = term.sums.reduce((product, { size }) => product * size, 1);
  const masked = maskOf(term.mask, all, outer);
  const bound = factors.reduce((product, factor) => product * Math.max(1, factor.bound), 1);
  const exact = bound * terms < 2 ** 53;
  const out = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let k = 0; k < terms; k++) {
      if (masked !== undefined && !masked(i, k)) continue;
      const x =
        a === undefined ? 1 : (a.values[(at[0]?.[i] as number) + (inner[0]?.[k] as number)] as number);
      if (b === undefined) sum += x;
      else {
        const y = b.values[(at[1]?.[i] as number) + (inner[1]?.[k] as number)] as number;
        sum = exact ? sum + x * y : F.add(F.fromInt(sum), F.mul(F.fromInt(x), F.fromInt(y)));
      }
    }
    out[i] = F.fromInt(sum); // |sum| <= bound * terms < 2^53, or reduced at every step
  }
  return out;
}

/** Whether a combination of outer and inner indices is visible. */
function maskOf(
  mask: Mask | undefined,
  all: readonly Index[],
  outer: number,
): ((i: number, k: number) => boolean) | undefined {
  if (mask === undefined) return undefined;
  const reader = (name: string): ((i: number, k: number) => number) => {
    const at = all.findIndex((index) => index.name === name);
    const within = at < outer ? all.slice(at + 1, outer) : all.slice(at + 1);
    const divisor = within.reduce((product, { size }) => product * size, 1);
    const { size } = all[at] as Index;
    return (i, k) => Math.floor((at < outer ? i : k) / divisor) % size;
  };
  const [row, column] = [reader(mask.row), reader(mask.column)];
  return (i, k) => {
    const [r, c] = [row(i, k), column(i, k)];
    return c >= (mask.from[r] as number) && c < (mask.to[r] as number);
  };
}
