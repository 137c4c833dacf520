/** Parameters that allow as many proofs as somebody asks for. */
import { quietly } from '../../store/durable.ts';

/**
 * What is chosen for so many proofs.
 *
 * @throws RangeError naming the number, and one that fits, where no code has room for it; as `choose` where none fits
 */
export function roomFor<T>(proofs: number, choose: (proofs: number) => T): T {
  try {
    return choose(proofs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    let fits: number | undefined;
    for (
      let fewer = Math.floor(proofs / 2);
      fewer >= 1 && fits === undefined;
      fewer = Math.floor(fewer / 2)
    ) {
      quietly(() => {
        choose(fewer);
        fits = fewer;
      });
    }
    if (fits === undefined) throw error;
    throw new RangeError(`proofs: expected as many as a code has room for, e.g. ${fits}, got ${proofs}`);
  }
}
