/**
 * What the leaves and nodes of a hash tree are. All fields have a fixed width, so that no two leaves have the
 * same message, and leaves and nodes are hashed under two different public keys, so that no leaf can pass for a
 * node or a node for a leaf although a node costs a single compression.
 *
 *   leaf = BLAKE3_keyed(LEAF_KEY, header || values)
 *   node = BLAKE3_keyed(NODE_KEY, left || right)
 *
 * `values` are canonical little-endian u32s, one per column. The header is one block of 64 bytes:
 *
 *    offset  bytes  field
 *       0      8    label, ASCII, padded with zeros
 *       8      8    epoch, u64
 *      16      8    group, or zeros
 *      24      4    index of the leaf, u32
 *      28      4    columns, u32
 *      32     16    salt, or zeros in a tree of public or uniformly random leaves
 *      48     16    zeros
 *
 * so the values start at a block border and 16 columns fill one block exactly. Integers are little-endian.
 */
import { blake3, blake3Hasher, DIGEST_BYTES } from './blake3.ts';
import { BLOCK_BYTES, compress, KEYED_ONE_BLOCK } from './compress.ts';
import { bytesOfWords, wordsOfBytes } from './words.ts';

/** The keys are public: outputs of key derivation from two contexts and no material. */
export const LEAF_KEY: Uint8Array = blake3(new Uint8Array(0), { context: 'zkdl 2026 Merkle leaf' });
export const NODE_KEY: Uint8Array = blake3(new Uint8Array(0), { context: 'zkdl 2026 Merkle node' });

const nodeKey = wordsOfBytes(new Uint32Array(8), NODE_KEY);

export const LABEL_BYTES = 8;
export const GROUP_BYTES = 8;
export const SALT_BYTES = 16;
/** Where fields that differ between the leaves of a tree, or must be derived, stand in the header. */
export const HEADER_INDEX = 24;
export const HEADER_COLUMNS = 28;
export const HEADER_SALT = 32;
/** Leaves of more columns than this are refused: 64 MiB each. */
export const MAX_COLUMNS = 2 ** 24;

/** What all leaves of one tree have in common. */
export interface LeafDomain {
  /** 1 to 8 printable ASCII characters, e.g. `AM`. */
  readonly label: string;
  /** A non-negative integer below 2^53; 0 for trees without epochs. */
  readonly epoch: number;
  /** 8 bytes naming the group; zeros for trees without groups. */
  readonly group: Uint8Array;
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

/**
 * The 64 bytes before a leaf's values.
 *
 * @param salt 16 bytes; absent: zeros
 * @throws RangeError for a field that does not fit its width
 */
export function leafHeader(
  domain: LeafDomain,
  index: number,
  columns: number,
  salt?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(domain.epoch) || domain.epoch < 0) {
    throw new RangeError(`epoch: expected an integer in [0, 2^53), got ${domain.epoch}`);
  }
  if (domain.group.length !== GROUP_BYTES) {
    throw new RangeError(`group: expected ${GROUP_BYTES} bytes, got ${domain.group.length}`);
  }
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** 32) {
    throw new RangeError(`index: expected an integer in [0, 2^32), got ${index}`);
  }
  if (!Number.isInteger(columns) || columns < 0 || columns > MAX_COLUMNS) {
    throw new RangeError(`columns: expected an integer in [0, ${MAX_COLUMNS}], got ${columns}`);
  }
  if (salt !== undefined && salt.length !== SALT_BYTES) {
    throw new RangeError(`salt: expected ${SALT_BYTES} bytes, got ${salt.length}`);
  }
  const header = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(header.buffer);
  header.set(labelBytes(domain.label));
  view.setUint32(8, domain.epoch % 2 ** 32, true);
  view.setUint32(12, Math.floor(domain.epoch / 2 ** 32), true);
  header.set(domain.group, 16);
  view.setUint32(HEADER_INDEX, index, true);
  view.setUint32(HEADER_COLUMNS, columns, true);
  if (salt !== undefined) header.set(salt, HEADER_SALT);
  return header;
}

/**
 * The digest of one leaf.
 *
 * @param values the canonical encoding of the values, 4 bytes per column; decoding it is the caller's check
 * @throws RangeError for a field that does not fit its width, or values that are not whole words
 * @example
 * leafDigest({ label: 'AM', epoch: 0, group: new Uint8Array(8) }, 5, encodeFes(row), salt);
 */
export function leafDigest(
  domain: LeafDomain,
  index: number,
  values: Uint8Array,
  salt?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (values.length % 4 !== 0) {
    throw new RangeError(`values: expected whole 4-byte words, got ${values.length} bytes`);
  }
  const header = leafHeader(domain, index, values.length / 4, salt);
  return blake3Hasher({ key: LEAF_KEY }).update(header).update(values).digest();
}

/** The digest of a node. @throws RangeError unless both children have 32 bytes */
export function nodeDigest(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  if (left.length !== DIGEST_BYTES) throw new RangeError(`left: expected 32 bytes, got ${left.length}`);
  if (right.length !== DIGEST_BYTES) throw new RangeError(`right: expected 32 bytes, got ${right.length}`);
  const words = new Uint32Array(16);
  wordsOfBytes(words.subarray(0, 8), left);
  wordsOfBytes(words.subarray(8), right);
  compress(words, nodeKey, 0, words, 0, 0, BLOCK_BYTES, KEYED_ONE_BLOCK); // BLAKE3 of a 64-byte message
  return bytesOfWords(words.subarray(0, 8));
}
