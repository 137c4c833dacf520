/** Committing stored cells once more: to check that everything in a group's directory belongs together, or for a codeword. */
import { refuse } from '../errors/proof-error.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { CodewordSink } from '../pcs/codeword-commit.ts';
import { commitGroup } from '../pcs/group-prove.ts';
import { treeKey } from '../random/keys.ts';
import { maskSource } from '../random/masks.ts';
import { removeCodeword, replaceCodeword } from './codeword.ts';
import type { StoredGroup } from './group.ts';
import type { Home } from './home.ts';
import { treeKeySources } from './tree.ts';

/**
 * Commits the stored cells once more and compares: whether cells, secret and key, and the codeword that the group was opened
 * with, still belong together.
 *
 * @throws ProofError `DATA_CHANGED`, `CODEWORD_ROWS` where they do not
 */
export function auditGroup(kernels: Kernels, home: Home, group: StoredGroup): void {
  const comparison = group.codewordFile?.compare();
  commitAgain(kernels, home, group, comparison?.sink);
  comparison?.check();
}

/**
 * Keeps the codeword of a group from now on, or makes one that was lost again. It takes as long as the commitment did. Groups
 * that are open use it when they are opened next.
 *
 * @throws ProofError `DISK_FULL`, `FILE_*`: a codeword that was there is there still; `DATA_CHANGED` for other cells
 * @example
 * keepCodeword(kernels, home, group);
 */
export function keepCodeword(kernels: Kernels, home: Home, group: StoredGroup): void {
  replaceCodeword(home.files, group.path, group.keyDigest, (sink) => commitAgain(kernels, home, group, sink));
}

/**
 * Removes the codeword of a group: its openings recompute their rows.
 *
 * @throws ProofError `FILE_*`
 * @example
 * dropCodeword(home, group);
 */
export function dropCodeword(home: Home, group: StoredGroup): void {
  removeCodeword(home.files, group.path);
}

/** @throws ProofError `DATA_CHANGED` unless cells, pads and salts make the tree of the key */
function commitAgain(kernels: Kernels, home: Home, group: StoredGroup, sink: CodewordSink | undefined): void {
  const { key, owned, treeSecret, path } = group;
  const source = maskSource(treeKey(treeSecret, treeKeySources(home, key)), kernels.ext);
  const logCap = Math.log2(key.group.cap.length / 32);
  const read = (first: number, count: number) => owned.source.data(first, count);
  const keep = { absentLayers: Infinity, codeword: false, sink }; // of the tree, the cap is enough
  const again = commitGroup(kernels, source, key.parameters, key.group, read, logCap, keep);
  if (again.cap.some((byte, i) => byte !== key.group.cap[i])) {
    refuse(
      'DATA_CHANGED',
      path,
      'expected the cells that were committed, got others: restore the file of cells',
    );
  }
}
