/** Bits of the entries of long arrays, found two entries at a time, against what they are by their definition. */
import { describe, expect, test } from 'vitest';
import { bitsOfEntries, extremes } from '../../src/ops/extremes.ts';
import { dice } from '../support/graphs.ts';

/** By trying. */
function bitsByDefinition(data: Int16Array): number {
  for (let b = 1; ; b++) if (data.every((x) => x >= -(2 ** (b - 1)) && x < 2 ** (b - 1))) return b;
}

describe('bits of entries', () => {
  test('of every single entry, wherever it stands in a word', () => {
    for (let x = -32768; x < 32768; x++) {
      const [alone, first, second] = [[x], [x, 0], [0, x]].map((own) => bitsOfEntries(Int16Array.from(own)));
      const expected = x < 0 ? 33 - Math.clz32(~x) : 33 - Math.clz32(x);
      if (alone !== expected || first !== expected || second !== expected) {
        expect([x, alone, first, second]).toEqual([x, expected, expected, expected]);
      }
    }
  });
  test('of lists of every length, from every place in memory, with one entry that needs more than the others', () => {
    const { int } = dice(3);
    const memory = new Int16Array(64);
    for (let round = 0; round < 4000; round++) {
      const [from, length, most] = [int(0, 5), int(0, 40), 2 ** int(0, 14)];
      memory.fill(-32768); // what lies beside a list is not of it
      const data = memory.subarray(from, from + length);
      data.forEach((_, i) => (data[i] = int(-most, most - 1)));
      if (length > 0) data[int(0, length - 1)] = int(-32768, 32767);
      expect(bitsOfEntries(data)).toBe(bitsByDefinition(data));
    }
  });
  test('least and greatest entries say the same', () => {
    const { int } = dice(4);
    for (let round = 0; round < 200; round++) {
      const data = Int16Array.from({ length: int(1, 40_000) }, () => int(-300, 4000));
      expect(extremes(data)).toEqual([
        data.reduce((a, b) => Math.min(a, b)),
        data.reduce((a, b) => Math.max(a, b)),
      ]);
    }
  });
});
