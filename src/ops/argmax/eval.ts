/** Choices and their noise, exact in integers. */
import { rawWords } from '../../hash/stream.ts';
import { GUMBEL_FRACTION, GUMBEL_OCTAVES, GUMBEL_PARTS } from '../../tables/index.ts';
import { balanced, unprovable, type IntTensor } from '../tensor.ts';
import { CHOICE_BITS, MAX_NOISE } from './shape.ts';

/** M = floor((unit t + 500) / 1000), the noise's multiplier at a temperature of t thousandths. @throws RangeError */
export function noiseMultiplier(unit: number, thousandths: number): number {
  if (!Number.isInteger(thousandths) || thousandths < 0 || thousandths > 2 ** 20) {
    throw new RangeError(`temperature: expected an integer in [0, 2^20] thousandths, got ${thousandths}`);
  }
  const multiplier = Math.floor((unit * thousandths + 500) / 1000);
  if (multiplier > MAX_NOISE) {
    throw new RangeError(`temperature: expected noise of at most ${MAX_NOISE} steps, got ${multiplier}`);
  }
  return multiplier;
}

/** The key of the table `gumbel` that a uniform 32-bit word selects. */
export function gumbelKey(word: number): number {
  const e = Math.min(Math.clz32(word), GUMBEL_OCTAVES - 1);
  return GUMBEL_PARTS * e + ((word << (e + 1)) >>> 21); // the 11 bits behind bit 31 - e
}

/**
 * N_v = floor((g M + 2^15) / 2^16) for v < vocabulary, g the quantile that word v of the stream (seed, "gumbel", position)
 * selects. |g| < 2^20 and M <= 2^24: exact, |N| < 2^28.
 *
 * @param seed 32 public bytes, @param position of the row in its sequence, @param table column of `gumbel`
 */
export function gumbelNoise(
  seed: Uint8Array,
  position: number,
  vocabulary: number,
  multiplier: number,
  table: Int32Array,
): Int32Array {
  const words = rawWords({ key: seed, label: 'gumbel', id: position }, 0, vocabulary);
  const unit = 2 ** GUMBEL_FRACTION;
  return Int32Array.from(words, (word) =>
    Math.floor(((table[gumbelKey(word)] as number) * multiplier + unit / 2) / unit),
  );
}

/**
 * The least id with the greatest value, for each row.
 *
 * @param noise per row, added modulo p; absent: greedy
 * @throws ProofError `UNPROVABLE` where the greatest value has more than 29 bits or leads another by 2^29 or more
 */
export function evaluateArgmax(
  stage: string,
  logits: IntTensor,
  noise?: (row: number) => Int32Array,
): Int32Array {
  const { rows, width, data } = logits;
  const out = new Int32Array(rows);
  const values = new Int32Array(width);
  const half = 2 ** (CHOICE_BITS - 1);
  for (let t = 0; t < rows; t++) {
    const added = noise?.(t);
    let best = 0;
    for (let v = 0; v < width; v++) {
      values[v] = balanced((data[t * width + v] as number) + (added?.[v] ?? 0));
      if ((values[v] as number) > (values[best] as number)) best = v;
    }
    const greatest = values[best] as number;
    let lead = 0; // the greatest D_v = greatest - value_v - [v < best]
    for (let v = 0; v < width; v++) {
      lead = Math.max(lead, greatest - (values[v] as number) - (v < best ? 1 : 0));
    }
    if (greatest >= half || greatest < -half || lead >= 2 ** CHOICE_BITS) {
      unprovable(stage, t, 0, `expected a choice of ${CHOICE_BITS} bits`);
    }
    out[t] = best;
  }
  return out;
}
