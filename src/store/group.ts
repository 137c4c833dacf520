/**
 * A committed group in a directory:
 *
 *   group.key     the public key, to be given to verifiers
 *   secret        what pads and salts are expanded from
 *   tree          the digests of one layer
 *   data          the cells, int16 by column, or `data-at`: the path of the owner's file that holds them
 *   codeword      where the owner keeps it: what openings would otherwise recompute (codeword.ts)
 *   budget-<g>    one record a reservation (counter.ts)
 *
 * The directory is made under an unfinished name and renamed when everything in it is durable: it exists whole or not at all.
 */
import { dirname, join, resolve } from 'node:path';
import { ProofError, refuse } from '../errors/proof-error.ts';
import { freshTreeKey, treeKey } from '../random/keys.ts';
import { maskSource } from '../random/masks.ts';
import type { Secret } from '../secret/secret.ts';
import type { Kernels } from '../kernels/contract.ts';
import { columnCode } from '../params/parameters.ts';
import { commitGroup, groupColumns, ownedGroup, type OwnedGroup } from '../pcs/group-prove.ts';
import { decodeKey, encodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
import { drawSalts } from '../pcs/masks-prove.ts';
import type { GroupIdentity } from '../pcs/opening.ts';
import { budgetLimits, type BudgetPlace } from './budget.ts';
import { committedCells, openCells, storeCells, type CellOrigin } from './cells.ts';
import {
  keepsCodeword,
  openCodeword,
  writeCodeword,
  type CodewordFile,
  type CodewordLost,
  type CodewordWriter,
} from './codeword.ts';
import { counterName, encodeCounter, firstRecord, readCounter } from './counter.ts';
import { ensureDirectory, quietly, readWhole, unfinishedName, writeSynced } from './durable.ts';
import type { FileSystem } from './files.ts';
import { identityOf, type CodewordChoice, type GroupPlan } from './group-plan.ts';
import type { Home } from './home.ts';
import {
  heldTree,
  knownTree,
  loadTree,
  loadTreeSecret,
  storeTree,
  storeTreeSecret,
  treeKeySources,
  type HeldTree,
} from './tree.ts';
import { publishWitness } from './witness.ts';

const KEY = 'group.key';

/** How a group is opened. */
export interface OpenOptions {
  /** `recompute`: a codeword that is kept is not looked at. Default: what the group's owner chose. */
  readonly codeword?: 'recompute';
  /**
   * Told when the codeword that is kept is missing, damaged or another group's, at opening or later at a proof; rows are
   * recomputed then. Without it such a codeword is refused.
   */
  readonly onCodewordLost?: CodewordLost;
}

/** An open group. Its budget is in its directory: `reserve` takes it as a place. */
export interface StoredGroup extends BudgetPlace {
  readonly key: GroupKey;
  /** Canonical bytes of the key: the file to publish. */
  readonly keyBytes: Uint8Array;
  readonly owned: OwnedGroup;
  /** The fresh bytes behind the tree's key. */
  readonly treeSecret: Secret<Uint8Array>;
  /** What its owner chose. */
  readonly codeword: CodewordChoice;
  /** The codeword that opened rows are read from; undefined: they are recomputed. */
  readonly codewordFile: CodewordFile | undefined;
  /** Closes the files of cells and of the codeword; the group must not be used afterwards. */
  close(): void;
}

/** log2 of the digests in a key: 128 KiB, which save twelve layers of every opened path. At most one a row of cells. */
const LOG_CAP = 12;

/**
 * Commits cells and makes the group's directory. Memory stays bounded: sixteen columns, a quarter of the leaves and the tree.
 *
 * @param path of the directory, which must not exist
 * @throws RangeError for a plan that makes no group; ProofError `FILE_EXISTS`, `DISK_FULL`, `FILE_*`: nothing is left then
 *   but, after a crash, an unfinished directory that nobody opens
 * @example
 * const group = storeGroup(kernels, home, 'model/W', plan, { kind: 'copy', read });
 */
export function storeGroup(
  kernels: Kernels,
  home: Home,
  path: string,
  plan: GroupPlan,
  origin: CellOrigin,
  progress?: (done: number) => void,
): StoredGroup {
  const { files } = home;
  const where = resolve(path);
  const parent = dirname(where);
  const unfinished = join(parent, unfinishedName());
  const identity = identityOf(plan);
  requireNew(files, where);
  ensureDirectory(files, parent);
  files.makeDirectory(unfinished);
  let tree: HeldTree;
  try {
    const written = writeGroup(kernels, home, unfinished, plan, identity, origin, progress);
    tree = written.tree;
    files.syncDirectory(unfinished);
    files.rename(unfinished, where);
    files.syncDirectory(parent);
    publishWitness(home, readCounter(files, where, keyDigest(written.key), 0), where);
  } catch (error) {
    quietly(() => removeAll(files, unfinished));
    throw error;
  }
  return openDirectory(kernels, home, where, {}, tree);
}

/** A new key, and the layers of the tree that stay in memory. */
interface Written {
  readonly key: Uint8Array;
  readonly tree: HeldTree;
}

/** Everything in the directory, durable file by file. The key comes last: without it nothing opens. */
function writeGroup(
  kernels: Kernels,
  home: Home,
  directory: string,
  plan: GroupPlan,
  identity: GroupIdentity,
  origin: CellOrigin,
  progress?: (done: number) => void,
): Written {
  const { files } = home;
  const { parameters, layout } = plan;
  const rows = 2 ** parameters.code.logData;
  const logCap = plan.logCap ?? Math.min(LOG_CAP, parameters.code.logData);
  storeCells(files, directory, origin, identity.columns, rows);
  const group = { ...identity, cap: new Uint8Array(32 * 2 ** logCap) };
  encodeKey({ parameters, group, layout }); // refuses a key that nobody would accept before the work is done
  const { key, fresh } = freshTreeKey(treeKeySources(home, { parameters, group }));
  storeTreeSecret(home, directory, fresh);
  const source = maskSource(key, kernels.ext);
  const cells = committedCells(files, directory, origin, identity.columns, rows);
  let codeword: CodewordWriter | undefined;
  try {
    if (plan.codeword === 'keep') codeword = writeCodeword(files, directory);
    const keep = {
      absentLayers: plan.absentLayers ?? 0,
      codeword: false,
      sink: codeword?.sink,
      scoped: true,
    };
    const { cap, tree } = kernels.memory.secretScope(() => {
      const owned = commitGroup(kernels, source, parameters, identity, cells.read, logCap, keep, progress);
      storeTree(files, directory, owned.rows);
      return { cap: owned.cap, tree: heldTree(owned.rows.stored) };
    });
    const bytes = encodeKey({ parameters, group: { ...identity, cap }, layout });
    codeword?.finish(keyDigest(bytes));
    writeSynced(files, join(directory, counterName(0)), [encodeCounter(firstRecord(keyDigest(bytes)))]);
    writeSynced(files, join(directory, KEY), [bytes]);
    return { key: bytes, tree };
  } finally {
    codeword?.close();
    cells.close();
  }
}

/** The key in a file. @throws ProofError as `decodeKey`, naming the file */
function keyAt(path: string, bytes: Uint8Array): GroupKey {
  try {
    return decodeKey(bytes);
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return refuse(error.code, path, `${error.stage}: ${error.detail}`);
  }
}

/**
 * Opens a group's directory. The tree is hashed up to the cap of the key; cells are read when they are used, and rows that
 * do not hash to the tree never leave the prover.
 *
 * Pads and salts are expanded again from the stored bytes, at the positions that they were first drawn at: the same words for
 * the same cells. `maskSource` sees a key of its own for each opening, since its ledger lives as long as the process.
 *
 * @throws ProofError `FILE_MISSING`, `KEY_*`, `WEAK_PARAMS`, `STATE_*`, `COUNTER_KEY`, `TREE_*`, `SECRET_OWNER`,
 *   `DATA_LENGTH`, `CODEWORD_*`
 * @example
 * const group = openGroup(kernels, home, 'model/W');
 */
export function openGroup(
  kernels: Kernels,
  home: Home,
  path: string,
  options: OpenOptions = {},
): StoredGroup {
  return openDirectory(kernels, home, path, options);
}

/** @param written the tree, where this process has just written it: its file is not hashed again */
function openDirectory(
  kernels: Kernels,
  home: Home,
  path: string,
  options: OpenOptions,
  written?: HeldTree,
): StoredGroup {
  const { files } = home;
  const where = resolve(path);
  if (options.codeword !== undefined && options.codeword !== 'recompute') {
    throw new RangeError(`codeword: expected recompute or nothing, got ${String(options.codeword)}`);
  }
  const keyBytes = readWhole(files, join(where, KEY));
  quietly(() => files.syncDirectory(dirname(where))); // who committed it may have died before its name was durable
  const key = keyAt(join(where, KEY), keyBytes);
  const digest = keyDigest(keyBytes);
  readCounter(files, where, digest, 0); // refuses a key that is not this directory's, in any bit
  const { parameters, group } = key;
  const tree = written ? knownTree(files, where, key, written) : loadTree(kernels, files, where, key);
  const treeSecret = loadTreeSecret(home, where);
  const source = maskSource(treeKey(treeSecret, treeKeySources(home, key)), kernels.ext);
  const codeword = keepsCodeword(files, where) ? 'keep' : 'recompute';
  const cells = openCells(files, where, group.columns, 2 ** parameters.code.logData);
  let codewordFile: CodewordFile | undefined;
  try {
    if (codeword === 'keep' && options.codeword !== 'recompute') {
      codewordFile = openCodeword(files, where, key, digest, options.onCodewordLost);
    }
  } catch (error) {
    cells.close();
    throw error;
  }
  const columns = groupColumns(kernels, source, parameters, group, cells.read);
  const salts = drawSalts(source, 0, columnCode(parameters.code).length);
  const rows = { ...tree, codeword: codewordFile ?? null };
  return {
    path: where,
    key,
    keyBytes,
    keyDigest: digest,
    limits: budgetLimits(key),
    owned: ownedGroup(kernels, parameters, group, columns, rows, salts),
    treeSecret,
    codeword,
    codewordFile,
    close() {
      cells.close();
      codewordFile?.close();
    },
  };
}

function requireNew(files: FileSystem, path: string): void {
  let names: readonly string[] | undefined;
  quietly(() => (names = files.list(path)));
  if (names !== undefined) refuse('FILE_EXISTS', path, 'expected a new name, got a directory that exists');
}

function removeAll(files: FileSystem, directory: string): void {
  for (const name of files.list(directory)) files.unlink(join(directory, name));
  files.removeDirectory(directory);
}
