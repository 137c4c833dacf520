/** h[t][j] = E[id_t][j] + P[position_t][j] mod p. */
import { refuse } from '../../errors/proof-error.ts';
import { balanced, type WeightData } from '../tensor.ts';

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
