/**
 * The file system as the store uses it: few calls, all synchronous, so that a test can stop the world at each of
 * them. What a call reports is turned into a refusal that names path, cause and remedy; no message holds a
 * byte of any file.
 *
 * Durability rests on three properties: `sync` makes a file's bytes durable, `syncDirectory` makes the names in a directory
 * durable, and `link` and `rename` are atomic. `link` never replaces a name: of two processes one wins.
 */
import { refuse } from '../errors/proof-error.ts';

export interface FileWriter {
  /** Appends all bytes. */
  write(bytes: Uint8Array): void;
  /** Makes what was written durable. */
  sync(): void;
  close(): void;
}

export interface FileReader {
  /** Bytes of the file when it was opened. */
  readonly size: number;
  /** Fills `into` from byte `at` on; fewer bytes than asked is an error. */
  read(into: Uint8Array, at: number): void;
  close(): void;
}

/** Every call throws an error with the platform's `code`, such as `ENOENT`. */
export interface FileSystem {
  /** Creates a directory, readable by its owner only. `EEXIST` when the name is taken. */
  makeDirectory(path: string): void;
  /** Creates a file, readable by its owner only. `EEXIST` when the name is taken. */
  create(path: string): FileWriter;
  open(path: string): FileReader;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void;
  rename(from: string, to: string): void;
  /** A second name for a file. `EEXIST` when the name is taken: never replaces. */
  link(from: string, to: string): void;
  unlink(path: string): void;
  /** Removes an empty directory. */
  removeDirectory(path: string): void;
  /** Names in a directory, in any order. */
  list(path: string): string[];
}

/** Codes of the platform, not of Node.js (`ERR_..`), whose complaints are a programmer's mistakes. */
const PLATFORM = /^(E[A-Z0-9]+|ZKDL_SHORT)$/;

/** Codes of refusal by the platform's code. */
const CAUSES: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  ENOSPC: ['DISK_FULL', 'expected free space, got a full disk; nothing already stored is lost'],
  EDQUOT: ['DISK_FULL', 'expected free space, got a quota that is used up; nothing already stored is lost'],
  EFBIG: ['DISK_FULL', 'expected room for the file, got a limit of its size; nothing already stored is lost'],
  ENOENT: ['FILE_MISSING', 'expected a file or directory, got none'],
  ENOTDIR: ['FILE_MISSING', 'expected a directory, got a file'],
  EISDIR: ['FILE_KIND', 'expected a file, got a directory'],
  ENAMETOOLONG: ['FILE_ACCESS', 'expected a shorter name, got one that the file system does not take'],
  EEXIST: ['FILE_EXISTS', 'expected a new name, got one that is taken'],
  ENOTEMPTY: ['FILE_EXISTS', 'expected a new name, got a directory with files'],
  EACCES: ['FILE_ACCESS', 'expected permission, got none'],
  EPERM: ['FILE_ACCESS', 'expected permission, and hard links for a counter, got a refusal'],
  ENOTSUP: ['FILE_ACCESS', 'expected a file system with hard links and fsync, got one without'],
  EOPNOTSUPP: ['FILE_ACCESS', 'expected a file system with hard links and fsync, got one without'],
  EROFS: ['FILE_ACCESS', 'expected a writable file system, got a read-only one'],
  ZKDL_SHORT: ['FILE_SHORT', 'expected more bytes, got the end of the file: it is cut short'],
};

/** A file system whose errors are refusals that name the path. */
export function refusingFiles(files: FileSystem): FileSystem {
  const call = <T>(action: string, path: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      const platform = (error as { readonly code?: unknown } | null)?.code;
      if (typeof platform !== 'string' || !PLATFORM.test(platform)) throw error;
      const [code, detail] = CAUSES[platform] ?? [
        'FILE_ERROR',
        'expected the platform to do it, got an error',
      ];
      return refuse(code, path, `${action}: ${detail} (${platform})`);
    }
  };
  return {
    makeDirectory: (path) => call('create directory', path, () => files.makeDirectory(path)),
    create(path) {
      const writer = call('create', path, () => files.create(path));
      return {
        write: (bytes) => call('write', path, () => writer.write(bytes)),
        sync: () => call('fsync', path, () => writer.sync()),
        close: () => call('close', path, () => writer.close()),
      };
    },
    open(path) {
      const reader = call('open', path, () => files.open(path));
      return {
        size: reader.size,
        read: (into, at) => call('read', path, () => reader.read(into, at)),
        close: () => call('close', path, () => reader.close()),
      };
    },
    syncDirectory: (path) => call('fsync directory', path, () => files.syncDirectory(path)),
    rename: (from, to) => call('rename', to, () => files.rename(from, to)),
    link: (from, to) => call('link', to, () => files.link(from, to)),
    unlink: (path) => call('remove', path, () => files.unlink(path)),
    removeDirectory: (path) => call('remove directory', path, () => files.removeDirectory(path)),
    list: (path) => call('list', path, () => files.list(path)),
  };
}
