/** Sumcheck rounds and weighted sums. An item is one element of one of the arrays before the round. */
import { quintic } from '../../src/field/quintic.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import type { Multilinear, Pair, Weights } from '../../src/kernels/contract/sumcheck.ts';
import { fill } from './base.ts';
import type { KernelCase } from './case.ts';
import { SCALAR } from './ext.ts';

const N = 1 << 20;
const TWIN_N = 1 << 14;

/** A full multilinear of n = 2^m elements. */
export function full(k: Kernels, n: number): Multilinear {
  return { words: fill(k.memory.u32(5 * n)), live: n, numVars: Math.log2(n) };
}

export function weights(k: Kernels, n: number): Weights {
  return { words: fill(k.memory.u32(5 * n)), total: quintic.one };
}

function rounds(
  name: string,
  unit: string,
  designNs: number | undefined,
  prepare: (k: Kernels, n: number) => () => void,
): KernelCase {
  const design = designNs === undefined ? {} : { designNs };
  return { name, unit, items: N, twinItems: TWIN_N, ...design, scales: true, prepare };
}

/** A whole product sumcheck, fused rounds, in place on copies that are made anew for each run. */
function wholeSumcheck(k: Kernels, n: number): () => void {
  const pair: Pair = [full(k, n), full(k, n)];
  const outs = [k.memory.u32((5 * n) / 2), k.memory.u32((5 * n) / 2)];
  return () => {
    k.productRound([pair]);
    let pairs: readonly Pair[] = [pair];
    for (let j = pair[0].numVars; j >= 2; j--) pairs = k.bindProductRound(outs, pairs, SCALAR).pairs;
    const [[a, b]] = pairs as [Pair];
    k.bind(outs[0] as Uint32Array, a, SCALAR);
    k.bind(outs[1] as Uint32Array, b, SCALAR);
  };
}

function fusedRound(k: Kernels, n: number, pairCount: number, weighted: boolean): () => void {
  const pairs = Array.from({ length: pairCount }, (): Pair => [full(k, n), full(k, n)]);
  const outs = pairs.flatMap(() => [k.memory.u32((5 * n) / 2), k.memory.u32((5 * n) / 2)]);
  const w = weighted ? weights(k, n / 4) : undefined;
  return () => void k.bindProductRound(outs, pairs, SCALAR, w);
}

/** Columns of the matrix that is folded. */
const COLUMNS = 1024;

export const sumcheckCases: readonly KernelCase[] = [
  rounds('sumcheck-eval', 'element', 4.79, (k, n) => {
    const pairs: Pair[] = [[full(k, n), full(k, n)]];
    return () => void k.productRound(pairs);
  }),
  rounds('sumcheck-eval-base', 'element', undefined, (k, n) => {
    const a = { words: fill(k.memory.u32(n)), live: n, numVars: Math.log2(n) };
    const b = full(k, n);
    return () => void k.productRoundBase(a, b);
  }),
  rounds('sumcheck-bind', 'element', 3.03, (k, n) => {
    const a = full(k, n);
    const out = k.memory.u32((5 * n) / 2);
    return () => void k.bind(out, a, SCALAR);
  }),
  rounds('sumcheck-bind-base', 'element', undefined, (k, n) => {
    const a = { words: fill(k.memory.u32(n)), live: n, numVars: Math.log2(n) };
    const out = k.memory.u32((5 * n) / 2);
    return () => void k.bindBase(out, a, SCALAR);
  }),
  rounds('sumcheck-fused', 'element', 10.1, (k, n) => fusedRound(k, n, 1, false)),
  rounds('sumcheck-whole', 'element', 24.4, wholeSumcheck),
  rounds('weighted-sum', 'word', undefined, (k, n) => {
    const [w, a] = [fill(k.memory.u32(5 * n)), fill(k.memory.u32(n))];
    return () => void k.weightedSum(w, a);
  }),
  rounds('weighted-rows', 'word', undefined, (k, n) => {
    const [w, a] = [fill(k.memory.u32((5 * n) / COLUMNS)), fill(k.memory.u32(n))];
    const out = k.memory.u32(5 * COLUMNS);
    return () => k.weightedRows(out, a, COLUMNS, w);
  }),
  rounds('weighted-columns', 'word', undefined, (k, n) => {
    const [w, a] = [fill(k.memory.u32(5 * COLUMNS)), fill(k.memory.u32(n))];
    const out = k.memory.u32((5 * n) / COLUMNS);
    return () => k.weightedColumns(out, a, COLUMNS, w);
  }),
];
