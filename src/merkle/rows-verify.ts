/**
 * Opened rows of a committed matrix: leaves with their salts and the multiproof, read in one go and authenticated before
 * anybody sees a value.
 *
 *   in the proof   rows in ascending order, words canonical | salts, 16 bytes a row, if the tree is salted | siblings
 */
import type { Fe } from '../field/field.ts';
import { leafHasher, leafFormat, SALT_BYTES, type LeafDomain, type LeafFormat } from '../hash/leaf.ts';
import { authenticate } from '../transcript/unauthenticated.ts';
import type { VerifierChannel } from '../transcript/verifier.ts';
import { siblingCount, type TreeShape } from './shape.ts';
import { verifyMultiproof } from './verify.ts';

/** A tree over the rows of a matrix. */
export interface RowTree {
  readonly domain: LeafDomain;
  readonly shape: TreeShape;
  /** Words of a row. */
  readonly words: number;
  /** Whether leaves carry salts: all but those of publicly random rows do. */
  readonly salted: boolean;
}

/** What the leaves of a tree look like. */
export function treeFormat({ domain, shape, words, salted }: RowTree): LeafFormat {
  return leafFormat(domain, words, shape.logLeaves, salted);
}

/** Drawn positions without repetitions, ascending. */
export function distinctPositions(drawn: readonly number[]): number[] {
  return [...new Set(drawn)].sort((a, b) => a - b);
}

/**
 * Reads the rows at some leaves and checks them against a cap.
 *
 * @param cap 32 * 2^logCap bytes
 * @param positions stored rows, strictly increasing
 * @returns one row for each position
 * @throws ProofError `NON_CANONICAL`, `TRUNCATED`, `MERKLE_ROOT`, at the stage named by the tree's label
 */
export function readRows(
  ch: VerifierChannel,
  tree: RowTree,
  cap: Uint8Array,
  positions: readonly number[],
): (readonly Fe[])[] {
  const { domain, words, shape } = tree;
  const label = `rows/${domain.label}`;
  const count = positions.length;
  const [rows] = authenticate(
    [
      ch.readOpeningFes(label, count * words),
      ch.readOpeningBytes(`${label}/salts`, tree.salted ? count * SALT_BYTES : 0),
      ch.readOpeningDigests(`${label}/siblings`, siblingCount(shape, positions)),
    ],
    (fes: Fe[], salts: Uint8Array, siblings: Uint8Array) => {
      const hash = leafHasher(treeFormat(tree));
      const leaves = positions.map((_, i) => {
        const values = fes.slice(i * words, (i + 1) * words);
        const salt = tree.salted ? salts.subarray(i * SALT_BYTES, (i + 1) * SALT_BYTES) : undefined;
        return hash(values, salt);
      });
      verifyMultiproof(shape, cap, { indices: positions, leaves, siblings }, label);
    },
  );
  return positions.map((_, i) => rows.slice(i * words, (i + 1) * words));
}
