/** Seeded draws, the same everywhere: words of BLAKE3 as numbers. Nothing here is secret and nothing is proven about it. */
import { blake3 } from '../hash/blake3.ts';
import { rawWords } from '../hash/stream.ts';

/** Draws one after the other. */
export interface Dice {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

const BATCH = 1024;

/**
 * Draws for one purpose.
 *
 * @param seed a non-negative integer
 * @param purpose 1 to 8 printable ASCII characters
 * @param id tells apart draws of one purpose
 */
export function dice(seed: number, purpose: string, id = 0): Dice {
  const key = blake3(new TextEncoder().encode(String(seed)), { context: 'zkdl 2026 quantiser dice' });
  let words = new Uint32Array(0);
  let at = 0;
  let read = 0;
  const word = (): number => {
    if (at === words.length) {
      words = rawWords({ key, label: purpose, id }, read, BATCH) as Uint32Array<ArrayBuffer>;
      read += BATCH;
      at = 0;
    }
    return words[at++] as number;
  };
  const uniform = (): number => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53;
  return {
    uniform,
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform())); // Box and Muller, 1958
      return radius * Math.cos(2 * Math.PI * uniform());
    },
  };
}
