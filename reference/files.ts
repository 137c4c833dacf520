/** Files of keys, answers and links: magic, version, numbers, blocks. spec/answers.md. */
import { ascii, readInteger } from './bytes.ts';
import { range } from './lists.ts';
import { require } from './refusal.ts';

export interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** Refuses with `FORMAT`, then `LENGTH` and `VERSION`. */
export function openFile(bytes: Uint8Array, magic: string, expected: number): Reader {
  return openVersions(bytes, magic, [expected]).from;
}

/** The same where several versions are read. */
export function openVersions(
  bytes: Uint8Array,
  magic: string,
  expected: readonly number[],
): { readonly from: Reader; readonly version: number } {
  require(ascii(magic).every((byte, i) => byte === bytes[i]), 'FORMAT', magic); // prettier-ignore
  const from = { bytes, at: magic.length };
  const version = readU32(from);
  require(expected.includes(version), 'VERSION', `${version}`);
  return { from, version };
}

/** The next bytes. Refuses with `LENGTH`, before anything of that size is made. */
export function readBytes(from: Reader, length: number): Uint8Array {
  require(length <= from.bytes.length - from.at, 'LENGTH', `${length} bytes at ${from.at}`);
  from.at += length;
  return from.bytes.slice(from.at - length, from.at);
}

export function readU32(from: Reader): number {
  return Number(readInteger(readBytes(from, 4), 0, 4));
}

/** A length, then so many bytes. */
export function readBlock(from: Reader): Uint8Array {
  return readBytes(from, readU32(from));
}

/** A number, then so many numbers. */
export function readNumbers(from: Reader): number[] {
  const count = readU32(from);
  const bytes = readBytes(from, 4 * count);
  return range(count).map((i) => Number(readInteger(bytes, 4 * i, 4)));
}

/** A block of integers of 32 bits, two's complement. */
export function readSigned(from: Reader): number[] {
  const block = readBlock(from);
  require(block.length % 4 === 0, 'STATEMENT', `${block.length} bytes of integers`);
  return range(block.length / 4).map((i) => Number(BigInt.asIntN(32, readInteger(block, 4 * i, 4))));
}

export function endFile({ bytes, at }: Reader): void {
  require(at === bytes.length, 'LENGTH', `${bytes.length - at} bytes behind the end`);
}
