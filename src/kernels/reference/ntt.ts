/** The definition of the transforms. Evaluation at positions is Horner's rule, its transpose a sum of powers. */
import { bitReverse, domainPoint } from '../../field/domain.ts';
import type { BaseField, Ext, ExtensionField, Fe } from '../../field/field.ts';
import { checkLength } from '../contract/checks.ts';
import { extWords, readExt, writeExt } from '../contract/layout.ts';
import {
  checkedCosetLog,
  checkedInterleave,
  checkedLogRows,
  checkedMessage,
  checkPositions,
  checkTransposed,
  type MessageShape,
} from '../contract/ntt-checks.ts';
import type { NttKernels } from '../contract/ntt.ts';

/** A codeword, coset by coset. */
export function encodeByCosets(F: BaseField, encodeCoset: NttKernels['encodeCoset']): NttKernels['encode'] {
  return (out, message, code) => {
    const { logCoset } = checkedMessage(F, message, code);
    checkLength('out', out, 2 ** code.logN * code.columns);
    const words = 2 ** logCoset * code.columns;
    for (let coset = 0; coset * words < out.length; coset++) {
      encodeCoset(out.subarray(coset * words, (coset + 1) * words), message, code, coset);
    }
  };
}

export function referenceNtt(K: ExtensionField): NttKernels {
  const F = K.base;
  const encodeCoset: NttKernels['encodeCoset'] = (out, message, code, coset) => {
    const parts = checkedMessage(F, message, code);
    const log = checkedCosetLog(F, out, parts, code, coset);
    foldMessage(F, out, parts, blockRoot(F, code.logN - log, coset));
    splitBlocks(F, out, code.columns, log, code.logN - log, coset);
  };
  return {
    ntt(data, columns) {
      splitBlocks(F, data, columns, checkedLogRows('data', data.length, columns, F.twoAdicity), 0, 0);
    },
    intt(data, columns) {
      joinBlocks(F, data, columns, checkedLogRows('data', data.length, columns, F.twoAdicity));
    },
    encodeCoset,
    encode: encodeByCosets(F, encodeCoset),
    evaluateAt(out, message, code, positions) {
      const parts = checkedMessage(F, message, code);
      checkPositions(positions, code.logN);
      checkLength('out', out, positions.length * code.columns);
      for (let p = 0; p < positions.length; p++) {
        const x = domainPoint(F, code.logN, positions[p] as number);
        for (let c = 0; c < code.columns; c++) {
          let value = F.zero;
          for (let j = parts.k - 1; j >= 0; j--) {
            value = F.add(F.mul(value, x), coefficient(F, parts, j * code.columns + c));
          }
          out[p * code.columns + c] = value;
        }
      }
    },
    evaluateAtTransposed(out, eta, logN, positions, k) {
      checkTransposed(F, K.degree, out, eta, logN, positions, k);
      transposed(K, out, eta, logN, positions, k);
    },
    interleave(out, a, columns) {
      const rows = checkedInterleave(out, a, columns);
      for (let c = 0; c < columns; c++) {
        for (let r = 0; r < rows; r++) out[r * columns + c] = a[c * rows + r] as number;
      }
    },
    powers(out, scale, base) {
      let value = F.fe(scale);
      F.fe(base);
      for (let i = 0; i < out.length; i++, value = F.mul(value, base)) out[i] = value;
    },
    kPowers(out, n, scale, base) {
      checkLength('out', out, extWords(n, K.degree));
      out.fill(0);
      K.fromLimbs(base);
      let value = K.fromLimbs(scale);
      for (let i = 0; i < n; i++, value = K.mul(value, base)) writeExt(out, i, value);
    },
  };
}

/** g_b: block b of 2^level is the ring modulo x^h - g_b, and coset b the points whose h-th power is g_b. */
export function blockRoot(F: BaseField, level: number, block: number): Fe {
  return F.pow(F.rootOfUnity(level), bitReverse(block, level));
}

