/** The prover's trees: all kernels agree, and trees without their lower layers open like complete ones. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { bytesOfWords } from '../../src/hash/words.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import {
  buildTree,
  capOf,
  proveMultiproof,
  storedNodes,
  subtreeRoots,
  subtreesMatch,
} from '../../src/merkle/prove.ts';
import { treeShape } from '../../src/merkle/shape.ts';
import { verifyMultiproof } from '../../src/merkle/verify.ts';
import { refusal } from '../support/refusal.ts';
import { expectSame, generator } from '../support/words.ts';

let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [referenceKernels(quintic), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

const LEAVES = 256;
const next = generator(17);
const digests = Uint32Array.from({ length: 8 * LEAVES }, next);
const SETS = [[0], [255], [16, 17, 31], [0, 15, 16, 100, 101, 255], Array.from({ length: 256 }, (_, i) => i)];

describe.each([0, 1, 4, 6])('first stored layer %i', (firstLayer) => {
  test.each([1, 4])('cap of %i', (cap) => {
    for (const k of implementations) {
      const shape = treeShape(LEAVES, cap);
      const whole = buildTree(k, shape, digests);
      const roots = new Uint32Array((8 * LEAVES) / 2 ** firstLayer);
      subtreeRoots(k, firstLayer, digests, roots);
      const upper = buildTree(k, shape, roots, firstLayer);
      expect(upper.nodes.length).toBe(8 * storedNodes(shape, firstLayer));
      expectSame(capOf(upper), capOf(whole));
      for (const indices of SETS) {
        const calls: number[] = [];
        const siblings = proveMultiproof(k, upper, indices, (s) => {
          calls.push(s);
          return digests.subarray(8 * s * 2 ** firstLayer, 8 * (s + 1) * 2 ** firstLayer);
        });
        expectSame(siblings, proveMultiproof(k, whole, indices));
        const opened = [...new Set(indices.map((i) => i >> firstLayer))];
        expect(calls).toEqual(firstLayer === 0 ? [] : opened);
        const leaves = indices.map((i) => bytesOfWords(digests.subarray(8 * i, 8 * i + 8)));
        verifyMultiproof(shape, capOf(upper), { indices, leaves, siblings }, 'test');
      }
    }
  });
});

test.each([
  [0, 4],
  [0, 6],
  [1, 5],
  [4, 6],
])(
  'layers from %i to below %i that lie elsewhere open like the others, and are held against these',
  (firstLayer, heldLayer) => {
    for (const k of implementations) {
      const shape = treeShape(LEAVES, 4);
      const whole = buildTree(k, shape, digests);
      const lowest = new Uint32Array((8 * LEAVES) / 2 ** firstLayer);
      subtreeRoots(k, firstLayer, digests, lowest);
      const roots = new Uint32Array((8 * LEAVES) / 2 ** heldLayer);
      subtreeRoots(k, heldLayer, digests, roots);
      const size = 8 * 2 ** (heldLayer - firstLayer);
      const at = (node: number): Uint32Array => lowest.slice(size * node, size * (node + 1));
      const treeOf = (read: typeof at) => ({
        ...buildTree(k, shape, roots, heldLayer),
        firstLayer,
        lower: { heldLayer, digests: read },
      });
      const leaves = (s: number): Uint32Array =>
        digests.subarray(8 * s * 2 ** firstLayer, 8 * (s + 1) * 2 ** firstLayer);
      expectSame(capOf(treeOf(at)), capOf(whole));
      for (const indices of SETS) {
        const asked: number[] = [];
        const tree = treeOf((node) => (asked.push(node), at(node)));
        expectSame(proveMultiproof(k, tree, indices, leaves), proveMultiproof(k, whole, indices));
        expect(asked.length).toBe(new Set(asked).size);
        const opened = [...new Set(indices.map((i) => i >> firstLayer))];
        const ours = Uint32Array.from(opened.flatMap((s) => [...leaves(s)]));
        expect(subtreesMatch(k, tree, opened, ours)).toBe(true);
        ours[0]! ^= 1;
        expect(subtreesMatch(k, tree, opened, ours)).toBe(false);
      }
      const changed = treeOf((node) => at(node).fill(7, 0, 1));
      expect(() => proveMultiproof(k, changed, [3], leaves)).toThrow('do not hash to its stored root');
      const short = treeOf((node) => at(node).subarray(8));
      expect(() => proveMultiproof(k, short, [3], leaves)).toThrow(`expected ${size} words`);
    }
  },
);

test('bad arguments and recomputed leaves that are wrong', () => {
  const k = implementations[0] as Kernels;
  const shape = treeShape(LEAVES, 4);
  const roots = new Uint32Array(8 * 16);
  subtreeRoots(k, 4, digests, roots);
  const upper = buildTree(k, shape, roots, 4);
  const leaves = (s: number): Uint32Array => digests.slice(128 * s, 128 * (s + 1));
  expect(() => proveMultiproof(k, upper, [3])).toThrow(TypeError);
  expect(() => proveMultiproof(k, upper, [3], (s) => leaves(s).subarray(8))).toThrow('expected 128 words');
  expect(() => proveMultiproof(k, upper, [3], (s) => leaves(s + 1))).toThrow('subtree 0');
  const flipped = leaves(0);
  flipped[127] = (flipped[127] as number) ^ 1;
  expect(() => proveMultiproof(k, upper, [3], () => flipped)).toThrow('do not hash to its stored root');
  expect(refusal(() => proveMultiproof(k, upper, [4, 3], leaves))).toBe('INDEX_ORDER');
  expect(() => buildTree(k, shape, roots, 3)).toThrow('digests: expected 256 words, got 128');
  expect(() => buildTree(k, shape, roots, 7)).toThrow('firstLayer: expected an integer in [0, 6], got 7');
  expect(() => subtreeRoots(k, 4, digests, roots.subarray(8))).toThrow('leaves: expected');
  expect(() => treeShape(8, 16)).toThrow('cap: expected a power of two in [1, 8], got 16');
  expect(() => treeShape(8, 3)).toThrow('cap');
  expect(() => treeShape(2 ** 32, 1)).toThrow('leaves');
});
