/**
 * Which pairs of rows attention commits: blocks of neighbouring rows with all columns that one of them sees. A causal pass then
 * costs little more than half of the square, and sequences in one pass cost nothing for each other. Both sides compute the
 * blocks from public numbers.
 */
import { bitsFor } from '../interval.ts';

export interface AttentionBlock {
  /** First row and number of rows. */
  readonly row: number;
  readonly rows: number;
  /** First visible row and number of rows seen: the columns. */
  readonly column: number;
  readonly columns: number;
}

/** Rows of a block, at least, unless the pass ends. */
const MIN_ROWS = 32;
/** Blocks in which one sequence is cut, at most. */
const PARTS = 8;

/** The first row that each row sees; it sees up to itself. */
export function firstVisibleRows(sequenceStart: ArrayLike<number>, window = Infinity): number[] {
  return Array.from(sequenceStart, (start, row) => Math.max(start, row - window + 1));
}

/** @param firstVisible by row, ascending */
export function attentionBlocks(firstVisible: readonly number[]): AttentionBlock[] {
  const count = firstVisible.length;
  const height = Math.max(MIN_ROWS, 2 ** bitsFor(Math.ceil(count / PARTS)));
  const blocks: AttentionBlock[] = [];
  let row = 0;
  for (let next = 1; next <= count; next++) {
    const rows = next - row;
    const apart = rows >= MIN_ROWS && firstVisible[next] === next;
    if (next < count && rows < height && !apart) continue;
    const column = firstVisible[row] as number;
    blocks.push({ row, rows, column, columns: next - column });
    row = next;
  }
  return blocks;
}
