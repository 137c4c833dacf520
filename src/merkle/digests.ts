/** Lists of digests and their concatenation. */
import { DIGEST_BYTES } from '../hash/blake3.ts';

/** Digests one behind the other. */
export function encodeDigests(digests: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(DIGEST_BYTES * digests.length);
  digests.forEach((digest, i) => bytes.set(digest, DIGEST_BYTES * i));
  return bytes;
}

/** The digests in a string of whole digests. */
export function decodeDigests(bytes: Uint8Array): Uint8Array[] {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += DIGEST_BYTES) digests.push(bytes.slice(at, at + DIGEST_BYTES));
  return digests;
}
