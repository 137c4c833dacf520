/**
 * The codeword of a group on disk, so that openings read their rows instead of recomputing them. Two files:
 *
 *   codeword        words of F, u32, in the order of pcs/codeword.ts; then a frame that names the group
 *   keep-codeword   an empty frame: its owner wants the codeword kept, so that one that is missing is a fault
 *
 * Rows hold cells and pads under a public linear map: the file is as secret as `data` and `secret` together. Its size is
 * checked when it is opened, and rows are held against the tree whenever they are read, so a damaged file costs a refusal and
 * never a wrong proof.
 */
import { join } from 'node:path';
import { ProofError, refuse } from '../errors/proof-error.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import {
  codewordBytes,
  codewordShape,
  rowPieces,
  type CodewordShape,
  type CodewordSink,
  type KeptCodeword,
} from '../pcs/codeword-commit.ts';
import type { GroupKey } from '../pcs/key.ts';
import { hasCode, publishOnce, quietly, unfinishedName, writeSynced } from './durable.ts';
import type { FileReader, FileSystem } from './files.ts';
import { frame, FRAME_BYTES } from './frame.ts';

const CODEWORD = 'codeword';
const CODEWORD_KIND = 'codeword';
const KEEP = 'keep-codeword';
const KEEP_KIND = 'keepcode';
/** The frame holds the digest of the key, which names label, group, epoch, tree and lengths. */
const TRAILER_BYTES = FRAME_BYTES + DIGEST_BYTES;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;
const REMEDY =
  "open the group with codeword: 'recompute', which needs no codeword, or make it again with keepCodeword";

/** Told of a codeword that cannot be used; rows are recomputed then. */
export type CodewordLost = (fault: ProofError) => void;

/** An open codeword. */
export interface CodewordFile extends KeptCodeword {
  /** Holds a codeword that is made again against the file. */
  compare(): CodewordComparison;
  close(): void;
}

/** A comparison: what was made goes to the sink, then the file is judged. */
export interface CodewordComparison {
  readonly sink: CodewordSink;
  /** @throws ProofError `CODEWORD_ROWS` when a word differed */
  check(): void;
}

/** A codeword in the making. */
export interface CodewordWriter {
  readonly sink: CodewordSink;
  /** Names the group at the end and makes all of it durable. @param keyDigest of the group's key */
  finish(keyDigest: Uint8Array): void;
  /** Closes the file; to be called in any case. */
  close(): void;
}

/** Begins the codeword of a new group, in its unfinished directory. @throws ProofError `DISK_FULL`, `FILE_*` */
export function writeCodeword(files: FileSystem, directory: string): CodewordWriter {
  writeSynced(files, join(directory, KEEP), [frame(KEEP_KIND, new Uint8Array(0))]);
  return beginCodeword(files, join(directory, CODEWORD));
}

function beginCodeword(files: FileSystem, path: string): CodewordWriter {
  const writer = files.create(path);
  return {
    sink: (words) => writer.write(bytesOf(words)),
    finish(keyDigest) {
      writer.write(frame(CODEWORD_KIND, keyDigest));
      writer.sync();
    },
    close: () => writer.close(),
  };
}

/**
 * Writes the codeword of a group that exists, beside its place, and renames it when it is durable.
 *
 * @param make gives the words to the sink
 */
export function replaceCodeword(
  files: FileSystem,
  directory: string,
  keyDigest: Uint8Array,
  make: (sink: CodewordSink) => void,
): void {
  const unfinished = join(directory, unfinishedName());
  try {
    const writer = beginCodeword(files, unfinished);
    try {
      make(writer.sink);
      writer.finish(keyDigest);
    } finally {
      writer.close();
    }
    files.rename(unfinished, join(directory, CODEWORD));
  } catch (error) {
    quietly(() => files.unlink(unfinished));
    throw error;
  }
  publishOnce(files, directory, KEEP, frame(KEEP_KIND, new Uint8Array(0)));
  files.syncDirectory(directory);
}

/** Removes a codeword; the wish to keep it goes first. */
export function removeCodeword(files: FileSystem, directory: string): void {
  for (const name of [KEEP, CODEWORD]) {
    try {
      files.unlink(join(directory, name));
    } catch (error) {
      if (!hasCode(error, 'FILE_MISSING')) throw error;
    }
    files.syncDirectory(directory);
  }
}

