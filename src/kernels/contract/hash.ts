/**
 * Kernels that hash: leaves and layers of hash trees (`hash/leaf.ts` defines both) and pseudo-random streams
 * (`hash/stream.ts`). A *digest array* is a `Uint32Array` of 8 little-endian words per digest. Rows are stored
 * one after the other; their words are hashed as they are, so they must be plain canonical words, not
 * Montgomery forms. `out` arrays must not overlap operands.
 *
 * Leaves can be hashed as a whole (`hashLeaves`) or while their columns arrive, 16 at a time or in any multiple
 * of 16: `beginLeaves`, then `absorbLeaves` from column 0 to the last, then `finishLeaves`. Both give the same
 * digests. Between calls a leaf is its *state*: chaining values of 8 words, one for a leaf of one chunk (up to
 * 240 columns) and a few more for longer ones, `leafStateWords(columns)` words per row.
 */
import type { LeafDomain } from '../../hash/leaf.ts';
import type { Stream } from '../../hash/stream.ts';

export interface HashKernels {
  /**
   * digests[r] = the leaf with index first + r, values row r and salt r.
   * @param values [rows][columns]
   * @param salts [rows][4] words, or null for zero salts
   * @param first index of row 0; the last index is below 2^32
   */
  hashLeaves(
    digests: Uint32Array,
    domain: LeafDomain,
    values: Uint32Array,
    columns: number,
    salts: Uint32Array | null,
    first: number,
  ): void;
  /** Starts leaves of `columns` columns: absorbs the headers. `state` is [rows][leafStateWords(columns)]. */
  beginLeaves(
    state: Uint32Array,
    domain: LeafDomain,
    columns: number,
    salts: Uint32Array | null,
    first: number,
  ): void;
  /**
   * Absorbs columns [column, column + width) of leaves with `columns` columns.
   * @param column a multiple of 16: the columns absorbed so far
   * @param values [rows][width]
   * @param width a multiple of 16, or all that are left
   */
  absorbLeaves(state: Uint32Array, columns: number, column: number, values: Uint32Array, width: number): void;
  /** digests[r] = the leaf of row r, all of whose columns were absorbed. */
  finishLeaves(digests: Uint32Array, state: Uint32Array, columns: number): void;
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

/** Columns that fill one block of a leaf. */
export const BLOCK_COLUMNS = 16;

/** Words of a digest. */
export const DIGEST_WORDS = 8;

/** Words of a salt. */
export const SALT_WORDS = 4;

/** Chunks of 1,024 bytes in a leaf: a header of 64 bytes and the values. */
export function leafChunks(columns: number): number {
  return Math.ceil((64 + 4 * columns) / 1024);
}

/**
 * Words of a leaf's state: the chaining value of the running chunk and those of complete subtrees. After n
 * complete chunks there are as many subtrees as n has binary ones; n < leafChunks.
 */
export function leafStateWords(columns: number): number {
  const subtrees = 32 - Math.clz32(leafChunks(columns) - 1);
  return DIGEST_WORDS * (1 + subtrees);
}
