/**
 * Which parameter sets a verifier accepts for a statement: spec/proof-format.md section "Parameters", spec/parameters.md. One
 * code, `WEAK_PARAMS`. Bounds are fractions of integers and compared exactly.
 */
import { at, logCeil, total } from './lists.ts';
import { geometry, type ParameterSet } from './parameter-set.ts';
import { require } from './refusal.ts';

export type Lifetime = 'static' | 'carried' | 'proof';

/** What a statement asks of its parameters. */
export interface Demand {
  readonly kind: 'program' | 'link';
  /** Columns by tree; the tree of the proof's own columns, lifetime `proof`, is one of them. */
  readonly groups: readonly {
    readonly lifetime: Lifetime;
    readonly columns: number;
    readonly uses: number;
  }[];
  /** Claims of the merge. */
  readonly claims: number;
  /** Hidden values sent before the merge, and products of hidden values. */
  readonly exposed: number;
  readonly products: number;
  /** Affine forms, those of the opening included. */
  readonly constraints: number;
  /** Lookups and rows of every balance. */
  readonly balances: readonly number[];
  /** Numerators over |K| of the challenges of further arguments, one by one. */
  readonly terms: readonly number[];
}

/** A probability. */
type Fraction = readonly [numerator: bigint, denominator: bigint];

const WEAK = 'WEAK_PARAMS';
const MOST_QUERIES = 1024;

/** The gate of every verifier. */
export function checkParameters(parameters: ParameterSet, demand: Demand): void {
  const { profile, code } = parameters;
  require(profile.id === 1, WEAK, 'the profile is S128');
  checkSet(parameters);
  checkDemand(parameters, demand);
  const isStatic = demand.groups.some(({ lifetime }) => lifetime === 'static');
  require(!isStatic ||
    3 * code.queries <= code.padLength, WEAK, 'one proof and two links fit a static group');
  for (const errors of errorsByChallenge(parameters, demand)) {
    const [numerator, denominator] = errors.reduce(sumOf, [0n, 1n]);
    require(numerator << BigInt(profile.lambda) <= denominator, WEAK, 'a challenge below lambda bits');
  }
}

/** For tests over small fields: all but what they cannot give, S128 and its error. No verifier calls it. */
export function checkToyParameters(parameters: ParameterSet, demand: Demand): void {
  checkSet(parameters);
  checkDemand(parameters, demand);
}

/** What a set must satisfy by itself. */
export function checkSet(parameters: ParameterSet): void {
  const { profile, code, levels, logFinal, pads } = parameters;
  const { modulus, degree } = profile.field;
  require(profile.powBits === 0, WEAK, 'no proof of work');
  if (profile.id === 1) {
    require(profile.lambda === 128 && modulus === 2130706433 && degree === 5, WEAK, 'numbers of S128');
  } else {
    require(profile.id === 2 ** 32 - 1, WEAK, 'a known profile');
    require(within(profile.lambda, 1, 256) && within(degree, 1, 16), WEAK, 'numbers of a toy');
    require(within(modulus, 3, 2 ** 31 - 1) && modulus % 2 === 1, WEAK, 'modulus of a toy');
  }
  for (const x of [code, pads, { logFinal }, ...levels].flatMap((part) => Object.values(part))) {
    require(within(x, 0, 2 ** 32 - 1), WEAK, 'numbers are u32');
  }
  let adicity = 0;
  while ((modulus - 1) % 2 ** (adicity + 1) === 0) adicity++;
  require(code.logData + 2 <= adicity && code.padLength <= 2 ** code.logData, WEAK, 'm and t');
  require(levels.length >= 1 && levels.every(({ logFold }) => logFold >= 1), WEAK, 'levels');
  const last = code.logData + 1 - total(levels.map(({ logFold }) => logFold));
  require(last === logFinal && within(logFinal, 0, 12), WEAK, 'length of the final vector');
  const lengths = geometry(parameters);
  require(lengths.every(({ logCodeword }) => logCodeword <= adicity), WEAK, 'n_j');
  require(code.padLength % 2 ** at(lengths, 0).logColumn === 0, WEAK, 't is a multiple of len_1');
  require(pads.logCodeword <= adicity, WEAK, 'n_H');

  const { lambda } = profile;
  const k0 = 2 ** code.logData + code.padLength;
  requireLeast(code.queries, 2 ** (code.logData + 2), () => k0, lambda);
  for (const { queries, logColumn, logCodeword } of lengths) {
    requireLeast(queries, 2 ** logCodeword, () => 2 ** logColumn, lambda);
  }
  requireLeast(pads.queries, 2 ** pads.logCodeword, (q) => pads.size + q, lambda);
}

