/**
 * Shapes of Merkle trees and of multiproofs. Everything here is a function of public sizes and of the opened
 * indices, so nothing about a proof's shape is ever read from the proof.
 *
 * A tree has 2^logLeaves leaves. Layer l holds 2^(logLeaves - l) nodes: layer 0 the leaves, node i of layer l + 1 the
 * parent of nodes 2i and 2i + 1 of layer l. The *cap* is layer logLeaves - logCap, 2^logCap nodes, published in
 * place of the root. A tree of one leaf has no layer above its leaf: its cap is the digest of the leaf.
 */
import { refuse } from '../errors/proof-error.ts';
import { MAX_LOG_LEAVES } from '../hash/leaf.ts';

export interface TreeShape {
  /** Number of leaves as a power of two, 0..31. */
  readonly logLeaves: number;
  /** Number of cap nodes as a power of two, 0..logLeaves; 0 publishes the root. */
  readonly logCap: number;
}

/** A node: its layer and its index in the layer. */
export interface NodePosition {
  readonly layer: number;
  readonly index: number;
}

/**
 * The shape of a tree with these sizes.
 * @throws RangeError unless both are powers of two, 1 <= cap <= leaves <= 2^31
 * @example
 * treeShape(1 << 20, 64); // { logLeaves: 20, logCap: 6 }
 */
export function treeShape(leaves: number, cap: number): TreeShape {
  const logLeaves = exactLog2(leaves);
  const logCap = exactLog2(cap);
  if (logLeaves === undefined) {
    throw new RangeError(`leaves: expected a power of two in [1, 2^${MAX_LOG_LEAVES}], got ${leaves}`);
  }
  if (logCap === undefined || logCap > logLeaves) {
    throw new RangeError(`cap: expected a power of two in [1, ${leaves}], got ${cap}`);
  }
  return { logLeaves, logCap };
}

/** log2 of a power of two up to 2^31; undefined for any other number. */
export function exactLog2(n: number): number | undefined {
  if (!Number.isInteger(n) || n < 1 || n > 2 ** MAX_LOG_LEAVES) return undefined;
  const log = 31 - Math.clz32(n);
  return 2 ** log === n ? log : undefined;
}

/** Layers between the leaves and the cap: the length of a single path. */
export function treeDepth(shape: TreeShape): number {
  return shape.logLeaves - shape.logCap;
}

/**
 * Checks that indices of opened leaves are what a multiproof is defined for.
 *
 * @param stage named in the error
 * @throws ProofError `INDEX_COUNT` for none at all, `INDEX_RANGE` outside the tree, `INDEX_ORDER` unless
 *   strictly increasing (so duplicates are refused as well)
 */
export function checkIndices(shape: TreeShape, indices: readonly number[], stage: string): void {
  const leaves = 2 ** shape.logLeaves;
  if (indices.length === 0) refuse('INDEX_COUNT', stage, 'expected at least one opened leaf, got none');
  let previous = -1;
  for (const index of indices) {
    if (!Number.isInteger(index) || index < 0 || index >= leaves) {
      refuse('INDEX_RANGE', stage, `expected a leaf index in [0, ${leaves}), got ${index}`);
    }
    if (index <= previous) {
      refuse(
        'INDEX_ORDER',
        stage,
        `expected strictly increasing leaf indices, got ${index} after ${previous}`,
      );
    }
    previous = index;
  }
}

/**
 * The nodes that a multiproof must carry, in its order: layer by layer from the leaves up, by increasing index in
 * a layer. A node is needed when its sibling is known and it is not; a node is known when it is an opened leaf or
 * both its children are known or carried. This set is minimal: none of its nodes can be computed from the others and
 * the opened leaves.
 *
 * The count is the length: sum over layers l = 0 .. depth - 1 of #{ i in S_l : i xor 1 not in S_l } with
 * S_l = { floor(i / 2^l) : i in indices }.
 *
 * @param indices strictly increasing, in range: see `checkIndices`
 * @example
 * siblingPositions(treeShape(4, 1), [1]); // [{ layer: 0, index: 0 }, { layer: 1, index: 1 }]
 */
export function siblingPositions(shape: TreeShape, indices: readonly number[]): NodePosition[] {
  const siblings: NodePosition[] = [];
  visitSiblings(shape, indices, (layer, index) => siblings.push({ layer, index }));
  return siblings;
}

/** How many these are: all that a verifier asks before it reads them. */
export function siblingCount(shape: TreeShape, indices: readonly number[]): number {
  let count = 0;
  visitSiblings(shape, indices, () => count++);
  return count;
}

function visitSiblings(
  shape: TreeShape,
  indices: readonly number[],
  visit: (layer: number, index: number) => void,
): void {
  let known = indices;
  for (let layer = 0; layer < treeDepth(shape); layer++) {
    const parents: number[] = [];
    for (let k = 0; k < known.length; k++) {
      const index = known[k] as number;
      const sibling = siblingOf(index);
      if (known[k + 1] === sibling)
        k++; // both children are known
      else visit(layer, sibling);
      parents.push(Math.floor(index / 2));
    }
    known = parents;
  }
}

/** The other child of the same parent. */
export function siblingOf(index: number): number {
  return index % 2 === 0 ? index + 1 : index - 1;
}
