/** QNT-3: entries of so many bits, told from those of more by one word for all of them. */
import { expect, test } from 'vitest';
import { checkBits, fitsBits } from '../../src/ops/tensor.ts';
import { proofError } from '../support/refusal.ts';

test.each([1, 2, 8, 16, 19, 31, 32])('%i bits', (bits) => {
  const [min, max] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  for (const length of [0, 1, 2, 3, 8, 9]) {
    for (const inside of [min, max, 0, -1]) {
      expect(fitsBits(new Int32Array(length).fill(inside), bits)).toBe(true);
    }
    for (let at = 0; at < length; at++) {
      for (const outside of bits < 32 ? [min - 1, max + 1] : []) {
        const data = new Int32Array(length).fill(min);
        data[at] = outside;
        expect(fitsBits(data, bits)).toBe(false);
        const error = proofError(() => checkBits('t', { data, width: 2 }, bits));
        expect(error.message).toContain(`row ${Math.floor(at / 2)}, column ${at % 2}: expected ${bits} bits`);
      }
    }
  }
});
