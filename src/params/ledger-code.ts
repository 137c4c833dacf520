/** The ledger's rows for the opening: combination, inner WHIR and the proof about the pads. */
import { missProbability } from './queries.ts';
import { rational, type Rational } from './rational.ts';
import { fieldOrder, type Profile } from './profile.ts';
import { columnCode, levelGeometry, padCode } from './parameters.ts';
import type { Code, LevelGeometry, Parameters } from './parameters.ts';
import type { Instance } from './instance.ts';

/** One term of the soundness error. */
export interface Row {
  /** Stable name, e.g. `G1: fold`. */
  readonly name: string;
  /** The verifier's message that decides it. Rows of one challenge add up. */
  readonly challenge: string;
  readonly formula: string;
  readonly error: Rational;
  /** Theorem or argument. */
  readonly source: string;
}

const LINE = 'BCIKS20 (2020/654) Thm 1.6: affine space, unique decoding';
const QUERIES = 'unique decoding, independent positions';
const WHIR = 'WHIR (2024/1586) Thm 5.2 with lists of one';

/** Rows of the opening, in the order of the protocol. */
export function ledgerOfCode(parameters: Parameters, instance: Instance): Row[] {
  const geometry = levelGeometry(parameters);
  return [
    ...combinationRows(parameters),
    ...geometry.flatMap((level, j) => levelRows(parameters.profile, level, j + 1, j + 1 === geometry.length)),
    ...padRows(parameters, instance),
  ];
}

function queryRow(name: string, challenge: string, code: Code, queries: number): Row {
  const formula = `((n + k)/(2n))^q, n = ${code.length}, k = ${code.dimension}, q = ${queries}`;
  return { name, challenge, formula, error: missProbability(code, queries), source: QUERIES };
}

/** q openings and the old claim, batched by powers: the paper's bound for lists of one. */
function batchRow(name: string, challenge: string, profile: Profile, queries: number): Row {
  const error = rational(queries + 1, fieldOrder(profile.field));
  return { name, challenge, formula: `(q + 1)/|K|, q = ${queries}`, error, source: WHIR };
}

/** Positions and the batching challenge follow one another without a prover message: one challenge. */
const Q0 = 'Q0, eta';

function combinationRows({ profile, code }: Parameters): Row[] {
  const order = fieldOrder(profile.field);
  const c0 = columnCode(code);
  return [
    {
      name: 'combination: proximity',
      challenge: 'rho',
      formula: `n0/|K|, n0 = ${c0.length}`,
      error: rational(c0.length, order),
      source: LINE,
    },
    {
      name: 'combination: evaluations',
      challenge: 'rho',
      formula: '1/|K|',
      error: rational(1, order),
      source: 'a false y survives independent rho',
    },
    queryRow('Q0: queries', Q0, c0, code.queries),
    batchRow('Q0: batching', Q0, profile, code.queries),
  ];
}

/**
 * One level of the inner WHIR. Folding variable s halves 2^(k-s+1) columns; correlated agreement of interleaved
 * words costs the number of columns as a factor (CFW26 2026/391 Lemma 3.15), so the first step is the worst. To
 * it comes the sumcheck round of the same challenge, with the paper's degree bound 3 (the true degree is 2).
 */
export function levelRows(profile: Profile, level: LevelGeometry, j: number, last: boolean): Row[] {
  const length = 2 ** level.logCodeword;
  const code = { length, dimension: 2 ** level.logColumn };
  const fold = 3n + (1n << BigInt(level.logFold - 1)) * BigInt(length);
  const challenge = last ? `Q${j}` : `Q${j}, eta`;
  const rows: Row[] = [
    {
      name: `G${j}: fold`,
      challenge: `gamma ${j}`,
      formula: `(3 + 2^(k-1)*n)/|K|, k = ${level.logFold}, n = ${length}`,
      error: rational(fold, fieldOrder(profile.field)),
      source: `${WHIR}; CFW26 (2026/391) Lemma 3.15`,
    },
    queryRow(`G${j}: queries`, challenge, code, level.queries),
  ];
  if (!last) rows.push(batchRow(`G${j}: batching`, challenge, profile, level.queries));
  return rows;
}

function padRows({ profile, pads }: Parameters, { constraints, products }: Instance): Row[] {
  const order = fieldOrder(profile.field);
  const code = padCode(pads);
  return [
    {
      name: 'pads: linear batching',
      challenge: 'gam, chi',
      formula: `n_c/|K|, n_c = ${constraints} constraints`,
      error: rational(constraints, order),
      source: 'powers of one challenge',
    },
    {
      name: 'pads: products',
      challenge: 'gam, chi',
      formula: products === 0 ? '0' : '1/|K|',
      error: rational(products === 0 ? 0 : 1, order),
      source: 'independent chi per product',
    },
    {
      name: 'pads: line proximity',
      challenge: 'Delta',
      formula: `n_H/|K|, n_H = ${code.length}`,
      error: rational(code.length, order),
      source: 'BCIKS20 (2020/654) Thm 1.4: line, unique decoding',
    },
    {
      name: 'pads: degree in Delta',
      challenge: 'Delta',
      formula: '2/|K|',
      error: rational(2, order),
      source: 'product check has degree 2 in Delta',
    },
    queryRow('pads: queries', 'padQ', code, pads.queries),
  ];
}
