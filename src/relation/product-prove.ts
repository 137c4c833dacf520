/** The two vectors of the product sumcheck, and the sumcheck over them. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords, readExt, writeExt } from '../kernels/contract/layout.ts';
import type { Pair } from '../kernels/contract/sumcheck.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { SumcheckOracle } from '../pads/sumcheck-prove.ts';
import type { TensorCells } from './cells-prove.ts';
import type { CompiledProgram } from './compile.ts';
import type { Segment } from './expand.ts';
import { foldView, type FoldCache } from './fold-prove.ts';
import { maskedVector } from './masked-prove.ts';
import type { Placement } from './product.ts';
import type { Tensor } from './program.ts';
import { weightTable } from './weights-prove.ts';

/** The vectors, K arrays of `live` elements in Montgomery form. In the current scope of the kernel memory. */
export function productVectors(
  kernels: Kernels,
  compiled: CompiledProgram,
  cells: TensorCells,
  { segments, live }: Placement,
): Pair {
  const { degree } = kernels.ext;
  const a = hotWords(kernels, extWords(live, degree)).fill(0);
  const b = hotWords(kernels, extWords(live, degree)).fill(0);
  const cache: FoldCache = new Map();
  for (const { segment, address } of segments) {
    const size = 2 ** segment.box.bits;
    const words = extWords(size, degree);
    /** Makes a vector where it belongs, or beside it where it shares a block with its neighbours. */
    const fill = (to: Uint32Array, make: (out: Uint32Array, lasts: boolean) => void): void =>
      kernels.memory.scope(() => {
        if (size % BLOCK === 0) return make(to.subarray(address * degree, address * degree + words), true);
        const own = hotWords(kernels, words);
        make(own, false);
        for (let i = 0; i < size; i++) writeExt(to, address + i, readExt(own, i, degree));
      });
    fill(a, (out) => firstVector(kernels, compiled, cells, cache, segment, out));
    fill(b, (out, lasts) => secondVector(kernels, compiled, cells, cache, segment, out, lasts));
  }
  const numVars = live <= 1 ? 0 : 32 - Math.clz32(live - 1);
  return [
    { words: a, live, numVars },
    { words: b, live, numVars },
  ];
}

function tensorOf(compiled: CompiledProgram, name: string): Tensor {
  return compiled.tensors.get(name) as Tensor;
}

function firstVector(
  kernels: Kernels,
  compiled: CompiledProgram,
  cells: TensorCells,
  cache: FoldCache,
  segment: Segment,
  out: Uint32Array,
): void {
  const { first: view, kept, box, firstWeights: folded } = segment;
  const tensor = tensorOf(compiled, view.tensor);
  if (segment.mask === undefined) {
    foldView(kernels, cells, cache, { view, tensor, kept, box, folded }, out);
  } else maskedVector(kernels, cells, cache, tensor, segment, segment.mask, out);
  kernels.kMul(out, out, weightTable(kernels, segment.keptWeights, segment.coefficient));
}

function secondVector(
  kernels: Kernels,
  compiled: CompiledProgram,
  cells: TensorCells,
  cache: FoldCache,
  { second: view, kept, box, secondWeights: folded }: Segment,
  out: Uint32Array,
  lasts: boolean,
): void {
  const tensor = tensorOf(compiled, view.tensor);
  foldView(kernels, cells, cache, { view, tensor, kept, box, folded }, out, lasts);
}

/** A sumcheck of a product of two vectors. */
export interface ProductOracle extends SumcheckOracle {
  /** After all rounds: the values of both vectors at the point. Secret. */
  values(): [Ext, Ext];
}

export function productOracle(kernels: Kernels, vectors: Pair): ProductOracle {
  let pair = vectors;
  let values = pair[0].numVars === 0 ? undefined : kernels.productRound([pair]);
  const inverse = kernels.ext.base.inverse(kernels.radix);
  return {
    message() {
      if (values === undefined) throw new Error('product: expected a variable to bind, got none');
      return [values.at0, values.atInfinity];
    },
    bind(r) {
      if (pair[0].numVars > 1) {
        const next = kernels.bindProductRound([pair[0].words, pair[1].words], [pair], r);
        pair = next.pairs[0] as Pair;
        values = next.values;
        return;
      }
      pair = [kernels.bind(pair[0].words, pair[0], r), kernels.bind(pair[1].words, pair[1], r)];
      values = undefined;
    },
    values: () => {
      const plain = (words: Uint32Array): Ext =>
        kernels.ext.mulBase(readExt(words, 0, kernels.ext.degree), inverse);
      return [plain(pair[0].words), plain(pair[1].words)];
    },
  };
}
