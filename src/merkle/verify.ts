/**
 * Verification of multiproofs: one pass from the opened leaves to the cap.
 *
 * Binding. Every node above an opened leaf is recomputed, with its position fixed by the index, and compared with the
 * published cap; path lengths follow from the shape, and leaves and nodes are hashed under different keys
 * (`hash/leaf.ts`). So two accepted openings of one cap at one index with different digests give a collision of
 * BLAKE3.
 */
import { refuse } from '../errors/proof-error.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { nodeWords } from '../hash/leaf.ts';
import { bytesOfWords, sameBytes, wordsOfBytes } from '../hash/words.ts';
import { checkIndices, siblingOf, siblingCount, treeDepth, type TreeShape } from './shape.ts';

/** What a verifier holds about an opening; all but `siblings` comes from the verifier itself. */
export interface Multiproof {
  /** Indices of the opened leaves, strictly increasing. */
  readonly indices: readonly number[];
  /** The digest of each opened leaf, computed from the opened values. */
  readonly leaves: readonly Uint8Array[];
  /** From the proof: 32 bytes for each of `siblingPositions`, in that order. */
  readonly siblings: Uint8Array;
}

/** Bytes of `siblings` in a multiproof for these indices: derived, never read. */
export function siblingBytes(shape: TreeShape, indices: readonly number[]): number {
  return DIGEST_BYTES * siblingCount(shape, indices);
}

/**
 * Checks that the opened leaves belong to the tree with this cap.
 *
 * @param cap 32 * 2^logCap bytes
 * @param stage named in errors, e.g. the label of the tree
 * @throws ProofError `CAP_LENGTH`, `INDEX_COUNT`, `INDEX_RANGE`, `INDEX_ORDER`, `LEAF_COUNT`, `SIBLING_COUNT`
 *   (too few, too many or a part of one), `MERKLE_ROOT` when a recomputed cap node differs
 * @example
 * verifyMultiproof(treeShape(1 << 20, 64), cap, { indices, leaves, siblings }, 'AM');
 */
export function verifyMultiproof(shape: TreeShape, cap: Uint8Array, proof: Multiproof, stage: string): void {
  const { indices, leaves, siblings } = proof;
  const capBytes = DIGEST_BYTES * 2 ** shape.logCap;
  if (cap.length !== capBytes) {
    refuse('CAP_LENGTH', stage, `expected ${capBytes} bytes, got ${cap.length}`);
  }
  checkIndices(shape, indices, stage);
  if (leaves.length !== indices.length) {
    refuse('LEAF_COUNT', stage, `expected ${indices.length} leaf digests, got ${leaves.length}`);
  }
  const expected = siblingBytes(shape, indices);
  if (siblings.length !== expected) {
    refuse('SIBLING_COUNT', stage, `expected ${expected} bytes, got ${siblings.length}`);
  }
  const top = climb(shape, proof);
  top.indices.forEach((index, k) => {
    const digest = bytesOfWords(top.digests.subarray(DIGEST_WORDS * k, DIGEST_WORDS * (k + 1)));
    const published = cap.subarray(DIGEST_BYTES * index, DIGEST_BYTES * (index + 1));
    if (!sameBytes(digest, published)) {
      refuse('MERKLE_ROOT', stage, `expected cap node ${index} as published, got another digest`);
    }
  });
}

const DIGEST_WORDS = DIGEST_BYTES / 4;

/** Nodes of one layer: node indices[k] has the words [8k, 8k + 8) of `digests`. */
interface KnownNodes {
  readonly indices: readonly number[];
  readonly digests: Uint32Array;
}

/** The cap nodes above the opened leaves. The siblings are consumed in the order of `siblingPositions`. */
function climb(shape: TreeShape, { indices, leaves, siblings }: Multiproof): KnownNodes {
  const digests = new Uint32Array(DIGEST_WORDS * leaves.length);
  leaves.forEach((leaf, k) => {
    wordsOfBytes(digests.subarray(DIGEST_WORDS * k, DIGEST_WORDS * (k + 1)), leaf);
  });
  const carried = wordsOfBytes(new Uint32Array(siblings.length / 4), siblings);
  let known: readonly number[] = indices;
  let read = 0;
  for (let layer = 0; layer < treeDepth(shape); layer++) {
    const parents: number[] = [];
    for (let k = 0; k < known.length; k++) {
      const index = known[k] as number;
      const own = DIGEST_WORDS * k;
      const pair = known[k + 1] === siblingOf(index);
      const from = pair ? digests : carried;
      const other = DIGEST_WORDS * (pair ? ++k : read++);
      // In place: a parent never stands behind its children.
      const parent = DIGEST_WORDS * parents.length;
      if (index % 2 === 0) nodeWords(digests, parent, digests, own, from, other);
      else nodeWords(digests, parent, from, other, digests, own);
      parents.push(Math.floor(index / 2));
    }
    known = parents;
  }
  return { indices: known, digests };
}
