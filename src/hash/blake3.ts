/**
 * BLAKE3 in plain TypeScript: hash, keyed hash and key derivation, one-shot and incremental, output of any
 * length. It is the only hash of this library, on the verifier's side; provers hash with kernels that give
 * the same bytes. Source: O'Connor, Aumasson, Neves, Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere",
 * 2020, section 2.
 */
import {
  BLOCK_BYTES,
  CHUNK_BYTES,
  CHUNK_END,
  CHUNK_START,
  compress,
  DERIVE_KEY_CONTEXT,
  DERIVE_KEY_MATERIAL,
  IV,
  KEYED_HASH,
  PARENT,
  ROOT,
} from './compress.ts';
import { bytesOfWords, wordBuffer, wordsOfBytes } from './words.ts';

/** Bytes of a key and of a standard digest. */
export const KEY_BYTES = 32;
export const DIGEST_BYTES = 32;

/** Which of the three functions: at most one of `key` and `context`; without either, the plain hash. */
export interface Blake3Mode {
  /** Keyed hash: 32 bytes. */
  readonly key?: Uint8Array;
  /** Key derivation: the input is key material, the context a hard-coded, globally unique ASCII string. */
  readonly context?: string;
}

export interface Blake3Hasher {
  /** Appends bytes to the message; how a message is split into calls does not matter. Returns the hasher. */
  update(bytes: Uint8Array): Blake3Hasher;
  /**
   * The first `outBytes` (default 32) bytes of the output of the message so far. The hasher is not changed:
   * more bytes may follow. Shorter outputs are prefixes of longer ones.
   * @throws RangeError unless `outBytes` is a non-negative integer
   */
  digest(outBytes?: number): Uint8Array<ArrayBuffer>;
}

/**
 * BLAKE3 of a whole message.
 *
 * @param input any number of bytes
 * @throws RangeError for a key of other than 32 bytes, a context that is not ASCII, a bad `outBytes`; TypeError
 *   for key and context together, and for anything but a Uint8Array
 * @example
 * blake3(new Uint8Array(0)); // 32 bytes, af1349b9...
 * blake3(material, { context: 'zkdl 1 example', outBytes: 64 });
 */
export function blake3(
  input: Uint8Array,
  options: Blake3Mode & { readonly outBytes?: number } = {},
): Uint8Array<ArrayBuffer> {
  return blake3Hasher(options).update(input).digest(options.outBytes);
}

/**
 * An incremental BLAKE3.
 *
 * @throws as `blake3`
 * @example
 * blake3Hasher({ key }).update(header).update(body).digest();
 */
export function blake3Hasher(mode: Blake3Mode = {}): Blake3Hasher {
  const { key, context } = mode;
  if (key !== undefined && context !== undefined) {
    throw new TypeError('blake3: expected a key or a context, got both');
  }
  if (key !== undefined) return hasherOf(keyWords(key), KEYED_HASH);
  if (context === undefined) return hasherOf(IV, 0);
  const contextKey = hasherOf(IV, DERIVE_KEY_CONTEXT).update(ascii(context)).digest();
  return hasherOf(keyWords(contextKey), DERIVE_KEY_MATERIAL);
}

/** A string or an array of numbers has a length, too, and would be hashed as something else. */
function requireBytes(argument: string, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) {
    const got = Object.prototype.toString.call(bytes).slice(8, -1);
    throw new TypeError(`${argument}: expected a Uint8Array, got ${got}`);
  }
}

function keyWords(key: Uint8Array): Uint32Array {
  requireBytes('key', key);
  if (key.length !== KEY_BYTES) throw new RangeError(`key: expected ${KEY_BYTES} bytes, got ${key.length}`);
  return wordsOfBytes(new Uint32Array(8), key);
}

function ascii(context: string): Uint8Array {
  return Uint8Array.from(context, (character) => {
    const code = character.charCodeAt(0);
    if (code > 127) throw new RangeError(`context: expected ASCII characters, got code ${code}`);
    return code;
  });
}

