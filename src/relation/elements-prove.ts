/** Sums of lines of K arrays: by a kernel where lines are whole blocks, else in plain loops. Forms of elements do not matter. */
import type { Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { LinePairs } from '../kernels/contract/ext-rows.ts';
import { BLOCK, extWord, extWords } from '../kernels/contract/layout.ts';
import { hotWords } from '../kernels/memory/hot.ts';

/** On arrays of lines of one width. */
export interface ElementLoops {
  /** So many lines of zeros, in the current scope of the kernel memory. */
  lines(kernels: Kernels, count: number): Uint32Array;
  /** Lines `to` of an array plus, or minus, lines `from` of another, pair after pair (to, from). */
  add(out: Uint32Array, words: Uint32Array, pairs: LinePairs): void;
  subtract(out: Uint32Array, words: Uint32Array, pairs: LinePairs): void;
  /** out[x / low][line][x % low] = words[line][x] */
  scatter(out: Uint32Array, words: Uint32Array, count: number, low: number): void;
}

/** Pairs of the lines 0 to count - 1 that `to` and `from` name. */
export function linePairs(
  count: number,
  to: (line: number) => number,
  from: (line: number) => number,
): LinePairs {
  const pairs = new Int32Array(2 * count);
  for (let line = 0; line < count; line++) {
    pairs[2 * line] = to(line);
    pairs[2 * line + 1] = from(line);
  }
  return pairs;
}

/** @param width elements of a line */
export function elementLoops(kernels: Kernels, width: number): ElementLoops {
  const { degree, base } = kernels.ext;
  const words = width * degree;
  const accumulate = (out: Uint32Array, from: Uint32Array, pairs: LinePairs, minus: boolean): void => {
    if (width % BLOCK === 0) return kernels.kAddLines(out, from, width, pairs, minus);
    for (let k = 0; k < pairs.length; k += 2) {
      for (let i = 0; i < words; i++) {
        const [to, at] = [wordOf(pairs[k] as number, i), wordOf(pairs[k + 1] as number, i)];
        const [a, b] = [out[to] as Fe, from[at] as Fe];
        out[to] = minus ? base.sub(a, b) : base.add(a, b);
      }
    }
  };
  /** Word i of a line that shares blocks with its neighbours. */
  const wordOf = (line: number, i: number): number =>
    extWord(line * width + (i % width), Math.floor(i / width), degree);
  return {
    lines: (own, count) => hotWords(own, extWords(count * width, degree)).fill(0),
    add: (out, from, pairs) => accumulate(out, from, pairs, false),
    subtract: (out, from, pairs) => accumulate(out, from, pairs, true),
    scatter(out, from, count, low) {
      if (out.length % words !== 0 || (count * width) % BLOCK !== 0) out.fill(0);
      for (let line = 0; line < count; line++) {
        if (low % BLOCK === 0) {
          const part = low * degree;
          for (let x = 0; x < width / low; x++) {
            const at = line * words + x * part;
            out.set(from.subarray(at, at + part), (x * count + line) * part);
          }
          continue;
        }
        for (let x = 0; x < width; x++) {
          const cell = (Math.floor(x / low) * count + line) * low + (x % low);
          const [to, at] = [extWord(cell, 0, degree), extWord(line * width + x, 0, degree)];
          for (let j = 0; j < BLOCK * degree; j += BLOCK) out[to + j] = from[at + j] as number;
        }
      }
    },
  };
}
