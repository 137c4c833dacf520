/** Committing the rows of a matrix and opening some of them: the prover's side of `rows-verify.ts`. */
import { decodeDigests } from './digests.ts';
import type { Fe } from '../field/field.ts';
import { bytesOfWords } from '../hash/words.ts';
import type { Kernels } from '../kernels/contract.ts';
import { DIGEST_WORDS } from '../kernels/contract/hash.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import { publicRandom } from '../secret/released.ts';
import type { ProverChannel } from '../transcript/prover.ts';
import {
  capOf,
  growTree,
  proveMultiproof,
  storedNodes,
  type StoredTree,
  type SubtreeLeaves,
} from './prove.ts';
import { treeFormat, type RowTree } from './rows-verify.ts';

/** A committed matrix whose rows the caller keeps or recomputes. */
export interface CommittedRows {
  readonly tree: RowTree;
  readonly stored: StoredTree;
  /** 32 * 2^logCap bytes. */
  readonly cap: Uint8Array;
}

/**
 * Hashes all rows of a matrix that is at hand. The tree lies in the current scope of the kernel memory, where there is
 * room for it, and is gone with it.
 *
 * @param values [2^logLeaves][words], plain canonical words
 * @param salts 4 words a row, or null for an unsalted tree
 */
export function commitRows(
  kernels: Kernels,
  tree: RowTree,
  values: Uint32Array,
  salts: Uint32Array | null,
): CommittedRows {
  if ((salts !== null) !== tree.salted) {
    throw new TypeError(`salts: expected ${tree.salted ? 'salts' : 'none'} for tree ${tree.domain.label}`);
  }
  const nodes = hotWords(kernels, DIGEST_WORDS * storedNodes(tree.shape, 0));
  const digests = nodes.subarray(0, DIGEST_WORDS * 2 ** tree.shape.logLeaves);
  kernels.hashLeaves(digests, treeFormat(tree), values, salts);
  const stored = growTree(kernels, tree.shape, nodes);
  return { tree, stored, cap: capOf(stored) };
}

/** What an opening writes: rows and salts at the positions, in their order. */
export interface OpenedRows {
  /** [positions][words]. */
  readonly values: Uint32Array;
  /** 4 words a position; null for an unsalted tree. */
  readonly salts: Uint32Array | null;
  /** For a tree without its lower layers. */
  readonly subtreeLeaves?: SubtreeLeaves;
}

/**
 * Writes rows, salts and siblings.
 *
 * @param positions stored rows, strictly increasing
 * @param reason why these rows say nothing about the witness
 */
export function writeRows(
  kernels: Kernels,
  ch: ProverChannel,
  committed: CommittedRows,
  positions: readonly number[],
  opened: OpenedRows,
  reason: string,
): void {
  const { tree, stored } = committed;
  const label = `rows/${tree.domain.label}`;
  ch.writeOpeningFes(label, publicRandom(Array.from(opened.values) as Fe[], reason));
  const salts = opened.salts === null ? new Uint8Array(0) : bytesOfWords(opened.salts);
  ch.writeOpeningBytes(`${label}/salts`, publicRandom(salts, 'salts of opened leaves hide nothing any more'));
  const siblings = decodeDigests(proveMultiproof(kernels, stored, positions, opened.subtreeLeaves));
  ch.writeOpeningDigests(`${label}/siblings`, publicRandom(siblings, 'digests of salted or public leaves'));
}

/** The rows of a matrix at some positions: [positions][words]. */
export function pickRows(values: Uint32Array, words: number, positions: readonly number[]): Uint32Array {
  const picked = new Uint32Array(positions.length * words);
  positions.forEach((position, i) => {
    picked.set(values.subarray(position * words, (position + 1) * words), i * words);
  });
  return picked;
}
