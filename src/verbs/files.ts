/** Files as the verbs read and write them: whole, never replaced, named in every refusal. */
import { basename, dirname, join, resolve } from 'node:path';
import { ProofError, refuse } from '../errors/proof-error.ts';
import { sameBytes } from '../hash/words.ts';
import { hasCode, publishOnce, quietly, readWhole, unfinishedName, writeSynced } from '../store/durable.ts';
import { refusingFiles, type FileReader, type FileSystem } from '../store/files.ts';
import { entryAt, nodeFiles } from '../store/node-files.ts';

/** The disk, refusing with the path. */
export const disk: FileSystem = refusingFiles(nodeFiles);

/** The bytes of a file. @throws ProofError `FILE_MISSING`, `FILE_ACCESS`, `FILE_KIND` naming the path */
export function readInput(path: string): Uint8Array<ArrayBuffer> {
  if (isDirectory(path)) refuse('FILE_KIND', path, 'expected a file, got a directory');
  return readWhole(disk, path);
}

/** The first bytes of a file, or all of a shorter one. @throws as `readInput` */
export function firstBytes(path: string, length: number): Uint8Array {
  if (isDirectory(path)) refuse('FILE_KIND', path, 'expected a file, got a directory');
  const reader = disk.open(path);
  try {
    const bytes = new Uint8Array(Math.min(length, reader.size));
    reader.read(bytes, 0);
    return bytes;
  } finally {
    reader.close();
  }
}

/** In bytes. @throws as `readInput` */
export function sizeOfFile(path: string): number {
  const reader = disk.open(path);
  reader.close();
  return reader.size;
}

/** Bytes that are compared at once. */
const PIECE_BYTES = 2 ** 22;

/** Whether two files have the same bytes, however large they are. @throws as `readInput` */
export function sameFiles(a: string, b: string): boolean {
  const readers = [a, b].map((path) => disk.open(path)) as [FileReader, FileReader];
  try {
    const [{ size }, other] = readers;
    let same = size === other.size;
    for (let at = 0; same && at < size; at += PIECE_BYTES) {
      const [one, two] = readers.map((reader) => {
        const bytes = new Uint8Array(Math.min(PIECE_BYTES, size - at));
        reader.read(bytes, at);
        return bytes;
      }) as [Uint8Array, Uint8Array];
      same = sameBytes(one, two);
    }
    return same;
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** Whether there is a directory of this name. */
export function isDirectory(path: string): boolean {
  let names: readonly string[] | undefined;
  quietly(() => (names = nodeFiles.list(path)));
  return names !== undefined;
}

/** Whether there is anything of this name. */
export function exists(path: string): boolean {
  if (isDirectory(path)) return true;
  try {
    disk.open(path).close();
    return true;
  } catch (error) {
    if (hasCode(error, 'FILE_MISSING')) return false;
    throw error;
  }
}

/**
 * Whether a file of this name can be made, found out before the work is done: its name is free, its directory is there and
 * takes a file.
 *
 * @throws ProofError `FILE_EXISTS`, `FILE_MISSING`, `FILE_ACCESS`, `DISK_FULL` naming the path
 */
export function checkOutput(path: string): void {
  if (exists(path)) refuse('FILE_EXISTS', path, 'expected a new name, got one that is taken');
  const probe = join(dirname(path), unfinishedName());
  naming(path, () => disk.create(probe).close());
  quietly(() => disk.unlink(probe));
}

/**
 * Makes a file: written beside its place, synced, then named. Never replaces another.
 *
 * @throws ProofError `FILE_EXISTS`, `DISK_FULL`, `FILE_*` naming the path; nothing is left then
 */
export function writeNew(path: string, bytes: Uint8Array): void {
  const made = naming(path, () => publishOnce(disk, dirname(resolve(path)), basename(path), bytes));
  if (!made) refuse('FILE_EXISTS', path, 'expected a new name, got one that is taken');
}

/**
 * Makes a file anew, in the place of one that may be there: a reader sees the old one or the new one. For files of our own that follow from
 * others, such as a log.
 *
 * @throws ProofError `DISK_FULL`, `FILE_*` naming the path; the old file is as it was then
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const folder = dirname(resolve(path));
  const aside = join(folder, unfinishedName());
  naming(path, () => {
    try {
      writeSynced(disk, aside, [bytes]);
      disk.rename(aside, path);
    } catch (error) {
      quietly(() => disk.unlink(aside));
      throw error;
    }
    disk.syncDirectory(folder);
  });
}

/** Removes a directory that is ours, and what is in it; of a link the link, and nothing that it leads to. */
export function removeTree(path: string): void {
  for (const name of disk.list(path)) {
    const inner = join(path, name);
    if (entryAt(inner)?.kind === 'directory') removeTree(inner);
    else disk.unlink(inner);
  }
  disk.removeDirectory(path);
}

/** Runs with every refusal naming this file. */
export function naming<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw named(path, error);
  }
}

/** The same for what comes later. */
export async function namingAsync<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw named(path, error);
  }
}

function named(path: string, error: unknown): unknown {
  if (!(error instanceof ProofError)) return error;
  const { code, stage, detail } = error;
  if (stage === path || stage.startsWith(`${path}: `)) return error;
  if (basename(stage).startsWith('.unfinished-')) return new ProofError(code, path, detail);
  if (stage.startsWith(path)) return error;
  const same = stage === resolve(path) || path.endsWith(`/${stage}`);
  return new ProofError(code, same ? path : `${path}: ${stage}`, detail);
}
