/** The octave softmax and the weighted mean of values, row by row and head by head. */
import { unprovable, type Evaluated, type IntTensor } from '../tensor.ts';
import { octave, OFFSET_BITS, ROW_SUM_LIMIT, SHIFT_LIMIT } from './shape.ts';

export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly shift: number;
}

/** Rows to compute, with everything that they see. */
export interface AttentionRows {
  /** Queries of the new rows. */
  readonly query: IntTensor;
  /** Keys and values of all rows, the new ones last. */
  readonly key: IntTensor;
  readonly value: IntTensor;
  /** For each new row the first row that it sees; it sees up to itself. */
  readonly firstVisible: ArrayLike<number>;
}

/** The row's shift, its numerators and their sum. */
export interface OctaveRow {
  readonly shift: number;
  readonly sum: number;
}

/**
 * The octave softmax of one row: the least k with all z <= k G and S < 2^15. It is the only k that meets the conditions of the
 * definition (spec/integer-semantics.md, section 4).
 *
 * @param weights receives e_j
 * @param exp2 column e of the table
 * @returns undefined where no witness exists: k or u beyond its digits
 */
export function octaveSoftmax(
  weights: Int32Array,
  scores: Int32Array,
  count: number,
  shift: number,
  exp2: Int32Array,
): OctaveRow | undefined {
  const G = octave(shift);
  const rows = exp2.length;
  let [least, greatest] = [scores[0] as number, scores[0] as number];
  for (let j = 1; j < count; j++) {
    const z = scores[j] as number;
    greatest = Math.max(greatest, z);
    least = Math.min(least, z);
  }
  for (let k = Math.ceil(greatest / G); ;) {
    const top = k * G;
    let sum = 0; // <= 16384 * 2^15, and below the limit some 20 octaves up at the latest: every octave halves it
    for (let j = 0; j < count; j++) {
      const t = (top - (scores[j] as number)) >> shift; // 0 <= u < 2^30 + 16 G < 2^31
      const e = t < rows ? (exp2[t] as number) : 0;
      weights[j] = e;
      sum += e;
    }
    if (sum >= ROW_SUM_LIMIT) {
      k += octavesAbove(sum, count);
      continue;
    }
    const inDigits = k >= -SHIFT_LIMIT && k < SHIFT_LIMIT && top - least < 2 ** (shift + OFFSET_BITS);
    return inDigits ? { shift: k, sum } : undefined;
  }
}

/**
 * Octaves to go up from a row sum that is too large, by none that could be the least. m octaves up, what was e is at least
 * e / 2^m - 3/4: entries are rounded, and those that the table has not are the rounded ones, too. So sums are at least
 * S / 2^m - count there.
 */
function octavesAbove(sum: number, count: number): number {
  let octaves = 1;
  while (sum / 2 ** octaves - count >= ROW_SUM_LIMIT) octaves++;
  return octaves;
}

/** Visible pairs of rows, by row, head, visible row. */
export interface Visible {
  /** The first row that a new row sees, and how many. */
  readonly from: Int32Array;
  readonly count: Int32Array;
  /** Pairs of all heads before the row's. */
  readonly start: Float64Array;
  readonly pairs: number;
}

function visibleRows(heads: number, { query, key, firstVisible }: AttentionRows): Visible {
  const first = key.rows - query.rows;
  const from = Int32Array.from(firstVisible);
  const count = from.map((row, i) => first + i - row + 1);
  const start = new Float64Array(query.rows);
  let pairs = 0;
  for (let i = 0; i < start.length; i++) {
    start[i] = pairs;
    pairs += heads * (count[i] as number);
  }
  return { from, count, start, pairs };
}

/** How scores and weighted sums of values are made: the definition, or products of matrices (`products.ts`). */
export interface PairSums {
  /** z_j = sum_c q_c k_jc of all visible pairs. |z| <= 2^29, checked when the graph is loaded. */
  scores(shape: AttentionShape, rows: AttentionRows, visible: Visible): Int32Array;
  /** sum_j e_j v_j as the queries, |.| < 2^15 2^14. */
  values(shape: AttentionShape, rows: AttentionRows, visible: Visible, weights: Int32Array): Int32Array;
}

