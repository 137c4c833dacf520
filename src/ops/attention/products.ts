/** Scores and weighted sums of attention as products of matrices: blocks of rows that see about the same rows, head by head. */
import { extremes } from '../extremes.ts';
import type { MatrixProduct } from '../linear/eval.ts';
import type { IntTensor } from '../tensor.ts';
import { PLAIN_SUMS, type AttentionRows, type AttentionShape, type PairSums, type Visible } from './eval.ts';

/** Rows and columns of a head from which on products are quicker than going pair by pair: with 8 columns of 128 rows they are four times slower. */
const LEAST_ROWS = 8;
const LEAST_COLUMNS = 32;
/** Rows of a block: half of a larger one would be pairs that are not visible. */
const BLOCK_ROWS = 128;

/** New rows [first, first + rows), and all rows that one of them sees. */
interface RowBlock {
  readonly first: number;
  readonly rows: number;
  readonly from: number;
  readonly seen: number;
}

/** The same sums as `PLAIN_SUMS`, by `product`. Sums are below 2^29, so their balanced residues are the sums themselves. */
export function productSums(product: MatrixProduct): PairSums {
  return {
    scores(shape, rows, visible) {
      const { query, key } = rows;
      if (isLittle(shape, rows)) return PLAIN_SUMS.scores(shape, rows, visible);
      const scores = new Int32Array(visible.pairs);
      eachBlock(shape, visible, (block, h, column) => {
        const { headDim } = shape;
        const x = tensorOf(columnsOf(query, block.first, block.rows, h * headDim, headDim), headDim);
        const data = narrowed(columnsOf(key, block.from, block.seen, column, headDim));
        const sums = product(x, { rows: block.seen, columns: headDim, data });
        eachRow(block, visible, h, (pair, at, count) => scores.set(sums.subarray(at, at + count), pair));
      });
      return scores;
    },
    values(shape, rows, visible, weights) {
      const { query, value } = rows;
      if (isLittle(shape, rows)) return PLAIN_SUMS.values(shape, rows, visible, weights);
      const out = new Int32Array(query.data.length);
      eachBlock(shape, visible, (block, h, column) => {
        const { headDim } = shape;
        const x = new Int32Array(block.rows * block.seen);
        eachRow(block, visible, h, (pair, at, count) => x.set(weights.subarray(pair, pair + count), at));
        const data = narrowed(turned(columnsOf(value, block.from, block.seen, column, headDim), headDim));
        const sums = product(tensorOf(x, block.seen), { rows: headDim, columns: block.seen, data });
        for (let i = 0; i < block.rows; i++) {
          const to = (block.first + i) * query.width + h * headDim;
          out.set(sums.subarray(i * headDim, (i + 1) * headDim), to);
        }
      });
      return out;
    },
  };
}

function isLittle({ headDim }: AttentionShape, { query }: AttentionRows): boolean {
  return query.rows < LEAST_ROWS || headDim < LEAST_COLUMNS;
}

/** Calls `use` for every block and head; `column` is where the head's keys and values begin. */
function eachBlock(
  { heads, kvHeads, headDim }: AttentionShape,
  { from, count }: Visible,
  use: (block: RowBlock, head: number, column: number) => void,
): void {
  for (let first = 0, end: number; first < from.length; first = end) {
    // A row that sees itself alone begins a sequence, which sees nothing of what is before it.
    end = first + 1;
    while (end < Math.min(from.length, first + BLOCK_ROWS) && (count[end] as number) > 1) end++;
    const start = from[first] as number; // later rows see no earlier ones
    const seen = (from[end - 1] as number) + (count[end - 1] as number) - start;
    const block = { first, rows: end - first, from: start, seen };
    for (let h = 0; h < heads; h++) use(block, h, Math.floor((h * kvHeads) / heads) * headDim);
  }
}

/** Calls `use` with the first pair of each row, where its visible rows begin in [rows][seen], and their number. */
function eachRow(
  { first, rows, from, seen }: RowBlock,
  visible: Visible,
  head: number,
  use: (pair: number, at: number, count: number) => void,
): void {
  for (let i = 0; i < rows; i++) {
    const count = visible.count[first + i] as number;
    const pair = (visible.start[first + i] as number) + head * count;
    use(pair, i * seen + (visible.from[first + i] as number) - from, count);
  }
}

function columnsOf(
  { data, width }: IntTensor,
  first: number,
  rows: number,
  column: number,
  columns: number,
): Int32Array {
  const out = new Int32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const at = (first + i) * width + column;
    out.set(data.subarray(at, at + columns), i * columns);
  }
  return out;
}

function tensorOf(data: Int32Array, width: number): IntTensor {
  return { data, width, rows: data.length / width };
}

/** [rows][width] as [width][rows]. */
function turned(data: Int32Array, width: number): Int32Array {
  const rows = data.length / width;
  const out = new Int32Array(data.length);
  for (let i = 0, at = 0; i < rows; i++)
    for (let c = 0; c < width; c++) out[c * rows + i] = data[at++] as number;
  return out;
}

/** As 16-bit integers, where they are: kernels take no others. */
function narrowed(data: Int32Array): Int16Array | Int32Array {
  const [least, greatest] = extremes(data);
  return least >= -32_768 && greatest < 32_768 ? new Int16Array(data) : data;
}
