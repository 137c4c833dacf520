/** Sums of products that are matrix products, through the matrix kernel. */
import type { Kernels } from '../kernels/contract.ts';
import { addressesOf, allAddresses, type Addresses } from './address.ts';
import type { RowMajor } from './cells-prove.ts';
import type { Index, Term } from './program.ts';
import { viewIndices } from './view.ts';

/** A factor of a product: integers, where they are found, and how large they are. */
export interface MatrixFactor {
  readonly values: RowMajor;
  readonly bound: number;
  /** Over the relation's indices, then those summed over. */
  readonly addresses: Addresses;
}

/** The largest entry that the kernel takes. */
const MAX_ENTRY = 32_767;
/** Products below which a loop is as good. */
const LEAST_PRODUCTS = 2 ** 14;

/**
 * sum over `sums` of first * second over the relation's indices, words of F, row-major; undefined where it is no matrix product
 * of int16 entries, or a small one.
 */
export function matrixProduct(
  kernels: Kernels,
  term: Term,
  indices: readonly Index[],
  first: MatrixFactor,
  second: MatrixFactor,
): Uint32Array | undefined {
  if (term.mask !== undefined || Math.max(first.bound, second.bound) > MAX_ENTRY) return undefined;
  const [a, b] = term.views.map((view) => new Set(viewIndices(view))) as [Set<string>, Set<string>];
  const summed = term.sums.every(({ name }) => a.has(name) && b.has(name));
  const sizeOf = (of: readonly Index[]): number => of.reduce((product, { size }) => product * size, 1);
  const [rows, columns] = [
    indices.filter(({ name }) => a.has(name) && !b.has(name)),
    indices.filter(({ name }) => b.has(name) && !a.has(name)),
  ];
  const batch = indices.filter(({ name }) => a.has(name) === b.has(name));
  const [m, n, k] = [sizeOf(rows), sizeOf(columns), sizeOf(term.sums)];
  if (!summed || m * n * k < LEAST_PRODUCTS) return undefined;

  const all = [...indices, ...term.sums];
  const stepsOf = ({ steps }: Addresses, of: readonly Index[]): Int32Array[] =>
    of.map(({ name }) => steps[all.findIndex((index) => index.name === name)] as Int32Array);
  const matrix = ({ values, addresses }: MatrixFactor, of: readonly Index[], start: number): Int16Array => {
    const at = allAddresses(start, stepsOf(addresses, [...of, ...term.sums]));
    return Int16Array.from(at, (i) => values[i] as number);
  };
  const target = addressesOf(
    {
      tensor: '',
      coordinates: indices.map(({ name }) => ({
        kind: 'affine',
        parts: [{ index: name, stride: 1 }],
        offset: 0,
      })),
    },
    indices.map(({ size }) => size),
    all,
  );
  const starts = [first.addresses, second.addresses, target].map((addresses) =>
    allAddresses(addresses.base, stepsOf(addresses, batch)),
  ) as [Int32Array, Int32Array, Int32Array];
  const cells = allAddresses(0, stepsOf(target, [...rows, ...columns]));
  const out = new Uint32Array(sizeOf(indices));
  const product = new Uint32Array(m * n);
  const options = { boundA: first.bound, boundB: second.bound };
  for (let i = 0; i < sizeOf(batch); i++) {
    const left = { data: matrix(first, rows, starts[0][i] as number), rows: m, columns: k };
    const right = { data: matrix(second, columns, starts[1][i] as number), rows: n, columns: k };
    kernels.gemm(product, left, right, options);
    const at = starts[2][i] as number;
    for (let c = 0; c < product.length; c++) out[at + (cells[c] as number)] = product[c] as number;
  }
  return out;
}
