/** Words and bytes, on any machine: hashes are defined on little-endian words, messages and digests are bytes. */

/** Whether this machine keeps words as hashes define them: then long lists are the same memory, and nothing is converted. */
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Fills `words` from the first 4 * words.length bytes; returns `words`. */
export function wordsOfBytes(words: Uint32Array, bytes: Uint8Array): Uint32Array {
  for (let i = 0; i < words.length; i++) {
    const at = 4 * i;
    words[i] =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
  }
  return words;
}

/** The 4 * words.length bytes of words. */
export function bytesOfWords(words: Uint32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    bytes[4 * i] = word;
    bytes[4 * i + 1] = word >>> 8;
    bytes[4 * i + 2] = word >>> 16;
    bytes[4 * i + 3] = word >>> 24;
  }
  return bytes;
}

/** The same, for reading alone: where the machine is little-endian it is the words' own memory. */
export function viewOfWords(words: Uint32Array | Int32Array): Uint8Array {
  const { buffer, byteOffset, byteLength, length } = words;
  if (LITTLE_ENDIAN) return new Uint8Array(buffer, byteOffset, byteLength);
  return bytesOfWords(new Uint32Array(buffer, byteOffset, length));
}

/**
 * Bytes that are read as words, again and again: `words()` are those of the bytes as they are, valid until bytes are written.
 *
 * @param length of both in words
 */
export function wordBuffer(length: number): { readonly bytes: Uint8Array; words(): Uint32Array } {
  const own = new Uint32Array(length);
  if (LITTLE_ENDIAN) return { bytes: new Uint8Array(own.buffer), words: () => own };
  const bytes = new Uint8Array(4 * length);
  return { bytes, words: () => wordsOfBytes(own, bytes) };
}

/** Whether two lists of bytes are the same. For public ones: the time that it takes says where they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Bytes one behind the other. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
