/** Hash streams: spec/encoding.md, "Hash streams". */
import { blake3 } from './blake3.ts';
import { ascii, join, littleEndian, readInteger } from './bytes.ts';
import { range } from './lists.ts';

/** The first raw words of the stream (key, label, id). */
export function rawWords(key: Uint8Array, label: string, id: number, count: number): bigint[] {
  const zeros = (length: number): Uint8Array => new Uint8Array(length);
  const message = join([ascii(label), zeros(8 - label.length), littleEndian(id, 8), zeros(48)]);
  const output = blake3(message, 4 * count, key);
  return range(count).map((j) => readInteger(output, 4 * j, 4));
}
