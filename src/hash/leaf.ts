/**
 * What the leaves and nodes of a hash tree are. spec/merkle.md is the normative text, with the reason for each choice.
 *
 *   leaf key = BLAKE3_derive_key('zkdl 2026 Merkle leaf', label || epoch || group || columns || log leaves || salt bytes)
 *   leaf     = BLAKE3_keyed(leaf key, salt || values)            no salt in a tree of public or uniformly random leaves
 *   node     = BLAKE3_keyed(NODE_KEY, left || right)
 *
 * Everything that the leaves of one tree have in common is in their key, and where a leaf stands is fixed by its path; so
 * a leaf of up to 12 salted columns is one compression. `values` are canonical little-endian u32s, one per column. The
 * material of the key has 36 bytes, integers little-endian:
 *
 *    offset  bytes  field
 *       0      8    label, ASCII, padded with zeros
 *       8      8    epoch, u64
 *      16      8    group, or zeros
 *      24      4    columns, u32
 *      28      4    log2 of the number of leaves, u32
 *      32      4    bytes of a salt, u32: 16 or 0
 */
import { blake3, DIGEST_BYTES } from './blake3.ts';
import { BLOCK_BYTES, compress, KEYED_ONE_BLOCK } from './compress.ts';
import { keyedWords, paddedWords } from './keyed-words.ts';
import { bytesOfWords, wordsOfBytes } from './words.ts';

const LEAF_CONTEXT = 'zkdl 2026 Merkle leaf';
const LEAF_MATERIAL_BYTES = 36;

/** Public: the output of key derivation without material. */
export const NODE_KEY: Uint8Array = blake3(new Uint8Array(0), { context: 'zkdl 2026 Merkle node' });

const nodeKey = wordsOfBytes(new Uint32Array(8), NODE_KEY);

export const LABEL_BYTES = 8;
export const GROUP_BYTES = 8;
export const SALT_BYTES = 16;
/** Words of a salt. */
export const SALT_WORDS: number = SALT_BYTES / 4;
/** Leaves of more columns than this are refused: 64 MiB each. */
export const MAX_COLUMNS = 2 ** 24;
/** The largest tree, as a power of two: indices of leaves are u32s and leave room for arithmetic on node numbers. */
export const MAX_LOG_LEAVES = 31;

/** What names a tree. */
export interface LeafDomain {
  /** 1 to 8 printable ASCII characters, e.g. `AM`. */
  readonly label: string;
  /** A non-negative integer below 2^53; 0 for trees without epochs. */
  readonly epoch: number;
  /** 8 bytes naming the group; zeros for trees without groups. */
  readonly group: Uint8Array;
}

/** What all leaves of one tree have in common: enough to hash one. */
export interface LeafFormat {
  /** The leaf key, 8 words. Public. */
  readonly key: Uint32Array;
  /** Words of values, at least 1. */
  readonly columns: number;
  readonly salted: boolean;
}

/** The label as 8 bytes. @throws RangeError unless it is 1 to 8 printable ASCII characters */
export function labelBytes(label: string): Uint8Array<ArrayBuffer> {
  if (!/^[\x21-\x7e]{1,8}$/.test(label)) {
    throw new RangeError(`label: expected 1 to 8 printable ASCII characters, got ${JSON.stringify(label)}`);
  }
  const bytes = new Uint8Array(LABEL_BYTES);
  for (let i = 0; i < label.length; i++) bytes[i] = label.charCodeAt(i);
  return bytes;
}

/** The 36 bytes that a tree's leaf key is derived from. @throws RangeError for a field that does not fit its width */
export function leafMaterial(
  domain: LeafDomain,
  columns: number,
  logLeaves: number,
  salted: boolean,
): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(domain.epoch) || domain.epoch < 0) {
    throw new RangeError(`epoch: expected an integer in [0, 2^53), got ${domain.epoch}`);
  }
  if (domain.group.length !== GROUP_BYTES) {
    throw new RangeError(`group: expected ${GROUP_BYTES} bytes, got ${domain.group.length}`);
  }
  if (!Number.isInteger(columns) || columns < 1 || columns > MAX_COLUMNS) {
    throw new RangeError(`columns: expected an integer in [1, ${MAX_COLUMNS}], got ${columns}`);
  }
  if (!Number.isInteger(logLeaves) || logLeaves < 0 || logLeaves > MAX_LOG_LEAVES) {
    throw new RangeError(`logLeaves: expected an integer in [0, ${MAX_LOG_LEAVES}], got ${logLeaves}`);
  }
  const material = new Uint8Array(LEAF_MATERIAL_BYTES);
  const view = new DataView(material.buffer);
  material.set(labelBytes(domain.label));
  view.setUint32(8, domain.epoch % 2 ** 32, true);
  view.setUint32(12, Math.floor(domain.epoch / 2 ** 32), true);
  material.set(domain.group, 16);
  view.setUint32(24, columns, true);
  view.setUint32(28, logLeaves, true);
  view.setUint32(32, salted ? SALT_BYTES : 0, true);
  return material;
}

