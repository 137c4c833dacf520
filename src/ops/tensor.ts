/** Integer tensors of an execution, and the few operations that every integer definition uses. */
import { refuse } from '../errors/proof-error.ts';
import { koalaBear } from '../field/koalabear.ts';
import { HALF_FIELD } from './operator.ts';

const P = koalaBear.modulus;

/** rows x width integers, row by row, each a balanced residue. */
export interface IntTensor {
  readonly rows: number;
  readonly width: number;
  readonly data: Int32Array;
}

/** Entries of a weight, row by row. */
export type WeightData = Int8Array | Int16Array | Int32Array;

/** Intermediate values of an operator by name: what a witness needs beside the result. */
export type Auxiliary = Readonly<Record<string, Int32Array | Float64Array>>;

/** The result of an operator. */
export interface Evaluated {
  readonly data: Int32Array;
  /** Computed when asked for. */
  readonly auxiliary?: () => Auxiliary;
}

/**
 * The residue of a modulo p of least absolute value, in [-(p-1)/2, (p-1)/2].
 * @param a a safe integer
 */
export function balanced(a: number): number {
  if (a >= -HALF_FIELD && a <= HALF_FIELD) return a;
  // A quotient in doubles passes no k + 1/2, which is one, but may come to it: then it is rounded up, and r may be p too small.
  const r = a - P * Math.round(a / P);
  return r < -HALF_FIELD ? r + P : r;
}

/** An input for which no witness exists. The message names the place, never the value. */
export function unprovable(stage: string, row: number, column: number, what: string): never {
  return refuse('UNPROVABLE', stage, `row ${row}, column ${column}: ${what}`);
}

/** Whether all entries are signed integers of so many bits, at most 32. */
export function fitsBits(data: Int32Array, bits: number): boolean {
  // x ^ (x >> 31) is x or -x - 1: below 2^(bits - 1) where x fits, and then so is all of them in one word.
  let [even, odd] = [0, 0]; // two chains that do not wait for each other
  const whole = data.length & ~1;
  for (let i = 0; i < whole; i += 2) {
    const [x, y] = [data[i] as number, data[i + 1] as number];
    even |= x ^ (x >> 31);
    odd |= y ^ (y >> 31);
  }
  const last = whole < data.length ? (data[whole] as number) : 0;
  return (even | odd | (last ^ (last >> 31))) < 2 ** (bits - 1);
}

/** @throws ProofError `UNPROVABLE` naming the first entry that is no signed integer of so many bits */
export function checkBits(
  stage: string,
  { data, width }: Pick<IntTensor, 'data' | 'width'>,
  bits: number,
): void {
  if (fitsBits(data, bits)) return;
  const [min, max] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  for (let i = 0; i < data.length; i++) {
    const v = data[i] as number;
    if (v < min || v > max) unprovable(stage, Math.floor(i / width), i % width, `expected ${bits} bits`);
  }
}
