/**
 * Nodes two layers above lookups of one column, made from the columns: of leaves 1/(A - b x) that share A and b, the node above four is
 * p/q with q = prod_i (A - b x_i), p = dq/dA. Both are linear in the elementary symmetric polynomials of x_0 .. x_3, which are words of F.
 */
import type { Ext, Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import { blockAt, type LeafSource } from './leaves-prove.ts';
import { allocate } from './room-prove.ts';
import type { LookupTable } from './shape.ts';

/** Four ranges of cells of columns, and the table that all of them are looked up in. */
interface Quad {
  readonly table: LookupTable;
  readonly cells: readonly Uint32Array[];
}

/**
 * What the nodes over leaf ranges of one size are made of: range k lies at k * width + from, and a node is above k, k + n/4, k + n/2 and k + 3n/4 of
 * n ranges.
 *
 * @returns n/4 quads of one table; undefined where not all of these leaves are lookups of one column and table
 */
export function quadsOf(
  { tree, tables, witness }: LeafSource,
  ranges: number,
  width: number,
  from: number,
  size: number,
): readonly Quad[] | undefined {
  const cells: Uint32Array[] = [];
  let shared: LookupTable | undefined;
  for (let k = 0; k < ranges; k++) {
    const at = k * width + from;
    const block = blockAt(tree, at);
    if (block === undefined) return undefined;
    const table = tables[block.table] as LookupTable;
    if (block.kind !== 'lookup' || at < block.at || at + size > block.at + 2 ** block.bits) return undefined;
    if (table.columns.length > 1 || (shared ?? table) !== table) return undefined;
    shared = table;
    const skip = block.first + at - block.at;
    cells.push((witness.sources[block.index]?.[0] as Uint32Array).subarray(skip, skip + size));
  }
  return Array.from({ length: ranges / 4 }, (_, k) => ({
    table: shared as LookupTable,
    cells: [0, 1, 2, 3].map((i) => cells[k + (i * ranges) / 4] as Uint32Array),
  }));
}

/** The nodes above quads, one quad behind the other: into p and q. */
export function nodesOfQuads(
  kernels: Kernels,
  { fingerprint }: LeafSource,
  quads: readonly Quad[],
  [p, q]: readonly [p: Uint32Array, q: Uint32Array],
): Fractions {
  const [{ table, cells }] = quads as readonly [Quad];
  const size = (cells[0] as Uint32Array).length;
  const live = quads.length * size;
  kernels.memory.scope(() => {
    const [e1, e2, e3, e4] = symmetric(kernels, quads, size) as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    const K = kernels.ext;
    const A = K.sub(fingerprint.alpha, K.fromBase(table.tag as Fe));
    const b = fingerprint.betas[0] as Ext;
    // Words of e_k stand for e_k / R^(k - 1).
    const r = kernels.radix;
    const power = (x: Ext, e: number): Ext => (e === 0 ? K.one : K.mul(x, power(x, e - 1)));
    /** c A^i b^k R^(k - 1) */
    const weight = (c: number, i: number, k: number): Ext =>
      K.mulBase(K.mul(power(A, i), power(b, k)), K.base.mul(K.base.fromInt(c), K.base.pow(r, k - 1)));
    const q0 = power(A, 4);
    kernels.lookupLeaves(
      q,
      [e1, e2, e3, e4],
      q0,
      [weight(1, 3, 1), weight(-1, 2, 2), weight(1, 1, 3), weight(-1, 0, 4)],
      0 as Fe,
    );
    const p0 = K.mulBase(power(A, 3), K.base.fromInt(4));
    kernels.lookupLeaves(p, [e1, e2, e3], p0, [weight(3, 2, 1), weight(-2, 1, 2), weight(1, 0, 3)], 0 as Fe);
  });
  return { p, q, live, numVars: Math.log2(live) };
}

/** e_1, e_2 / R, e_3 / R^2, e_4 / R^3 of the cells of every quad. */
function symmetric(kernels: Kernels, quads: readonly Quad[], size: number): readonly Uint32Array[] {
  const room = (): Uint32Array => allocate(kernels, quads.length * size);
  const [s, t, m, n, e2, e3, e4] = Array.from({ length: 7 }, room) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  quads.forEach(({ cells }, k) => {
    const part = (words: Uint32Array): Uint32Array => words.subarray(k * size, (k + 1) * size);
    const [a, b, c, d] = cells as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
    kernels.add(part(s), a, b);
    kernels.mul(part(m), a, b);
    kernels.add(part(t), c, d);
    kernels.mul(part(n), c, d);
  });
  kernels.mul(e4, m, n);
  kernels.mul(e3, s, n);
  kernels.mul(e2, t, m);
  kernels.add(e3, e3, e2);
  kernels.mul(e2, s, t);
  kernels.add(e2, e2, m);
  kernels.add(e2, e2, n);
  kernels.add(s, s, t);
  return [s, e2, e3, e4];
}