/** Whether the owner of a group wants its codeword kept. */
export function keepsCodeword(files: FileSystem, directory: string): boolean {
  return files.list(directory).includes(KEEP);
}

/**
 * Opens the codeword of a group.
 *
 * @param lost told instead of a refusal, now or when rows are read
 * @returns undefined when `lost` was told
 * @throws ProofError `CODEWORD_MISSING`, `CODEWORD_LENGTH`, `CODEWORD_KEY`; rows: `CODEWORD_ROWS`, `FILE_*`
 */
export function openCodeword(
  files: FileSystem,
  directory: string,
  key: GroupKey,
  keyDigest: Uint8Array,
  lost: CodewordLost | undefined,
): CodewordFile | undefined {
  const path = join(directory, CODEWORD);
  const { parameters, group } = key;
  const bytes = codewordBytes(parameters.code, group.columns);
  const reader = orLost(lost, () => openChecked(files, path, bytes, keyDigest));
  if (reader === undefined) return undefined;
  const shape = codewordShape(parameters.code, group.columns);
  const damaged = (): never =>
    refuse('CODEWORD_ROWS', path, `expected rows that hash to the tree of the key, got others: ${REMEDY}`);
  return {
    rows: (rows) => orLost(lost, () => readRows(reader, shape, rows)),
    damaged: () => void orLost(lost, damaged),
    compare: () => compareWith(reader, damaged),
    close: () => reader.close(),
  };
}

/** A refusal goes to whoever wants to know of it, and to the caller where nobody does. */
function orLost<T>(lost: CodewordLost | undefined, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (lost === undefined || !(error instanceof ProofError)) throw error;
    lost(error);
    return undefined;
  }
}

/** The file, if it is as long as it must be and ends with the name of the group. */
function openChecked(files: FileSystem, path: string, rowBytes: number, keyDigest: Uint8Array): FileReader {
  const reader = openFile(files, path);
  try {
    checkTrailer(reader, path, rowBytes, keyDigest);
    return reader;
  } catch (error) {
    reader.close();
    throw error;
  }
}

function openFile(files: FileSystem, path: string): FileReader {
  try {
    return files.open(path);
  } catch (error) {
    if (!hasCode(error, 'FILE_MISSING')) throw error;
    return refuse('CODEWORD_MISSING', path, `expected the codeword that is kept, got none: ${REMEDY}`);
  }
}

function checkTrailer(reader: FileReader, path: string, rowBytes: number, keyDigest: Uint8Array): void {
  const expected = rowBytes + TRAILER_BYTES;
  if (reader.size !== expected) {
    const what = `expected ${expected} bytes, got ${reader.size}: the file is cut short, goes on or is another group's`;
    refuse('CODEWORD_LENGTH', path, `${what}; ${REMEDY}`);
  }
  const trailer = new Uint8Array(TRAILER_BYTES);
  reader.read(trailer, rowBytes);
  if (frame(CODEWORD_KIND, keyDigest).some((byte, i) => byte !== trailer[i])) {
    const what = "expected the codeword of this group, got another group's or one with a damaged end";
    refuse('CODEWORD_KEY', path, `${what}: ${REMEDY}`);
  }
}

function compareWith(reader: FileReader, damaged: () => void): CodewordComparison {
  let at = 0;
  let same = true;
  let buffer = new Uint32Array(0);
  return {
    sink(words) {
      if (buffer.length < words.length) buffer = new Uint32Array(words.length);
      const stored = buffer.subarray(0, words.length);
      reader.read(bytesOf(stored), WORD_BYTES * at);
      at += words.length;
      for (let i = 0; same && i < words.length; i++) same = stored[i] === words[i];
    },
    check() {
      if (!same) damaged();
    },
  };
}

function readRows(reader: FileReader, shape: CodewordShape, rows: readonly number[]): Uint32Array {
  const values = new Uint32Array(rows.length * shape.columns);
  let to = 0;
  for (const row of rows) {
    for (const { at, words } of rowPieces(shape, row)) {
      reader.read(bytesOf(values.subarray(to, to + words)), WORD_BYTES * at);
      to += words;
    }
  }
  return values;
}

/** The memory of words: little-endian, as on every platform that Node.js runs WebAssembly on. */
function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
