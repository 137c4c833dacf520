/**
 * Committing a group of columns: pads, code, salted leaves, tree. Columns are read in batches of sixteen, the width of a
 * hash block, and the code is made coset by coset, so memory stays bounded whatever the group's size: one coset of one
 * batch, and the state of one coset's leaves.
 */
import type { Kernels } from '../kernels/contract.ts';
import { leafStateWords } from '../kernels/contract/hash.ts';
import type { PaddedMessage } from '../kernels/contract/ntt.ts';
import { bitReverse } from '../field/domain.ts';
import type { Stream } from '../hash/stream.ts';
import { buildTree, capOf, storedNodes, subtreeRoots } from '../merkle/prove.ts';
import { pickRows, type CommittedRows, type OpenedRows } from '../merkle/rows-prove.ts';
import type { RowTree } from '../merkle/rows-verify.ts';
import { LOG_CODE_EXPANSION, type CodeParameters } from '../params/parameters.ts';
import { BATCH_COLUMNS, inBatches, type ColumnSource } from './columns.ts';

/** What a committer keeps for openings, beside the columns. */
export interface Keep {
  /**
   * Lowest layers of the tree that are not kept; the subtrees above opened leaves are then recomputed. Each layer dropped
   * halves the tree and doubles the rows recomputed for an opening: 0 keeps 64 bytes a leaf, 4 keeps 4.
   */
  readonly absentLayers: number;
  /** Keep the codeword as well: nothing is recomputed. For trees that one proof makes and opens. */
  readonly codeword: boolean;
}

/** A committed group: its tree, and the rows of its codeword if they were kept. */
export interface CommittedColumns extends CommittedRows {
  /** [2^logLeaves][columns], or null. */
  readonly codeword: Uint32Array | null;
}

/** Where the salts of a tree come from. */
export interface TreeSalts {
  /** Words of a stream; the salt of leaf i is words 4i .. 4i + 3 behind `at`. */
  readonly stream: Stream;
  readonly at: number;
}

/** Fills the salts of rows [first, first + rows). */
function fillSalts(kernels: Kernels, salts: TreeSalts, first: number, rows: number): Uint32Array {
  const words = new Uint32Array(4 * rows);
  kernels.expandWords(words, salts.stream, salts.at + 4 * first);
  return words;
}

/** A batch of columns as rows, cells and pads. */
export function batchMessage(
  kernels: Kernels,
  source: ColumnSource,
  first: number,
  count: number,
): PaddedMessage {
  const columnCells = source.data(first, count);
  const data = columnCells.slice() as typeof columnCells;
  kernels.interleave(data, columnCells, count);
  const pads = source.pads(first, count);
  const pad = new Uint32Array(pads.length);
  if (pads.length > 0) kernels.interleave(pad, pads, count);
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
  const kept = keep.codeword ? new Uint32Array(cosets * rows * tree.words) : null;
  const roots = new Uint32Array(8 * 2 ** (tree.shape.logLeaves - absent));
  const state = new Uint32Array(rows * leafStateWords(tree.words));
  const digests = new Uint32Array(8 * rows);
  const codeword = new Uint32Array(rows * Math.min(BATCH_COLUMNS, source.columns));
  for (let coset = 0; coset < cosets; coset++) {
    kernels.beginLeaves(
      state,
      tree.domain,
      tree.words,
      fillSalts(kernels, salts, coset * rows, rows),
      coset * rows,
    );
    inBatches(source, (first, count) => {
      const out = codeword.subarray(0, rows * count);
      const shape = { logN: code.logData + LOG_CODE_EXPANSION, columns: count };
      kernels.encodeCoset(out, batchMessage(kernels, source, first, count), shape, coset);
      kernels.absorbLeaves(state, tree.words, first, out, count);
      if (kept !== null) placeColumns(kept, out, coset * rows, rows, tree.words, first, count);
      progress?.((coset * source.columns + first + count) / (cosets * source.columns));
    });
    kernels.finishLeaves(digests, state, tree.words);
    const size = roots.length / cosets;
    subtreeRoots(kernels, absent, digests, roots.subarray(coset * size, (coset + 1) * size));
  }
  const stored = buildTree(kernels, tree.shape, roots, absent);
  if (stored.nodes.length !== 8 * storedNodes(tree.shape, absent))
    throw new Error('commit: tree of another size');
  return { tree, stored, cap: capOf(stored), codeword: kept };
}