/** The definition, pair by pair. */
export const PLAIN_SUMS: PairSums = {
  scores({ heads, kvHeads, headDim }, { query, key }, { from, count, start, pairs }) {
    const scores = new Int32Array(pairs);
    for (let i = 0; i < query.rows; i++) {
      for (let h = 0, pair = start[i] as number; h < heads; h++) {
        const at = i * query.width + h * headDim;
        const column = Math.floor((h * kvHeads) / heads) * headDim;
        for (let j = 0; j < (count[i] as number); j++, pair++) {
          const row = ((from[i] as number) + j) * key.width + column;
          let sum = 0;
          for (let c = 0; c < headDim; c++) {
            sum += (query.data[at + c] as number) * (key.data[row + c] as number);
          }
          scores[pair] = sum;
        }
      }
    }
    return scores;
  },
  values({ heads, kvHeads, headDim }, { query, value }, { from, count, start }, weights) {
    const sums = new Int32Array(query.data.length);
    for (let i = 0; i < query.rows; i++) {
      for (let h = 0, pair = start[i] as number; h < heads; h++) {
        const at = i * query.width + h * headDim;
        const column = Math.floor((h * kvHeads) / heads) * headDim;
        for (let j = 0; j < (count[i] as number); j++, pair++) {
          const e = weights[pair] as number;
          if (e === 0) continue;
          const v = ((from[i] as number) + j) * value.width + column;
          for (let c = 0; c < headDim; c++) {
            sums[at + c] = (sums[at + c] as number) + e * (value.data[v + c] as number);
          }
        }
      }
    }
    return sums;
  },
};

/**
 * The new rows. Auxiliary: `shift` k and `sum` S, [rows, heads]; `remainder` sum e v - S o, as the result; `scores` z of all
 * visible pairs, by row, head, visible row; `firstVisible` by row.
 *
 * @throws ProofError `UNPROVABLE` naming row and head where scores spread beyond the digits
 */
export function evaluateAttention(
  stage: string,
  shape: AttentionShape,
  rows: AttentionRows,
  exp2: Int32Array,
  pairSums: PairSums = PLAIN_SUMS,
): Required<Evaluated> {
  const { heads, headDim } = shape;
  const { query } = rows;
  const visible = visibleRows(heads, rows);
  const scores = pairSums.scores(shape, rows, visible);
  const weights = new Int32Array(scores.length);
  const shift = new Int32Array(query.rows * heads);
  const sum = new Int32Array(query.rows * heads);
  for (let i = 0; i < query.rows; i++) {
    const count = visible.count[i] as number;
    for (let h = 0; h < heads; h++) {
      const pair = (visible.start[i] as number) + h * count;
      const [e, z] = [weights, scores].map((array) => array.subarray(pair, pair + count));
      const row = octaveSoftmax(e as Int32Array, z as Int32Array, count, shape.shift, exp2);
      if (row === undefined) return unprovable(stage, i, h, 'scores beyond the digits of the octave softmax');
      shift[i * heads + h] = row.shift;
      sum[i * heads + h] = row.sum;
    }
  }
  const numerators = pairSums.values(shape, rows, visible, weights);
  const data = new Int32Array(numerators.length);
  for (let at = 0; at < data.length; at++) {
    // exact: quotients differ from integers by at least 2^-15 or not at all
    data[at] = Math.floor((numerators[at] as number) / (sum[Math.floor(at / headDim)] as number));
  }
  const remainder = (): Int32Array =>
    numerators.map((n, at) => n - (sum[Math.floor(at / headDim)] as number) * (data[at] as number));
  return {
    data,
    auxiliary: () => ({ shift, sum, remainder: remainder(), scores, firstVisible: visible.from }),
  };
}