function within(x: number, low: number, high: number): boolean {
  return Number.isInteger(x) && low <= x && x <= high;
}

/** q is the least count whose miss probability, for a code of length n and dimension k(q) < n, is at most 2^-lambda. */
function requireLeast(q: number, n: number, dimension: (q: number) => number, lambda: number): void {
  const enough = (count: number): boolean => {
    const [numerator, denominator] = missed(n, dimension(count), count);
    return dimension(count) < n && numerator << BigInt(lambda) <= denominator;
  };
  require(within(q, 1, MOST_QUERIES) && enough(q) && !enough(q - 1), WEAK, 'the least number of queries');
}

/** ((n + k) / 2n)^q. */
function missed(n: number, k: number, q: number): Fraction {
  return [BigInt(n + k) ** BigInt(q), (2n * BigInt(n)) ** BigInt(q)];
}

function sumOf([a, b]: Fraction, [c, d]: Fraction): Fraction {
  return [a * d + b * c, b * d];
}

/** s, budgets and lookups. */
function checkDemand({ profile, code, pads }: ParameterSet, demand: Demand): void {
  const { kind, groups, exposed, products, balances } = demand;
  const columns = total(groups.map((group) => group.columns));
  const sent = kind === 'link' ? columns / 2 : 2 * code.logData + columns;
  require(pads.size === exposed + sent + 1 + products + 1, WEAK, 's is the count of pads');
  require(groups.filter(({ lifetime }) => lifetime === 'proof').length === 1, WEAK, 'one group of the proof');
  for (const { lifetime, uses } of groups) {
    const needed = { static: code.padLength, carried: uses * code.queries, proof: code.queries }[lifetime];
    require(uses >= 1 && needed <= code.padLength, WEAK, 'pads for the life of a group');
  }
  require(balances.every((n) => n < profile.field.modulus), WEAK, 'a balance below p');
}

/** The terms of the ledger of spec/parameters.md; those of one challenge add up. */
function errorsByChallenge(parameters: ParameterSet, demand: Demand): Fraction[][] {
  const { profile, code, pads } = parameters;
  const order = BigInt(profile.field.modulus) ** BigInt(profile.field.degree);
  const over = (numerator: number): Fraction => [BigInt(numerator), order];
  const { kind, claims, constraints, products, balances, terms } = demand;
  const n0 = 2 ** (code.logData + 2);
  const lookups =
    balances.length === 0
      ? []
      : [[over(2 * Math.max(...balances))], [over(logCeil(balances.length))], [over(1)], [over(3)]];
  const levels = geometry(parameters).flatMap(({ logFold, logColumn, logCodeword, queries }, j, all) => {
    const n = 2 ** logCodeword;
    const joined = j === all.length - 1 ? [] : [over(queries + 1)];
    return [[over(3 + 2 ** (logFold - 1) * n)], [missed(n, 2 ** logColumn, queries), ...joined]];
  });
  return [
    ...lookups,
    ...terms.map((numerator) => [over(numerator)]),
    ...(kind === 'link' ? [[over(code.logData)]] : [[over(Math.max(claims - 1, 0))], [over(2)]]),
    [over(n0), over(1)], // rho
    [missed(n0, 2 ** code.logData + code.padLength, code.queries), over(code.queries + 1)], // positions of G_0, eta
    ...levels,
    [over(constraints), over(products === 0 ? 0 : 1)], // gamma, chi
    [over(2 ** pads.logCodeword), over(2)], // Delta
    [missed(2 ** pads.logCodeword, pads.size + pads.queries, pads.queries)],
  ];
}
