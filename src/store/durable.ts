/** Writing so that a reader sees a whole file or none, whenever the machine stops. */
import { join } from 'node:path';
import { ProofError } from '../errors/proof-error.ts';
import { osBytes } from '../random/os.ts';
import type { FileSystem } from './files.ts';

/** Bytes of a name that no two writers share. */
const TOKEN_BYTES = 8;
/** Names that begin so are unfinished: no reader looks at them. */
const UNFINISHED = '.unfinished-';

/** A name for what is not finished yet, beside its place. */
export function unfinishedName(): string {
  return UNFINISHED + hexOf(osBytes(TOKEN_BYTES));
}

/** Lower-case hexadecimal digits. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The whole of a file. @throws ProofError `FILE_MISSING`, `FILE_SHORT`, `FILE_ACCESS` */
export function readWhole(files: FileSystem, path: string): Uint8Array<ArrayBuffer> {
  const reader = files.open(path);
  try {
    const bytes = new Uint8Array(reader.size);
    reader.read(bytes, 0);
    return bytes;
  } finally {
    reader.close();
  }
}

/** Writes a new file and makes its bytes durable; the name is durable once its directory is. */
export function writeSynced(files: FileSystem, path: string, parts: Iterable<Uint8Array>): void {
  const writer = files.create(path);
  try {
    for (const part of parts) writer.write(part);
    writer.sync();
  } finally {
    writer.close();
  }
}

/**
 * Gives a complete, durable file a name that nobody else has taken, and makes the name durable.
 *
 * The bytes are written and synced under an unfinished name first. So whoever sees the name sees all bytes, even after a
 * loss of power; and `link` fails for a name that exists, so of two writers, in whatever processes, one wins.
 *
 * @returns false when the name was taken: nothing has changed
 */
export function publishOnce(files: FileSystem, directory: string, name: string, bytes: Uint8Array): boolean {
  const unfinished = join(directory, unfinishedName());
  try {
    writeSynced(files, unfinished, [bytes]);
    return linkOnce(files, unfinished, directory, name);
  } finally {
    quietly(() => files.unlink(unfinished));
  }
}

function linkOnce(files: FileSystem, from: string, directory: string, name: string): boolean {
  try {
    files.link(from, join(directory, name));
  } catch (error) {
    if (hasCode(error, 'FILE_EXISTS')) return false;
    throw error;
  }
  files.syncDirectory(directory);
  return true;
}

/**
 * Creates a directory and its parents where they are missing, and makes its name durable even where it was there: who made it
 * may have died before that.
 */
export function ensureDirectory(files: FileSystem, path: string): void {
  const parent = join(path, '..');
  try {
    files.makeDirectory(path);
  } catch (error) {
    if (hasCode(error, 'FILE_MISSING') && parent !== path) {
      ensureDirectory(files, parent);
      makeOrFind(files, path); // once: a file system such as /proc never takes a name
    } else if (hasCode(error, 'FILE_EXISTS')) files.list(path);
    else throw error;
  }
  files.syncDirectory(parent);
}

/** Makes a directory, or finds one that another process made meanwhile. */
function makeOrFind(files: FileSystem, path: string): void {
  try {
    files.makeDirectory(path);
  } catch (error) {
    if (!hasCode(error, 'FILE_EXISTS')) throw error;
    files.list(path);
  }
}

/** Makes the names of a directory and of all above it durable, where this user may. */
export function syncAncestors(files: FileSystem, path: string): void {
  const parent = join(path, '..');
  quietly(() => files.syncDirectory(parent)); // a directory that cannot be opened was not made by this user
  if (parent !== path) syncAncestors(files, parent);
}

/** Whether an error is a refusal with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ProofError && error.code === code;
}

/** Cleaning up after an error must not hide it; what stays is ignored by every reader. */
export function quietly(run: () => void): void {
  try {
    run();
  } catch {
    // Unfinished names are litter, never state.
  }
}
