/** Sums of lines of K arrays in plain loops, for lines that are too short for a call of a kernel. Forms of elements do not matter. */
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWord, extWords } from '../kernels/contract/layout.ts';
import { hotWords } from '../kernels/memory/hot.ts';

/** On arrays of lines of one width. */
export interface ElementLoops {
  /** So many lines of zeros, in the current scope of the kernel memory. */
  lines(kernels: Kernels, count: number): Uint32Array;
  /** Line `to` of an array plus, or minus, line `from` of another. */
  add(out: Uint32Array, to: number, words: Uint32Array, from: number): void;
  subtract(out: Uint32Array, to: number, words: Uint32Array, from: number): void;
  /** out[x / low][line][x % low] = words[line][x] */
  scatter(out: Uint32Array, words: Uint32Array, count: number, low: number): void;
}

/** @param width elements of a line */
export function elementLoops({ ext }: Kernels, width: number): ElementLoops {
  const { degree } = ext;
  const p = ext.base.modulus;
  const words = width * degree;
  const whole = width % BLOCK === 0;
  const accumulate = (out: Uint32Array, to: number, from: Uint32Array, at: number, minus: boolean): void => {
    if (whole) return addWords(out, to * words, from, at * words, words, p, minus);
    for (let i = 0; i < words; i++) addWords(out, wordOf(to, i), from, wordOf(at, i), 1, p, minus);
  };
  /** Word i of a line that shares blocks with its neighbours. */
  const wordOf = (line: number, i: number): number =>
    extWord(line * width + (i % width), Math.floor(i / width), degree);
  return {
    lines: (kernels, count) => hotWords(kernels, extWords(count * width, degree)).fill(0),
    add: (out, to, from, at) => accumulate(out, to, from, at, false),
    subtract: (out, to, from, at) => accumulate(out, to, from, at, true),
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

/** Adds `count` words to others, or takes them away, all in [0, p). */
function addWords(
  out: Uint32Array,
  to: number,
  from: Uint32Array,
  at: number,
  count: number,
  p: number,
  minus: boolean,
): void {
  // Signs choose, not branches: which of two words is greater is anybody's guess. p < 2^31, so that differences are 32-bit integers.
  if (minus) {
    for (let i = 0; i < count; i++) {
      const d = ((out[to + i] as number) - (from[at + i] as number)) | 0;
      out[to + i] = d + (p & (d >> 31));
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    const d = ((out[to + i] as number) + (from[at + i] as number) - p) | 0; // in [-p, p)
    out[to + i] = d + (p & (d >> 31));
  }
}
