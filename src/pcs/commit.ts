/**
 * Committing a group of columns: pads, code, salted leaves, tree. Columns are read in batches of sixteen, a block of a
 * leaf, and the code is made coset by coset, so memory stays bounded whatever the group's size: one coset of one batch,
 * and the states of the leaves of as many cosets as there is room for; the columns are read once for each such share.
 */
import type { Kernels } from '../kernels/contract.ts';
import { DIGEST_WORDS, leafStateWords, pieceEnd } from '../kernels/contract/hash.ts';
import type { PaddedMessage } from '../kernels/contract/ntt.ts';
import { hasRoom, hotLike, hotWords } from '../kernels/memory/hot.ts';
import { SALT_WORDS, type LeafFormat } from '../hash/leaf.ts';
import type { Stream } from '../hash/stream.ts';
import { capOf, growTree, storedNodes, subtreeRoots } from '../merkle/prove.ts';
import type { CommittedRows } from '../merkle/rows-prove.ts';
import { treeFormat, type RowTree } from '../merkle/rows-verify.ts';
import { LOG_CODE_EXPANSION, type CodeParameters } from '../params/parameters.ts';
import { mapSecret, type Secret } from '../secret/secret.ts';
import {
  codewordShape,
  panelWriter,
  type CodewordSink,
  type KeptCodeword,
  type PanelWriter,
} from './codeword-commit.ts';
import { BATCH_COLUMNS, type ColumnSource } from './columns.ts';

/** What a committer keeps for openings, beside the columns. */
export interface Keep {
  /**
   * Lowest layers of the tree that are not kept; the subtrees above opened leaves are then recomputed. Each layer dropped
   * halves the tree and doubles the rows recomputed for an opening: 0 keeps 64 bytes a leaf, 4 keeps 4.
   */
  readonly absentLayers: number;
  /** Keep the codeword in memory: nothing is recomputed. For trees that one proof makes and opens. */
  readonly codeword: boolean;
  /** Receives the codeword while it is made, strip by strip (codeword-commit.ts): columns are then read once for each coset. */
  readonly sink?: CodewordSink | undefined;
  /**
   * Codeword and tree may lie in the current scope of the kernel memory, and are gone with it: memory that was used before, where a new
   * array costs a page fault every 4 KiB. Default: false.
   */
  readonly scoped?: boolean;
}

/** A committed group: its tree, and the rows of its codeword if they were kept. */
export interface CommittedColumns extends CommittedRows {
  /** Null: opened rows are recomputed. */
  readonly codeword: KeptCodeword | null;
}

/** Where the salts of a tree come from. */
export interface TreeSalts {
  /** Words of a stream; the salt of leaf i is words 4i .. 4i + 3 behind `at`. */
  readonly stream: Secret<Stream>;
  readonly at: number;
}

/** Fills the salts of rows [first, first + rows), in kernel memory where there is room. */
export function fillSalts(kernels: Kernels, salts: TreeSalts, first: number, rows: number): Uint32Array {
  const words = hotWords(kernels, SALT_WORDS * rows);
  mapSecret([salts.stream], (stream) => kernels.expandWords(words, stream, salts.at + SALT_WORDS * first));
  return words;
}

/** A batch of columns as rows, cells and pads; call within a scope of the kernel memory. */
export function batchMessage(
  kernels: Kernels,
  source: ColumnSource,
  first: number,
  count: number,
): PaddedMessage {
  const columnCells = source.data(first, count);
  const data = hotLike(kernels, columnCells, columnCells.length);
  kernels.interleave(data, columnCells, count);
  const words = count * source.padLength;
  const pad = hotWords(kernels, words);
  if (words > 0) {
    kernels.memory.scope(() => {
      const pads = source.pads(first, count, hotWords(kernels, words));
      kernels.interleave(pad, pads, count);
    });
  }
  return { data, pad };
}

/**
 * Commits all columns of a source.
 *
 * @param salts secret
 * @param keep what openings will find
 */
export function commitColumns(
  kernels: Kernels,
  code: CodeParameters,
  tree: RowTree,
  source: ColumnSource,
  salts: TreeSalts,
  keep: Keep,
  progress?: (done: number) => void,
): CommittedColumns {
  if (source.columns !== tree.words) {
    throw new RangeError(`source: expected ${tree.words} columns, got ${source.columns}`);
  }
  const rows = 2 ** code.logData;
  const cosets = 2 ** LOG_CODE_EXPANSION;
  const absent = Math.min(keep.absentLayers, code.logData, tree.shape.logLeaves - tree.shape.logCap);
  const kept = keep.codeword ? keptWords(kernels, cosets * rows * tree.words, keep) : null;
  const nodes = nodeWords(kernels, tree, absent, rows, keep);
  const roots = nodes.subarray(0, DIGEST_WORDS * 2 ** (tree.shape.logLeaves - absent));
  const format = treeFormat(tree);
  const all = (sink: PanelWriter | undefined): void => {
    const share = sink === undefined ? cosetsAtOnce(kernels, format, rows, cosets) : 1;
    const leaf: LeafWork = { kernels, code, format, rows, source, salts, kept, sink };
    for (let first = 0; first < cosets; first += share) {
      kernels.memory.scope(() => {
        const digests = hashCosets(leaf, first, share, (done) => progress?.((first + share * done) / cosets));
        const size = roots.length / cosets;
        subtreeRoots(kernels, absent, digests, roots.subarray(first * size, (first + share) * size));
      });
    }
  };
  const { sink } = keep;
  kernels.memory.scope(() => all(sink && panelWriter(kernels, codewordShape(code, tree.words), sink)));
  const stored = growTree(kernels, tree.shape, nodes, absent);
  const codeword = kept && { rows: (wanted: readonly number[]) => keptRows(kept, format, wanted) };
  return { tree, stored, cap: capOf(stored), codeword };
}

