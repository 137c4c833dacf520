/**
 * Rows that lie next to each other: whole subtrees of a Merkle tree whose lowest layers are not kept. Aligned 2^t stored
 * rows are the points x of one y = x^(2^t). With f = sum_k x^k f_k(x^(2^t)) the message's rows, taken 2^t at a time, are the
 * coefficients of all f_k side by side: 2^t times the columns of a code 2^-t as long. So all f_k(y) are evaluated, for
 * every y once, and the last t layers of the transform make the rows of them: a sum over the message for a subtree, not
 * for a row.
 */
import { bitReverse } from '../../field/domain.ts';
import type { MessageShape } from '../contract/ntt-checks.ts';
import type { CodeShape } from '../contract/ntt.ts';
import { splitTask } from './ntt-plan.ts';
import type { NttContext } from './ntt-context.ts';

/** log2 of the rows of a subtree at most. */
const MAX_LOG = 4;
/** Rows of the halved message at least: slices of the kernel are not shorter. */
const MIN_LOG_COSET = 6;
/** The tables of roots end at 2^23 blocks. */
const MAX_LOG_N = 24;
/** A further layer is worth its rows of sums if it leaves at most so many subtrees of those before. */
const FEWER = 2 / 3;

export interface Subtrees {
  /** t: a subtree has 2^t rows. */
  readonly log: number;
  /** Which subtrees hold a position: stored rows without their lowest t bits, increasing. */
  readonly indices: readonly number[];
}

/** The subtrees that make an evaluation cheaper, or undefined where positions have no neighbours. */
export function subtreesOf(
  { rows, padRows, logCoset }: Pick<MessageShape, 'rows' | 'padRows' | 'logCoset'>,
  logN: number,
  positions: ArrayLike<number>,
): Subtrees | undefined {
  if (logN > MAX_LOG_N) return undefined;
  const stored = Array.from(positions, (i) => bitReverse(i, logN));
  let found: Subtrees | undefined;
  let least = new Set(stored).size;
  for (let log = 1; log <= MAX_LOG && logCoset - log >= MIN_LOG_COSET; log++) {
    const indices = [...new Set(stored.map((row) => row >>> log))];
    const whole = rows % 2 ** log === 0 && padRows % 2 ** log === 0;
    if (!whole || indices.length > FEWER * least) break;
    least = indices.length;
    found = { log, indices: indices.sort((a, b) => a - b) };
  }
  return found;
}

/**
 * out[p] = the row at positions[p].
 *
 * @param evaluate the rows of a code with other columns at positions of its own, as the contract says
 */
export function evaluateSubtrees(
  { engine, tables }: NttContext,
  out: Uint32Array,
  { logN, columns }: CodeShape,
  positions: ArrayLike<number>,
  { log, indices }: Subtrees,
  evaluate: (sums: Uint32Array, code: CodeShape, at: readonly number[]) => void,
): void {
  const { arena, pool } = engine;
  const rowWords = columns * 2 ** log;
  arena.scope(() => {
    const sums = arena.u32(rowWords * indices.length);
    const wide = { logN: logN - log, columns: rowWords };
    evaluate(
      sums,
      wide,
      indices.map((index) => bitReverse(index, wide.logN)),
    );
    pool.run(
      indices.map((index, s) => {
        const block = { address: sums.byteOffset + 4 * rowWords * s, offset: 0, index, blocks: 1 };
        return splitTask({ ...block, logRows: log, stride: columns, width: columns }, tables.forward);
      }),
    );
    const subtree = new Map(indices.map((index, s) => [index, s]));
    for (let p = 0; p < positions.length; p++) {
      const row = bitReverse(positions[p] as number, logN);
      const from = rowWords * (subtree.get(row >>> log) as number) + columns * (row & (2 ** log - 1));
      out.set(sums.subarray(from, from + columns), columns * p);
    }
  });
}
