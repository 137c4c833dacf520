/**
 * Work of a proof by counting, and how fast it is done. Counts follow from the program; rates are of two cores of the machine in
 * docs/performance.md and make seconds of them: an estimate, no promise.
 */

/** Units of work. */
export interface Work {
  /** Multiplications of the integer executor's matrix products. */
  readonly multiplications: number;
  /** Words of codewords that the proof encodes and hashes: its own columns, the mask, the folded levels. */
  readonly ownWords: number;
  /** Committed weights, read and folded. */
  readonly weights: number;
  /** Leaves of the lookup trees. */
  readonly leaves: number;
  /** Pairs of the product sumcheck. */
  readonly products: number;
}

/** Units a second. */
export const RATES: Readonly<Record<keyof Work, number>> & {
  readonly keptWeights: number;
  readonly committedWords: number;
} = {
  multiplications: 2e9,
  ownWords: 60e6,
  weights: 50e6,
  keptWeights: 85e6,
  leaves: 4e6,
  products: 10e6,
  committedWords: 106e6,
};

/** Seconds that the parts of a proof take. @param kept whether the codeword of the weights is kept */
export function proofSeconds(work: Work, kept: boolean): Readonly<Record<keyof Work, number>> {
  const rates = kept ? { ...RATES, weights: RATES.keptWeights } : RATES;
  return {
    multiplications: work.multiplications / rates.multiplications,
    ownWords: work.ownWords / rates.ownWords,
    weights: work.weights / rates.weights,
    leaves: work.leaves / rates.leaves,
    products: work.products / rates.products,
  };
}
