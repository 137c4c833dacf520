/** Trees of fractions: layers that are kept, made again, or named by what they are made of. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, readExt } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import type { UnstoredLayer } from './first-round-prove.ts';
import type { LeafSource } from './leaves-prove.ts';
import { writeLayer } from './pieces-prove.ts';
import { allocate } from './room-prove.ts';

/** The fractions of a tree in layers 0 (the root) to `depth` (the leaves), or some of them. */
export interface Tree {
  readonly depth: number;
  /** The layer; one that is not kept is made in the current scope of the kernel memory, or named by what it is made of. */
  layer(index: number): Layer | UnstoredLayer;
}

export interface Layer {
  readonly fractions: Fractions;
  /** The layer below reads the same arrays: they must not be overwritten before it. */
  readonly shared: boolean;
}

/** Layers from so many above the leaves on are made at once where they are not kept: a node for every four leaves, 10 bytes a leaf. */
const MADE_WHOLE = 2;
/** The tree above leaves that are all there. */
export function wholeTree(kernels: Kernels, leaves: Fractions): Tree {
  const layers = [...layersAbove(kernels, leaves), { fractions: leaves, shared: false }];
  return { depth: leaves.numVars, layer: (index) => layers[index] as Layer };
}

/** The layers above one, the root first. */
function layersAbove(kernels: Kernels, from: Fractions): Layer[] {
  const layers: Layer[] = [];
  let x = from;
  while (x.numVars > 0) {
    const shared = x.live <= 2 ** (x.numVars - 1);
    x = nextLayer(kernels, x, shared ? 0 : roomFor(kernels, x.numVars - 1));
    layers.unshift({ fractions: x, shared });
  }
  return layers;
}

/** Room for numerators and denominators of 2^numVars fractions. */
function roomFor(kernels: Kernels, numVars: number): readonly [p: Uint32Array, q: Uint32Array] {
  const size = extWords(2 ** numVars, kernels.ext.degree);
  return [allocate(kernels, size), allocate(kernels, size)];
}

/** @param room 0: the layer needs none, because it reads the arrays of the one below */
function nextLayer(kernels: Kernels, below: Fractions, room: ReturnType<typeof roomFor> | 0): Fractions {
  const [p, q] = room === 0 ? [new Uint32Array(0), new Uint32Array(0)] : room;
  return kernels.fractionLayer(p, q, below);
}

/**
 * A tree without its lowest layers. More than half of its leaves are live, so every layer above them is full.
 *
 * @param below the layer below those that are kept, where it is there: it is read, and not written to
 */
export function prunedTree(kernels: Kernels, source: LeafSource, lost: number, below?: Fractions): Tree {
  const { depth } = source.tree;
  const kept =
    below !== undefined ? layersAbove(kernels, below) : layersTo(kernels, layerAbove(kernels, source, lost));
  return { depth, layer: (index) => kept[index] as Layer };
}

/** A layer and all above it, the root first. */
function layersTo(kernels: Kernels, lowest: Fractions): Layer[] {
  return [...layersAbove(kernels, lowest), { fractions: lowest, shared: false }];
}

/** A tree of which one layer is read, so many above the leaves. */
export function lowestOf(kernels: Kernels, source: LeafSource, above: number): Tree {
  return {
    depth: source.tree.depth,
    layer: () =>
      above < MADE_WHOLE
        ? { source, above }
        : { fractions: layerAbove(kernels, source, above), shared: false },
  };
}

/** The layer so many above the leaves, without all leaves in memory at once. */
export function layerAbove(kernels: Kernels, source: LeafSource, above: number): Fractions {
  const numVars = source.tree.depth - above;
  const [p, q] = roomFor(kernels, numVars);
  writeLayer(kernels, source, above, p, q);
  return { p, q, live: 2 ** numVars, numVars };
}

/** Plain elements. */
export interface Fraction {
  readonly p: Ext;
  readonly q: Ext;
}

/** The root of a tree. */
export function rootOf(kernels: Kernels, tree: Tree): Fraction {
  const { p, q, units } = (tree.layer(0) as Layer).fractions; // no tree's root is among its lowest layers
  const K = kernels.ext;
  const inverse = K.base.inverse(kernels.radix);
  const plain = (words: Uint32Array): Ext => K.mulBase(readExt(words, 0, K.degree), inverse);
  return { p: (units ?? 0) > 0 ? K.one : plain(p), q: plain(q) };
}