/** Copies [rows][count] into columns [first, first + count) of rows [at, at + rows). */
function placeColumns(
  to: Uint32Array,
  from: Uint32Array,
  at: number,
  rows: number,
  width: number,
  first: number,
  count: number,
): void {
  if (count === width) {
    to.set(from, at * width);
    return;
  }
  for (let r = 0; r < rows; r++) to.set(from.subarray(r * count, (r + 1) * count), (at + r) * width + first);
}

/**
 * The rows of a committed group at some positions, as they were kept or recomputed from the columns.
 *
 * @param positions stored rows, strictly increasing
 */
export function openColumns(
  kernels: Kernels,
  code: CodeParameters,
  committed: CommittedColumns,
  source: ColumnSource,
  salts: TreeSalts,
  positions: readonly number[],
): OpenedRows {
  const { tree, stored, codeword } = committed;
  if (codeword !== null && stored.firstLayer === 0) {
    const words = new Uint32Array(4 * positions.length);
    positions.forEach((position, i) => words.set(fillSalts(kernels, salts, position, 1), 4 * i));
    return { values: pickRows(codeword, tree.words, positions), salts: words };
  }
  const subtree = 2 ** stored.firstLayer;
  // All leaves of every subtree with an opened leaf: neighbours share the code's cosets, so they cost little.
  const touched = [...new Set(positions.map((position) => Math.floor(position / subtree)))];
  const wanted = touched.flatMap((s) => Array.from({ length: subtree }, (_, i) => s * subtree + i));
  const values = evaluateRows(kernels, code, tree.words, source, wanted);
  const saltWords = new Uint32Array(4 * wanted.length);
  touched.forEach((s, k) => saltWords.set(fillSalts(kernels, salts, s * subtree, subtree), 4 * k * subtree));
  const indexOf = new Map(wanted.map((row, i) => [row, i]));
  const pick = (words: Uint32Array, width: number): Uint32Array => {
    const picked = new Uint32Array(positions.length * width);
    positions.forEach((position, i) => {
      const at = indexOf.get(position) as number;
      picked.set(words.subarray(at * width, (at + 1) * width), i * width);
    });
    return picked;
  };
  return {
    values: pick(values, tree.words),
    salts: pick(saltWords, 4),
    subtreeLeaves(s) {
      const k = touched.indexOf(s);
      const rows = values.subarray(k * subtree * tree.words, (k + 1) * subtree * tree.words);
      const digests = new Uint32Array(8 * subtree);
      const leafSalts = saltWords.subarray(4 * k * subtree, 4 * (k + 1) * subtree);
      kernels.hashLeaves(digests, tree.domain, rows, tree.words, leafSalts, s * subtree);
      return digests;
    },
  };
}

/** Rows of the codewords of all columns: [rows][columns]. */
function evaluateRows(
  kernels: Kernels,
  code: CodeParameters,
  columns: number,
  source: ColumnSource,
  rows: readonly number[],
): Uint32Array {
  const logN = code.logData + LOG_CODE_EXPANSION;
  const exponents = rows.map((row) => bitReverse(row, logN));
  const values = new Uint32Array(rows.length * columns);
  inBatches(source, (first, count) => {
    const out = new Uint32Array(rows.length * count);
    kernels.evaluateAt(out, batchMessage(kernels, source, first, count), { logN, columns: count }, exponents);
    for (let r = 0; r < rows.length; r++) {
      values.set(out.subarray(r * count, (r + 1) * count), r * columns + first);
    }
  });
  return values;
}