/**
 * z_i = rootOfUnity(l + 1)^bitReverse(i, l) for i < 2^l: the square root of g_i that splits block i of 2^l. The
 * table of a deeper layer continues that of the layer above, so one table of `count` entries serves them all.
 */
export function splittingRoots(F: BaseField, count: number): Fe[] {
  const roots: Fe[] = [F.one];
  for (let log = 0; roots.length < count; log++) {
    const next = F.rootOfUnity(log + 2);
    roots.push(...roots.map((z) => F.mul(z, next)));
  }
  return roots;
}

/** out[j] = sum_q root^q message[q * out.length + j]: the message modulo x^h - root, h the rows of `out`. */
function foldMessage(F: BaseField, out: Uint32Array, message: MessageShape, root: Fe): void {
  const items = message.data.length + message.pad.length;
  for (let j = 0; j < out.length; j++) {
    let value = F.zero;
    for (let q = Math.ceil((items - j) / out.length) - 1; q >= 0; q--) {
      value = F.add(F.mul(value, root), coefficient(F, message, q * out.length + j));
    }
    out[j] = value;
  }
}

/** Item i of data and pad, one after the other. */
function coefficient(F: BaseField, { data, pad }: MessageShape, i: number): Fe {
  return F.fromInt((i < data.length ? data[i] : pad[i - data.length]) as number);
}

/** Splits block `block` of 2^level, `data`, into single points: log layers of (a, b) -> (a + z b, a - z b). */
function splitBlocks(
  F: BaseField,
  data: Uint32Array,
  columns: number,
  log: number,
  level: number,
  block: number,
): void {
  const roots = splittingRoots(F, 2 ** (log - 1));
  for (let layer = 0; layer < log; layer++) {
    const half = 2 ** (log - layer - 1) * columns;
    // Reversed indices add up where their bits are disjoint: z of block * 2^layer + i is a product.
    const first = blockRoot(F, level + layer + 1, 2 * block * 2 ** layer);
    for (let i = 0; i < 2 ** layer; i++) {
      const z = F.mul(first, roots[i] as Fe);
      for (let a = 2 * i * half; a < (2 * i + 1) * half; a++) {
        const [x, y] = [data[a] as Fe, F.mul(z, data[a + half] as Fe)];
        data[a] = F.add(x, y);
        data[a + half] = F.sub(x, y);
      }
    }
  }
}

/** The inverse of `splitBlocks` from the root: (u, v) -> (u + v, (u - v) / z) in reverse order, then 1 / n. */
function joinBlocks(F: BaseField, data: Uint32Array, columns: number, log: number): void {
  const inverses = splittingRoots(F, 2 ** (log - 1)).map((z) => F.inverse(z));
  for (let layer = log - 1; layer >= 0; layer--) {
    const half = 2 ** (log - layer - 1) * columns;
    for (let i = 0; i < 2 ** layer; i++) {
      const zInverse = inverses[i] as Fe;
      for (let a = 2 * i * half; a < (2 * i + 1) * half; a++) {
        const [u, v] = [data[a] as Fe, data[a + half] as Fe];
        data[a] = F.add(u, v);
        data[a + half] = F.mul(F.sub(u, v), zInverse);
      }
    }
  }
  const nInverse = F.inverse(F.fromInt(2 ** log));
  for (let a = 0; a < data.length; a++) data[a] = F.mul(data[a] as Fe, nInverse);
}

function transposed(
  K: ExtensionField,
  out: Uint32Array,
  eta: Uint32Array,
  logN: number,
  positions: ArrayLike<number>,
  k: number,
): void {
  const points = Array.from(positions, (i) => domainPoint(K.base, logN, i));
  const terms: Ext[] = points.map((_, p) => readExt(eta, p, K.degree));
  out.fill(0);
  for (let j = 0; j < k; j++) {
    writeExt(
      out,
      j,
      terms.reduce((sum, term) => K.add(sum, term), K.zero),
    );
    points.forEach((x, p) => (terms[p] = K.mulBase(terms[p] as Ext, x)));
  }
}
