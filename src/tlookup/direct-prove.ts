/**
 * Nodes above lookups of one column, made of the columns: of leaves 1/(A - b x) that share A and b, the node above n is p/q with
 * q = prod_i (A - b x_i), p = dq/dA. Both are linear in the elementary symmetric polynomials of the n cells, which are words of F.
 */
import type { Ext, Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { Fractions, LeafRun } from '../kernels/contract/lookup-tree.ts';
import type { RoundValues } from '../kernels/contract/sumcheck.ts';
import { blockAt, type LeafSource } from './leaves-prove.ts';
import { allocate } from './room-prove.ts';
import { bindSides, type Side } from './runs-prove.ts';
import type { LookupTable } from './shape.ts';

/** Leaf ranges of one size that are cells of columns, and the table that all of them are looked up in. */
export interface DirectLeaves {
  readonly table: LookupTable;
  readonly cells: readonly Uint32Array[];
}

/** The leaf ranges [k * width + from, k * width + from + size), k < ranges; undefined unless all are lookups of one column in one table. */
export function directLeaves(
  { tree, tables, witness }: LeafSource,
  ranges: number,
  width: number,
  from: number,
  size: number,
): DirectLeaves | undefined {
  const cells: Uint32Array[] = [];
  let shared: LookupTable | undefined;
  for (let k = 0; k < ranges; k++) {
    const at = k * width + from;
    const block = blockAt(tree, at);
    if (block?.kind !== 'lookup' || at < block.at || at + size > block.at + 2 ** block.bits) return undefined;
    const table = tables[block.table] as LookupTable;
    if (table.columns.length > 1 || (shared ?? table) !== table) return undefined;
    shared = table;
    const skip = block.first + at - block.at;
    cells.push((witness.sources[block.index]?.[0] as Uint32Array).subarray(skip, skip + size));
  }
  return shared && { table: shared, cells };
}

/** c A^i b^k R^(k - 1): words of the polynomial e_k stand for e_k / R^(k - 1). */
type Weight = (c: number, i: number, k: number) => Ext;

function weightOf({ ext: K, radix }: Kernels, { fingerprint }: LeafSource, { table }: DirectLeaves): Weight {
  const A = K.sub(fingerprint.alpha, K.fromBase(table.tag as Fe));
  const b = fingerprint.betas[0] as Ext;
  const power = (x: Ext, e: number): Ext => (e === 0 ? K.one : K.mul(x, power(x, e - 1)));
  return (c, i, k) => {
    const scalar = K.base.mul(K.base.fromInt(c), k === 0 ? K.base.one : K.base.pow(radix, k - 1));
    return K.mulBase(K.mul(power(A, i), power(b, k)), scalar);
  };
}

/** The nodes above ranges k, k + n/4, k + n/2 and k + 3n/4 of n, for k < n/4 one behind the other: into p and q. */
export function nodesOfFour(
  kernels: Kernels,
  source: LeafSource,
  leaves: DirectLeaves,
  [p, q]: readonly [p: Uint32Array, q: Uint32Array],
): Fractions {
  const weight = weightOf(kernels, source, leaves);
  const live = leaves.cells.reduce((sum, { length }) => sum + length, 0) / 4;
  const none = 0 as Fe;
  kernels.memory.scope(() => {
    const e = symmetric(kernels, leaves);
    const inQ = [weight(1, 3, 1), weight(-1, 2, 2), weight(1, 1, 3), weight(-1, 0, 4)];
    kernels.lookupLeaves(q, e, weight(1, 4, 0), inQ, none);
    const inP = [weight(3, 2, 1), weight(-2, 1, 2), weight(1, 0, 3)];
    kernels.lookupLeaves(p, e.slice(0, 3), weight(4, 3, 0), inP, none);
  });
  return { p, q, live, numVars: Math.log2(live) };
}

/** e_1, e_2 / R, e_3 / R^2, e_4 / R^3 of the cells of every four. */
function symmetric(kernels: Kernels, { cells }: DirectLeaves): readonly Uint32Array[] {
  const quarter = cells.length / 4;
  const size = (cells[0] as Uint32Array).length;
  const room = (): Uint32Array => allocate(kernels, quarter * size);
  const [s, t, m, n] = [room(), room(), room(), room()];
  const [e2, e3, e4] = [room(), room(), room()];
  for (let k = 0; k < quarter; k++) {
    const part = (words: Uint32Array): Uint32Array => words.subarray(k * size, (k + 1) * size);
    const at = (i: number): Uint32Array => cells[k + i * quarter] as Uint32Array;
    sumAndProduct(kernels, part(s), part(m), at(0), at(1));
    sumAndProduct(kernels, part(t), part(n), at(2), at(3));
  }
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

function sumAndProduct(
  kernels: Kernels,
  sum: Uint32Array,
  product: Uint32Array,
  a: Uint32Array,
  b: Uint32Array,
): void {
  kernels.add(sum, a, b);
  kernels.mul(product, a, b);
}

/** The first round of the sum over p0 q1 + q0 (p1 + lambda q1) one layer above eight ranges: where nodes k < 4 are above ranges k and k + 4. */
export interface DirectRound {
  /** @param weights over K, of as many nodes as a range has leaves */
  values(weights: Uint32Array): RoundValues;
  /** Binds p0, q1, q0 and p1 + lambda q1. */
  bind(outs: readonly Uint32Array[], r: Ext): void;
}

/** In the current scope of the kernel memory. */
export function roundOfPairs(
  kernels: Kernels,
  source: LeafSource,
  leaves: DirectLeaves,
  lambda: Ext,
): DirectRound {
  const K = kernels.ext;
  const size = (leaves.cells[0] as Uint32Array).length;
  const weight = weightOf(kernels, source, leaves);
  const polynomials = [0, 1, 2, 3].map((k) => {
    const [s, m] = [allocate(kernels, size), allocate(kernels, size)];
    sumAndProduct(kernels, s, m, leaves.cells[k] as Uint32Array, leaves.cells[k + 4] as Uint32Array);
    return [s, m] as const;
  });
  const side = (k: number, { constant, betas }: LeafRun): Side => ({
    columns: (polynomials[k] as readonly Uint32Array[]).slice(0, betas.length),
    constant,
    betas,
  });
  const p: LeafRun = { constant: weight(2, 1, 0), betas: [weight(1, 0, 1)] };
  const q: LeafRun = { constant: weight(1, 2, 0), betas: [weight(1, 1, 1), weight(-1, 0, 2)] };
  const more = (x: Ext, y: Ext | undefined): Ext => K.add(x, K.mul(lambda, y ?? K.zero));
  const c: LeafRun = {
    constant: more(p.constant, q.constant),
    betas: q.betas.map((beta, k) => more(p.betas[k] ?? K.zero, beta)),
  };
  /** p0, q1, q0, p1 + lambda q1: the lower halves of their ranges, and the upper ones. */
  const lines = [
    [side(0, p), side(1, p)],
    [side(2, q), side(3, q)],
    [side(0, q), side(1, q)],
    [side(2, c), side(3, c)],
  ] as const;
  return {
    values(weights) {
      const [first, second] = [lines.slice(0, 2), lines.slice(2)].map((pair) => {
        const sides = pair.flat() as [Side, Side, Side, Side];
        const columns = sides.flatMap((own) => own.columns);
        return kernels.leafRound(columns, sides, weights);
      }) as [RoundValues, RoundValues];
      return {
        at0: K.add(first.at0, second.at0),
        atInfinity: K.add(first.atInfinity, second.atInfinity),
      };
    },
    bind(outs, r) {
      const d = K.degree;
      lines.forEach(([low, high], k) =>
        bindSides(kernels, low, high, r, (from, to) => (outs[k] as Uint32Array).subarray(from * d, to * d)),
      );
    },
  };
}
