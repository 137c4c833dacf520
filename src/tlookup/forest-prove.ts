/** The fractions of a forest: leaves from columns and multiplicities, and every layer above them. */
import type { Ext, Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, readExt, writeExt } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import type { Fingerprint } from './leaf-claim.ts';
import type { LeafTree } from './layout.ts';
import type { LoadedLookups, LookupTable, TableColumn } from './shape.ts';

/** What a prover knows of a balance, canonical words of F. */
export interface BalanceWitness {
  /** For every source, its columns: `count` words each. */
  readonly sources: readonly (readonly Uint32Array[])[];
  /** For every table of the balance, how often each row is looked up. */
  readonly multiplicities: readonly Uint32Array[];
}

/** The fractions of a tree in layers 0 (the root) to `depth` (the leaves). */
export interface Tree {
  readonly depth: number;
  /** The layer; one that was not kept is made again, in the current scope of the kernel memory. */
  layer(index: number): Layer;
}

export interface Layer {
  readonly fractions: Fractions;
  /** The layer below reads the same arrays: they must not be overwritten before it. */
  readonly shared: boolean;
}

/** What a scope leaves free of the kernel memory for the windows of kernels, of which half at most. */
const WINDOWS = 2 ** 28;

/** Kernel memory while it lasts, ordinary memory behind it: kernels move that through windows in what is left. */
export function allocate(kernels: Kernels, length: number): Uint32Array {
  return 4 * length <= roomIn(kernels) ? kernels.memory.u32(length) : new Uint32Array(length);
}

function roomIn({ memory }: Kernels): number {
  return memory.capacityBytes - Math.min(WINDOWS, memory.capacityBytes / 2) - memory.usedBytes;
}

/** Table columns as words, made once for all balances. */
export type TableWords = (column: TableColumn, rows: number) => Uint32Array;

export function tableWords(): TableWords {
  // Ranges with one first value are the beginnings of the longest of them.
  const ranges = new Map<number, Uint32Array>();
  return (column, rows) => {
    if (column.kind === 'dense') return column.values;
    let words = ranges.get(column.first);
    if (words === undefined || words.length < rows) {
      words = new Uint32Array(rows);
      for (let i = 0; i < rows; i++) words[i] = column.first + i;
      ranges.set(column.first, words);
    }
    return words.subarray(0, rows);
  };
}

/**
 * All trees, in the order of the program. Where they are larger than the kernel memory, the lowest two layers of each, three
 * quarters of it, are not kept: the sums that need them come last, and make them again.
 *
 * @throws RangeError naming the witness array of a wrong length
 */
export function buildForest(
  kernels: Kernels,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  fingerprint: Fingerprint,
): Tree[] {
  checkWitnesses(lookups, witnesses);
  const words = tableWords();
  // Leaves have a denominator each, layers above them a fraction for every two: three arrays of all leaves.
  const size = lookups.trees.reduce((sum, { live }) => sum + 3 * 4 * extWords(live, kernels.ext.degree), 0);
  const keepAll = size <= roomIn(kernels);
  return lookups.trees.map((tree) => {
    const witness = witnesses[tree.balance] as BalanceWitness;
    const leaves = () => leavesOf(kernels, lookups, tree, witness, fingerprint, words);
    const whole = keepAll || tree.depth < 2 || tree.live <= 2 ** (tree.depth - 1);
    return whole ? wholeTree(kernels, leaves()) : prunedTree(kernels, tree.depth, leaves);
  });
}

function leavesOf(
  kernels: Kernels,
  { program }: LoadedLookups,
  { blocks, depth, live, units }: LeafTree,
  witness: BalanceWitness,
  { alpha, betas }: Fingerprint,
  words: TableWords,
): Fractions {
  const d = kernels.ext.degree;
  const p = allocate(kernels, units < live ? extWords(live, d) : 0);
  const q = allocate(kernels, extWords(live, d));
  p.fill(0, extWords(live - 1, d) - extWords(1, d)); // words behind the last fraction are zero
  q.fill(0, extWords(live - 1, d) - extWords(1, d));
  const firstRow = blocks.find(({ kind }) => kind === 'table')?.at ?? live;
  const one = kernels.ext.mulBase(kernels.ext.one, kernels.radix);
  for (let i = units; i < firstRow; i++) {
    writeExt(p, i, kernels.ext.zero);
    writeExt(q, i, one);
  }
  for (const block of blocks) {
    const { kind, index, first, bits, at } = block;
    const table = program.tables[block.table] as LookupTable;
    const columns =
      kind === 'lookup'
        ? (witness.sources[index] as readonly Uint32Array[])
        : table.columns.map((column) => words(column, table.rows));
    const cells = columns.map((column) => column.subarray(first, first + 2 ** bits));
    const own = betas.slice(0, cells.length);
    writeBlock(q, d, at, bits, (out) => kernels.lookupLeaves(out, cells, alpha, own, table.tag as Fe));
    if (kind === 'lookup') continue;
    const counts = (witness.multiplicities[index] as Uint32Array).subarray(first, first + 2 ** bits);
    writeBlock(p, d, at, bits, (out) => kernels.lookupNumerators(out, counts, -1));
  }
  return { p, q, live, units, numVars: depth };
}

/** Kernels write whole blocks of four elements: smaller pieces go through a block of their own. */
function writeBlock(
  out: Uint32Array,
  degree: number,
  at: number,
  bits: number,
  write: (out: Uint32Array) => void,
): void {
  const size = 2 ** bits;
  if (size >= 4) return write(out.subarray(at * degree, (at + size) * degree));
  const piece = new Uint32Array(extWords(size, degree));
  write(piece);
  for (let i = 0; i < size; i++) writeExt(out, at + i, readExt(piece, i, degree));
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
function prunedTree(kernels: Kernels, depth: number, leaves: () => Fractions): Tree {
  const above = (): Fractions => {
    const room = roomFor(kernels, depth - 1);
    return kernels.memory.scope(() => nextLayer(kernels, leaves(), room));
  };
  const room = roomFor(kernels, depth - 2);
  const top = kernels.memory.scope(() => nextLayer(kernels, above(), room));
  const kept: Layer[] = [...layersAbove(kernels, top), { fractions: top, shared: false }];
  return {
    depth,
    layer(index) {
      if (index < depth - 1) return kept[index] as Layer;
      return { fractions: index === depth ? leaves() : above(), shared: false };
    },
  };
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
