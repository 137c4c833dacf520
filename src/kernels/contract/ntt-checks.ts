/** Argument checks of the transforms, shared by all implementations: argument, expected, got. */
import type { BaseField } from '../../field/field.ts';
import { checkInteger, checkLength } from './checks.ts';
import { extWords } from './layout.ts';
import type { CodeShape, Message } from './ntt.ts';

/** Columns of one array at most: a row fits a task. */
const MAX_COLUMNS = 1 << 20;

/** @returns log2 of the rows of a [2^log][columns] array. @throws RangeError for any other shape */
export function checkedLogRows(argument: string, length: number, columns: number, maxLog: number): number {
  checkInteger('columns', columns, 1, MAX_COLUMNS);
  const log = Math.log2(length / columns);
  if (!Number.isInteger(log) || log < 0 || log > maxLog) {
    throw new RangeError(
      `${argument}: expected 2^l rows of ${columns} columns, l <= ${maxLog}, got ${length} items`,
    );
  }
  return log;
}

/** @returns k, the rows of a message. @throws RangeError unless 1 <= k <= 2^logN whole rows */
export function checkedMessageRows(F: BaseField, message: Message, code: CodeShape): number {
  checkInteger('logN', code.logN, 0, F.twoAdicity);
  checkInteger('columns', code.columns, 1, MAX_COLUMNS);
  const rows = message.length / code.columns;
  if (!Number.isInteger(rows) || rows < 1 || rows > 2 ** code.logN) {
    throw new RangeError(
      `message: expected 1 to ${2 ** code.logN} rows of ${code.columns} columns, got ${message.length} items`,
    );
  }
  return rows;
}

/** @throws RangeError naming the first position that is not in [0, 2^logN) */
export function checkPositions(positions: ArrayLike<number>, logN: number): void {
  for (let p = 0; p < positions.length; p++) {
    checkInteger(`positions[${p}]`, positions[p] as number, 0, 2 ** logN - 1);
  }
}

/** @returns log2 of the rows of one coset, from the length of its output */
export function checkedCosetLog(F: BaseField, out: Uint32Array, code: CodeShape, coset: number): number {
  checkInteger('logN', code.logN, 0, F.twoAdicity);
  const log = checkedLogRows('out', out.length, code.columns, code.logN);
  checkInteger('coset', coset, 0, 2 ** (code.logN - log) - 1);
  return log;
}

/** Checks the arguments of `evaluateAtTransposed`. */
export function checkTransposed(
  F: BaseField,
  degree: number,
  out: Uint32Array,
  eta: Uint32Array,
  logN: number,
  positions: ArrayLike<number>,
  k: number,
): void {
  checkInteger('logN', logN, 0, F.twoAdicity);
  checkInteger('k', k, 1, 2 ** logN);
  checkLength('out', out, extWords(k, degree));
  checkLength('eta', eta, extWords(positions.length, degree));
  checkPositions(positions, logN);
}

/** m of the cheapest cosets for a message of k rows: the largest power of two that is at most k. */
export function cosetLog(k: number): number {
  return Math.floor(Math.log2(k));
}
