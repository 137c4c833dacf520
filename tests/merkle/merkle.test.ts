/**
 * FLD-6: Merkle trees of every size from 1 to 65, every index set of the trees of up to 8 leaves, and one liar for
 * every check of the verifier.
 */
import { blake3 as noble } from '@noble/hashes/blake3.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { leafDigest, leafFormat, NODE_KEY, nodeDigest } from '../../src/hash/leaf.ts';
import { wordsOfBytes } from '../../src/hash/words.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { buildTree, capOf, proveMultiproof } from '../../src/merkle/prove.ts';
import { siblingPositions, treeDepth, treeShape, type TreeShape } from '../../src/merkle/shape.ts';
import { siblingBytes, verifyMultiproof, type Multiproof } from '../../src/merkle/verify.ts';
import { refusal } from '../support/refusal.ts';

const kernels = referenceKernels(quintic);
const DOMAIN = { label: 'AM', epoch: 3, group: new Uint8Array(8) };
const leavesOf = (n: number): Uint8Array[] =>
  Array.from({ length: n }, (_, i) => leafDigest(leafFormat(DOMAIN, 1, 6, false), [i]));
/** The leaf whose values are these bytes. */
const leafOfBytes = (bytes: Uint8Array): Uint8Array =>
  leafDigest(
    leafFormat(DOMAIN, bytes.length / 4, 6, false),
    wordsOfBytes(new Uint32Array(bytes.length / 4), bytes),
  );

/** A tree with everything that a test needs; layers by an independent implementation. */
function tree(size: number, cap = 1) {
  const shape = treeShape(size, cap);
  const leaves = leavesOf(size);
  const layers = [leaves];
  for (let below = leaves; below.length > cap;) {
    below = Array.from({ length: below.length / 2 }, (_, i) =>
      noble(Buffer.concat([below[2 * i] as Uint8Array, below[2 * i + 1] as Uint8Array]), { key: NODE_KEY }),
    );
    layers.push(below);
  }
  const words = new Uint32Array(8 * size);
  leaves.forEach((leaf, i) => words.set(wordsOfBytes(new Uint32Array(8), leaf), 8 * i));
  const stored = buildTree(kernels, shape, words);
  const open = (indices: readonly number[]): Multiproof => ({
    indices,
    leaves: indices.map((i) => leaves[i] as Uint8Array),
    siblings: proveMultiproof(kernels, stored, indices),
  });
  return { shape, leaves, layers, stored, cap: capOf(stored), open };
}

/** All non-empty subsets of 0..n-1. */
function subsets(n: number): number[][] {
  return Array.from({ length: 2 ** n - 1 }, (_, bits) =>
    Array.from({ length: n }, (_, i) => i).filter((i) => ((bits + 1) >> i) & 1),
  );
}

/** The minimal sibling set by definition: a node that is not above an opened leaf, but whose parent is. */
function bruteForceSiblings(shape: TreeShape, indices: readonly number[]): string[] {
  const above = (layer: number, i: number): boolean => indices.some((x) => x >> layer === i);
  const positions: string[] = [];
  for (let layer = 0; layer < treeDepth(shape); layer++) {
    for (let i = 0; i < 2 ** (shape.logLeaves - layer); i++) {
      if (!above(layer, i) && above(layer + 1, i >> 1)) positions.push(`${layer}:${i}`);
    }
  }
  return positions;
}

describe('sizes', () => {
  test.each(Array.from({ length: 65 }, (_, i) => i + 1))('%i leaves', (size) => {
    if (!Number.isInteger(Math.log2(size))) {
      expect(() => treeShape(size, 1)).toThrow(`leaves: expected a power of two in [1, 2^31], got ${size}`);
      return;
    }
    const { shape, layers, cap, open } = tree(size);
    expect(Buffer.from(cap)).toEqual(Buffer.from(layers.at(-1)?.[0] as Uint8Array));
    for (let i = 0; i < size; i++) {
      const proof = open([i]);
      expect(proof.siblings.length).toBe(32 * treeDepth(shape));
      verifyMultiproof(shape, cap, proof, 'test');
    }
    verifyMultiproof(shape, cap, open(Array.from({ length: size }, (_, i) => i)), 'test');
  });

  test('a tree of one leaf: the cap is the leaf, nothing else is sent', () => {
    const { shape, leaves, cap, open } = tree(1);
    expect(Buffer.from(cap)).toEqual(Buffer.from(leaves[0] as Uint8Array));
    expect(open([0]).siblings.length).toBe(0);
    const other = { ...open([0]), leaves: leavesOf(2).slice(1) };
    expect(refusal(() => verifyMultiproof(shape, cap, other, 'test'))).toBe('MERKLE_ROOT');
  });
});

