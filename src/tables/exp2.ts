/**
 * `exp2`: the exponential of octave attention. Key t in [0, 2048): e = round(2^(15 - t/64)) and b with
 * 2e + b = round(2^(16 - t/64)), the entry one octave (64 steps) up; b is in {-1, 0, 1}.
 */
import { roundNear } from './doubles.ts';
import { decided } from './rounding.ts';
import { expNegative, ln2 } from './series.ts';
import type { Table } from './table.ts';

/** Steps of one octave. */
export const OCTAVE_STEPS = 64;
/** Keys: 32 octaves. */
export const EXP2_ROWS = 2048;

/** 2^(-step/64) at a precision, computed once. */
const fractions = new Map<string, bigint>();

/** ln 2 to within 1 ulp, times step/64 < 1, cut: the exponent errs by less than 2 ulps, exp by less than 2 more. */
function fractionOfOctave(step: number, P: bigint): bigint {
  const key = `${step} ${P}`;
  const value = fractions.get(key) ?? expNegative((BigInt(step) * ln2(P)) / BigInt(OCTAVE_STEPS), P);
  fractions.set(key, value);
  return value;
}

const FIRST = 64n;
const ERROR = 2 ** -28;
/** 2^(15-step/64), the nearest double to a value of 64 bits: off by less than 2^-37. */
const steps = new Float64Array(OCTAVE_STEPS);

/** 2^(15 - octave - step/64) in doubles, off by less than 2^-36 < ERROR/2 for an octave from -1 on. */
function nearEntry(octave: number, step: number): number | undefined {
  if (steps[step] === 0) steps[step] = Number(fractionOfOctave(step, FIRST)) / 2 ** 49;
  return roundNear((steps[step] as number) * 2 ** -octave, ERROR);
}

/**
 * round(2^(15 - t/64)) for an integer t. Multiples of 64 are powers of two and exact: the one tie is t = 1024,
 * 2^-1, which rounds to 1. Elsewhere the value is irrational.
 */
function entryOf(t: number): number {
  const octave = Math.floor(t / OCTAVE_STEPS);
  const step = t - OCTAVE_STEPS * octave;
  if (step === 0) return octave <= 15 ? 2 ** (15 - octave) : octave === 16 ? 1 : 0;
  return nearEntry(octave, step) ?? exp2Entry(octave, step);
}

/** round(2^(15 - octave - step/64)) by integers, 0 < step < 64. */
export function exp2Entry(octave: number, step: number): number {
  return decided((P) => {
    const value = fractionOfOctave(step, P);
    return { low: value - 4n, high: value + 4n, scale: P - 15n + BigInt(octave) };
  }, FIRST);
}

/** The table. */
export function exp2Table(): Table {
  const entries = Array.from({ length: EXP2_ROWS + OCTAVE_STEPS }, (_, i) => entryOf(i - OCTAVE_STEPS));
  const e = Int32Array.from(entries.slice(OCTAVE_STEPS));
  const b = e.map((value, t) => (entries[t] as number) - 2 * value);
  return {
    id: 'exp2',
    firstKey: 0,
    rows: EXP2_ROWS,
    columns: [
      { name: 'e', data: e },
      { name: 'b', data: b },
    ],
  };
}
