/** Profiles: how many bits the tensors of a program get. All cost the same number of lookups. */

export type ProfileName = 'P12' | 'P14' | 'P16';

export interface Profile {
  readonly name: ProfileName;
  /** Of linear maps. */
  readonly weightBits: number;
  /** Of embedding, learned positions and head. */
  readonly embeddingBits: number;
  /** Keys of activation tables. */
  readonly activationBits: number;
  /** What `down` reads in a gated model: products have long tails, and many bits are cheap here. */
  readonly productBits: number;
  /** Queries and keys; fewer where heads are so wide that scores could pass 2^29. */
  readonly scoreBits: number;
  readonly valueBits: number;
  /** Residual: 16, or 20 for streams with outliers at the price of one more lookup an element. */
  readonly residualBits: 16 | 20;
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  P12: {
    name: 'P12',
    weightBits: 12,
    embeddingBits: 14,
    activationBits: 12,
    productBits: 13,
    scoreBits: 12,
    valueBits: 12,
    residualBits: 16,
  },
  P14: {
    name: 'P14',
    weightBits: 14,
    embeddingBits: 16,
    activationBits: 14,
    productBits: 15,
    scoreBits: 14,
    valueBits: 15,
    residualBits: 16,
  },
  P16: {
    name: 'P16',
    weightBits: 16,
    embeddingBits: 16,
    activationBits: 16,
    productBits: 16,
    scoreBits: 14,
    valueBits: 15,
    residualBits: 20,
  },
};

/** Greatest ratio of peak and root mean square that a residual of 16 bits is for. */
export const OUTLIER_RATIO = 2 ** 9;
/** Bits of norms' results, of activations' and of what stands before a tied head. */
export const NORM_BITS = 16;
export const UP_BITS = 15;

/** How far above its calibrated peak a tensor may go before it saturates; guard bits come on top. */
export const HEADROOM = 1.15;
/** The same for gated products, whose tails are long. */
export const PRODUCT_HEADROOM = 2;
/** The same for the residual, which cannot saturate: beyond it there is no proof. */
export const RESIDUAL_HEADROOM: Readonly<Record<16 | 20, number>> = { 16: 2, 20: 4 };
/** Guard bits of every rounding: values to twice the width saturate. */
export const MIN_GUARD = 1;
/** The same for logits, and the greatest temperature for which noise has room. */
export const LOGIT_HEADROOM = 1.5;
export const MAX_TEMPERATURE = 2;
