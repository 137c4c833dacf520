/** Choices and their noise, exact in integers. */
import { rawWords } from '../../hash/stream.ts';
import { GUMBEL_FRACTION, GUMBEL_OCTAVES, GUMBEL_PARTS } from '../../tables/index.ts';
import { balanced, unprovable, type Evaluated, type IntTensor } from '../tensor.ts';
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
  const noise = new Int32Array(vocabulary);
  for (let v = 0; v < vocabulary; v++) {
    const quantile = table[gumbelKey(words[v] as number)] as number;
    noise[v] = Math.floor((quantile * multiplier + unit / 2) / unit);
  }
  return noise;
}

/** The noise of a row, added modulo p; absent: greedy. */
export type RowNoise = (row: number) => Int32Array;

/** The values of one row: logits with noise. */
function rowValues({ width, data }: IntTensor, row: number, noise: RowNoise | undefined): Int32Array {
  const values = data.slice(row * width, (row + 1) * width);
  const added = noise?.(row);
  for (let v = 0; v < width; v++) values[v] = balanced((values[v] as number) + (added?.[v] ?? 0));
  return values;
}

/**
 * The least id with the greatest value, for each row. Auxiliary: `chosen`, that value; `lead`, [rows, width], by how much it leads
 * every other, one less for those of lower ids.
 *
 * @throws ProofError `UNPROVABLE` where the greatest value has more than 29 bits or leads another by 2^29 or more
 */
export function evaluateArgmax(stage: string, logits: IntTensor, noise?: RowNoise): Required<Evaluated> {
  const { rows, width } = logits;
  const data = new Int32Array(rows);
  const half = 2 ** (CHOICE_BITS - 1);
  for (let t = 0; t < rows; t++) {
    const values = rowValues(logits, t, noise);
    let best = 0;
    for (let v = 1; v < width; v++) if ((values[v] as number) > (values[best] as number)) best = v;
    const greatest = values[best] as number;
    let far = false;
    for (let v = 0; v < width && !far; v++) {
      far = leadOver(greatest, best, values[v] as number, v) >= 2 ** CHOICE_BITS;
    }
    if (greatest >= half || greatest < -half || far) {
      unprovable(stage, t, 0, `expected a choice of ${CHOICE_BITS} bits`);
    }
    data[t] = best;
  }
  const auxiliary = () => {
    const [chosen, lead] = [new Int32Array(rows), new Int32Array(rows * width)];
    for (let t = 0; t < rows; t++) {
      const values = rowValues(logits, t, noise);
      const best = data[t] as number;
      const greatest = values[best] as number;
      chosen[t] = greatest;
      for (let v = 0; v < width; v++) lead[t * width + v] = leadOver(greatest, best, values[v] as number, v);
    }
    return { chosen, lead };
  };
  return { data, auxiliary };
}

/** D_v = l_choice - l_v - [v < choice] */
function leadOver(greatest: number, best: number, value: number, v: number): number {
  return greatest - value - (v < best ? 1 : 0);
}
