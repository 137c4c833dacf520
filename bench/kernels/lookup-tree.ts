/** Lookup trees. An item is one lookup; weights are given, as eq tables are timed on their own. */
import type { Fe } from '../../src/field/field.ts';
import type { Fractions } from '../../src/kernels/contract/lookup-tree.ts';
import type { Pair, Weights } from '../../src/kernels/contract/sumcheck.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { fill } from './base.ts';
import type { KernelCase } from './case.ts';
import { SCALAR } from './ext.ts';
import { weights } from './sumcheck.ts';

const N = 1 << 19;
const TWIN_N = 1 << 12;
const TAG = 3 as Fe;

interface Tree {
  readonly columns: readonly Uint32Array[];
  /** Layers from the leaves up; the arrays of the leaves' numerators are not needed. */
  readonly layers: readonly Fractions[];
}

/** Memory for the whole tree over n lookups. */
function allocate(k: Kernels, n: number): Tree {
  const numVars = Math.log2(n);
  const columns = [fill(k.memory.u32(n)), fill(k.memory.u32(n))];
  const layers = Array.from({ length: numVars }, (_, j): Fractions => {
    const live = n >> j;
    const words = 5 * Math.max(4, live);
    return {
      p: j === 0 ? new Uint32Array(0) : fill(k.memory.u32(words)),
      q: fill(k.memory.u32(words)),
      live,
      numVars: numVars - j,
      ...(j === 0 ? { units: live } : {}),
    };
  });
  return { columns, layers };
}

function build(k: Kernels, { columns, layers }: Tree, count: number): void {
  const leaves = layers[0] as Fractions;
  k.lookupLeaves(leaves.q, columns, SCALAR, [SCALAR, SCALAR], TAG);
  for (let j = 1; j < count; j++) {
    const { p, q } = layers[j] as Fractions;
    k.fractionLayer(p, q, layers[j - 1] as Fractions);
  }
}

/** The sumcheck of one layer with a fixed challenge. */
function sumcheck(k: Kernels, pairs: readonly Pair[], outs: readonly Uint32Array[], w: Weights): void {
  if ((pairs[0] as Pair)[0].numVars < 1) return;
  k.productRound(pairs, w);
  let bound = pairs;
  while ((bound[0] as Pair)[0].numVars > 1) bound = k.bindProductRound(outs, bound, SCALAR, w).pairs;
  bound.flat().forEach((a, s) => k.bind(outs[s] as Uint32Array, a, SCALAR));
}

function lookups(
  name: string,
  designNs: number | undefined,
  prepare: (k: Kernels, n: number) => () => void,
): KernelCase {
  const design = designNs === undefined ? {} : { designNs };
  return { name, unit: 'lookup', items: N, twinItems: TWIN_N, ...design, scales: true, prepare };
}

export const lookupTreeCases: readonly KernelCase[] = [
  lookups('lookup-leaves', undefined, (k, n) => {
    const tree = allocate(k, n);
    return () => build(k, tree, 1);
  }),
  lookups('lookup-first-layer', 6.49, (k, n) => {
    const tree = allocate(k, n);
    return () => build(k, tree, 2);
  }),
  lookups('lookup-tree', 15.9, (k, n) => {
    const tree = allocate(k, n);
    return () => build(k, tree, tree.layers.length);
  }),
  lookups('gkr-inner-layers', 35.1, (k, n) => {
    const { layers } = allocate(k, n);
    const outs = [0, 1, 2, 3].map(() => k.memory.u32((5 * n) / 8));
    const merged = k.memory.u32((5 * n) / 4);
    const w = weights(k, n / 8);
    return () => {
      for (const layer of layers.slice(1)) sumcheck(k, k.layerPairs(merged, layer, SCALAR), outs, w);
    };
  }),
  lookups('gkr-leaf-layer', 19.2, (k, n) => {
    const { layers } = allocate(k, n);
    const outs = [0, 1, 2, 3].map(() => k.memory.u32((5 * n) / 4));
    const [out0, out1] = [k.memory.u32((5 * n) / 2), k.memory.u32((5 * n) / 2)];
    const w = weights(k, n / 4);
    return () => sumcheck(k, k.leafPairs(out0, out1, out1, layers[0] as Fractions, SCALAR), outs, w);
  }),
];
