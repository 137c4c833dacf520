/**
 * The two files behind a group's tree. `tree`: the lowest stored layer of digests; the layers above are hashed again when it
 * is read, so the cap is checked against the key and a damaged tree never proves anything. Of these layers only upper ones stay in memory,
 * a 128th of all: the digests beneath are read again where a proof opens rows, and held against them. `secret`: the fresh bytes that,
 * with the owner's long-term secret, give the key of pads and salts, and the name of that long-term secret.
 */
import { join } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import type { Kernels } from '../kernels/contract.ts';
import { buildTree, capOf, storedNodes, subtreeRoots, type StoredTree } from '../merkle/prove.ts';
import type { CommittedRows } from '../merkle/rows-prove.ts';
import { treeDepth, type TreeShape } from '../merkle/shape.ts';
import { columnCode } from '../params/parameters.ts';
import type { CommittedColumns } from '../pcs/commit.ts';
import type { GroupKey } from '../pcs/key.ts';
import { groupTree } from '../pcs/opening.ts';
import { FRESH_BYTES, type TreeKeySources } from '../random/keys.ts';
import { mapSecret, secretOf, type Secret } from '../secret/secret.ts';
import { hexOf, readWhole, writeSynced } from './durable.ts';
import type { FileReader, FileSystem } from './files.ts';
import { checkBody, frame, FRAME_BYTES, unframe } from './frame.ts';
import { SECRET_ID_BYTES, type Home } from './home.ts';

const TREE = 'tree';
const TREE_KIND = 'tree';
const SECRET = 'secret';
const SECRET_KIND = 'treeseed';
/** The framed number of the lowest layer, before the digests. */
const HEADER_BYTES = FRAME_BYTES + 4;
/** Words of a digest. */
const WORDS = 8;
/** Layers that are read again. */
const LOWER_LAYERS = 8;
/** Digests that are hashed at once: at least those under one held node. */
const LOG_PIECE = 16;

/** @param rows of a commitment that keeps its tree from some layer on */
export function storeTree(files: FileSystem, directory: string, rows: CommittedRows): void {
  const { stored } = rows;
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, stored.firstLayer, true);
  const digests = stored.nodes.subarray(0, WORDS * 2 ** (stored.shape.logLeaves - stored.firstLayer));
  writeSynced(files, join(directory, TREE), [frame(TREE_KIND, header), bytesOf(digests)]);
}

/** @throws ProofError `STATE_*`, `TREE_LAYER`, `TREE_CAP` for the tree of another key or a damaged one */
export function loadTree(
  kernels: Kernels,
  files: FileSystem,
  directory: string,
  key: GroupKey,
): CommittedColumns {
  const path = join(directory, TREE);
  const tree = groupTree(key.parameters, key.group);
  const reader = files.open(path);
  try {
    const header = new Uint8Array(Math.min(reader.size, HEADER_BYTES));
    reader.read(header, 0);
    const { body } = unframe(path, TREE_KIND, header);
    checkBody(path, body, 4);
    const firstLayer = new DataView(body.buffer).getUint32(0, true);
    if (firstLayer > treeDepth(tree.shape)) {
      refuse('TREE_LAYER', path, `expected a layer up to ${treeDepth(tree.shape)}, got ${firstLayer}`);
    }
    const expected = HEADER_BYTES + 4 * WORDS * 2 ** (tree.shape.logLeaves - firstLayer);
    if (reader.size !== expected) {
      refuse(
        'STATE_LENGTH',
        path,
        `expected ${expected} bytes, got ${reader.size}: the file is cut short or goes on`,
      );
    }
    const stored = hashedTree(kernels, files, path, reader, tree.shape, firstLayer);
    const cap = capOf(stored);
    if (cap.some((byte, i) => byte !== key.group.cap[i])) {
      refuse('TREE_CAP', path, 'expected the tree of the key in this directory, got another');
    }
    return { tree, stored, cap, codeword: null };
  } finally {
    reader.close();
  }
}

/** The lowest layer that stays in memory. */
function heldLayerOf(shape: TreeShape, firstLayer: number): number {
  return Math.min(firstLayer + LOWER_LAYERS, treeDepth(shape));
}

