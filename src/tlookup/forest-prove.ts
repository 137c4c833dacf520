/** The fractions of a forest: every layer above the leaves. */
import type { Ext, Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, readExt } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import { allocate, roomIn } from './room-prove.ts';
import type { Fingerprint } from './leaf-claim.ts';
import { tableWords, wholeLeaves, type BalanceWitness, type LeafSource } from './leaves-prove.ts';
import type { UnstoredLayer } from './first-round-prove.ts';
import { writeLayer } from './pieces-prove.ts';
import type { LoadedLookups, LookupProgram, LookupTable } from './shape.ts';

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

/** Smaller trees are kept whole. Larger ones have halves and quarters of whole blocks in every layer that is made in pieces. */
const LEAST_DEPTH = 8;
/** Layers from so many above the leaves on are made at once where they are not kept: a node for every four leaves, 10 bytes a leaf. */
const MADE_WHOLE = 2;
/** Bytes up to which the layers above leaves of one column are kept. */
const MOST_OF_ONE = 2 ** 28;
/** Most layers that are not kept: what is left of a tree is an eighth of its leaves. */
const MOST_LOST = 4;

/** Trees for sums that come one after the other. */
export interface Stage {
  /** The layers that its sums read. */
  readonly layers: number;
  /** All trees in the order of the program, in the current scope of the kernel memory. */
  trees(): Tree[];
}

/**
 * The stages in the order of the sums: layers that are kept together from the root on, then each of the layers below them, down to the
 * leaves. What is made for one stage can go before the next.
 *
 * @throws RangeError naming the witness array of a wrong length
 */
export function createForest(
  kernels: Kernels,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  fingerprint: Fingerprint,
): Stage[] {
  checkWitnesses(lookups, witnesses);
  const words = tableWords();
  const sources = lookups.trees.map((tree): LeafSource => {
    const witness = witnesses[tree.balance] as BalanceWitness;
    return { tree, tables: lookups.program.tables, witness, fingerprint, words };
  });
  // Pieces are whole blocks of four, and layers above them full.
  const isWhole = ({ tree }: LeafSource): boolean =>
    tree.depth < LEAST_DEPTH || tree.live <= 2 ** (tree.depth - 1);
  const stage = (layers: number, made: (source: LeafSource) => Tree): Stage => ({
    layers,
    trees: () =>
      sources.map((source) =>
        isWhole(source) ? wholeTree(kernels, wholeLeaves(kernels, source)) : made(source),
      ),
  });
  const { logLeaves } = lookups;
  if (sources.every(isWhole)) return [stage(logLeaves, (source) => lowestOf(kernels, source, 0))];
  const lost = layersBelow(kernels, lookups);
  const lowest = Array.from({ length: lost }, (_, k) =>
    stage(1, (source) => lowestOf(kernels, source, lost - 1 - k)),
  );
  return [stage(logLeaves - lost, (source) => prunedTree(kernels, source, lost)), ...lowest];
}

/**
 * How many layers are not kept: at least the leaves, whose sum is as fast without them. A layer takes two arrays, and all above it as much
 * again; a third of the room is for tables of eq and for what a sum binds. The layer above leaves of one column is as soon made as read from
 * memory that is touched for the first time.
 */
function layersBelow(kernels: Kernels, { trees, program }: LoadedLookups): number {
  const leaves = trees.reduce((sum, { live }) => sum + 4 * extWords(live, kernels.ext.degree), 0);
  const room = (2 / 3) * roomIn(kernels);
  const ofOne = isMostlyOfOne(program) ? Math.min(room, MOST_OF_ONE) : room;
  let layers = 1;
  while (layers < MOST_LOST && (4 * leaves) / 2 ** layers > (layers === 1 ? ofOne : room)) layers++;
  return layers;
}

/** Whether more than seven eighths of all leaves are lookups of one column: where other leaves face them, nodes take the longer way. */
function isMostlyOfOne({ tables, balances }: LookupProgram): boolean {
  const own = balances.flatMap(({ sources }) => sources);
  const rows = balances.flatMap((balance) => balance.tables.map((t) => (tables[t] as LookupTable).rows));
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const narrow = own.filter(({ table }) => tables[table]?.columns.length === 1);
  const all = sum(own.map(({ count }) => count)) + sum(rows);
  return sum(narrow.map(({ count }) => count)) > (7 / 8) * all;
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

/** A tree without its lowest layers. More than half of its leaves are live, so every layer above them is full. */
function prunedTree(kernels: Kernels, source: LeafSource, lost: number): Tree {
  const { depth } = source.tree;
  const top = layerAbove(kernels, source, lost);
  const kept: Layer[] = [...layersAbove(kernels, top), { fractions: top, shared: false }];
  return { depth, layer: (index) => kept[index] as Layer };
}

/** A tree of which one layer is read, so many above the leaves. */
function lowestOf(kernels: Kernels, source: LeafSource, above: number): Tree {
  return {
    depth: source.tree.depth,
    layer: () =>
      above < MADE_WHOLE
        ? { source, above }
        : { fractions: layerAbove(kernels, source, above), shared: false },
  };
}

/** The layer so many above the leaves, without all leaves in memory at once. */
function layerAbove(kernels: Kernels, source: LeafSource, above: number): Fractions {
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
