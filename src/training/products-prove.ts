/** Matrix products of a step by the kernels: the same residues, faster. For the prover's side. */
import type { IntMatrix, Kernels } from '../kernels/index.ts';
import { hotLike } from '../kernels/memory/hot.ts';
import { extremes } from '../ops/extremes.ts';
import type { StepProducts } from './products.ts';

interface Bounded {
  readonly matrix: IntMatrix;
  readonly bound: number;
}

/** The greatest absolute value. */
function boundOf(data: Int16Array): number {
  const [least, greatest] = extremes(data);
  return Math.max(-least, greatest);
}

/** Weights are multiplied twice a step, and never changed. */
const knownBounds = new WeakMap<Int16Array, number>();

function weightBound(data: Int16Array): number {
  const known = knownBounds.get(data);
  if (known !== undefined) return known;
  const bound = boundOf(data);
  knownBounds.set(data, bound);
  return bound;
}

/** Operands of a step have at most 16 bits (`checkPlan`). */
function matrixOf(values: Int32Array, rows: number, columns: number): Bounded {
  const data = Int16Array.from(values);
  return { matrix: { data, rows, columns }, bound: boundOf(data) };
}

function transposed(values: Int32Array, rows: number, columns: number): Bounded {
  const data = new Int16Array(values.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) data[c * rows + r] = values[r * columns + c] as number;
  }
  return { matrix: { data, rows: columns, columns: rows }, bound: boundOf(data) };
}

/**
 * Products by `gemmBalanced`. Weights are read where they are.
 *
 * @example
 * executeSteps(plan, state, data, 0, rows, kernelProducts(kernels));
 */
export function kernelProducts(kernels: Kernels): StepProducts {
  const product = (
    a: Bounded,
    b: Bounded,
    width: number,
    layoutB: 'nk' | 'kn',
    out = new Int32Array(a.matrix.rows * width),
  ): Int32Array => {
    kernels.gemmBalanced(out, a.matrix, b.matrix, { boundA: a.bound, boundB: b.bound, layoutB });
    return out;
  };
  return {
    forward({ data, outputs, inputs }, x) {
      const weights = { data, rows: outputs, columns: inputs, stride: inputs + 1 };
      const own = matrixOf(x, x.length / inputs, inputs);
      return product(own, { matrix: weights, bound: weightBound(data) }, outputs, 'nk');
    },
    back({ data, outputs, inputs }, g) {
      const weights = { data, rows: outputs, columns: inputs, stride: inputs + 1 };
      const own = matrixOf(g, g.length / outputs, outputs);
      return product(own, { matrix: weights, bound: weightBound(data) }, inputs, 'kn');
    },
    rows(a, b, width) {
      const own = matrixOf(a, a.length / width, width);
      return product(own, matrixOf(b, b.length / width, width), b.length / width, 'nk');
    },
    mix(s, v, width) {
      const count = v.length / width;
      const own = { matrix: { data: s, rows: s.length / count, columns: count }, bound: boundOf(s) };
      return product(own, matrixOf(v, count, width), width, 'kn');
    },
    gradient({ outputs, inputs }, g, x) {
      const rows = x.length / inputs;
      const out = hotLike(kernels, new Int32Array(0), outputs * inputs);
      return product(transposed(g, rows, outputs), matrixOf(x, rows, inputs), inputs, 'kn', out);
    },
    within: (body) => kernels.memory.secretScope(body),
  };
}
