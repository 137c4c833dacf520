/**
 * The ledger: every way in which a false statement can survive, one row each, as an exact rational.
 *
 * Soundness is round by round: a challenge turns a doomed transcript into a live one with at most the sum of
 * the rows that name it, and after Fiat-Shamir T queries to the hash succeed with at most T times the worst
 * challenge (plus the hash's own row, quoted apart). Unique decoding only: lists have one element and there
 * are no out-of-domain samples. |K| is p^d exactly.
 */
import { ledgerOfCode, type Row } from './ledger-code.ts';
import { add, atMostTwoToMinus, rational, tenthsOfBits, ZERO, type Rational } from './rational.ts';
import { fieldOrder } from './profile.ts';
import type { Instance, ProgramTerm } from './instance.ts';
import type { Parameters } from './parameters.ts';

export type { Row } from './ledger-code.ts';

/** All rows that one challenge decides, added up. */
export interface ChallengeError {
  readonly challenge: string;
  readonly error: Rational;
  /** Tenths of bits, rounded down; undefined for an error of zero. */
  readonly tenths: number | undefined;
}

export interface Ledger {
  readonly rows: readonly Row[];
  readonly challenges: readonly ChallengeError[];
  /** The worst challenge. */
  readonly worst: ChallengeError;
}

const LOGUP = 'LogUp (Haboeck 2022/1530) with independent beta_k; zeros of denominators included';
const GKR = 'Papini-Haboeck 2023/1284, GKR over a forest';

/**
 * Every soundness term of a proof with these parameters of this program.
 *
 * @param parameters structurally valid (`checkParameters` or `decodeParameters` has seen them)
 * @example
 * formatBits(ledger(parameters, instance).worst.tenths); // '128.2'
 */
export function ledger(parameters: Parameters, instance: Instance): Ledger {
  const rows = [...lookupRows(parameters, instance), ...programRows(parameters, instance)];
  rows.push(...(instance.kind === 'link' ? linkRows(parameters) : mergeRows(parameters, instance)));
  rows.push(...ledgerOfCode(parameters, instance));
  const sums = new Map<string, Rational>();
  for (const { challenge, error } of rows) sums.set(challenge, add(sums.get(challenge) ?? ZERO, error));
  const challenges = [...sums].map(([challenge, error]) => ({
    challenge,
    error,
    tenths: tenthsOfBits(error),
  }));
  const worst = challenges.reduce((a, b) =>
    b.error.numerator * a.error.denominator > a.error.numerator * b.error.denominator ? b : a,
  );
  return { rows, challenges, worst };
}

/** Challenges whose error exceeds 2^-lambda. Empty for a set that keeps its promise. */
export function weakChallenges(result: Ledger, lambda: number): readonly ChallengeError[] {
  return result.challenges.filter(({ error }) => !atMostTwoToMinus(error, lambda));
}

/**
 * Balances share alpha and beta_k, and the argument follows one fixed false balance: the largest counts, not
 * the sum.
 */
function lookupRows({ profile }: Parameters, { balances }: Instance): Row[] {
  if (balances.length === 0) return [];
  const order = fieldOrder(profile.field);
  const over = (numerator: number) => rational(numerator, order);
  const largest = balances.reduce((a, b) => Math.max(a, b));
  const forest = 32 - Math.clz32(balances.length - 1); // ceil(log2)
  return [
    {
      name: 'lookup: fingerprint',
      challenge: 'alpha, beta',
      formula: `2*N/|K|, N = ${largest} leaves of the largest balance`,
      error: rational(2n * BigInt(largest), order),
      source: LOGUP,
    },
    {
      name: 'lookup: forest start',
      challenge: 'z',
      formula: `k/|K|, 2^k = ${2 ** forest} roots`,
      error: over(forest),
      source: 'Schwartz-Zippel on the roots',
    },
    {
      name: 'lookup: layer batching',
      challenge: 'lambda',
      formula: '1/|K|',
      error: over(1),
      source: GKR,
    },
    {
      name: 'lookup: layer round',
      challenge: 'layer round',
      formula: '3/|K|',
      error: over(3),
      source: GKR,
    },
    { name: 'lookup: layer line', challenge: 'tau', formula: '1/|K|', error: over(1), source: GKR },
  ];
}

const TERM_TEXT: Record<ProgramTerm['kind'], (size: number) => [number, string, string]> = {
  round: (size) => [size, `${size}/|K|`, 'sumcheck (Lund et al. 1992)'],
  batch: (size) => [Math.max(size - 1, 0), `(${size} - 1)/|K|`, 'powers of one challenge'],
  point: (size) => [size, `${size}/|K|`, 'Schwartz-Zippel'],
};

function programRows({ profile }: Parameters, { terms }: Instance): Row[] {
  const order = fieldOrder(profile.field);
  return terms.map(({ name, kind, size }) => {
    const [numerator, formula, source] = TERM_TEXT[kind](size);
    const row = `program: ${name}`;
    return { name: row, challenge: row, formula, error: rational(numerator, order), source };
  });
}

function mergeRows({ profile }: Parameters, { claims }: Instance): Row[] {
  const order = fieldOrder(profile.field);
  return [
    {
      name: 'merge: claim batching',
      challenge: 'b',
      formula: `(J - 1)/|K|, J = ${claims} claims`,
      error: rational(Math.max(claims - 1, 0), order),
      source: 'powers of one challenge',
    },
    {
      name: 'merge: round',
      challenge: 'r',
      formula: '2/|K|',
      error: rational(2, order),
      source: 'sumcheck (Lund et al. 1992)',
    },
  ];
}

/** Columns of two epochs that differ agree at a random r in K^m with probability m/|K|. */
function linkRows({ profile, code }: Parameters): Row[] {
  return [
    {
      name: 'link: random point',
      challenge: 'r',
      formula: `m/|K|, m = ${code.logData}`,
      error: rational(code.logData, fieldOrder(profile.field)),
      source: 'Schwartz-Zippel',
    },
  ];
}
