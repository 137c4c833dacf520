/**
 * The first round over leaves where all four that a node pairs are lookups: computed from the columns in one kernel, and bound in
 * another. In the form of `leafPairs` a leaf of a lookup is q + 1/lambda or 1 + lambda q, both linear in the columns.
 */
import type { Ext, Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords } from '../kernels/contract/layout.ts';
import { MAX_COLUMNS, type LeafRun } from '../kernels/contract/lookup-tree.ts';
import type { RoundValues } from '../kernels/contract/sumcheck.ts';
import type { LeafBlock } from './layout.ts';
import type { LeafSource } from './leaves-prove.ts';
import { allocate } from './room-prove.ts';
import type { LookupTable } from './shape.ts';

/** Nodes [from, to): of each quarter of the leaves, these lie in one block. Both are multiples of four. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly blocks: readonly LeafBlock[];
}

/** Nodes [from, to), multiples of four. */
export interface NodeRange {
  readonly from: number;
  readonly to: number;
}

/** Shorter runs are left to pieces, which take neighbours together. */
const LEAST_RUN = 32;

/** The runs of a tree in order, and what is between them. */
export function runsOf({ tree: { depth, blocks } }: LeafSource): { runs: Run[]; gaps: NodeRange[] } {
  const quarter = 2 ** (depth - 2);
  const cuts = new Set([quarter]);
  for (const { at, bits } of blocks) {
    for (const leaf of [at, at + 2 ** bits]) cuts.add(leaf % quarter);
  }
  const runs: Run[] = [];
  const gaps: NodeRange[] = [];
  const next = [0, 0, 0, 0]; // the block of each quarter that is read
  let [start, gap] = [0, 0];
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const [from, to] = [Math.ceil(start / BLOCK) * BLOCK, Math.floor(cut / BLOCK) * BLOCK];
    const own = next.map((_, k) => {
      while ((next[k] as number) < blocks.length && endOf(blocks[next[k] as number]) <= k * quarter + start) {
        (next[k] as number)++;
      }
      return blocks[next[k] as number];
    });
    if (to - from >= LEAST_RUN && own.every((b, k) => b?.kind === 'lookup' && b.at <= k * quarter + start)) {
      if (gap < from) gaps.push({ from: gap, to: from });
      runs.push({ from, to, blocks: own as LeafBlock[] });
      gap = to;
    }
    start = cut;
  }
  if (gap < quarter) gaps.push({ from: gap, to: quarter });
  return { runs, gaps };
}

function endOf(block: LeafBlock | undefined): number {
  return block === undefined ? Infinity : block.at + 2 ** block.bits;
}

/** A quarter's leaves of a run: its columns, and its values in the form of a pair. */
export interface Side extends LeafRun {
  readonly columns: readonly Uint32Array[];
}

/** The lower halves a0, a1 and the upper halves b0, b1. */
function sidesOf({ ext: K }: Kernels, source: LeafSource, run: Run, lambda: Ext): [Side, Side, Side, Side] {
  const { tables, witness, fingerprint } = source;
  const quarter = 2 ** (source.tree.depth - 2);
  const mu = K.inverse(lambda);
  return run.blocks.map((block, k): Side => {
    const { tag, columns: own } = tables[block.table] as LookupTable;
    const skip = block.first + k * quarter + run.from - block.at;
    const columns = (witness.sources[block.index] as readonly Uint32Array[]).map((column) =>
      column.subarray(skip, skip + run.to - run.from),
    );
    const constant = K.sub(fingerprint.alpha, K.fromBase(tag as Fe));
    const betas = fingerprint.betas.slice(0, own.length);
    if (k < 2) return { columns, constant: K.add(constant, mu), betas };
    const scaled = betas.map((beta) => K.mul(lambda, beta));
    return { columns, constant: K.add(K.one, K.mul(lambda, constant)), betas: scaled };
  }) as [Side, Side, Side, Side];
}

/** The values of the first round over a run. @param weights over K, of all nodes */
export function runRound(
  kernels: Kernels,
  source: LeafSource,
  run: Run,
  lambda: Ext,
  weights: Uint32Array,
): RoundValues {
  const K = kernels.ext;
  const own = weights.subarray(run.from * K.degree, run.to * K.degree);
  const sides = sidesOf(kernels, source, run, lambda);
  const { at0, atInfinity } = kernels.leafRound(
    sides.flatMap(({ columns }) => columns),
    sides,
    own,
  );
  // The other pair is 1 times -1/lambda.
  const total = K.mulBase(kernels.kSum(own), K.base.inverse(kernels.radix));
  return { at0: K.sub(at0, K.mul(K.inverse(lambda), total)), atInfinity };
}

/** Nodes that are bound at once where that takes two kernels. */
const STEP = 2 ** 16;

/** Binds the second pair on a run: into its place of both arrays. */
export function bindRun(
  kernels: Kernels,
  source: LeafSource,
  run: Run,
  lambda: Ext,
  r: Ext,
  outs: readonly [Uint32Array, Uint32Array],
): void {
  const sides = sidesOf(kernels, source, run, lambda);
  outs.forEach((out, half) =>
    bindSides(kernels, sides[2 * half] as Side, sides[2 * half + 1] as Side, r, (from, to) =>
      out.subarray((run.from + from) * kernels.ext.degree, (run.from + to) * kernels.ext.degree),
    ),
  );
}

/** low + r (high - low), linear in the columns of both. */
export function bindSides(
  kernels: Kernels,
  low: Side,
  high: Side,
  r: Ext,
  outOf: (from: number, to: number) => Uint32Array,
): void {
  const K = kernels.ext;
  const times = (c: Ext, { columns, constant, betas }: Side): Side => ({
    columns,
    constant: K.mul(c, constant),
    betas: betas.map((beta) => K.mul(c, beta)),
  });
  const [a, b] = [times(K.sub(K.one, r), low), times(r, high)];
  const n = (low.columns[0] as Uint32Array).length;
  const write = (out: Uint32Array, { columns, constant, betas }: Side): void =>
    kernels.lookupLeaves(out, columns, constant, betas, 0 as Fe);
  if (a.columns.length + b.columns.length <= MAX_COLUMNS) {
    const columns = [...a.columns, ...b.columns];
    write(outOf(0, n), { columns, constant: K.add(a.constant, b.constant), betas: [...a.betas, ...b.betas] });
    return;
  }
  const part = (side: Side, from: number, to: number): Side => ({
    ...side,
    columns: side.columns.map((column) => column.subarray(from, to)),
  });
  kernels.memory.scope(() => {
    const room = allocate(kernels, extWords(Math.min(n, STEP), K.degree));
    for (let from = 0; from < n; from += STEP) {
      const to = Math.min(n, from + STEP);
      const [out, other] = [outOf(from, to), room.subarray(0, (to - from) * K.degree)];
      write(out, part(a, from, to));
      write(other, part(b, from, to));
      kernels.add(out, out, other);
    }
  });
}
