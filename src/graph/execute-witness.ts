/** Matrix products of the executor by the kernels: the same residues, faster. For the prover's side. */
import type { Kernels } from '../kernels/index.ts';
import { hotLike } from '../kernels/memory/hot.ts';
import { extremes, knownBits } from '../ops/extremes.ts';
import { matrixProduct, type MatrixProduct } from '../ops/linear/eval.ts';
import type { WeightData } from '../ops/tensor.ts';

/** Greatest absolute value of an operand of the kernels. */
const LIMIT = 32768;

function bound(data: WeightData): number {
  const [least, greatest] = extremes(data);
  return Math.max(-least, greatest);
}

/**
 * The product by `gemmBalanced`; inputs beyond 16 bits and weights in wider arrays go through the definition. Bounds of
 * weights are found once per array, from its second use on the exact ones.
 *
 * @example
 * integerSession(graph, weights, { product: kernelProduct(kernels) });
 */
export function kernelProduct(kernels: Kernels): MatrixProduct {
  const bounds = new WeakMap<object, number>();
  const seen = new WeakSet();
  /** By its bits where an array is seen once; one that stays is looked at closely, and multiplied faster for it. */
  const boundOf = (data: WeightData): number => {
    const known = bounds.get(data);
    if (known !== undefined) return known;
    if (data instanceof Int16Array && !seen.has(data)) {
      seen.add(data);
      return 2 ** (knownBits(data) - 1);
    }
    const exact = bound(data);
    bounds.set(data, exact);
    return exact;
  };
  const { memory } = kernels;
  return (x, w) => {
    const { data } = w;
    if (data instanceof Int32Array || x.rows === 0) return matrixProduct(x, w);
    return memory.scope(() => {
      const a = hotLike(kernels, SHORT, x.data.length);
      const boundA = narrow(a, x.data);
      if (boundA > LIMIT - 1) return matrixProduct(x, w);
      const out = new Int32Array(x.rows * w.rows);
      const left = { data: a, rows: x.rows, columns: x.width };
      const right = { data, rows: w.rows, columns: w.columns };
      kernels.gemmBalanced(out, left, right, { boundA, boundB: boundOf(data) });
      return out;
    });
  };
}

const SHORT = new Int16Array(0);

/** The low 16 bits of integers; returns their greatest absolute value, in the same pass. */
function narrow(out: Int16Array, entries: Int32Array): number {
  let [least, greatest] = [0, 0];
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as number;
    out[i] = entry;
    least = Math.min(least, entry);
    greatest = Math.max(greatest, entry);
  }
  return Math.max(-least, greatest);
}
