/** The scales that all layers share: residual, embedding, logits. */
import { RSQRT_SCALE } from '../tables/index.ts';
import { NORM_SHIFT } from '../ops/rmsnorm/shape.ts';
import type { CanonicalModel } from './canonical.ts';
import { type FloatMatrix, maxAbs, rowOf } from './matrix.ts';
import {
  HEADROOM,
  LOGIT_HEADROOM,
  MAX_TEMPERATURE,
  NORM_BITS,
  OUTLIER_RATIO,
  type Profile,
  RESIDUAL_HEADROOM,
} from './profile.ts';
import { coarse, fillingScale, top } from './scales.ts';
import type { Statistics } from './statistics.ts';

/** What is to be known of the matrices outside the layers. */
export interface OuterPeaks {
  /** Greatest absolute entry of the first `width` columns. */
  readonly embedding: number;
  /** Of the column of means; 0 where there is none. */
  readonly means: number;
  /** Root mean square of the rows' lengths. */
  readonly length: number;
  readonly positions: number;
  /** Of a head of its own. */
  readonly head: number;
}

export interface Plan {
  readonly residualBits: 16 | 20;
  readonly residual: number;
  /** Epsilon of every norm, in squared residual steps. */
  readonly epsilon: number;
  /** Scale of norms' results. */
  readonly norm: number;
  /** The embedding is 2^shift finer than the residual. */
  readonly embeddingShift: number;
  /** Factor of the column of means in the embedding; its inverse stands in the bridge. */
  readonly means: number;
  /** Scale of what a tied head reads. */
  readonly bridge: number;
  /** Integer steps of a logit per nat. */
  readonly unit: number;
}

/** Deltas have at most so many bits, which leaves shifts of 11 and weights of 12 bits and more. */
export const DELTA_BITS = 18;
const MAX_EMBEDDING_SHIFT = 8;
/** The greatest Gumbel quantile of the table is below this many nats. */
const NOISE_PEAK = 16;
/** Logits and their noise lie within 2^28; noise has a multiplier of at most 2^24. */
const CHOICE_LIMIT = 2 ** 28;
const NOISE_LIMIT = 2 ** 24;

/** Rows that are in memory at a time. */
export const BLOCK_ROWS = 2048;

/** Rows [first, first + BLOCK_ROWS) of all, one after the other. */
export async function eachBlock(
  rows: number,
  run: (first: number, count: number) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < rows; first += BLOCK_ROWS) await run(first, Math.min(BLOCK_ROWS, rows - first));
}

/** Reads embedding, positions and head once. @throws ProofError as `FloatModel.rows` */
export async function outerPeaks(model: CanonicalModel): Promise<OuterPeaks> {
  const { vocab, width, tied } = model.architecture;
  let [embedding, means, squares, head] = [0, 0, 0, 0];
  await eachBlock(vocab, async (first, count) => {
    const block = await model.embedding(first, count);
    for (let i = 0; i < count; i++) {
      const row = rowOf(block, i);
      embedding = Math.max(embedding, maxAbs(row.subarray(0, width)));
      means = Math.max(means, maxAbs(row.subarray(width)));
      squares += row.reduce((sum, v) => sum + v * v, 0);
    }
    if (!tied) head = Math.max(head, maxAbs((await model.head(first, count)).weight.data));
  });
  const positions: FloatMatrix | undefined = await model.positions();
  return {
    embedding,
    means,
    length: Math.sqrt(squares / vocab),
    positions: maxAbs(positions?.data ?? []),
    head,
  };
}

/** The residual's scale: room for its peak, for every embedding, for the deltas, and for the embedding in its bits. */
function residualScale(profile: Profile, bits: 16 | 20, stats: Statistics, outer: OuterPeaks): number {
  const deltas = stats.layers.map(({ output, down }) => Math.max(maxAbs(output), maxAbs(down)));
  const peak = Math.max(RESIDUAL_HEADROOM[bits] * stats.residual.peak, outer.embedding + outer.positions);
  const table = Math.max(outer.embedding, outer.positions);
  return coarse(
    Math.min(
      fillingScale(bits, peak, 1),
      fillingScale(DELTA_BITS, maxAbs(deltas)),
      fillingScale(profile.embeddingBits, table, 1),
    ),
  );
}

