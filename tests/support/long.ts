/**
 * Short and long runs. `npm run test:long` sets ZKDL_LONG to a factor (1 for the usual one) and ZKDL_TALLY to a file, in which tests
 * leave a line for every property that they counted cases of.
 */
import { appendFileSync } from 'node:fs';

const factor = Number(process.env['ZKDL_LONG'] ?? 0);
/** Whether this is a long run. */
export const LONG = factor > 0;

/** How many cases: so many in a short run, so many times the factor in a long one, and no fewer than in a short one. */
export function cases(short: number, long: number): number {
  return LONG ? Math.max(short, Math.ceil(long * factor)) : short;
}

/** What was counted of a property. */
export interface Tally {
  readonly property: string;
  readonly cases: number;
  /** Cases that were refused, as they should be. */
  readonly refused: number;
  /** Cases that went otherwise than they should: a test that finds one fails as well. */
  readonly surprises: number;
}

export function tally(counted: Tally): void {
  const file = process.env['ZKDL_TALLY'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(counted)}\n`);
}
