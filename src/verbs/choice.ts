/** The rule of choice as users write it. */
import { osBytes } from '../random/os.ts';
import type { PublicChoice } from '../ops/lowering.ts';

export interface ChoiceOptions {
  readonly greedy?: boolean;
  /** 64 hexadecimal digits. Default for a sampled answer: fresh ones. */
  readonly seed?: string;
  /** Default for a sampled answer: 1. */
  readonly temperature?: number;
}

/**
 * Greedy, unless a seed or a temperature is given. Seeds are public: whoever must not choose his luck takes one that the
 * parties agreed on.
 *
 * @throws RangeError for what is no rule of choice
 */
export function choiceOf({ greedy, seed, temperature }: ChoiceOptions): PublicChoice {
  if (seed === undefined && temperature === undefined) return 'greedy';
  if (greedy === true) throw new RangeError('greedy: expected no seed and no temperature beside it, got one');
  if (seed !== undefined && !/^[0-9a-fA-F]{64}$/.test(seed)) {
    throw new RangeError(`seed: expected 64 hexadecimal digits, got ${seed.length} characters`);
  }
  const thousandths = Math.round((temperature ?? 1) * 1000);
  if (!(thousandths >= 1 && thousandths <= 2 ** 20)) {
    throw new RangeError(`temperature: expected a number from 0.001 to 1048, got ${temperature}`);
  }
  return { seed: seed === undefined ? osBytes(32) : bytesOfHex(seed), temperature: thousandths };
}

export function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
