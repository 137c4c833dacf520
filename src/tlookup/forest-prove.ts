/** The fractions of a forest: every layer above the leaves. */
import type { Ext, Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, readExt } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import { allocate, roomIn } from './room-prove.ts';
import type { Fingerprint } from './leaf-claim.ts';
import {
  tableWords,
  wholeLeaves,
  writeLeaves,
  type BalanceWitness,
  type LeafSource,
} from './leaves-prove.ts';
import type { LoadedLookups, LookupTable } from './shape.ts';

/** The fractions of a tree in layers 0 (the root) to `depth` (the leaves), or some of them. */
export interface Tree {
  readonly depth: number;
  /** The layer; one that is not kept is made in the current scope of the kernel memory. */
  layer(index: number): Layer;
}

export interface Layer {
  readonly fractions: Fractions;
  /** The layer below reads the same arrays: they must not be overwritten before it. */
  readonly shared: boolean;
}

/** Leaves of a range that are made at once: four such ranges lie in a cache. */
const PIECE = 2 ** 15;

/** The lowest layers, leaves among them, that are not kept where whole trees take too much of the kernel memory: three quarters of a tree. */
const PRUNED = 2;

/** All trees, in the order of the program, once for each of the sums that read them. */
export interface Forest {
  /** In the current scope of the kernel memory: every layer, but for those of `lowest` where that is. */
  trees(): Tree[];
  /**
   * The sums that come last read `layers` layers, the leaves among them, which are not kept: trees of these alone, so that whatever was kept
   * for the others can go first. Absent where everything is kept.
   */
  readonly lowest?: { readonly layers: number; trees(): Tree[] };
}

/** @throws RangeError naming the witness array of a wrong length */
export function createForest(
  kernels: Kernels,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  fingerprint: Fingerprint,
): Forest {
  checkWitnesses(lookups, witnesses);
  const words = tableWords();
  // Leaves have a denominator each, layers above them a fraction for every two: three arrays of all leaves. Half of the room is for them: the
  // sums take tables of eq and bound halves besides, and what lies outside is new to the machine in every layer and moves through windows.
  const size = lookups.trees.reduce((sum, { live }) => sum + 3 * 4 * extWords(live, kernels.ext.degree), 0);
  const keepAll = 2 * size <= roomIn(kernels);
  const sources = lookups.trees.map((tree): LeafSource => {
    const witness = witnesses[tree.balance] as BalanceWitness;
    return { tree, tables: lookups.program.tables, witness, fingerprint, words };
  });
  // Pieces are whole blocks of four, and layers above them full.
  const isWhole = ({ tree }: LeafSource): boolean =>
    keepAll || tree.depth < PRUNED + 2 || tree.live <= 2 ** (tree.depth - 1);
  const treesOf = (pruned: typeof prunedTree) => (): Tree[] =>
    sources.map((source) =>
      isWhole(source) ? wholeTree(kernels, wholeLeaves(kernels, source)) : pruned(kernels, source),
    );
  const lowest = { layers: PRUNED, trees: treesOf(lowestOf) };
  return { trees: treesOf(prunedTree), ...(sources.every(isWhole) ? {} : { lowest }) };
}

function wholeTree(kernels: Kernels, leaves: Fractions): Tree {
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

/** A tree without its lowest two layers. More than half of its leaves are live, so every layer above them is full. */
function prunedTree(kernels: Kernels, source: LeafSource): Tree {
  const { depth } = source.tree;
  const top = layerAbove(kernels, source, PRUNED);
  const kept: Layer[] = [...layersAbove(kernels, top), { fractions: top, shared: false }];
  return { depth, layer: (index) => kept[index] as Layer };
}

/** The lowest two layers of a tree, each made where it is asked for. */
function lowestOf(kernels: Kernels, source: LeafSource): Tree {
  const { depth } = source.tree;
  return {
    depth,
    layer(index) {
      const fractions = index === depth ? wholeLeaves(kernels, source) : layerAbove(kernels, source, 1);
      return { fractions, shared: false };
    },
  };
}

function layerAbove(kernels: Kernels, source: LeafSource, layers: 1 | 2): Fractions {
  const numVars = source.tree.depth - layers;
  const [p, q] = roomFor(kernels, numVars);
  layersInPieces(kernels, source, layers, p, q);
  return { p, q, live: 2 ** numVars, numVars };
}

/**
 * The layer one or two above the leaves, without all leaves in memory at once. Node j of it is made of the leaves j, j + 2^(depth - layers), ..:
 * a piece of it is a tree of as many ranges of leaves, one behind the other.
 *
 * @param p numerators of the layer, 2^(depth - layers)
 * @param q denominators
 */
function layersInPieces(
  kernels: Kernels,
  source: LeafSource,
  layers: 1 | 2,
  p: Uint32Array,
  q: Uint32Array,
): void {
  const d = kernels.ext.degree;
  const { depth, units } = source.tree;
  const width = 2 ** (depth - layers);
  const size = Math.min(width, PIECE);
  const ranges = Array.from({ length: 2 ** layers }, (_, k) => k * width);
  const numVars = 31 - Math.clz32(size) + layers;
  kernels.memory.scope(() => {
    const own = roomFor(kernels, numVars);
    const between = layers === 2 ? roomFor(kernels, numVars - 1) : own;
    for (let j = 0; j < width; j += size) {
      ranges.forEach((from, k) => writeLeaves(kernels, source, own, k * size, from + j, size));
      // Ranges are apart: where one has leaves that are no units, no later one has units.
      const counts = ranges.map((from) => Math.min(Math.max(units - from - j, 0), size));
      const leaves = { live: 2 ** numVars, units: counts.reduce((sum, n) => sum + n, 0), numVars };
      let x: Fractions = { p: own[0], q: own[1], ...leaves };
      if (layers === 2) x = nextLayer(kernels, x, between);
      const part = (words: Uint32Array): Uint32Array => words.subarray(j * d, (j + size) * d);
      nextLayer(kernels, x, [part(p), part(q)]);
    }
  });
}

/** Plain elements. */
export interface Fraction {
  readonly p: Ext;
  readonly q: Ext;
}

/** The root of a tree. */
export function rootOf(kernels: Kernels, tree: Tree): Fraction {
  const { p, q, units } = tree.layer(0).fractions;
  const K = kernels.ext;
  const inverse = K.base.inverse(kernels.radix);
  const plain = (words: Uint32Array): Ext => K.mulBase(readExt(words, 0, K.degree), inverse);
  return { p: (units ?? 0) > 0 ? K.one : plain(p), q: plain(q) };
}

function checkWitnesses({ program }: LoadedLookups, witnesses: readonly BalanceWitness[]): void {
  const { balances, tables } = program;
  const check = (name: string, array: ArrayLike<number> | undefined, length: number): void => {
    if (array?.length !== length) {
      throw new RangeError(`${name}: expected ${length} items, got ${array?.length ?? 'none'}`);
    }
  };
  check('witnesses', { length: witnesses.length }, balances.length);
  balances.forEach((balance, b) => {
    const witness = witnesses[b] as BalanceWitness;
    balance.sources.forEach(({ table, count }, s) => {
      (tables[table] as LookupTable).columns.forEach((_, c) =>
        check(`balance ${b}: source ${s}: column ${c}`, witness.sources[s]?.[c], count),
      );
    });
    balance.tables.forEach((table, t) =>
      check(
        `balance ${b}: multiplicities ${t}`,
        witness.multiplicities[t],
        (tables[table] as LookupTable).rows,
      ),
    );
  });
}
