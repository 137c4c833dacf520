/**
 * Where bytes come from. Importers open no path and no connection: the caller hands them a `Resolver`, and every
 * name that a file mentions is checked here before the resolver hears it.
 */
import { refuse } from '../errors/proof-error.ts';
import { type Json, parseJson, quote } from './json.ts';

/** One file of a model. */
export interface ModelFile {
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`, or an error; never called beyond `size`. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** Finds a file of a model by its plain name; `undefined` where there is none. */
export type Resolver = (name: string) => Promise<ModelFile | undefined>;

export const MAX_NAME_LENGTH = 200;
// One path component, beginning with a letter or digit: no separator of any system, no "..", no "~", no drive or
// stream ("c:", "a:b"), no percent code, no space or dot at the end, no character that looks like another.
const PLAIN_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;
// Windows opens a device for these names, with any extension.
const DEVICE = /^(?:con|prn|aux|nul|conin|conout|clock|com[0-9]|lpt[0-9])(?:\.|$)/i;

/**
 * Checks that a name found in a file denotes a file beside it, on every system.
 * @param file the file that mentions the name
 * @throws ProofError `FILE_NAME`
 */
export function checkFileName(name: string, file: string): void {
  const bad = (what: string): never => refuse('FILE_NAME', file, `expected a plain file name, got ${what}`);
  if (name.length > MAX_NAME_LENGTH) bad(`one of ${name.length} characters, at most ${MAX_NAME_LENGTH}`);
  if (!PLAIN_NAME.test(name) || name.includes('..')) bad(quote(name));
  if (DEVICE.test(name)) bad(`the name of a device, ${quote(name)}`);
}

/**
 * A file that must be there.
 * @param because said in the error: who needs it
 * @throws ProofError `FILE_NAME`, `FILE_MISSING`
 */
export async function openFile(resolve: Resolver, name: string, because: string): Promise<ModelFile> {
  checkFileName(name, because);
  const file = await resolve(name);
  return file ?? refuse('FILE_MISSING', name, `expected a file, got none (needed by ${because})`);
}

/**
 * Exactly `length` bytes of a file.
 * @throws ProofError `FILE_TRUNCATED` when the file ends early or the resolver returns another number of bytes
 */
export async function readBytes(
  file: ModelFile,
  name: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  if (offset + length > file.size) {
    refuse('FILE_TRUNCATED', name, `expected at least ${offset + length} bytes, got ${file.size}`);
  }
  const bytes = length === 0 ? new Uint8Array(0) : await file.read(offset, length);
  if (bytes.length !== length) {
    refuse('FILE_TRUNCATED', name, `expected ${length} bytes at ${offset}, got ${bytes.length}`);
  }
  return bytes;
}

/** A whole file of at most `limit` bytes. @throws ProofError `FILE_SIZE`, `FILE_TRUNCATED` */
export async function readWhole(file: ModelFile, name: string, limit: number): Promise<Uint8Array> {
  if (file.size > limit) refuse('FILE_SIZE', name, `expected at most ${limit} bytes, got ${file.size}`);
  return readBytes(file, name, 0, file.size);
}

/** A whole JSON file. @throws ProofError of `readWhole` and `parseJson` */
export async function readJson(file: ModelFile, name: string, limit: number): Promise<Json> {
  return parseJson(await readWhole(file, name, limit), name);
}

/**
 * Files that are in memory already: for browsers and tests.
 * @example
 * const model = await importHuggingFace(memoryResolver(new Map([['config.json', bytes], ...])));
 */
export function memoryResolver(files: ReadonlyMap<string, Uint8Array>): Resolver {
  return (name) => {
    const bytes = files.get(name);
    return Promise.resolve(bytes && fileOfBytes(bytes));
  };
}

/** Bytes as a file. */
export function fileOfBytes(bytes: Uint8Array): ModelFile {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}
