/**
 * The cells of a group in a file: int16, little-endian, column after column, nothing else. Read block by block into one
 * buffer, so that a group may be larger than any memory.
 */
import { join, resolve } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { BATCH_COLUMNS, type Cells } from '../pcs/columns.ts';
import type { CellReader } from '../pcs/group-prove.ts';
import { hasCode, readWhole, writeSynced } from './durable.ts';
import type { FileSystem } from './files.ts';
import { frame, unframe } from './frame.ts';

/**
 * Where the cells come from: copied into the group's directory, or left in a file of the owner that must not change. What is `held` lies in
 * memory and is read from there for the commitment, too; else `read` is called once for each column, and the commitment reads the copy.
 */
export type CellOrigin =
  | { readonly kind: 'copy'; readonly read: CellReader; readonly held?: true }
  | { readonly kind: 'reference'; readonly path: string };

/** An open file of cells. */
export interface CellFile {
  /** [count][rows] cells of columns [first, first + count), valid until the next call. @param into where they are wanted */
  readonly read: (first: number, count: number, into?: Cells) => Int16Array;
  close(): void;
}

const COPY = 'data';
const REFERENCE = 'data-at';
const REFERENCE_KIND = 'data-at';
const CELL_BYTES = Int16Array.BYTES_PER_ELEMENT;

/**
 * Puts the cells, or the way to them, into a directory.
 *
 * @param rows 2^m
 * @throws RangeError where the reader gives other blocks than it was asked for; ProofError `DISK_FULL`, `FILE_*`
 */
export function storeCells(
  files: FileSystem,
  directory: string,
  origin: CellOrigin,
  columns: number,
  rows: number,
): void {
  if (origin.kind === 'reference') {
    const path = new TextEncoder().encode(resolve(origin.path));
    writeSynced(files, join(directory, REFERENCE), [frame(REFERENCE_KIND, path)]);
    return;
  }
  writeSynced(files, join(directory, COPY), blocks(origin.read, columns, rows));
}

function* blocks(read: CellReader, columns: number, rows: number): Generator<Uint8Array> {
  for (let first = 0; first < columns; first += BATCH_COLUMNS) {
    const count = Math.min(BATCH_COLUMNS, columns - first);
    const cells = read(first, count);
    if (!(cells instanceof Int16Array) || cells.length !== count * rows) {
      throw new RangeError(
        `read: expected ${count * rows} cells of type int16, got other cells at column ${first}`,
      );
    }
    yield new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
  }
}

/** The cells that a commitment reads: those that are held, or the file that they were put into. @throws as `openCells` */
export function committedCells(
  files: FileSystem,
  directory: string,
  origin: CellOrigin,
  columns: number,
  rows: number,
): CellFile {
  if (origin.kind === 'copy' && origin.held === true) {
    const { read } = origin;
    return { read: (first, count) => read(first, count) as Int16Array, close: () => undefined }; // `storeCells` has seen them
  }
  return openCells(files, directory, columns, rows);
}

/**
 * Opens the cells of a directory.
 *
 * @throws ProofError `DATA_LENGTH` for a file of another size; `FILE_MISSING` and others naming the file
 */
export function openCells(files: FileSystem, directory: string, columns: number, rows: number): CellFile {
  const path = cellPath(files, directory);
  const reader = files.open(path);
  const expected = columns * rows * CELL_BYTES; // <= 2^24 * 2^22 * 2: exact
  if (reader.size !== expected) {
    reader.close();
    refuse('DATA_LENGTH', path, `expected ${expected} bytes of cells, got ${reader.size}`);
  }
  let buffer = new Int16Array(0);
  const own = (length: number): Int16Array => {
    if (buffer.length < length) buffer = new Int16Array(length);
    return buffer.subarray(0, length);
  };
  return {
    read(first, count, into) {
      const cells = into instanceof Int16Array && into.length === count * rows ? into : own(count * rows);
      reader.read(
        new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength),
        first * rows * CELL_BYTES,
      );
      return cells;
    },
    close: () => reader.close(),
  };
}

function cellPath(files: FileSystem, directory: string): string {
  const reference = join(directory, REFERENCE);
  try {
    return new TextDecoder().decode(unframe(reference, REFERENCE_KIND, readWhole(files, reference)).body);
  } catch (error) {
    if (hasCode(error, 'FILE_MISSING')) return join(directory, COPY);
    throw error;
  }
}
