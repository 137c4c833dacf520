/**
 * The prover's side of Merkle trees: stored layers, the cap, multiproofs. Layers below `firstLayer` may be absent;
 * they are recomputed for the subtrees above opened leaves only. With 16-leaf subtrees (`firstLayer` = 4) a stored
 * tree is 4 bytes per leaf instead of 64.
 */
import { DIGEST_BYTES } from '../hash/blake3.ts';
import { bytesOfWords } from '../hash/words.ts';
import type { Kernels } from '../kernels/contract.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import { checkIndices, siblingPositions, treeDepth, type TreeShape } from './shape.ts';

const DIGEST_WORDS = DIGEST_BYTES / 4;

/** Layers of a tree, from `firstLayer` up to the cap. */
export interface StoredTree {
  readonly shape: TreeShape;
  /** The lowest stored layer, 0..depth. */
  readonly firstLayer: number;
  /** Digests, 8 words each: layer firstLayer (or `lower.heldLayer`), then the next, .., then the cap. */
  readonly nodes: Uint32Array;
  /** Where the lowest stored layers are not in `nodes` but somewhere else. */
  readonly lower?: LowerLayers;
}

/** Stored layers that are read when they are needed. */
export interface LowerLayers {
  /** The lowest layer of `nodes`, above `firstLayer`. */
  readonly heldLayer: number;
  /** The digests of layer `firstLayer` under a node of the held layer: 8 words each. Held against the node whenever they are read. */
  digests(node: number): Uint32Array;
}

/** Digests that `nodes` of a stored tree holds. */
export function storedNodes(shape: TreeShape, firstLayer: number): number {
  return 2 * 2 ** (shape.logLeaves - firstLayer) - 2 ** shape.logCap;
}

/**
 * Computes the layers above given digests of one layer.
 *
 * @param digests 8 words for each of the 2^(logLeaves - firstLayer) nodes of layer `firstLayer`
 * @throws RangeError for another length, or a layer outside 0..depth
 * @example
 * const tree = buildTree(kernels, treeShape(leaves, 64), digests);
 */
export function buildTree(
  kernels: Kernels,
  shape: TreeShape,
  digests: Uint32Array,
  firstLayer = 0,
): StoredTree {
  checkLayer(shape, firstLayer);
  const count = 2 ** (shape.logLeaves - firstLayer);
  if (digests.length !== DIGEST_WORDS * count) {
    throw new RangeError(`digests: expected ${DIGEST_WORDS * count} words, got ${digests.length}`);
  }
  const nodes = new Uint32Array(DIGEST_WORDS * storedNodes(shape, firstLayer));
  nodes.set(digests);
  return growTree(kernels, shape, nodes, firstLayer);
}

/**
 * The same where the digests stand already: the first part of `nodes` is layer `firstLayer`, the layers above are written
 * behind it.
 *
 * @param nodes 8 words for each of `storedNodes`
 * @throws RangeError for another length, or a layer outside 0..depth
 */
export function growTree(kernels: Kernels, shape: TreeShape, nodes: Uint32Array, firstLayer = 0): StoredTree {
  checkLayer(shape, firstLayer);
  const words = DIGEST_WORDS * storedNodes(shape, firstLayer);
  if (nodes.length !== words) throw new RangeError(`nodes: expected ${words} words, got ${nodes.length}`);
  kernels.hashTree(nodes, 2 ** (shape.logLeaves - firstLayer), 2 ** shape.logCap);
  return { shape, firstLayer, nodes };
}

/**
 * The roots of aligned subtrees, for trees whose lower layers are not kept: a block of leaves goes in as it is
 * made, its nodes of layer `firstLayer` come out.
 *
 * @param leaves 8 words per leaf, a multiple of 2^firstLayer leaves
 * @param roots receives 8 words per subtree
 */
export function subtreeRoots(
  kernels: Kernels,
  firstLayer: number,
  leaves: Uint32Array,
  roots: Uint32Array,
): void {
  if (leaves.length !== roots.length * 2 ** firstLayer || roots.length % DIGEST_WORDS !== 0) {
    throw new RangeError(`leaves: expected ${roots.length * 2 ** firstLayer} words, got ${leaves.length}`);
  }
  if (firstLayer === 0) return roots.set(leaves);
  kernels.memory.scope(() => {
    let children = leaves;
    for (let layer = 0; layer < firstLayer; layer++) {
      const parents = layer === firstLayer - 1 ? roots : hotWords(kernels, children.length / 2);
      kernels.hashParents(parents, children);
      children = parents;
    }
  });
}

/**
 * Whether subtrees above `firstLayer` are those of the tree: for leaves that come from elsewhere than the commitment.
 *
 * @param subtrees nodes of layer `firstLayer`
 * @param leaves 8 words for each of their leaves, 2^firstLayer a subtree
 */
export function subtreesMatch(
  kernels: Kernels,
  tree: StoredTree,
  subtrees: readonly number[],
  leaves: Uint32Array,
): boolean {
  const roots = new Uint32Array(DIGEST_WORDS * subtrees.length);
  subtreeRoots(kernels, tree.firstLayer, leaves, roots);
  const nodeOf = nodeReader(kernels, tree);
  return subtrees.every((subtree, i) =>
    nodeOf(tree.firstLayer, subtree).every((word, j) => word === roots[DIGEST_WORDS * i + j]),
  );
}