describe('every index set', () => {
  test.each([
    [1, 1],
    [2, 1],
    [2, 2],
    [4, 1],
    [4, 2],
    [4, 4],
    [8, 1],
    [8, 2],
    [8, 4],
    [8, 8],
  ])('%i leaves, cap of %i', (size, capSize) => {
    const { shape, layers, cap, open } = tree(size, capSize);
    for (const indices of subsets(size)) {
      const positions = siblingPositions(shape, indices);
      expect(positions.map(({ layer, index }) => `${layer}:${index}`)).toEqual(
        bruteForceSiblings(shape, indices),
      );
      const proof = open(indices);
      expect(proof.siblings.length).toBe(siblingBytes(shape, indices));
      positions.forEach(({ layer, index }, k) => {
        const digest = proof.siblings.subarray(32 * k, 32 * k + 32);
        expect(Buffer.from(digest)).toEqual(Buffer.from(layers[layer]?.[index] as Uint8Array));
      });
      verifyMultiproof(shape, cap, proof, 'test');
    }
  });

  test('8 leaves: every bit of leaf digests and siblings counts (one bit per byte)', () => {
    const { shape, cap, open } = tree(8, 2);
    for (const indices of subsets(8)) {
      const proof = open(indices);
      for (const part of [...proof.leaves, proof.siblings]) {
        for (let byte = 0; byte < part.length; byte += 7) {
          const flip = 1 << (byte & 7);
          const changed = (p: Uint8Array): Uint8Array =>
            p === part ? p.map((x, i) => (i === byte ? x ^ flip : x)) : p;
          const liar = { indices, leaves: proof.leaves.map(changed), siblings: changed(proof.siblings) };
          expect(refusal(() => verifyMultiproof(shape, cap, liar, 'test'))).toBe('MERKLE_ROOT');
        }
      }
    }
  });
});

