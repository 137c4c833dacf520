/**
 * Scales and shifts. A tensor of scale S holds v S, rounded, for the real v. A linear map from scale Sx to Sy by the shift s has
 * weights of the scale Sw = Sy 2^s / Sx: any real ratio disappears in the weights, only s is public.
 */
import { refuse } from '../errors/proof-error.ts';
import { HEADROOM, MIN_GUARD } from './profile.ts';

/** A rounding: y = (x + 2^(s-1)) / 2^s in B bits, with guard bits. */
export interface Shift {
  readonly shift: number;
  readonly bits: number;
  readonly guard: number;
}

/** Bits + guard + shift, and bits + guard, have these limits (spec/integer-semantics.md, section 3). */
const MAX_TOTAL = 30;
const MAX_RAW = 20;
const MAX_SHIFT = 22;

/** The greatest signed integer of so many bits. */
export function top(bits: number): number {
  return 2 ** (bits - 1) - 1;
}

/** The scale at which a peak, with headroom, fills so many bits. A tensor of zeros counts as one of peak 1. */
export function fillingScale(bits: number, peak: number, headroom = HEADROOM): number {
  return top(bits) / ((peak === 0 ? 1 : peak) * headroom);
}

/** The greatest number m 2^e <= x with m of three bits: a public scale that says little about the data. */
export function coarse(x: number): number {
  const step = 2 ** (Math.floor(Math.log2(x)) - 2);
  return Math.floor(x / step) * step;
}

/**
 * Bits that a table of quotients has, guard bits included. A table is looked through once in every proof, whatever the text: with 16
 * bits all tables of a model together are as much work as some ten tokens, with 20 bits as much as a hundred.
 */
const TABLE_BITS = 16;

/** The rounding by a shift, with the guard bits that tables have room for; one at least. */
export function withGuard(shift: number, bits: number): Shift {
  const guard = Math.max(1, Math.min(TABLE_BITS, MAX_RAW) - bits);
  return { shift, bits, guard: Math.min(guard, MAX_TOTAL - bits - shift) };
}

/** How a linear map is rounded. */
export interface LinearScale extends Shift {
  /** Scale of the weights. */
  readonly weight: number;
  /** Scale of the result. */
  readonly result: number;
}

/**
 * The largest shift for which the weights fit their bits and a guard bit is left: the most precise weights.
 *
 * @param peak greatest absolute weight
 * @throws ProofError `SCALE` where even the smallest shift leaves weights that do not fit
 */
export function linearScale(
  name: string,
  peak: number,
  weightBits: number,
  from: number,
  to: number,
  bits: number,
): LinearScale {
  const most = Math.min(MAX_SHIFT, MAX_TOTAL - bits - MIN_GUARD);
  for (let shift = most; shift >= 1; shift--) {
    const weight = (to * 2 ** shift) / from;
    if (peak * weight <= top(weightBits)) return { ...withGuard(shift, bits), weight, result: to };
  }
  return refuse('SCALE', name, `expected weights that fit ${weightBits} bits at some shift, got larger ones`);
}

/** Scales of queries and keys, and the shift of attention. */
export interface ScoreScale {
  readonly query: number;
  readonly key: number;
  readonly shift: number;
}

/** One octave of scores is 2^(6+s): the scales multiply to exactly this. */
const OCTAVE_BITS = 6;
const MAX_SCORE_SHIFT = 10;

/**
 * @param query greatest scale that queries have room for, @param key of keys
 * @throws ProofError `SCALE` where scores would need a shift below 1
 */
export function scoreScale(name: string, query: number, key: number): ScoreScale {
  const shift = Math.min(MAX_SCORE_SHIFT, Math.floor(Math.log2(query * key)) - OCTAVE_BITS);
  if (shift < 1)
    return refuse('SCALE', name, 'expected scores that leave 7 bits to an octave, got larger ones');
  const slack = Math.sqrt(2 ** (OCTAVE_BITS + shift) / (query * key)); // at most 1
  return { query: query * slack, key: key * slack, shift };
}

/** Range r of an activation's table: |x| <= 2^r. Three and above, so that layers share tables. */
const RANGES = [3, 4, 5, 6, 7, 8];

/** @throws ProofError `SCALE` for inputs beyond 2^8 */
export function activationRange(name: string, peak: number): number {
  const range = RANGES.find((r) => peak <= 2 ** r);
  return range ?? refuse('SCALE', name, 'expected inputs of the activation within 256, got larger ones');
}