/** Batches of columns as leaves absorb them. */
function batchesOf(format: LeafFormat): { readonly column: number; readonly count: number }[] {
  const batches: { column: number; count: number }[] = [];
  for (let column = 0; column < format.columns;) {
    const count = pieceEnd(format, column, BATCH_COLUMNS) - column;
    batches.push({ column, count });
    column += count;
  }
  return batches;
}

/** Rows out of a codeword that lies batch after batch, [n0][count] each: put together where they are opened, a few hundred. */
function keptRows(kept: Uint32Array, format: LeafFormat, wanted: readonly number[]): Uint32Array {
  const length = kept.length / format.columns;
  const rows = new Uint32Array(wanted.length * format.columns);
  for (const { column, count } of batchesOf(format)) {
    const batch = kept.subarray(length * column, length * (column + count));
    wanted.forEach((row, i) =>
      rows.set(batch.subarray(row * count, (row + 1) * count), i * format.columns + column),
    );
  }
  return rows;
}

function keptWords(kernels: Kernels, length: number, keep: Keep): Uint32Array {
  return keep.scoped === true ? hotWords(kernels, length) : new Uint32Array(length);
}

/** Room for a tree; in kernel memory only where that leaves room for the leaves of all cosets at once. */
function nodeWords(kernels: Kernels, tree: RowTree, absent: number, rows: number, keep: Keep): Uint32Array {
  const length = DIGEST_WORDS * storedNodes(tree.shape, absent);
  const cosets = 2 ** LOG_CODE_EXPANSION;
  const leaves = leafBytes(treeFormat(tree), rows, cosets);
  const hot = keep.scoped === true && hasRoom(kernels.memory, 4 * length + leaves);
  return hot ? kernels.memory.u32(length) : new Uint32Array(length);
}

/** What does not change between shares of cosets. */
interface LeafWork {
  readonly kernels: Kernels;
  readonly code: CodeParameters;
  readonly format: LeafFormat;
  /** Rows of a coset. */
  readonly rows: number;
  readonly source: ColumnSource;
  readonly salts: TreeSalts;
  readonly kept: Uint32Array | null;
  /** Where the codeword goes, if anywhere; cosets come one at a time then. */
  readonly sink: PanelWriter | undefined;
}

/** Cosets whose leaves are in the making at once: all of them, or as many as leave room for a batch. */
function cosetsAtOnce({ memory }: Kernels, format: LeafFormat, rows: number, cosets: number): number {
  let share = cosets;
  while (share > 1 && !hasRoom(memory, leafBytes(format, rows, share))) share /= 2;
  return share;
}

/** Bytes of the leaves of `share` cosets in the making, with a batch of columns. */
function leafBytes(format: LeafFormat, rows: number, share: number): number {
  const batch = 4 * Math.min(BATCH_COLUMNS, format.columns) + SALT_WORDS;
  return 4 * rows * (batch + share * leafStateWords(format));
}

/** The leaf digests of cosets [first, first + share), in the current scope. */
function hashCosets(
  { kernels, code, format, rows, source, salts, kept, sink }: LeafWork,
  first: number,
  share: number,
  progress: (done: number) => void,
): Uint32Array {
  const stateWords = rows * leafStateWords(format);
  const states = hotWords(kernels, share * stateWords);
  for (const { column, count } of batchesOf(format)) {
    kernels.memory.scope(() => {
      const length = rows * 2 ** LOG_CODE_EXPANSION;
      const whole = kept?.subarray(length * column, length * (column + count)); // made where it is kept
      const batch = whole ?? sink?.room(count) ?? hotWords(kernels, rows * count);
      const message = batchMessage(kernels, source, column, count);
      const shape = { logN: code.logData + LOG_CODE_EXPANSION, columns: count };
      for (let c = 0; c < share; c++) {
        const state = states.subarray(c * stateWords, (c + 1) * stateWords);
        const at = whole === undefined ? 0 : (first + c) * rows * count;
        const out = batch.subarray(at, at + rows * count);
        kernels.encodeCoset(out, message, shape, first + c);
        kernels.memory.scope(() => {
          const salt = column === 0 ? fillSalts(kernels, salts, (first + c) * rows, rows) : null;
          kernels.absorbLeaves(state, format, column, out, count, salt);
        });
        sink?.done();
      }
    });
    progress((column + count) / format.columns);
  }
  if (leafStateWords(format) === DIGEST_WORDS) return states; // the state of one chunk ends as the digest
  const digests = hotWords(kernels, DIGEST_WORDS * share * rows);
  kernels.finishLeaves(digests, states, format);
  return digests;
}
