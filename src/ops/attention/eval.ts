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
  let [least, greatest] = [scores[0] as number, scores[0] as number];
  for (let j = 1; j < count; j++) {
    const z = scores[j] as number;
    if (z > greatest) greatest = z;
    else if (z < least) least = z;
  }
  for (let k = Math.ceil(greatest / G); ; k++) {
    let sum = 0; // <= 16384 * 2^15; ends after at most log2(count) + 2 rounds, since every octave halves it
    for (let j = 0; j < count; j++) {
      const t = (k * G - (scores[j] as number)) >> shift; // 0 <= u < 2^30 + 16 G < 2^31
      const e = t < exp2.length ? (exp2[t] as number) : 0;
      weights[j] = e;
      sum += e;
    }
    if (sum >= ROW_SUM_LIMIT) continue;
    const inDigits = k >= -SHIFT_LIMIT && k < SHIFT_LIMIT && k * G - least < 2 ** (shift + OFFSET_BITS);
    return inDigits ? { shift: k, sum } : undefined;
  }
}

/** scores[j] = sum_c q_c k_jc for the visible rows. |score| <= 2^29, checked when the graph is loaded. */
function fillScores(
  scores: Int32Array,
  query: Int32Array,
  at: number,
  key: IntTensor,
  from: number,
  count: number,
  headDim: number,
  column: number,
): void {
  for (let j = 0; j < count; j++) {
    const row = (from + j) * key.width + column;
    let sum = 0;
    for (let c = 0; c < headDim; c++) sum += (query[at + c] as number) * (key.data[row + c] as number);
    scores[j] = sum;
  }
}

/**
 * The new rows. Auxiliary: `shift` k and `sum` S, [rows, heads]; `remainder` sum e v - S o, as the result; `scores` z of all
 * visible pairs, by row, head, visible row; `firstVisible` by row.
 *
 * @throws ProofError `UNPROVABLE` naming row and head where scores spread beyond the digits
 */
export function evaluateAttention(
  stage: string,
  { heads, kvHeads, headDim, shift: s }: AttentionShape,
  { query, key, value, firstVisible }: AttentionRows,
  exp2: Int32Array,
): Required<Evaluated> {
  const first = key.rows - query.rows;
  const data = new Int32Array(query.data.length);
  const remainder = new Int32Array(query.data.length);
  const shift = new Int32Array(query.rows * heads);
  const sum = new Int32Array(query.rows * heads);
  let pairs = 0;
  for (let i = 0; i < query.rows; i++) pairs += heads * (first + i - (firstVisible[i] as number) + 1);
  const allScores = new Int32Array(pairs);
  const weights = new Int32Array(key.rows);
  const numerators = new Float64Array(headDim);
  for (let i = 0, pair = 0; i < query.rows; i++) {
    const from = firstVisible[i] as number;
    const count = first + i - from + 1;
    for (let h = 0; h < heads; h++, pair += count) {
      const at = i * query.width + h * headDim;
      const column = Math.floor((h * kvHeads) / heads) * headDim;
      const scores = allScores.subarray(pair, pair + count);
      fillScores(scores, query.data, at, key, from, count, headDim, column);
      const row = octaveSoftmax(weights, scores, count, s, exp2);
      if (row === undefined) return unprovable(stage, i, h, 'scores beyond the digits of the octave softmax');
      numerators.fill(0); // |sum e v| < 2^15 2^14
      for (let j = 0; j < count; j++) {
        const e = weights[j] as number;
        if (e === 0) continue;
        const v = (from + j) * value.width + column;
        for (let c = 0; c < headDim; c++) {
          numerators[c] = (numerators[c] as number) + e * (value.data[v + c] as number);
        }
      }
      for (let c = 0; c < headDim; c++) {
        const numerator = numerators[c] as number;
        const o = Math.floor(numerator / row.sum); // exact: quotients differ from integers by at least 2^-15 or not at all
        data[at + c] = o;
        remainder[at + c] = numerator - row.sum * o;
      }
      shift[i * heads + h] = row.shift;
      sum[i * heads + h] = row.sum;
    }
  }
  return {
    data,
    auxiliary: () => ({
      shift,
      sum,
      remainder,
      scores: allScores,
      firstVisible: Int32Array.from(firstVisible),
    }),
  };
}
