/**
 * Commits that were killed half-way. `zkdl commit` makes its directory, then, before anything else in it, a file that says which process is at
 * work; the file goes when the key is published. So a directory with that file is a commit's own, and one whose process is gone may be
 * taken away: if it holds nothing but what a commit makes, under the names it makes them. Anything else is left as it is. A commit makes no
 * links: whoever could put one there could name any directory, and one that another user made may be his trap.
 */
import { dirname, join } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { sameBytes } from '../hash/words.ts';
import { quietly, unfinishedName } from '../store/durable.ts';
import { entryAt } from '../store/node-files.ts';
import { disk, isDirectory, readInput, removeTree, writeNew } from './files.ts';
import { COMMITTING, epochPath, MODEL_FILE, TOKENIZER_BASE } from './folder.ts';
import { groupPaths } from '../prover/weight-groups.ts';
import { GROUP_DIRECTORY, GROUPS_FILE, readCut } from './weights.ts';
import { isAlive, isHere, thisWorker, workerIn } from './worker.ts';

const UNFINISHED = /^\.unfinished-[0-9a-f]{16}$/;

/** Whether a name is one that things have while they are made. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/** Files of a group: `src/store/group.ts`. */
const GROUP_FILES = /^(?:group\.key|secret|tree|data|data-at|codeword|keep-codeword|budget-\d{1,16})$/;

/** Files of a model's directory beside its groups. */
const MODEL_FILES: readonly string[] = [
  MODEL_FILE,
  GROUPS_FILE,
  `${TOKENIZER_BASE}.json`,
  `${TOKENIZER_BASE}.bin`,
];

/** The file that says that this process commits into a directory that it has just made. */
export function markCommitting(folder: string): void {
  writeNew(join(folder, COMMITTING), thisWorker());
}

/** Durably the last step of a commit. */
export function markCommitted(folder: string): void {
  disk.unlink(join(folder, COMMITTING));
  disk.syncDirectory(folder);
}

/**
 * What a commit that was killed left in a directory: `begun` may be taken away, `complete` lacks at most its public key.
 *
 * @param shown the directory as its user wrote it
 * @param files that such a commit makes beside its group
 * @throws ProofError `FILE_EXISTS` for a directory that is none of an interrupted commit, or one of a commit that is at work
 */
export function interruptedCommit(folder: string, shown: string, files = MODEL_FILES): 'begun' | 'complete' {
  const taken = (what: string): never =>
    refuse('FILE_EXISTS', shown, `expected a new name, got one that is taken${what}`);
  const entry = entryAt(folder);
  if (entry?.kind !== 'directory') taken('');
  if (entry?.own !== true) taken(': it belongs to another user');
  const names = disk.list(folder);
  if (!names.includes(COMMITTING)) taken(names.length === 0 ? ': remove the empty directory' : '');
  const worker = workerIn(join(folder, COMMITTING)) ?? taken(`: its file ${COMMITTING} is none of a commit`);
  if (!isHere(worker)) taken(`: a commit of host ${worker.host.slice(0, 64)} is or was at work there`);
  if (isAlive(worker)) {
    taken(`: process ${worker.pid} commits there; if that is another program, remove the directory`);
  }
  const strange = strangeName(folder, names, files);
  if (strange !== undefined) {
    taken(
      ` by a commit that was interrupted, and by ${strange}, which it did not make: remove the directory`,
    );
  }
  return groupPaths(epochPath(folder, 0), readCut(folder).count).every(isDirectory) ? 'complete' : 'begun';
}

/**
 * Takes away what `interruptedCommit` found begun: out of the way in one step, so that of two processes one does it, then file by file.
 *
 * @throws ProofError `FILE_EXISTS` where another process was quicker
 */
export function clearInterrupted(folder: string, shown: string, files = MODEL_FILES): void {
  const before = readInput(join(folder, COMMITTING));
  const aside = join(dirname(folder), unfinishedName());
  disk.rename(folder, aside);
  let own = false;
  quietly(() => {
    if (entryAt(aside)?.kind !== 'directory') return;
    const now = readInput(join(aside, COMMITTING));
    own = sameBytes(now, before);
  });
  if (!own || strangeName(aside, disk.list(aside), files) !== undefined) {
    disk.rename(aside, folder);
    refuse('FILE_EXISTS', shown, 'expected a new name, got one that another process has just taken');
  }
  removeTree(aside);
}

/** The first name that no commit makes. */
function strangeName(folder: string, names: readonly string[], known: readonly string[]): string | undefined {
  const files = new Set([COMMITTING, ...known]);
  for (const name of names) {
    const path = join(folder, name);
    const kind = entryAt(path)?.kind;
    if (kind === 'file' && (files.has(name) || UNFINISHED.test(name))) continue;
    const isEpoch = path === epochPath(folder, 0);
    if (kind !== 'directory' || !(UNFINISHED.test(name) || isEpoch)) return name;
    const inner = isEpoch && files.has(GROUPS_FILE) ? strangeInEpoch(path) : strangeInGroup(path);
    if (inner !== undefined) return join(name, inner);
  }
  return undefined;
}

/** The same in what is a group or holds several: complete ones, and one in the making under an unfinished name. */
function strangeInEpoch(path: string): string | undefined {
  for (const name of disk.list(path)) {
    const inner = join(path, name);
    if (!mayBeGroup(name) || entryAt(inner)?.kind !== 'directory') continue;
    const strange = strangeInGroup(inner);
    if (strange !== undefined) return join(name, strange);
  }
  return strangeInGroup(path, mayBeGroup);
}

function mayBeGroup(name: string): boolean {
  return GROUP_DIRECTORY.test(name) || UNFINISHED.test(name);
}

/** The first name in the directory of a group that no group has. @param more names of directories that may be there */
export function strangeInGroup(
  path: string,
  more: (name: string) => boolean = () => false,
): string | undefined {
  return disk.list(path).find((own) => {
    const kind = entryAt(join(path, own))?.kind;
    if (kind === 'directory') return !more(own);
    return kind !== 'file' || !(GROUP_FILES.test(own) || UNFINISHED.test(own));
  });
}
