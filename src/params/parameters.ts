/**
 * A parameter set: the code of the committed columns, the schedule of the inner WHIR and the code of the
 * pads. Only free choices and query counts are stored; every length is derived here, in one place.
 *
 * Notation (spec: parameters): a column holds 2^m cells and t pads, k0 = 2^m + t coefficients in all, and is
 * encoded on n0 = 2^(m+2) points. The combined column g' has k0 coefficients, read as 2^(m+1) with a zero
 * tail. Level j of the inner WHIR cuts its message of 2^(L_(j-1)) coefficients into 2^(k_j) columns of
 * 2^(L_j), L_j = L_(j-1) - k_j, L_0 = m + 1, and encodes each on n_j = 2^(L_j + r_j) points (rate 2^-r_j).
 */
import { floorDivide } from './rational.ts';
import type { Profile } from './profile.ts';

/** The code of the committed columns; with n0 and k0 part of the identity of every tree. */
export interface CodeParameters {
  /** m: a column holds 2^m cells. */
  readonly logData: number;
  /** t: pads of a column that lives as long as its budget. */
  readonly padLength: number;
  /** q0: positions opened by one proof. */
  readonly queries: number;
}

/** One level of the inner WHIR. */
export interface Level {
  /** k_j: 2^(k_j) interleaved columns, folded by k_j challenges. */
  readonly logFold: number;
  /** r_j: the rate is 2^(-r_j). */
  readonly logInverseRate: number;
  /** q_j: positions opened. */
  readonly queries: number;
}

/** The two-row commitment to the pads of the transcript. */
export interface PadParameters {
  /** s: pads, product pads and h_star. */
  readonly size: number;
  /** log2 n_H. */
  readonly logCodeword: number;
  /** q_H: positions opened; the rows hold as many random coefficients more. */
  readonly queries: number;
}

export interface Parameters {
  readonly profile: Profile;
  readonly code: CodeParameters;
  /** At least one. The last level's folded message is sent in the clear. */
  readonly levels: readonly Level[];
  /** log2 of that message: m + 1 less all k_j, stated so that no single number of a set can change alone. */
  readonly logFinal: number;
  readonly pads: PadParameters;
}

/** Whether columns under one set can be opened by a proof under the other: profile and column code are the same. */
export function sameColumnCode(a: Parameters, b: Parameters): boolean {
  const same = (['logData', 'padLength', 'queries'] as const).every(
    (field) => a.code[field] === b.code[field],
  );
  return same && a.profile.id === b.profile.id;
}

/** log2(n0) - m. The rate of the static code then lies in (1/4, 1/2]. */
export const LOG_CODE_EXPANSION = 2;

/** The verifier reads and encodes the final vector: at most 2^12 elements. */
export const LOG_FINAL_MAX = 12;

/** R: link proofs (refreshes) that a static group always keeps positions for. */
export const LINK_RESERVE = 2;

/** A Reed-Solomon code: `dimension` coefficients on `length` points. */
export interface Code {
  readonly length: number;
  readonly dimension: number;
}

/** The code C0 of the committed columns: n0 points, k0 coefficients. */
export function columnCode(code: CodeParameters): Code {
  const data = 2 ** code.logData; // <= 2^22: exact
  return { length: data * 2 ** LOG_CODE_EXPANSION, dimension: data + code.padLength };
}

/** A level with its derived lengths. */
export interface LevelGeometry extends Level {
  /** L_(j-1): log2 of the message folded at this level, zero tail included. */
  readonly logMessage: number;
  /** L_j: log2 of the coefficients of one column. */
  readonly logColumn: number;
  /** log2 n_j. */
  readonly logCodeword: number;
  /** Columns committed. Fewer than 2^(k_j) on level 1 only, where the zero tail's columns are absent. */
  readonly columns: number;
}

/** The derived lengths of every level. The parameters' structure must be valid. */
export function levelGeometry(parameters: Pick<Parameters, 'code' | 'levels'>): LevelGeometry[] {
  const { code, levels } = parameters;
  let logMessage = code.logData + 1;
  return levels.map((level, j) => {
    const logColumn = logMessage - level.logFold;
    const columns = j === 0 ? columnCode(code).dimension / 2 ** logColumn : 2 ** level.logFold;
    const geometry = {
      ...level,
      logMessage,
      logColumn,
      logCodeword: logColumn + level.logInverseRate,
      columns,
    };
    logMessage = logColumn;
    return geometry;
  });
}

/** The code of the two rows of pads: s + q_H coefficients on n_H points. */
export function padCode(pads: PadParameters): Code {
  return { length: 2 ** pads.logCodeword, dimension: pads.size + pads.queries };
}

/** How often a static group can be opened, counted in positions. */
export interface Budget {
  /** Ordinary proofs of the first epoch: used + q0 <= t - R*q0. */
  readonly firstEpoch: number;
  /** The same for later epochs, which begin with the q0 positions of the link proof that made them. */
  readonly laterEpochs: number;
  /** Positions only link proofs may use. */
  readonly reservedPositions: number;
}

/** Proofs per epoch of a static group. Zero where t does not even hold the reserve. */
export function budget(code: CodeParameters): Budget {
  const openings = floorDivide(code.padLength, code.queries);
  return {
    firstEpoch: Math.max(0, openings - LINK_RESERVE),
    laterEpochs: Math.max(0, openings - LINK_RESERVE - 1),
    reservedPositions: LINK_RESERVE * code.queries,
  };
}
