/** Parameter sets: numbers, derived lengths, bytes. spec/proof-format.md section "Parameters", spec/commitment.md 2 and 7. */
import { blake3 } from './blake3.ts';
import { ascii, join, readInteger, u32 } from './bytes.ts';
import { range, total } from './lists.ts';
import { require } from './refusal.ts';

/** m, t, q0: a column has 2^m cells and t coefficients behind them; q0 positions are opened. */
export interface ColumnCode {
  readonly logData: number;
  readonly padLength: number;
  readonly queries: number;
}

/** k_j, r_j, q_j: 2^k_j columns are folded into one, encoded at rate 2^-r_j; q_j positions are opened. */
export interface Level {
  readonly logFold: number;
  readonly logInverseRate: number;
  readonly queries: number;
}

export interface Profile {
  /** 1: S128; 2^32 - 1: a toy. */
  readonly id: number;
  readonly lambda: number;
  readonly field: { readonly modulus: number; readonly degree: number };
  readonly powBits: number;
}

export interface ParameterSet {
  readonly profile: Profile;
  readonly code: ColumnCode;
  readonly levels: readonly Level[];
  /** log2 of the length of the final vector. */
  readonly logFinal: number;
  /** s, log2 n_H, q_H. */
  readonly pads: { readonly size: number; readonly logCodeword: number; readonly queries: number };
}

/** The lengths of a level. */
export interface Geometry extends Level {
  /** log2 of the length of v_j. */
  readonly logMessage: number;
  /** log2 len_j. */
  readonly logColumn: number;
  /** log2 n_j. */
  readonly logCodeword: number;
  /** b_j: columns that are not zero by construction. */
  readonly columns: number;
}

/** spec/commitment.md 7.3 and 7.6. */
export function geometry({ code, levels }: Pick<ParameterSet, 'code' | 'levels'>): Geometry[] {
  return levels.map((level, j) => {
    const logMessage = code.logData + 1 - total(levels.slice(0, j).map(({ logFold }) => logFold));
    const logColumn = logMessage - level.logFold;
    const k0 = 2 ** code.logData + code.padLength;
    const columns = j === 0 ? k0 / 2 ** logColumn : 2 ** level.logFold;
    return { ...level, logMessage, logColumn, logCodeword: logColumn + level.logInverseRate, columns };
  });
}

/** log2 n0. */
export function logLength({ logData }: ColumnCode): number {
  return logData + 2;
}

/** The canonical bytes. */
export function encodeParameters({ profile, code, levels, logFinal, pads }: ParameterSet): Uint8Array {
  const { id, lambda, field, powBits } = profile;
  const numbers = [
    ...[id, lambda, field.modulus, field.degree, powBits],
    ...[code.logData, code.padLength, code.queries],
    ...[pads.size, pads.logCodeword, pads.queries, logFinal, levels.length],
    ...levels.flatMap(({ logFold, logInverseRate, queries }) => [logFold, logInverseRate, queries]),
  ];
  return join([ascii('zkdlprm1'), ...numbers.map(u32)]);
}

export function parametersDigest(parameters: ParameterSet): Uint8Array {
  return blake3(encodeParameters(parameters));
}

/** Numbers in front of the levels, and of a level. */
const [HEAD, PER_LEVEL] = [13, 3];

/** Reads canonical bytes; what the numbers say is checked by reference/gate.ts. Refuses with `LENGTH`, `VERSION`, `WEAK_PARAMS`. */
export function decodeParameters(bytes: Uint8Array): ParameterSet {
  const length = (levels: number): number => 8 + 4 * (HEAD + PER_LEVEL * levels);
  require(bytes.length >= length(0), 'LENGTH', `parameters of ${bytes.length} bytes`);
  require(ascii('zkdlprm1').every((byte, i) => byte === bytes[i]), 'VERSION', 'magic of the parameters');
  const word = (i: number): number => Number(readInteger(bytes, 8 + 4 * i, 4));
  require(word(12) <= 32, 'WEAK_PARAMS', `${word(12)} levels`);
  require(bytes.length === length(word(12)), 'LENGTH', `parameters of ${bytes.length} bytes`);
  const levels = range(word(12)).map((j): Level => {
    const [logFold, logInverseRate, queries] = [0, 1, 2].map((i) => word(HEAD + PER_LEVEL * j + i));
    return { logFold, logInverseRate, queries } as Level;
  });
  return {
    profile: {
      id: word(0),
      lambda: word(1),
      field: { modulus: word(2), degree: word(3) },
      powBits: word(4),
    },
    code: { logData: word(5), padLength: word(6), queries: word(7) },
    levels,
    logFinal: word(11),
    pads: { size: word(8), logCodeword: word(9), queries: word(10) },
  };
}
