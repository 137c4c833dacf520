/**
 * Keyed BLAKE3 of one chunk (at most 1,024 bytes) without an allocation per call: a transcript makes thousands of
 * short calls, and the general hasher would spend ten times a compression on setting each of them up.
 */
import {
  BLOCK_BYTES,
  CHUNK_BYTES,
  CHUNK_END,
  CHUNK_START,
  compress,
  KEYED_HASH,
  ROOT,
} from '../hash/compress.ts';

export interface KeyedChunk {
  /** The message's bytes; write here before `hash`. 1,024 bytes. */
  readonly message: Uint8Array;
  /**
   * Absorbs the first `length` bytes of `message` under a key up to the last compression, which `output` runs.
   * @param key 8 words; copied
   */
  hash(key: Uint32Array, length: number): void;
  /** The 16 words of output block `i`; valid until the next call. */
  output(i: number): Uint32Array;
  /** How many messages have been hashed: tells a caller that its message is still the current one. */
  serial(): number;
}

/** A hasher with its own buffers. */
export function keyedChunk(): KeyedChunk {
  const message = new Uint8Array(CHUNK_BYTES);
  const view = new DataView(message.buffer);
  const block = new Uint32Array(16);
  const cv = new Uint32Array(16);
  const out = new Uint32Array(16);
  let lastBytes = 0;
  let lastFlags = 0;
  let messages = 0;
  return {
    message,
    hash(key, length) {
      messages++;
      message.fill(0, length, BLOCK_BYTES * Math.max(Math.ceil(length / BLOCK_BYTES), 1));
      cv.set(key);
      let flags = KEYED_HASH | CHUNK_START;
      let at = 0;
      for (; at + BLOCK_BYTES < length; at += BLOCK_BYTES) {
        load(block, view, at);
        compress(cv, cv, 0, block, 0, 0, BLOCK_BYTES, flags);
        flags = KEYED_HASH;
      }
      load(block, view, at);
      lastBytes = length - at;
      lastFlags = flags | CHUNK_END | ROOT;
    },
    output(i) {
      compress(out, cv, 0, block, 0, i, lastBytes, lastFlags);
      return out;
    },
    serial: () => messages,
  };
}

function load(block: Uint32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) block[i] = view.getUint32(at + 4 * i, true);
}
