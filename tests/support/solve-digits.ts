/** Equations between digits: all solutions in the intervals of the cells. */
import { koalaBear } from '../../src/field/koalabear.ts';
import { balancedOf, type Domain } from './solve-program.ts';

type Fe = ReturnType<typeof koalaBear.fromInt>;
const F = koalaBear;

/** A form under an assignment, with all of its unknown cells. */
export interface Expanded {
  readonly constant: Fe;
  readonly unknown: ReadonlyMap<number, Fe>;
}

/** 2^14 and some: all remainders of the largest step of a norm. */
export const MOST_SOLUTIONS = 17_000;

/** All solutions of constant + sum of coefficients times cells = 0 modulo p, cells in their domains. */
export function solveDigits(
  { constant, unknown }: Expanded,
  domains: readonly (Domain | undefined)[],
  most: number,
): [number, Fe][][] | undefined {
  const terms: { cell: number; c: number; low: number; high: number; domain: Domain }[] = [];
  for (const [cell, coefficient] of unknown) {
    const domain = domains[cell];
    if (domain === undefined) return undefined;
    const c = balancedOf(coefficient);
    const ends = [c * domain.min, c * domain.max];
    terms.push({ cell, c, low: Math.min(...ends), high: Math.max(...ends), domain });
  }
  terms.sort((a, b) => Math.abs(b.c) - Math.abs(a.c));
  const [low, high] = [0, 0].map(() => [0]) as [number[], number[]];
  for (let i = terms.length - 1; i >= 0; i--) {
    low.unshift(low[0]! + terms[i]!.low);
    high.unshift(high[0]! + terms[i]!.high);
  }
  if (high[0]! - low[0]! > 2 ** 45) return undefined; // sums must be exact, multiples of p few
  const target = -balancedOf(constant);
  const found: [number, Fe][][] = [];
  const visit = (i: number, rest: number, chosen: [number, Fe][]): boolean => {
    if (i === terms.length) {
      if (rest === 0) found.push(chosen);
      return found.length <= most;
    }
    const { cell, c, domain } = terms[i]!;
    // rest - c a must lie between the ends of what follows.
    const ends = [(rest - high[i + 1]!) / c, (rest - low[i + 1]!) / c];
    const from = Math.max(domain.min, Math.ceil(Math.min(...ends)));
    const to = Math.min(domain.max, Math.floor(Math.max(...ends)));
    for (let a = from; a <= to; a++) {
      if (!visit(i + 1, rest - c * a, [...chosen, [cell, F.fromInt(a)]])) return false;
    }
    return true;
  };
  const multiples = (end: number): number => (end - target) / F.modulus;
  const last = Math.floor(multiples(high[0]!));
  for (let j = Math.ceil(multiples(low[0]!)); j <= last; j++) {
    if (!visit(0, target + j * F.modulus, [])) return undefined;
  }
  return found;
}
