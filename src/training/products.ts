/** The matrix products of a step, by definition: exact sums. spec/training.md sections 4 to 6. */
import { balanced } from '../ops/tensor.ts';

/** W [outputs, inputs + 1], row-major; the last column, the bias, is in no product. */
export interface WeightMatrix {
  readonly data: Int16Array;
  readonly outputs: number;
  readonly inputs: number;
}

/** Products over the rows t of a batch. All results are balanced residues; kernels of the same meaning may take their place. */
export interface StepProducts {
  /** [rows, outputs]: sum_k W[o][k] x[t][k]. @param x [rows, inputs], at most 2^15 - 1 */
  forward(w: WeightMatrix, x: Int32Array): Int32Array;
  /** [rows, inputs]: sum_o g[t][o] W[o][k]. @param g [rows, outputs], 16 bits */
  back(w: WeightMatrix, g: Int32Array): Int32Array;
  /** [rows of a, rows of b]: sum_k a[t][k] b[u][k]. @param a, b [rows, width], 16 bits */
  rows(a: Int32Array, b: Int32Array, width: number): Int32Array;
  /** [rows, width]: sum_u s[t][u] v[u][c]. @param s [rows, rows of v], @param v [rows, width], 16 bits */
  mix(s: Int16Array, v: Int32Array, width: number): Int32Array;
  /** [outputs, inputs]: sum_t g[t][o] x[t][k]. Valid while the call of `within` lasts that it was made in. */
  gradient(size: Pick<WeightMatrix, 'outputs' | 'inputs'>, g: Int32Array, x: Int32Array): Int32Array;
  /** Runs `body`, which may call `gradient`: of all products these are as large as the weights. */
  within<T>(body: () => T): T;
}

/** Positions of the entries of a row that are not zero: most of a picture is. */
function positionsOf(x: Int32Array, t: number, width: number): Int32Array {
  const found = new Int32Array(width);
  let count = 0;
  for (let k = 0; k < width; k++) if (x[t * width + k] !== 0) found[count++] = k;
  return found.subarray(0, count);
}

function residues(sums: Float64Array): Int32Array {
  const out = new Int32Array(sums.length);
  for (let i = 0; i < sums.length; i++) out[i] = balanced(sums[i] as number);
  return out;
}

/** Sums in doubles: at most 2^16 products below 2^31, exact. */
export const plainProducts: StepProducts = {
  within: (body) => body(),
  forward({ data, outputs, inputs }, x) {
    const rows = x.length / inputs;
    const sums = new Int32Array(rows * outputs);
    for (let t = 0; t < rows; t++) {
      const live = positionsOf(x, t, inputs);
      for (let o = 0; o < outputs; o++) {
        const at = o * (inputs + 1);
        let sum = 0;
        for (let i = 0; i < live.length; i++) {
          const k = live[i] as number;
          sum += (data[at + k] as number) * (x[t * inputs + k] as number);
        }
        sums[t * outputs + o] = balanced(sum);
      }
    }
    return sums;
  },
  back({ data, outputs, inputs }, g) {
    const rows = g.length / outputs;
    const sums = new Float64Array(rows * inputs);
    for (let t = 0; t < rows; t++) {
      const own = sums.subarray(t * inputs, (t + 1) * inputs);
      for (let o = 0; o < outputs; o++) {
        const factor = g[t * outputs + o] as number;
        if (factor === 0) continue;
        const at = o * (inputs + 1);
        for (let k = 0; k < inputs; k++) own[k] = (own[k] as number) + factor * (data[at + k] as number);
      }
    }
    return residues(sums);
  },
  rows(a, b, width) {
    const [rows, columns] = [a.length / width, b.length / width];
    const sums = new Float64Array(rows * columns);
    for (let t = 0; t < rows; t++) {
      const live = positionsOf(a, t, width);
      for (let u = 0; u < columns; u++) {
        let sum = 0;
        for (const k of live) sum += (a[t * width + k] as number) * (b[u * width + k] as number);
        sums[t * columns + u] = sum;
      }
    }
    return residues(sums);
  },
  mix(s, v, width) {
    const count = v.length / width;
    const rows = s.length / count;
    const sums = new Float64Array(rows * width);
    for (let t = 0; t < rows; t++) {
      const own = sums.subarray(t * width, (t + 1) * width);
      for (let u = 0; u < count; u++) {
        const factor = s[t * count + u] as number;
        if (factor === 0) continue;
        for (let c = 0; c < width; c++) own[c] = (own[c] as number) + factor * (v[u * width + c] as number);
      }
    }
    return residues(sums);
  },
  gradient({ outputs, inputs }, g, x) {
    const sums = new Float64Array(outputs * inputs);
    for (let t = 0; t < x.length / inputs; t++) {
      const live = positionsOf(x, t, inputs);
      for (let o = 0; o < outputs; o++) {
        const factor = g[t * outputs + o] as number;
        if (factor === 0) continue;
        const at = o * inputs;
        for (let i = 0; i < live.length; i++) {
          const k = live[i] as number;
          sums[at + k] = (sums[at + k] as number) + factor * (x[t * inputs + k] as number);
        }
      }
    }
    return residues(sums);
  },
};
