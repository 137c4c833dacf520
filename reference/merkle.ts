/** Hash trees and opened rows: spec/merkle.md. */
import { blake3, deriveKey } from './blake3.ts';
import { ascii, equalBytes, join, littleEndian, split, u32 } from './bytes.ts';
import { decodeFes, take, type Channel } from './channel.ts';
import { at } from './lists.ts';
import { require } from './refusal.ts';
import { elements } from './transcript.ts';

/** What a verifier knows about a tree before it sees the proof. */
export interface Tree {
  /** 1 to 8 printable ASCII characters. */
  readonly label: string;
  readonly epoch: number;
  /** 8 bytes. */
  readonly group: Uint8Array;
  /** c: words of a row. */
  readonly columns: number;
  /** L: the tree has 2^L leaves. */
  readonly logLeaves: number;
  readonly salted: boolean;
}

/** A tree that a proof makes for itself: epoch 0, no group. */
export function proofTree(label: string, columns: number, logLeaves: number, salted: boolean): Tree {
  return { label, epoch: 0, group: new Uint8Array(8), columns, logLeaves, salted };
}

/** Section 1: the key of all leaves of a tree. */
function leafKey({ label, epoch, group, columns, logLeaves, salted }: Tree): Uint8Array {
  const name = join([ascii(label), new Uint8Array(8 - label.length)]);
  const counts = [u32(columns), u32(logLeaves), u32(salted ? 16 : 0)];
  return deriveKey('zkdl 2026 Merkle leaf', join([name, littleEndian(epoch, 8), group, ...counts]));
}

const NODE_KEY = deriveKey('zkdl 2026 Merkle node', new Uint8Array(0));

/** Section 1: the cap of a whole tree, 2^logCap digests; no proof needs it, known answers do. */
export function capOf(
  tree: Tree,
  logCap: number,
  rows: readonly (readonly bigint[])[],
  salts: readonly Uint8Array[],
): Uint8Array {
  const key = leafKey(tree);
  let layer = rows.map((row, i) =>
    blake3(join([...(tree.salted ? [at(salts, i)] : []), elements(row)]), 32, key),
  );
  while (layer.length > 2 ** logCap) {
    layer = split(join(layer), 64).map((children) => blake3(children, 32, NODE_KEY));
  }
  return join(layer);
}

/** A node is named by its layer, counted from the root, and its index there. */
const name = (layer: number, index: number): string => `${layer}/${index}`;

/**
 * Section 4: the siblings that a proof carries, from the leaves up to the layer below the cap, ascending in a layer: nodes
 * that are neither opened nor computed and whose siblings are.
 */
export function siblings(logLeaves: number, logCap: number, indices: readonly number[]): string[] {
  const names: string[] = [];
  let known = new Set(indices);
  for (let layer = logLeaves; layer > logCap; layer--) {
    const missing = [...known].map((i) => (i % 2 === 0 ? i + 1 : i - 1)).filter((i) => !known.has(i));
    names.push(...missing.sort((a, b) => a - b).map((i) => name(layer, i)));
    known = new Set([...known].map((i) => Math.floor(i / 2)));
  }
  return names;
}

/**
 * Reads the rows at distinct ascending indices: rows, then salts, then siblings (spec/proof-format.md), and checks them
 * against the cap, 2^C digests.
 */
export function readRows(ch: Channel, tree: Tree, cap: Uint8Array, indices: readonly number[]): bigint[][] {
  const { columns, logLeaves, salted } = tree;
  const caps = split(cap, 32);
  const logCap = Math.log2(caps.length);
  const words = decodeFes(ch, take(ch, 4 * columns * indices.length));
  const salts = split(take(ch, salted ? 16 * indices.length : 0), 16);
  const names = siblings(logLeaves, logCap, indices);
  const digests = split(take(ch, 32 * names.length), 32);

  const known = new Map(names.map((key, i) => [key, at(digests, i)]));
  const key = leafKey(tree);
  const rows = indices.map((index, i) => {
    const row = words.slice(i * columns, (i + 1) * columns);
    const message = join([...(salted ? [at(salts, i)] : []), elements(row)]);
    known.set(name(logLeaves, index), blake3(message, 32, key));
    return row;
  });
  for (const index of new Set(indices.map((i) => Math.floor(i / 2 ** (logLeaves - logCap))))) {
    const same = equalBytes(nodeOf(known, logCap, index), at(caps, index));
    require(same, 'MERKLE_ROOT', `tree ${tree.label}, node ${index} of the cap`);
  }
  return rows;
}

/** Section 1: a node that is known, or the hash of its children. */
function nodeOf(known: ReadonlyMap<string, Uint8Array>, layer: number, index: number): Uint8Array {
  const given = known.get(name(layer, index));
  if (given !== undefined) return given;
  const children = [nodeOf(known, layer + 1, 2 * index), nodeOf(known, layer + 1, 2 * index + 1)];
  return blake3(join(children), 32, NODE_KEY);
}
