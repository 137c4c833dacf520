/** Least and greatest entries of large arrays. */
import type { WeightData } from './tensor.ts';

/** Entries that are looked at together: they fit a cache, and the loop reads one type of array whatever was given. */
const PIECE = 2 ** 14;

/** [least, greatest] entry; [0, 0] of nothing. */
export function extremes(data: WeightData): readonly [number, number] {
  const piece = new Int32Array(Math.min(PIECE, data.length));
  let [least, greatest] = [data[0] ?? 0, data[0] ?? 0];
  for (let at = 0; at < data.length; at += PIECE) {
    const length = Math.min(PIECE, data.length - at);
    piece.set(data.subarray(at, at + length));
    for (let i = 0; i < length; i++) {
      const entry = piece[i] as number;
      if (entry < least) least = entry;
      if (entry > greatest) greatest = entry;
    }
  }
  return [least, greatest];
}
