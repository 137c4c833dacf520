/** Reading and writing the parts of key and proof files: u32 little-endian, lengths before what they measure. */
import { refuse } from '../errors/proof-error.ts';
import { joinedBytes } from '../hash/words.ts';

/** Reads a file from its start; every step names what it reads. */
export interface FileReader {
  /** One of those that were expected. */
  readonly version: number;
  u32(what: string): number;
  /** A view of the next bytes. */
  bytes(what: string, length: number): Uint8Array;
  /** A length, then so many bytes. */
  block(what: string): Uint8Array;
  /** @throws ProofError `LENGTH` unless everything is read */
  end(): void;
}

/**
 * @param stage names the file in errors
 * @param versions that the caller reads
 * @throws ProofError `FORMAT` for another magic, `VERSION` for another version; everything read beyond the end is `LENGTH`
 */
export function fileReader(
  stage: string,
  bytes: Uint8Array,
  magic: string,
  versions: number | readonly number[],
): FileReader {
  let at = 0;
  const take = (what: string, length: number): Uint8Array => {
    if (length > bytes.length - at) {
      refuse('LENGTH', stage, `${what}: expected ${length} bytes at offset ${at}, got ${bytes.length - at}`);
    }
    at += length;
    return bytes.subarray(at - length, at);
  };
  const u32 = (what: string): number => {
    const word = take(what, 4);
    return new DataView(word.buffer, word.byteOffset, 4).getUint32(0, true);
  };
  const found = take('magic', Math.min(magic.length, bytes.length));
  if (String.fromCharCode(...found) !== magic)
    refuse('FORMAT', stage, `expected a file that begins ${magic}`);
  const version = u32('version');
  const known = [versions].flat();
  if (!known.includes(version)) {
    refuse('VERSION', stage, `expected version ${known.join(' or ')}, got ${version}`);
  }
  return {
    version,
    u32,
    bytes: take,
    block: (what) => take(what, u32(`${what}: length`)),
    end() {
      if (at !== bytes.length) refuse('LENGTH', stage, `expected ${at} bytes, got ${bytes.length}`);
    },
  };
}

/** The parts of a file. */
export type FilePart = number | Uint8Array | { readonly block: Uint8Array };

/** Magic, version, then numbers as u32, bytes as they are, and blocks behind their length. */
export function fileBytes(
  magic: string,
  version: number,
  parts: readonly FilePart[],
): Uint8Array<ArrayBuffer> {
  const head = Uint8Array.from(magic, (character) => character.charCodeAt(0));
  return joinedBytes([head, u32Bytes(version), ...parts.flatMap(partBytes)]);
}

function partBytes(part: FilePart): Uint8Array[] {
  if (typeof part === 'number') return [u32Bytes(part)];
  return part instanceof Uint8Array ? [part] : [u32Bytes(part.block.length), part.block];
}

function u32Bytes(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) {
    throw new RangeError(`file: expected an integer in [0, 2^32), got ${value}`);
  }
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
