/**
 * Work of a proof by counting, and how fast it is done. Counts follow from the program; rates make seconds of them: an
 * estimate, no promise. They were fitted to GPT-2 small with 32, 128 and 512 rows and to the model in the box, warm proofs on two quiet
 * cores (docs/performance.md); memory as well.
 */

/** Units of work. */
export interface Work {
  /** Multiplications of the integer executor's matrix products in one pass over all rows. */
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
  multiplications: 12e9,
  /** The same, row by row: every weight is read for each. */
  generated: 1.5e9,
  ownWords: 106e6,
  weights: 50e6,
  keptWeights: 85e6,
  leaves: 10e6,
  products: 10e6,
  committedWords: 106e6,
} as const;

/** Seconds of what does not grow with the answer: lowering, tables, and the own check of every proof before it leaves. */
export const FIXED_SECONDS = 0.8;
/** The same of a commitment: choosing parameters. */
export const COMMIT_SECONDS = 0.6;
/** A verifier in a fresh process. */
export const VERIFY_SECONDS = 0.9;

/**
 * Bytes of the process before it works, and of what lies in memory for a leaf, for a product, and for a cell of the proof's own (arrays of
 * the execution); most cells of committed groups that stay in memory during a proof; a weight and its blocks where weights are read one by
 * one; most of leaves, products and columns together, which is what kernel memory has: what is beyond goes through it in pieces.
 */
export const MEMORY = {
  base: 270e6,
  leaf: 32,
  product: 40,
  cell: 8,
  resident: 2 ** 30,
  window: 2 ** 29,
  kernels: 2 ** 32,
} as const;

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