/** Logits, times their headroom, and noise stay within the bits of a choice. */
function greatestUnit(stats: Statistics): number {
  const nats = LOGIT_HEADROOM * stats.logits + NOISE_PEAK * MAX_TEMPERATURE;
  return Math.min(CHOICE_LIMIT / nats, NOISE_LIMIT / MAX_TEMPERATURE);
}

/** Balances the column of means, as C4 balances others, without making it the widest of the embedding. */
function meansFactor(stats: Statistics, outer: OuterPeaks): number {
  const { peaks } = stats.bridge;
  const [sum, others] = [peaks.at(-1) ?? 0, maxAbs(peaks.subarray(0, -1))];
  if (outer.means === 0 || sum === 0 || others === 0 || outer.embedding === 0) return 1;
  const room = outer.embedding / outer.means;
  return Math.min(room, Math.sqrt((room * sum) / others));
}

/**
 * A tied embedding serves twice: finer steps of it leave coarser steps to what it multiplies, since their product is bounded.
 * Takes the shift with the least sum of both rounding errors in a logit.
 */
function tiedScales(
  stats: Statistics,
  outer: OuterPeaks,
  residual: number,
  shifts: readonly number[],
  means: number,
): Pick<Plan, 'embeddingShift' | 'bridge' | 'unit'> {
  const peaks = stats.bridge.peaks.slice();
  if (outer.means > 0) peaks[peaks.length - 1] = (peaks.at(-1) as number) / means;
  const widest = fillingScale(NORM_BITS, maxAbs(peaks));
  const candidates = shifts.map((embeddingShift) => {
    const embedding = residual * 2 ** embeddingShift;
    const unit = Math.floor(coarse(Math.min(greatestUnit(stats), widest * embedding)));
    const bridge = unit / embedding;
    const error = (outer.length / bridge) ** 2 + (stats.bridge.length / embedding) ** 2;
    return { embeddingShift, bridge, unit, error };
  });
  return candidates.reduce((best, next) => (next.error < best.error ? next : best));
}

/** The shared scales of a model whose statistics are known. */
export function planOf(model: CanonicalModel, profile: Profile, stats: Statistics, outer: OuterPeaks): Plan {
  const { width, norm: normOf, tied } = model.architecture;
  const residualBits = stats.residual.ratio > OUTLIER_RATIO ? 20 : profile.residualBits;
  const residual = residualScale(profile, residualBits, stats, outer);
  const norm = RSQRT_SCALE / 2 ** NORM_SHIFT / Math.sqrt(width);
  const table = Math.max(outer.embedding, outer.positions) * residual;
  const shifts = Array.from({ length: MAX_EMBEDDING_SHIFT + 1 }, (_, k) => k).filter(
    (k) => k === 0 || table * 2 ** k <= top(profile.embeddingBits),
  );
  const means = meansFactor(stats, outer);
  const apart = (): Pick<Plan, 'embeddingShift' | 'bridge' | 'unit'> => {
    const room = norm * fillingScale(profile.embeddingBits, outer.head, 1);
    return {
      embeddingShift: shifts.at(-1) as number,
      bridge: norm,
      unit: Math.floor(coarse(Math.min(greatestUnit(stats), room))),
    };
  };
  const { embeddingShift, bridge, unit } = tied ? tiedScales(stats, outer, residual, shifts, means) : apart();
  return {
    residualBits,
    residual,
    epsilon: Math.max(1, Math.round(normOf.eps * width * residual ** 2)),
    norm,
    embeddingShift,
    means,
    bridge,
    unit,
  };
}

/** Bits of a delta: as few as hold its peak, so that the weights that make it keep theirs. */
export function deltaBits(plan: Plan, peak: number): number {
  const needed = Math.ceil(Math.log2(plan.residual * peak * HEADROOM + 2)) + 1;
  return Math.min(Math.max(needed, 8), Math.min(DELTA_BITS, plan.residualBits));
}
