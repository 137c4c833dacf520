/**
 * A folder of the local disk as a resolver. Names are single path components (see `checkFileName`); links are refused
 * unless the caller trusts the folder, because a link in a downloaded folder can point at any file of the machine.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ProofError, refuse } from '../errors/proof-error.ts';
import { checkFileName, type ModelFile, type Resolver } from './resolver.ts';

/** An open folder. */
export interface FolderResolver {
  readonly resolve: Resolver;
  /** Closes every file that was opened. */
  readonly close: () => Promise<void>;
}

/** Options of `folderResolver`. */
export interface FolderOptions {
  /**
   * `refuse` (default): a symbolic link, or a file with a second hard link, is refused. `follow`: the caller made the
   * folder; needed for caches that store files elsewhere and link to them.
   */
  readonly links?: 'refuse' | 'follow';
}

/**
 * Opens files of one folder for an importer.
 *
 * @throws (when resolving) ProofError `FILE_NAME`, `FILE_LINK`, `FILE_KIND` (a folder, pipe or device)
 * @example
 * const folder = folderResolver('./models/zkdl-3m');
 * const model = await importHuggingFace(folder.resolve);
 * await folder.close();
 */
export function folderResolver(folder: string, options: FolderOptions = {}): FolderResolver {
  const follow = options.links === 'follow';
  const handles = new Map<string, Promise<ModelFile | undefined>>();
  const opened: FileHandle[] = [];
  const openOne = async (name: string): Promise<ModelFile | undefined> => {
    const handle = await openPlain(join(folder, name), name, follow);
    if (handle === undefined) return undefined;
    opened.push(handle);
    return fileOf(handle, name, follow);
  };
  return {
    resolve: async (name) => {
      checkFileName(name, 'the folder of the model');
      const file = handles.get(name) ?? openOne(name);
      handles.set(name, file);
      return file;
    },
    close: async () => {
      await Promise.allSettled(handles.values());
      handles.clear();
      await Promise.all(opened.splice(0).map((handle) => handle.close()));
    },
  };
}

/** One open, so that what is checked is what is read; O_NONBLOCK, so that a pipe cannot make it wait. */
async function openPlain(path: string, name: string, follow: boolean): Promise<FileHandle | undefined> {
  // Windows has neither flag; there one looks before one opens.
  const noFollow = follow ? 0 : (constants.O_NOFOLLOW ?? 0);
  try {
    if (!follow && noFollow === 0 && (await lstat(path)).isSymbolicLink()) refuseLink(name);
    return await open(path, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    if (error instanceof ProofError) throw error;
    if (code === 'ELOOP') refuseLink(name);
    if (code === 'ENXIO' || code === 'EISDIR') refuse('FILE_KIND', name, 'expected a regular file');
    return refuse('FILE_UNREADABLE', name, `expected a readable file, got ${String(code)}`);
  }
}

function refuseLink(name: string): never {
  return refuse('FILE_LINK', name, 'expected a file, got a symbolic link');
}

async function fileOf(handle: FileHandle, name: string, follow: boolean): Promise<ModelFile> {
  const stat = await handle.stat();
  if (!stat.isFile()) refuse('FILE_KIND', name, 'expected a regular file');
  if (stat.nlink > 1 && !follow) refuse('FILE_LINK', name, `expected one hard link, got ${stat.nlink}`);
  return {
    size: stat.size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      let got = 0;
      while (got < length) {
        const { bytesRead } = await handle.read(bytes, got, length - got, offset + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return bytes.subarray(0, got);
    },
  };
}
