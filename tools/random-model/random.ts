/**
 * Seeded weights with the spread of trained ones. The numbers depend on the seed and the name of the tensor alone, and
 * are the same on every machine: integers, and sums and products of them that are exact or correctly rounded.
 */
import { blake3 } from '../../src/hash/blake3.ts';
import type { WeightName } from '../../src/import/model.ts';

/** Next numbers of a sequence. */
export type Next = () => number;

/**
 * A 32-bit generator for one tensor: sfc32 (Doty-Humphrey, PractRand), keyed by a hash of seed and name. Good enough for
 * weights; nothing secret is made of it.
 */
export function generator(seed: number, name: string): Next {
  const key = blake3(new TextEncoder().encode(`${seed} ${name}`));
  const view = new DataView(key.buffer);
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
}

/**
 * About normal, mean 0, variance 1: the sum of four uniform numbers (Irwin-Hall), each of 16 bits, from two draws.
 * |value| <= 2 sqrt(3).
 */
export function normal(next: Next): number {
  const [u, v] = [next(), next()];
  const sum = (u & 0xffff) + (u >>> 16) + (v & 0xffff) + (v >>> 16); // < 2^18
  return (sum / 65535 - 2) * Math.sqrt(3); // variance of the sum: 4 / 12
}

/** Mean and spread of the values of a weight. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * Spreads that keep activations of order 1 through any number of layers.
 * @param fanIn columns of a matrix
 * @param layers of the model; writers of the residual stream shrink by sqrt(2 * layers), as GPT-2's initialisation does
 */
export function spreadOf(name: WeightName, fanIn: number, layers: number): Spread {
  if (name.endsWith('.gain')) return { mean: 1, deviation: 0.1 };
  if (name.endsWith('.bias')) return { mean: 0, deviation: 0.02 };
  if (name === 'embedding') return { mean: 0, deviation: 0.1 };
  if (name === 'positions') return { mean: 0, deviation: 0.02 };
  const shrink = /\.(?:output|down)\./.test(name) ? Math.sqrt(2 * layers) : 1;
  return { mean: 0, deviation: 1 / (Math.sqrt(fanIn) * shrink) };
}
