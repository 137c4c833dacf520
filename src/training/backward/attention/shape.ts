/** Digits of the way back through attention. spec/training-operators.md section 5. */
import type { AttentionBlock } from '../../../ops/attention/blocks.ts';
import { OCTAVE_STEPS } from '../../../tables/index.ts';

/** Binary places of what attention reads. Results have those of values. */
export interface AttentionPlaces {
  readonly query: number;
  readonly key: number;
  readonly value: number;
}

/** rho = floor(2^28 / S): S is above 2^13, so 15 bits. */
export const RECIPROCAL = 2 ** 28;
/** floor(2^28 ln 2): gradients of scores are with respect to octaves. */
export const OCTAVE_RECIPROCAL = 186_065_279;
export const RECIPROCAL_BITS = 15;
/** g rho / 2^13 = g 2^15 / S: below 2^14 2^15 / 2^13. */
export const SCALED = { bits: 17, shift: 13 } as const;
export const SPREAD_BITS = 16;
/** Numerators have 15 bits, and a gradient that was multiplied by 2^15 / S. */
export const NUMERATOR_SHIFT = 15;

/** By how many bits gradients of scores times keys are rounded: an octave is 2^(6+s) products of a query and a key. */
export function scoreShift(shift: number, places: number): number {
  return Math.log2(OCTAVE_STEPS) + shift - places;
}

/** Neighbouring rows that are seen by the rows of the same blocks. */
export interface Columns {
  readonly first: number;
  readonly count: number;
  /** Numbers of these blocks. */
  readonly blocks: readonly number[];
}

/** All rows, cut where a block's columns begin or end. */
export function columnRuns(blocks: readonly AttentionBlock[]): Columns[] {
  const cuts = [...new Set(blocks.flatMap(({ column, columns }) => [column, column + columns]))];
  cuts.sort((a, b) => a - b);
  return cuts.slice(1).map((end, i) => {
    const first = cuts[i] as number;
    const seeing = blocks.flatMap(({ column, columns }, b) =>
      column <= first && end <= column + columns ? [b] : [],
    );
    return { first, count: end - first, blocks: seeing };
  });
}
