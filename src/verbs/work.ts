/**
 * Work of a proof by counting, and how fast it is done. Counts follow from the program; rates make seconds of them: an
 * estimate, no promise. They were fitted to answers of 8 and 64 tokens of the model in the box (CPU time of one thread of the
 * machine in docs/performance.md, halved for two cores but for what runs on one) and to the tables of that document.
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

/** Units a second on two cores. */
export const RATES = {
  multiplications: 0.8e9,
  ownWords: 106e6,
  weights: 50e6,
  keptWeights: 85e6,
  leaves: 2.5e6,
  products: 10e6,
  committedWords: 106e6,
} as const;

/** Seconds of what does not grow with the answer: lowering, tables, and the own check of every proof before it leaves. */
export const FIXED_SECONDS = 1.7;
/** The same of a commitment: choosing parameters. */
export const COMMIT_SECONDS = 0.6;
/** A verifier in a fresh process. */
export const VERIFY_SECONDS = 1.5;

/**
 * Bytes of the process before it works, and of what lies in memory for a leaf and for a product; most cells of committed groups that stay in
 * memory during a proof; a weight and its blocks where weights are read one by one.
 */
export const MEMORY = { base: 270e6, leaf: 84, product: 40, resident: 2 ** 30, window: 2 ** 29 } as const;

/** Parts of a proof that take time. */
export type WorkSeconds = Readonly<Record<keyof Work | 'checking', number>>;

/** Seconds that the parts of a proof take. @param kept whether the codeword of the weights is kept */
export function proofSeconds(work: Work, kept: boolean): WorkSeconds {
  return {
    multiplications: work.multiplications / RATES.multiplications,
    ownWords: work.ownWords / RATES.ownWords,
    weights: work.weights / (kept ? RATES.keptWeights : RATES.weights),
    leaves: work.leaves / RATES.leaves,
    products: work.products / RATES.products,
    checking: FIXED_SECONDS,
  };
}