/** The published cap: 32 * 2^logCap bytes. */
export function capOf(tree: StoredTree): Uint8Array<ArrayBuffer> {
  return bytesOfWords(tree.nodes.slice(tree.nodes.length - DIGEST_WORDS * 2 ** tree.shape.logCap));
}

/** The leaf digests of one absent subtree: 8 words for each of the leaves [2^f * s, 2^f * (s + 1)), f = firstLayer. */
export type SubtreeLeaves = (subtree: number) => Uint32Array;

/**
 * The siblings of a multiproof in canonical order, 32 bytes each.
 *
 * @param indices opened leaves, strictly increasing
 * @param subtreeLeaves recomputes leaf digests below `firstLayer`; called once for each subtree with an opened
 *   leaf, in increasing order; not needed when all layers are stored
 * @throws ProofError as `checkIndices`; TypeError when layers are absent and `subtreeLeaves` is too; RangeError when
 *   it returns another number of words; Error when what it returns does not hash to the stored subtree root
 */
export function proveMultiproof(
  kernels: Kernels,
  tree: StoredTree,
  indices: readonly number[],
  subtreeLeaves?: SubtreeLeaves,
): Uint8Array<ArrayBuffer> {
  const { shape, firstLayer } = tree;
  checkIndices(shape, indices, 'multiproof');
  const nodeOf = nodeReader(kernels, tree);
  const subtrees = new Map<number, Uint32Array>();
  if (firstLayer > 0) {
    if (subtreeLeaves === undefined) {
      throw new TypeError(`subtreeLeaves: expected a function for a tree without layers below ${firstLayer}`);
    }
    for (const index of indices) {
      const s = Math.floor(index / 2 ** firstLayer);
      if (!subtrees.has(s))
        subtrees.set(s, rebuild(kernels, firstLayer, s, subtreeLeaves(s), nodeOf(firstLayer, s)));
    }
  }
  const positions = siblingPositions(shape, indices);
  const siblings = new Uint32Array(DIGEST_WORDS * positions.length);
  positions.forEach(({ layer, index }, k) => {
    const below = firstLayer - layer; // the sibling of a node below the first layer lies in the same subtree
    const digest =
      below <= 0
        ? nodeOf(layer, index)
        : nodeAt(
            subtrees.get(Math.floor(index / 2 ** below)) as Uint32Array,
            firstLayer,
            layer,
            index % 2 ** below,
          );
    siblings.set(digest, DIGEST_WORDS * k);
  });
  return bytesOfWords(siblings);
}

/** Reads nodes of stored layers; what lies elsewhere is read once for all nodes under one that is held. */
function nodeReader(kernels: Kernels, tree: StoredTree): (layer: number, index: number) => Uint32Array {
  const { shape, firstLayer, nodes, lower } = tree;
  const heldLayer = lower?.heldLayer ?? firstLayer;
  const held = (layer: number, index: number): Uint32Array =>
    nodeAt(nodes, shape.logLeaves - heldLayer, layer - heldLayer, index);
  const read = new Map<number, Uint32Array>();
  return (layer, index) => {
    if (lower === undefined || layer >= heldLayer) return held(layer, index);
    const size = 2 ** (heldLayer - layer);
    const above = Math.floor(index / size);
    let below = read.get(above);
    if (below === undefined) {
      below = rebuild(kernels, heldLayer - firstLayer, above, lower.digests(above), held(heldLayer, above));
      read.set(above, below);
    }
    return nodeAt(below, heldLayer - firstLayer, layer - firstLayer, index % size);
  };
}

/**
 * All layers of a subtree out of its lowest, checked against its root as it is stored: a wrong re-encoding, or a file that has changed, must
 * not leave the prover.
 */
function rebuild(
  kernels: Kernels,
  depth: number,
  subtree: number,
  leaves: Uint32Array,
  stored: Uint32Array,
): Uint32Array {
  const size = 2 ** depth;
  if (leaves.length !== DIGEST_WORDS * size) {
    throw new RangeError(`subtreeLeaves: expected ${DIGEST_WORDS * size} words, got ${leaves.length}`);
  }
  const nodes = new Uint32Array(DIGEST_WORDS * (2 * size - 1));
  nodes.set(leaves);
  kernels.hashTree(nodes, size, 1);
  const root = nodeAt(nodes, depth, depth, 0);
  if (root.some((word, i) => word !== stored[i])) {
    throw new Error(`merkle: recomputed leaves of subtree ${subtree} do not hash to its stored root`);
  }
  return nodes;
}

/** Node `index` of layer `layer` in layers stored one behind the other above 2^logCount nodes. */
function nodeAt(nodes: Uint32Array, logCount: number, layer: number, index: number): Uint32Array {
  const before = 2 * 2 ** logCount - 2 * 2 ** (logCount - layer); // nodes of the layers below
  const at = DIGEST_WORDS * (before + index);
  return nodes.subarray(at, at + DIGEST_WORDS);
}

function checkLayer(shape: TreeShape, layer: number): void {
  if (!Number.isInteger(layer) || layer < 0 || layer > treeDepth(shape)) {
    throw new RangeError(`firstLayer: expected an integer in [0, ${treeDepth(shape)}], got ${layer}`);
  }
}
