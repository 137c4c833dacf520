/**
 * Codewords that are kept where memory ends: in what order their words are written while a group is committed, and where a
 * row is found again. The order is that of the file: coset after coset, and within a coset *panel* after panel, rows one
 * after the other. A panel is as many columns as a bounded buffer holds for all rows of a coset: all of them up to 128 Mi
 * words, so that a row is one contiguous read; the rows of larger groups come in a few pieces.
 */
import type { Kernels } from '../kernels/contract.ts';
import { pieceEnd } from '../kernels/contract/hash.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import { LOG_CODE_EXPANSION, type CodeParameters } from '../params/parameters.ts';
import { BATCH_COLUMNS } from './columns.ts';

/** Columns [first, first + columns) of all rows of a coset. */
export interface Panel {
  readonly first: number;
  readonly columns: number;
}

/** The shape of a kept codeword. */
export interface CodewordShape {
  /** Rows of a coset. */
  readonly cosetRows: number;
  readonly columns: number;
  readonly panels: readonly Panel[];
}

/** Receives the words of a codeword in their order, rows of a panel at a time, each valid until it returns. */
export type CodewordSink = (words: Uint32Array) => void;

/** A codeword that is kept. */
export interface KeptCodeword {
  /** Rows, [rows][columns]; undefined where they cannot be had and are to be recomputed. @throws where they are not */
  rows(rows: readonly number[]): Uint32Array | undefined;
  /**
   * For a codeword that may have changed since it was committed: called when rows do not hash to the tree. Throws, or
   * returns, and the rows are recomputed. Absent: rows are taken as they are.
   */
  readonly damaged?: () => void;
}

/** Most bytes of a panel of more than one batch. */
const PANEL_BYTES = 2 ** 29;
/** Words that a sink receives at once, about: they are woven in a cache, and larger writes are slower on some systems. */
const STRIP_WORDS = 2 ** 14;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/**
 * The shape in which a group's codeword is written. Panels are whole batches of columns, as a salted leaf absorbs them.
 *
 * @param panelBytes for tests
 */
export function codewordShape(
  code: Pick<CodeParameters, 'logData'>,
  columns: number,
  panelBytes: number = PANEL_BYTES,
): CodewordShape {
  const cosetRows = 2 ** code.logData;
  const panels: Panel[] = [];
  const format = { columns, salted: true };
  for (let first = 0, end: number; first < columns; first = end) {
    end = pieceEnd(format, first, BATCH_COLUMNS);
    for (let next = end; next <= columns && WORD_BYTES * cosetRows * (next - first) <= panelBytes;) {
      end = next;
      if (end === columns) break;
      next = pieceEnd(format, end, BATCH_COLUMNS);
    }
    panels.push({ first, columns: end - first });
  }
  return { cosetRows, columns, panels };
}

/**
 * Bytes of the codeword of a group: 4 n0 for every column, which is 16 for every cell of a full column.
 *
 * @example
 * codewordBytes(parameters.code, 119); // 124M weights with m = 20: 1,996,488,704
 */
export function codewordBytes(code: Pick<CodeParameters, 'logData'>, columns: number): number {
  return WORD_BYTES * columns * 2 ** (code.logData + LOG_CODE_EXPANSION); // <= 2^2 * 2^24 * 2^24 = 2^50: exact
}

/** Where the words of a row are: pieces of consecutive words, counted from the first word of the codeword. */
export function rowPieces(
  { cosetRows, columns, panels }: CodewordShape,
  row: number,
): { readonly at: number; readonly words: number }[] {
  const coset = Math.floor(row / cosetRows);
  return panels.map((panel) => ({
    at: cosetRows * (coset * columns + panel.first) + (row % cosetRows) * panel.columns, // < 2^48
    words: panel.columns,
  }));
}

/** Takes the columns of one coset after another, in batches from the first column to the last. */
export interface PanelWriter {
  /** Where the next batch of `count` columns is to be made, [cosetRows][count]; put with `done`. */
  room(count: number): Uint32Array;
  done(): void;
}

/**
 * A writer with one buffer, in which the batches of a panel wait until its rows are whole.
 *
 * @returns a writer that lives in the current scope of the kernel memory
 */
export function panelWriter(kernels: Kernels, shape: CodewordShape, sink: CodewordSink): PanelWriter {
  const { cosetRows, columns, panels } = shape;
  const widest = Math.max(0, ...panels.map((panel) => panel.columns));
  const buffer = hotWords(kernels, cosetRows * widest);
  let [panel, batches, column] = [0, [] as number[], 0];
  return {
    room(count) {
      const at = cosetRows * (column - (panels[panel] as Panel).first);
      batches.push(count);
      return buffer.subarray(at, at + cosetRows * count);
    },
    done() {
      column += batches.at(-1) as number;
      const { first, columns: width } = panels[panel] as Panel;
      if (column < first + width) return;
      weave(buffer, cosetRows, batches, width, sink);
      batches = [];
      panel = (panel + 1) % panels.length;
      column %= columns; // behind the last column comes the next coset
    },
  };
}

/** Gives the rows of batches that stand one behind the other, [cosetRows][count] each, strip by strip. */
function weave(
  buffer: Uint32Array,
  cosetRows: number,
  batches: readonly number[],
  width: number,
  sink: CodewordSink,
): void {
  const most = Math.min(cosetRows, Math.max(1, Math.floor(STRIP_WORDS / width)));
  const strip = new Uint32Array(most * width);
  for (let row = 0; row < cosetRows; row += most) {
    const rows = Math.min(most, cosetRows - row);
    let first = 0;
    for (const count of batches) {
      const at = cosetRows * first + row * count;
      placeColumns(strip, width, first, buffer.subarray(at, at + rows * count), count);
      first += count;
    }
    sink(strip.subarray(0, rows * width));
  }
}

/** Copies [rows][count] into columns [first, first + count) of [rows][width]. */
function placeColumns(
  to: Uint32Array,
  width: number,
  first: number,
  batch: Uint32Array,
  count: number,
): void {
  for (let source = 0, target = first; source < batch.length; target += width - count) {
    for (const end = source + count; source < end;) to[target++] = batch[source++] as number;
  }
}
