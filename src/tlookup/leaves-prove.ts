/** The leaves of a tree: from columns and multiplicities, all of them or a range. */
import type { Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWord, extWords, readExt, writeExt } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import type { Fingerprint } from './leaf-claim.ts';
import type { LeafBlock, LeafTree } from './layout.ts';
import { allocate } from './room-prove.ts';
import type { LookupTable, TableColumn } from './shape.ts';

/** What a prover knows of a balance, canonical words of F. */
export interface BalanceWitness {
  /** For every source, its columns: `count` words each. */
  readonly sources: readonly (readonly Uint32Array[])[];
  /** For every table of the balance, how often each row is looked up. */
  readonly multiplicities: readonly Uint32Array[];
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

/** What leaves are made of. */
export interface LeafSource {
  readonly tree: LeafTree;
  /** Of the whole program. */
  readonly tables: readonly LookupTable[];
  /** Of the tree's balance. */
  readonly witness: BalanceWitness;
  readonly fingerprint: Fingerprint;
  readonly words: TableWords;
}

/** All leaves up to the last that is not 0/1, in the current scope of the kernel memory. */
export function wholeLeaves(kernels: Kernels, source: LeafSource): Fractions {
  const { depth, live, units } = source.tree;
  const d = kernels.ext.degree;
  const p = allocate(kernels, units < live ? extWords(live, d) : 0);
  const q = allocate(kernels, extWords(live, d));
  p.fill(0, extWords(live - 1, d) - extWords(1, d)); // words behind the last fraction are zero
  q.fill(0, extWords(live - 1, d) - extWords(1, d));
  writeLeaves(kernels, source, [p, q], 0, 0, live);
  return { p, q, live, units, numVars: depth };
}

/**
 * Writes the leaves [from, from + count) at `to`, those behind the last live one too. Numerators of lookups are 1 and not written.
 *
 * @param to a multiple of four
 * @param count from 0 on any; elsewhere a power of two of which `from` is a multiple, at least four
 */
export function writeLeaves(
  kernels: Kernels,
  source: LeafSource,
  [p, q]: readonly [p: Uint32Array, q: Uint32Array],
  to: number,
  from: number,
  count: number,
): void {
  const { blocks, live, units } = source.tree;
  const end = from + count;
  const firstRow = blocks[firstWhere(blocks, ({ kind }) => kind === 'table')]?.at ?? live;
  for (const [a, b] of [
    [units, firstRow],
    [live, end],
  ] as const) {
    const first = Math.max(a, from);
    writeNeutral(kernels, p, q, to + first - from, Math.min(b, end) - first);
  }
  for (let b = firstWhere(blocks, ({ at, bits }) => at + 2 ** bits > from); b < blocks.length; b++) {
    // Blocks lie at multiples of their size, as ranges do: one is within the other.
    const block = blocks[b] as LeafBlock;
    if (block.at >= end) break;
    const first = Math.max(block.at, from);
    const cells = Math.min(block.at + 2 ** block.bits, end) - first;
    writeBlock(kernels, source, block, [p, q], to + first - from, first - block.at, cells);
  }
}

/** The first block from which on all have a property; they lie in order, lookups before rows. A tree has thousands of blocks. */
function firstWhere(blocks: readonly LeafBlock[], has: (block: LeafBlock) => boolean): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (has(blocks[middle] as LeafBlock)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The block that a leaf is in, or the first one behind it. */
export function blockAt({ blocks }: LeafTree, leaf: number): LeafBlock | undefined {
  return blocks[firstWhere(blocks, ({ at, bits }) => at + 2 ** bits > leaf)];
}

/** The leaves of `count` cells of a block, from its cell `skip` on, at `to`. */
function writeBlock(
  kernels: Kernels,
  { tables, witness, fingerprint: { alpha, betas }, words }: LeafSource,
  { kind, index, table: t, first }: LeafBlock,
  [p, q]: readonly [p: Uint32Array, q: Uint32Array],
  to: number,
  skip: number,
  count: number,
): void {
  const d = kernels.ext.degree;
  const table = tables[t] as LookupTable;
  const part = (column: Uint32Array): Uint32Array => column.subarray(first + skip, first + skip + count);
  const columns =
    kind === 'lookup'
      ? (witness.sources[index] as readonly Uint32Array[])
      : table.columns.map((column) => words(column, table.rows));
  const cells = columns.map(part);
  const own = betas.slice(0, cells.length);
  writeBlocks(q, d, to, count, (out) => kernels.lookupLeaves(out, cells, alpha, own, table.tag as Fe));
  if (kind === 'lookup') return;
  const counts = part(witness.multiplicities[index] as Uint32Array);
  writeBlocks(p, d, to, count, (out) => kernels.lookupNumerators(out, counts, -1));
}

/** Kernels write whole blocks of four elements: smaller pieces go through a block of their own. */
function writeBlocks(
  out: Uint32Array,
  degree: number,
  at: number,
  count: number,
  write: (out: Uint32Array) => void,
): void {
  if (count % BLOCK === 0) return write(out.subarray(at * degree, (at + count) * degree));
  const piece = new Uint32Array(extWords(count, degree));
  write(piece);
  for (let i = 0; i < count; i++) writeExt(out, at + i, readExt(piece, i, degree));
}

/** Fractions 0/1 at [at, at + count). */
function writeNeutral(kernels: Kernels, p: Uint32Array, q: Uint32Array, at: number, count: number): void {
  const K = kernels.ext;
  const one = K.mulBase(K.one, kernels.radix);
  let i = at;
  const single = (end: number): void => {
    for (; i < end; i++) {
      writeExt(p, i, K.zero);
      writeExt(q, i, one);
    }
  };
  single(Math.min(at + count, Math.ceil(at / BLOCK) * BLOCK));
  const blocks = Math.floor((at + count - i) / BLOCK);
  if (blocks > 0) {
    const [first, last] = [extWord(i, 0, K.degree), extWord(i + blocks * BLOCK, 0, K.degree)];
    p.fill(0, first, last);
    q.fill(0, first, last);
    // The first limbs of a block's elements lie at its head.
    for (let w = first; w < last; w += BLOCK * K.degree) q.fill(one[0] as number, w, w + BLOCK);
    i += blocks * BLOCK;
  }
  single(at + count);
}
