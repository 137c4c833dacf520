/** h[t][j] = E[id_t][j] + P[position_t][j] mod p. */
import { refuse } from '../../errors/proof-error.ts';
import { balanced, type WeightData } from '../tensor.ts';
import { idDigits } from './digits.ts';

export interface EmbeddingTable {
  readonly data: WeightData;
  /** Rows and columns of the table. */
  readonly rows: number;
  readonly columns: number;
}

/** @throws ProofError `TOKEN` for an id outside the vocabulary, naming its row */
export function evaluateEmbedding(
  stage: string,
  width: number,
  table: EmbeddingTable,
  positions: EmbeddingTable | undefined,
  tokens: ArrayLike<number>,
  positionOf: ArrayLike<number>,
): Int32Array {
  const out = new Int32Array(tokens.length * width);
  for (let t = 0; t < tokens.length; t++) {
    const id = tokens[t] as number;
    if (!Number.isInteger(id) || id < 0 || id >= table.rows) {
      refuse('TOKEN', stage, `row ${t}: expected an id below ${table.rows}`);
    }
    const position = positionOf[t] as number;
    for (let j = 0; j < width; j++) {
      const base = table.data[id * table.columns + j] as number;
      const shift =
        positions === undefined ? 0 : (positions.data[position * positions.columns + j] as number);
      out[t * width + j] = balanced(base + shift);
    }
  }
  return out;
}

/**
 * What a proof commits where some ids are private: one-hots of their digits, [private rows, values]; `slices`, [private rows, base,
 * width], the rows of all ids with the same high digit; `rows`, [rows, width], the rows at all ids.
 *
 * @param tokens ids of all rows, within the vocabulary
 */
export function privateValues(
  { data, rows: vocabulary, columns }: EmbeddingTable,
  width: number,
  tokens: ArrayLike<number>,
  privateRows: readonly number[],
): Record<'high' | 'low' | 'slices' | 'rows', Int32Array> {
  const { base, highs } = idDigits(vocabulary, width);
  const count = privateRows.length;
  const [high, low] = [new Int32Array(count * highs), new Int32Array(count * base)];
  const slices = new Int32Array(count * base * width);
  const put = (out: Int32Array, row: number, id: number): void =>
    out.set(data.subarray(id * columns, id * columns + width), row * width);
  privateRows.forEach((row, p) => {
    const id = tokens[row] as number;
    const first = id - (id % base);
    high[p * highs + first / base] = 1;
    low[p * base + (id - first)] = 1;
    for (let l = 0; l < base && first + l < vocabulary; l++) put(slices, p * base + l, first + l);
  });
  const rows = new Int32Array(tokens.length * width);
  for (let t = 0; t < tokens.length; t++) put(rows, t, tokens[t] as number);
  return { high, low, slices, rows };
}