/** A tree without the layers that are read from its file. */
export interface HeldTree {
  readonly held: StoredTree;
  /** Of the file. */
  readonly firstLayer: number;
}

/** What is left of a tree in kernel memory when its scope ends. */
export function heldTree({ shape, firstLayer, nodes }: StoredTree): HeldTree {
  const heldLayer = heldLayerOf(shape, firstLayer);
  const upper = nodes.slice(nodes.length - WORDS * storedNodes(shape, heldLayer));
  return { held: { shape, firstLayer: heldLayer, nodes: upper }, firstLayer };
}

/** The tree of a directory that has just been written, as `loadTree` would read it. */
export function knownTree(
  files: FileSystem,
  directory: string,
  key: GroupKey,
  { held, firstLayer }: HeldTree,
): CommittedColumns {
  const tree = groupTree(key.parameters, key.group);
  const stored = withLower(files, join(directory, TREE), held, firstLayer);
  return { tree, stored, cap: capOf(held), codeword: null };
}

/** The layers of a file of digests, the lower ones left in it. */
function hashedTree(
  kernels: Kernels,
  files: FileSystem,
  path: string,
  reader: FileReader,
  shape: TreeShape,
  firstLayer: number,
): StoredTree {
  const heldLayer = heldLayerOf(shape, firstLayer);
  const layers = heldLayer - firstLayer;
  const roots = new Uint32Array(WORDS * 2 ** (shape.logLeaves - heldLayer));
  const piece = new Uint32Array(WORDS * 2 ** Math.min(LOG_PIECE, shape.logLeaves - firstLayer));
  for (let at = 0; at < roots.length * 2 ** layers; at += piece.length) {
    reader.read(bytesOf(piece), HEADER_BYTES + 4 * at);
    const out = roots.subarray(at / 2 ** layers, (at + piece.length) / 2 ** layers);
    subtreeRoots(kernels, layers, piece, out);
  }
  return withLower(files, path, buildTree(kernels, shape, roots, heldLayer), firstLayer);
}

/** Held layers with those of the file beneath them. */
function withLower(files: FileSystem, path: string, held: StoredTree, firstLayer: number): StoredTree {
  const heldLayer = held.firstLayer;
  const layers = heldLayer - firstLayer;
  if (layers === 0) return held;
  const digests = (node: number): Uint32Array => {
    const words = new Uint32Array(WORDS * 2 ** layers);
    const again = files.open(path);
    try {
      again.read(bytesOf(words), HEADER_BYTES + words.byteLength * node);
    } finally {
      again.close();
    }
    return words;
  };
  return { ...held, firstLayer, lower: { heldLayer, digests } };
}

/** The memory of words: little-endian, as on every platform that Node.js runs WebAssembly on. */
function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** What the key of a group's pads and salts is bound to. */
export function treeKeySources(home: Home, { parameters, group }: Omit<GroupKey, 'layout'>): TreeKeySources {
  const code = columnCode(parameters.code);
  return {
    longTerm: home.longTerm,
    tree: group.label,
    group: hexOf(group.group),
    epoch: group.epoch,
    codeLength: code.length,
    messageLength: code.dimension,
  };
}

export function storeTreeSecret(home: Home, directory: string, fresh: Secret<Uint8Array>): void {
  mapSecret([fresh], (bytes) => {
    const body = new Uint8Array(FRESH_BYTES + SECRET_ID_BYTES);
    body.set(bytes);
    body.set(home.secretId, FRESH_BYTES);
    writeSynced(home.files, join(directory, SECRET), [frame(SECRET_KIND, body)]);
  });
}

/** @throws ProofError `STATE_*`, `SECRET_OWNER` when the group was committed under another long-term secret */
export function loadTreeSecret(home: Home, directory: string): Secret<Uint8Array> {
  const path = join(directory, SECRET);
  const { body } = unframe(path, SECRET_KIND, readWhole(home.files, path));
  checkBody(path, body, FRESH_BYTES + SECRET_ID_BYTES);
  if (home.secretId.some((byte, i) => byte !== body[FRESH_BYTES + i])) {
    refuse(
      'SECRET_OWNER',
      path,
      `expected a group committed under the home ${home.path}, got one of another home`,
    );
  }
  return secretOf<Uint8Array>(body.slice(0, FRESH_BYTES));
}
