/**
 * Kernels that hash: leaves and layers of hash trees (`hash/leaf.ts` defines both) and pseudo-random streams
 * (`hash/stream.ts`). A *digest array* is a `Uint32Array` of 8 little-endian words per digest. Rows are stored
 * one after the other; their words are hashed as they are, so they must be plain canonical words, not
 * Montgomery forms. `out` arrays must not overlap operands.
 *
 * Leaves can be hashed as a whole (`hashLeaves`) or while their columns arrive, in pieces that fill whole blocks of 16
 * words: `absorbLeaves` from column 0 to the last, then `finishLeaves`. Both give the same digests. A salt is the first
 * four words of a leaf, so that in a salted tree the first piece has 12 columns, or 16 more, or 32 more. Between calls a
 * leaf is its *state*: chaining values of 8 words, one for a leaf of one chunk (up to 252 salted columns) and a few more
 * for longer ones, `leafStateWords(format)` words per row. The state of a leaf of one chunk ends as its digest.
 */
import { leafWords, SALT_WORDS, type LeafFormat } from '../../hash/leaf.ts';
import type { Stream } from '../../hash/stream.ts';

export interface HashKernels {
  /**
   * digests[r] = the leaf with values row r and salt r.
   * @param values [rows][columns]
   * @param salts [rows][4] words in a salted tree, null in any other
   */
  hashLeaves(digests: Uint32Array, format: LeafFormat, values: Uint32Array, salts: Uint32Array | null): void;
  /**
   * Absorbs columns [column, column + width) of leaves; at column 0 starts them.
   * @param state [rows][leafStateWords(format)]; at column 0 its contents do not matter
   * @param column the columns absorbed so far: with the salt they fill whole blocks
   * @param values [rows][width]
   * @param width columns up to a border of blocks, or all that are left
   * @param salts [rows][4] words at column 0 of a salted tree; null in any other call
   */
  absorbLeaves(
    state: Uint32Array,
    format: LeafFormat,
    column: number,
    values: Uint32Array,
    width: number,
    salts: Uint32Array | null,
  ): void;
  /** digests[r] = the leaf of row r, all of whose columns were absorbed. */
  finishLeaves(digests: Uint32Array, state: Uint32Array, format: LeafFormat): void;
  /** parents[i] = node(children[2i], children[2i + 1]); `children` has twice as many digests. */
  hashParents(parents: Uint32Array, children: Uint32Array): void;
  /**
   * All layers above `leaves` digests up to the layer of `cap` nodes, both powers of two, cap <= leaves.
   * `nodes` holds the layers one after the other, leaves first: 2 * leaves - cap digests, the first `leaves`
   * given, the others written.
   */
  hashTree(nodes: Uint32Array, leaves: number, cap: number): void;
  /** out[i] = raw word at + i of a stream. Salts of leaves f, f+1, ..: `saltStream`, at = 4f. */
  expandWords(out: Uint32Array, stream: Stream, at: number): void;
  /** out[i] = uniform word at + i of a stream, read plainly: masks and pads. */
  expandUniform(out: Uint32Array, stream: Stream, at: number): void;
}

/** Words that fill one block of a leaf. */
export const BLOCK_WORDS = 16;

/** Words of a digest. */
export const DIGEST_WORDS = 8;

/** Chunks of 1,024 bytes in a leaf. */
export function leafChunks(format: LeafFormat): number {
  return Math.ceil((4 * leafWords(format)) / 1024);
}

/**
 * Words of a leaf's state: the chaining value of the running chunk and those of complete subtrees. After n
 * complete chunks there are as many subtrees as n has binary ones; n < leafChunks.
 */
export function leafStateWords(format: LeafFormat): number {
  const subtrees = 32 - Math.clz32(leafChunks(format) - 1);
  return DIGEST_WORDS * (1 + subtrees);
}

/** The column behind a piece of about `most` columns that begins at `column`: a border of blocks, or the last. */
export function pieceEnd(
  format: Pick<LeafFormat, 'columns' | 'salted'>,
  column: number,
  most: number,
): number {
  const salt = format.salted ? SALT_WORDS : 0;
  const border = BLOCK_WORDS * Math.max(1, Math.floor((column + salt + most) / BLOCK_WORDS)) - salt;
  return Math.min(format.columns, border > column ? border : border + BLOCK_WORDS);
}