/**
 * The format of a tree's leaves.
 *
 * @param columns words of values in a leaf
 * @throws RangeError for a field that does not fit its width
 * @example
 * const format = leafFormat({ label: 'AM', epoch: 0, group: new Uint8Array(8) }, 5, 20, true);
 */
export function leafFormat(
  domain: LeafDomain,
  columns: number,
  logLeaves: number,
  salted: boolean,
): LeafFormat {
  const material = leafMaterial(domain, columns, logLeaves, salted);
  const key = wordsOfBytes(new Uint32Array(8), blake3(material, { context: LEAF_CONTEXT }));
  return { key, columns, salted };
}

/** Words of a leaf's message: salt and values. */
export function leafWords({ columns, salted }: LeafFormat): number {
  return columns + (salted ? SALT_WORDS : 0);
}

/**
 * The digest of one leaf.
 *
 * @param values one canonical word per column
 * @param salt 16 bytes in a salted tree, absent in any other
 * @throws RangeError for another number of words or bytes
 * @example
 * leafDigest(format, row, salt);
 */
export function leafDigest(
  format: LeafFormat,
  values: ArrayLike<number>,
  salt?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return leafHasher(format)(values, salt);
}

/** `leafDigest` for many leaves of one tree: the message is written into the same words again and again. */
export function leafHasher(
  format: LeafFormat,
): (values: ArrayLike<number>, salt?: Uint8Array) => Uint8Array<ArrayBuffer> {
  const { key, columns, salted } = format;
  const length = leafWords(format);
  const message = paddedWords(length);
  const head = message.subarray(0, length - columns);
  const saltBytes = salted ? SALT_BYTES : 0;
  return (values, salt) => {
    if (values.length !== columns) {
      throw new RangeError(`values: expected ${columns} words, got ${values.length}`);
    }
    if ((salt?.length ?? 0) !== saltBytes) {
      throw new RangeError(`salt: expected ${saltBytes} bytes, got ${salt?.length ?? 0}`);
    }
    if (salt !== undefined) wordsOfBytes(head, salt);
    for (let c = 0; c < columns; c++) message[head.length + c] = values[c] as number;
    return bytesOfWords(keyedWords(key, message, length));
  };
}

/** The digest of a node. @throws RangeError unless both children have 32 bytes */
export function nodeDigest(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  if (left.length !== DIGEST_BYTES) throw new RangeError(`left: expected 32 bytes, got ${left.length}`);
  if (right.length !== DIGEST_BYTES) throw new RangeError(`right: expected 32 bytes, got ${right.length}`);
  const words = wordsOfBytes(new Uint32Array(8), left);
  nodeWords(words, 0, words, 0, wordsOfBytes(new Uint32Array(8), right), 0);
  return bytesOfWords(words);
}

const pair = new Uint32Array(16);

/** The same on 8 words each, from some place of a list on; a child may be written over. */
export function nodeWords(
  out: Uint32Array,
  outAt: number,
  left: Uint32Array,
  leftAt: number,
  right: Uint32Array,
  rightAt: number,
): void {
  for (let i = 0; i < 8; i++) {
    pair[i] = left[leftAt + i] as number;
    pair[8 + i] = right[rightAt + i] as number;
  }
  compress(pair, nodeKey, 0, pair, 0, 0, BLOCK_BYTES, KEYED_ONE_BLOCK); // BLAKE3 of a 64-byte message
  for (let i = 0; i < 8; i++) out[outAt + i] = pair[i] as number;
}
