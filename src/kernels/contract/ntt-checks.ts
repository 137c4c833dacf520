/** Argument checks of the transforms, shared by all implementations: argument, expected, got. */
import type { BaseField } from '../../field/field.ts';
import { checkInteger, checkLength } from './checks.ts';
import { extWords } from './layout.ts';
import type { CodeShape, Message, PaddedMessage } from './ntt.ts';

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

/** A message as kernels take it: what is not padded has an empty pad. */
export interface MessageShape {
  readonly data: Message;
  readonly pad: Uint32Array;
  /** Rows of data, of the pad, and k of both. */
  readonly rows: number;
  readonly padRows: number;
  readonly k: number;
  /** m of the cheapest cosets: the largest power of two that is at most k, the data's rows when padded. */
  readonly logCoset: number;
}

const NO_PAD = new Uint32Array(0);

/** @throws RangeError unless message and pad are whole rows, 1 <= k <= 2^logN, as the contract says */
export function checkedMessage(
  F: BaseField,
  message: Message | PaddedMessage,
  code: CodeShape,
): MessageShape {
  const { logN, columns } = code;
  checkInteger('logN', logN, 0, F.twoAdicity);
  checkInteger('columns', columns, 1, MAX_COLUMNS);
  const { data, pad } = 'pad' in message ? message : { data: message, pad: NO_PAD };
  const rows = data.length / columns;
  const padRows = pad.length / columns;
  if (!Number.isInteger(rows) || rows < 1 || rows > 2 ** logN) {
    throw new RangeError(
      `message: expected 1 to ${2 ** logN} rows of ${columns} columns, got ${data.length} items`,
    );
  }
  const logCoset = Math.floor(Math.log2(rows));
  if (padRows > 0 && rows !== 2 ** logCoset) {
    throw new RangeError(`message: expected a power of two of rows before a pad, got ${rows}`);
  }
  const most = Math.min(rows, 2 ** logN - rows);
  if (!Number.isInteger(padRows) || (padRows > 0 && padRows > most)) {
    throw new RangeError(`pad: expected 0 to ${most} rows of ${columns} columns, got ${pad.length} items`);
  }
  return { data, pad, rows, padRows, k: rows + padRows, logCoset };
}

/** @throws RangeError naming the first position that is not in [0, 2^logN) */
export function checkPositions(positions: ArrayLike<number>, logN: number): void {
  for (let p = 0; p < positions.length; p++) {
    checkInteger(`positions[${p}]`, positions[p] as number, 0, 2 ** logN - 1);
  }
}

/** @returns log2 of the rows of one coset, from the length of its output */
export function checkedCosetLog(
  F: BaseField,
  out: Uint32Array,
  message: MessageShape,
  code: CodeShape,
  coset: number,
): number {
  const log = checkedLogRows('out', out.length, code.columns, Math.min(code.logN, F.twoAdicity));
  if (message.padRows > 0 && log > message.logCoset) {
    throw new RangeError(`out: expected at most ${message.rows} rows for a padded message, got ${2 ** log}`);
  }
  checkInteger('coset', coset, 0, 2 ** (code.logN - log) - 1);
  return log;
}

/** @returns the rows of `interleave`. @throws TypeError, RangeError as the contract says */
export function checkedInterleave(out: Message, a: Message, columns: number): number {
  checkInteger('columns', columns, 1, MAX_COLUMNS);
  if (out.constructor !== a.constructor) {
    throw new TypeError(`out: expected ${a.constructor.name}, got ${out.constructor.name}`);
  }
  if (a.length % columns !== 0) {
    throw new RangeError(`a: expected whole rows of ${columns} columns, got ${a.length} items`);
  }
  checkLength('out', out, a.length);
  return a.length / columns;
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

/** The largest m with 2^m <= k. */
export function cosetLog(k: number): number {
  return Math.floor(Math.log2(k));
}
