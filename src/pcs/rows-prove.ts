/** Rows of committed columns at some positions: as they were kept, or recomputed from the columns. */
import { bitReverse } from '../field/domain.ts';
import { SALT_WORDS } from '../hash/leaf.ts';
import type { Kernels } from '../kernels/contract.ts';
import { DIGEST_WORDS } from '../kernels/contract/hash.ts';
import { hasRoom } from '../kernels/memory/hot.ts';
import { subtreesMatch } from '../merkle/prove.ts';
import { pickRows, type OpenedRows } from '../merkle/rows-prove.ts';
import { treeFormat } from '../merkle/rows-verify.ts';
import { LOG_CODE_EXPANSION, type CodeParameters } from '../params/parameters.ts';
import { BATCH_COLUMNS, inBatches, type ColumnSource } from './columns.ts';
import { batchMessage, fillSalts, type CommittedColumns, type TreeSalts } from './commit.ts';

/**
 * The rows of a committed group at some positions, as they were kept or recomputed from the columns. Kept rows that may have
 * changed since (on disk) are hashed and held against the tree before anybody sees them.
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
  const { tree, stored } = committed;
  const subtree = 2 ** stored.firstLayer;
  // All leaves of every subtree with an opened leaf: neighbours share the code's cosets, so they cost little.
  const touched = [...new Set(positions.map((position) => Math.floor(position / subtree)))];
  const wanted = touched.flatMap((s) => Array.from({ length: subtree }, (_, i) => s * subtree + i));
  const saltWords = new Uint32Array(SALT_WORDS * wanted.length);
  kernels.memory.scope(() =>
    touched.forEach((s, k) =>
      saltWords.set(fillSalts(kernels, salts, s * subtree, subtree), SALT_WORDS * k * subtree),
    ),
  );
  const leavesOf = (values: Uint32Array): Uint32Array => {
    // The leaves of all touched subtrees at once: a call for each would cost more than its hashing.
    const digests = new Uint32Array(DIGEST_WORDS * wanted.length);
    kernels.hashLeaves(digests, treeFormat(tree), values, saltWords);
    return digests;
  };
  const values =
    keptRows(kernels, committed, wanted, touched, leavesOf) ??
    evaluateRows(kernels, code, tree.words, source, wanted);
  const indexOf = new Map(wanted.map((row, i) => [row, i]));
  const pick = (words: Uint32Array, width: number): Uint32Array =>
    pickRows(
      words,
      width,
      positions.map((position) => indexOf.get(position) as number),
    );
  const opened = { values: pick(values, tree.words), salts: pick(saltWords, SALT_WORDS) };
  if (subtree === 1) return opened;
  const digests = leavesOf(values);
  const indexOfSubtree = new Map(touched.map((s, k) => [s, k]));
  return {
    ...opened,
    subtreeLeaves(s) {
      const at = DIGEST_WORDS * subtree * (indexOfSubtree.get(s) as number);
      return digests.subarray(at, at + DIGEST_WORDS * subtree);
    },
  };
}

/** Rows as they were kept, or undefined where none are; those that may have changed are held against the tree first. */
function keptRows(
  kernels: Kernels,
  { stored, codeword }: CommittedColumns,
  wanted: readonly number[],
  touched: readonly number[],
  leavesOf: (values: Uint32Array) => Uint32Array,
): Uint32Array | undefined {
  const values = codeword?.rows(wanted);
  if (values === undefined || codeword?.damaged === undefined) return values;
  if (subtreesMatch(kernels, stored, touched, leavesOf(values))) return values;
  codeword.damaged();
  return undefined;
}

/** Columns that the kernel takes together. */
const LEAST_COLUMNS = 4;

/** Bytes of a column in `batchMessage`, of words: as rows, with its pads twice. */
function columnBytes({ logData, padLength }: CodeParameters): number {
  return 4 * (2 ** logData + 2 * padLength);
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
  // Fewer columns at a time where whole batches do not fit: an array outside of the kernel memory is new, which takes longer than its rows.
  let most = BATCH_COLUMNS;
  while (most > LEAST_COLUMNS && !hasRoom(kernels.memory, most * columnBytes(code))) most /= 2;
  const evaluate = (first: number, count: number): void => {
    const out = new Uint32Array(rows.length * count);
    kernels.memory.scope(() =>
      kernels.evaluateAt(
        out,
        batchMessage(kernels, source, first, count),
        { logN, columns: count },
        exponents,
      ),
    );
    for (let r = 0; r < rows.length; r++) {
      values.set(out.subarray(r * count, (r + 1) * count), r * columns + first);
    }
  };
  inBatches(source, evaluate, most);
  return values;
}