describe('liars', () => {
  const { shape, leaves, layers, cap, open } = tree(8);
  const honest = open([2, 5]);
  const refused = (proof: Multiproof, at: TreeShape = shape, published: Uint8Array = cap) =>
    refusal(() => verifyMultiproof(at, published, proof, 'test'));
  const digests = (...indices: number[]): Uint8Array[] => indices.map((i) => leaves[i] as Uint8Array);
  const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

  test('the honest proof passes', () => verifyMultiproof(shape, cap, honest, 'test'));
  /** Siblings as if `siblingPositions` were defined for these indices: passes every other check. */
  const crafted = (...indices: number[]): Multiproof => ({
    indices,
    leaves: digests(...indices),
    siblings: join(...siblingPositions(shape, indices).map((p) => layers[p.layer]?.[p.index] as Uint8Array)),
  });
  test('no index', () => {
    expect(refused({ indices: [], leaves: [], siblings: new Uint8Array(0) })).toBe('INDEX_COUNT');
  });
  test('duplicate index', () => expect(refused(crafted(2, 2, 5))).toBe('INDEX_ORDER'));
  test('unsorted indices', () => expect(refused(crafted(5, 2))).toBe('INDEX_ORDER'));
  test.each([8, -1, 1.5, Number.NaN, 2 ** 32 + 2])('index %d out of range', (index) => {
    const proof = index === 1.5 ? open([1]) : open([2]); // floor(1.5 / 2^l) are the nodes above leaf 1
    expect(refused({ ...proof, indices: [index] })).toBe('INDEX_RANGE');
  });
  test('missing leaf, extra leaf', () => {
    expect(refused({ ...honest, leaves: digests(2) })).toBe('LEAF_COUNT');
    expect(refused({ ...honest, leaves: digests(2, 5, 6) })).toBe('LEAF_COUNT');
  });
  test('missing, extra and partial sibling', () => {
    const { siblings } = honest;
    expect(refused({ ...honest, siblings: siblings.subarray(0, -32) })).toBe('SIBLING_COUNT');
    expect(refused({ ...honest, siblings: join(siblings, new Uint8Array(32)) })).toBe('SIBLING_COUNT');
    expect(refused({ ...honest, siblings: siblings.subarray(0, -1) })).toBe('SIBLING_COUNT');
  });
  test('siblings in another order', () => {
    const pieces = Array.from({ length: honest.siblings.length / 32 }, (_, k) =>
      honest.siblings.subarray(32 * k, 32 * k + 32),
    );
    expect(refused({ ...honest, siblings: join(...pieces.reverse()) })).toBe('MERKLE_ROOT');
  });
  test('the right leaf at the wrong index', () => {
    expect(refused({ ...open([3]), leaves: digests(2) })).toBe('MERKLE_ROOT');
  });
  test('cap cut short, cap of another tree', () => {
    expect(refused(honest, shape, cap.subarray(1))).toBe('CAP_LENGTH');
    expect(refused(honest, shape, join(cap, cap))).toBe('CAP_LENGTH');
    expect(refused(honest, shape, tree(8, 1).layers[0]?.[0])).toBe('MERKLE_ROOT');
  });
  test('each cap node is compared, not only the first', () => {
    const wide = tree(8, 4);
    for (let i = 0; i < 4; i++) {
      const published = wide.cap.slice();
      published[32 * i] = (published[32 * i] as number) ^ 1;
      const proof = wide.open([0, 2, 4, 6]);
      expect(refused(proof, wide.shape, published)).toBe('MERKLE_ROOT');
    }
  });
  test('a node in place of a leaf: a shorter path under the same root', () => {
    // In a tree of 4 leaves that are the real tree's nodes of layer 1 the root is the same: digests alone cannot
    // tell. The shape is the verifier's own and the leaf digest is recomputed under the leaf key, so the liar would
    // need values whose leaf is the node.
    const short = treeShape(4, 1);
    const nodes = layers[1] as Uint8Array[];
    const siblings = join(nodes[0] as Uint8Array, layers[2]?.[1] as Uint8Array);
    verifyMultiproof(short, cap, { indices: [1], leaves: [nodes[1] as Uint8Array], siblings }, 'test');
    expect(refused({ indices: [1], leaves: [nodes[1] as Uint8Array], siblings })).toBe('SIBLING_COUNT');
    const children = join(leaves[2] as Uint8Array, leaves[3] as Uint8Array);
    const asValues = leafOfBytes(children);
    expect(refused({ indices: [1], leaves: [asValues], siblings }, short)).toBe('MERKLE_ROOT');
  });
  test('a leaf in place of a node: a longer path', () => {
    // The liar claims 16 leaves: leaf 4's message as two further children.
    const long = treeShape(16, 1);
    const path = open([4]).siblings;
    const proof = { indices: [8], leaves: digests(4), siblings: join(leaves[5] as Uint8Array, path) };
    expect(refused(proof, long)).toBe('MERKLE_ROOT');
    expect(refused({ ...proof, indices: [4] })).toBe('SIBLING_COUNT');
    const half = new Uint8Array(32);
    expect(Buffer.from(nodeDigest(half, half))).not.toEqual(Buffer.from(leafOfBytes(join(half, half))));
  });
});

test('random index sets in larger trees', () => {
  const { shape, cap, open } = tree(256, 8);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(255), { minLength: 1, maxLength: 40 }), (set) => {
      const indices = set.sort((a, b) => a - b);
      const positions = siblingPositions(shape, indices).map(({ layer, index }) => `${layer}:${index}`);
      expect(positions).toEqual(bruteForceSiblings(shape, indices));
      verifyMultiproof(shape, cap, open(indices), 'test');
    }),
    { numRuns: 40, seed: 2 },
  );
});