function hasherOf(key: Uint32Array, flags: number): Blake3Hasher {
  const stack: Uint32Array[] = []; // chaining values of complete subtrees, largest first
  const chunk = wordBuffer(CHUNK_BYTES / 4);
  let filled = 0; // bytes of the current chunk
  let chunks = 0; // complete chunks

  /** Ends the full chunk; the last one waits until it is known whether more follows. */
  const flush = (): void => {
    const cv = new Uint32Array(16);
    cv.set(key);
    const words = chunk.words();
    chunkBlocks(cv, words, BLOCKS - 1, chunks, flags);
    compress(cv, cv, 0, words, LAST_BLOCK, chunks, BLOCK_BYTES, flags | CHUNK_END);
    chunks++;
    // A subtree of 2^k chunks is complete whenever 2^k divides their number; more bytes follow, so none is the root.
    for (let n = chunks; n % 2 === 0; n /= 2) {
      const pair = pairOf(stack.pop() as Uint32Array, cv);
      compress(cv, key, 0, pair, 0, 0, BLOCK_BYTES, flags | PARENT);
    }
    stack.push(cv.subarray(0, 8));
    filled = 0;
  };

  const hasher: Blake3Hasher = {
    update(bytes) {
      requireBytes('input', bytes);
      for (let at = 0; at < bytes.length;) {
        if (filled === CHUNK_BYTES) flush();
        const take = Math.min(CHUNK_BYTES - filled, bytes.length - at);
        chunk.bytes.set(take === bytes.length ? bytes : bytes.subarray(at, at + take), filled);
        filled += take;
        at += take;
      }
      return hasher;
    },
    digest(outBytes = DIGEST_BYTES) {
      if (!Number.isSafeInteger(outBytes) || outBytes < 0) {
        throw new RangeError(`outBytes: expected a non-negative integer, got ${outBytes}`);
      }
      const before = Math.max(0, Math.ceil(filled / BLOCK_BYTES) - 1); // blocks in front of the last
      chunk.bytes.fill(0, filled, BLOCK_BYTES * (before + 1));
      const words = chunk.words();
      const cv = new Uint32Array(16);
      cv.set(key);
      chunkBlocks(cv, words, before, chunks, flags);
      let node: Node = {
        cv,
        block: words.slice(BLOCK_WORDS * before, BLOCK_WORDS * (before + 1)),
        counter: chunks,
        length: filled - BLOCK_BYTES * before,
        flags: flags | (before === 0 ? CHUNK_START : 0) | CHUNK_END,
      };
      for (let i = stack.length - 1; i >= 0; i--) {
        const block = pairOf(stack[i] as Uint32Array, chainingValue(node));
        node = { cv: key, block, counter: 0, length: BLOCK_BYTES, flags: flags | PARENT };
      }
      return output(node, outBytes);
    },
  };
  return hasher;
}

const BLOCK_WORDS = BLOCK_BYTES / 4;
const BLOCKS = CHUNK_BYTES / BLOCK_BYTES;
const LAST_BLOCK = BLOCK_WORDS * (BLOCKS - 1);

/** The first `count` blocks of a chunk, none of them its last, into the chaining value. */
function chunkBlocks(cv: Uint32Array, words: Uint32Array, count: number, chunk: number, flags: number): void {
  for (let i = 0; i < count; i++) {
    compress(cv, cv, 0, words, BLOCK_WORDS * i, chunk, BLOCK_BYTES, i === 0 ? flags | CHUNK_START : flags);
  }
}

/** The block of a parent. */
function pairOf(left: Uint32Array, right: Uint32Array): Uint32Array {
  const block = new Uint32Array(BLOCK_WORDS);
  block.set(left);
  for (let i = 0; i < 8; i++) block[8 + i] = right[i] as number;
  return block;
}

/** The last compression of a subtree, held back: with ROOT it gives output, without it a chaining value. */
interface Node {
  readonly cv: Uint32Array;
  readonly block: Uint32Array;
  readonly counter: number;
  readonly length: number;
  readonly flags: number;
}

function chainingValue(node: Node): Uint32Array {
  const out = new Uint32Array(16);
  compress(out, node.cv, 0, node.block, 0, node.counter, node.length, node.flags);
  return out;
}

/** Output block i is the root's compression with counter i (section 2.6). */
function output(root: Node, outBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(outBytes);
  const words = new Uint32Array(16);
  for (let i = 0; i * BLOCK_BYTES < outBytes; i++) {
    compress(words, root.cv, 0, root.block, 0, i, root.length, root.flags | ROOT);
    bytes.set(bytesOfWords(words).subarray(0, outBytes - i * BLOCK_BYTES), i * BLOCK_BYTES);
  }
  return bytes;
}
