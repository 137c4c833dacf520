/** Sizes: the model against trees that are counted, and the largest case against all cases. */
import { expect, test } from 'vitest';
import { openingSize, proofSize } from '../../src/params/size.ts';
import { LISTED, toyChoice } from '../support/params.ts';

/** Leaves and sibling digests of an opening, counted on the tree. */
function count(
  logLeaves: number,
  positions: Iterable<number>,
  cap: number,
): { leaves: number; siblings: number } {
  let nodes = new Set(positions);
  const leaves = nodes.size;
  let siblings = 0;
  for (let level = logLeaves; level > cap; level--) {
    for (const node of nodes) if (!nodes.has(node ^ 1)) siblings++;
    nodes = new Set([...nodes].map((node) => node >> 1));
  }
  return { leaves, siblings };
}

test.each([
  [3, 0, 3],
  [4, 0, 2],
  [4, 2, 3],
  [2, 0, 4],
])('2^%i leaves, cap 2^%i, %i positions: all draws enumerated', (logLeaves, cap, q) => {
  const n = 2 ** logLeaves;
  let [total, largest] = [0, 0];
  for (let draw = 0; draw < n ** q; draw++) {
    const positions = Array.from({ length: q }, (_, i) => Math.floor(draw / n ** i) % n);
    const { leaves, siblings } = count(logLeaves, positions, cap);
    const bytes = 40 * leaves + 32 * siblings;
    total += bytes;
    largest = Math.max(largest, bytes);
  }
  const part = openingSize('tree', logLeaves, 40, q, cap);
  expect(part.expected).toBe(Math.ceil(total / n ** q - 1e-9));
  expect(part.maximum).toBe(largest);
});

test('a cap as deep as the tree leaves no siblings', () => {
  expect(openingSize('tree', 4, 40, 1, 4)).toEqual({ name: 'tree', expected: 40, maximum: 40 });
  expect(openingSize('tree', 4, 40, 1, 9).maximum).toBe(40);
});

test.each([...LISTED, { name: 'toy', choice: toyChoice() }])('$name: parts add up', ({ choice }) => {
  const size = proofSize(choice.parameters, choice.instance);
  expect(size.parts.reduce((sum, part) => sum + part.expected, 0)).toBe(size.expected);
  expect(size.parts.every((part) => part.expected <= part.maximum)).toBe(true);
});
