/**
 * Commits that were killed half-way. `zkdl commit` makes its directory, then, before anything else in it, a file that says which process is at
 * work; the file goes when the key is published. So a directory with that file is a commit's own, and one whose process is gone may be
 * taken away: if it holds nothing but what a commit makes, under the names it makes them. Anything else is left as it is. A commit makes no
 * links: whoever could put one there could name any directory, and one that another user made may be his trap.
 */
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { sameBytes } from '../hash/words.ts';
import { quietly, unfinishedName } from '../store/durable.ts';
import { entryAt } from '../store/node-files.ts';
import { disk, isDirectory, readInput, removeTree, writeNew } from './files.ts';
import { COMMITTING, epochPath, MODEL_FILE, TOKENIZER_BASE } from './folder.ts';

const UNFINISHED = /^\.unfinished-[0-9a-f]{16}$/;
/** Files of a group: `src/store/group.ts`. */
const GROUP_FILES = /^(?:group\.key|secret|tree|data|data-at|codeword|keep-codeword|budget-\d{1,16})$/;

/** Who is at work. */
interface Worker {
  readonly pid: number;
  readonly host: string;
}

/** The file that says that this process commits into a directory that it has just made. */
export function markCommitting(folder: string): void {
  const worker: Worker = { pid: process.pid, host: hostname() };
  writeNew(join(folder, COMMITTING), new TextEncoder().encode(`${JSON.stringify(worker)}\n`));
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
 * @throws ProofError `FILE_EXISTS` for a directory that is none of an interrupted commit, or one of a commit that is at work
 */
export function interruptedCommit(folder: string, shown: string): 'begun' | 'complete' {
  const taken = (what: string): never =>
    refuse('FILE_EXISTS', shown, `expected a new name, got one that is taken${what}`);
  const entry = entryAt(folder);
  if (entry?.kind !== 'directory') taken('');
  if (entry?.own !== true) taken(': it belongs to another user');
  const names = disk.list(folder);
  if (!names.includes(COMMITTING)) taken(names.length === 0 ? ': remove the empty directory' : '');
  const worker = workerOf(folder) ?? taken(`: its file ${COMMITTING} is none of a commit`);
  if (worker.host !== hostname())
    taken(`: a commit of host ${worker.host.slice(0, 64)} is or was at work there`);
  if (isAlive(worker.pid)) {
    taken(`: process ${worker.pid} commits there; if that is another program, remove the directory`);
  }
  const strange = strangeName(folder, names);
  if (strange !== undefined) {
    taken(
      ` by a commit that was interrupted, and by ${strange}, which it did not make: remove the directory`,
    );
  }
  return isDirectory(epochPath(folder, 0)) ? 'complete' : 'begun';
}

/**
 * Takes away what `interruptedCommit` found begun: out of the way in one step, so that of two processes one does it, then file by file.
 *
 * @throws ProofError `FILE_EXISTS` where another process was quicker
 */
export function clearInterrupted(folder: string, shown: string): void {
  const before = readInput(join(folder, COMMITTING));
  const aside = join(dirname(folder), unfinishedName());
  disk.rename(folder, aside);
  let own = false;
  quietly(() => {
    if (entryAt(aside)?.kind !== 'directory') return;
    const now = readInput(join(aside, COMMITTING));
    own = sameBytes(now, before);
  });
  if (!own || strangeName(aside, disk.list(aside)) !== undefined) {
    disk.rename(aside, folder);
    refuse('FILE_EXISTS', shown, 'expected a new name, got one that another process has just taken');
  }
  removeTree(aside);
}

function workerOf(folder: string): Worker | undefined {
  try {
    const text = new TextDecoder().decode(readInput(join(folder, COMMITTING)));
    const { pid, host } = JSON.parse(text) as Partial<Worker>;
    return Number.isSafeInteger(pid) && (pid as number) > 0 && typeof host === 'string'
      ? { pid: pid as number, host }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process of this machine runs; one with our own number is a former one. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0); // asks, and signals nothing
    return true;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === 'EPERM';
  }
}

/** The first name that no commit makes. */
function strangeName(folder: string, names: readonly string[]): string | undefined {
  const files = new Set([COMMITTING, MODEL_FILE, `${TOKENIZER_BASE}.json`, `${TOKENIZER_BASE}.bin`]);
  for (const name of names) {
    const path = join(folder, name);
    const kind = entryAt(path)?.kind;
    if (kind === 'file' && (files.has(name) || UNFINISHED.test(name))) continue;
    if (kind !== 'directory' || (!UNFINISHED.test(name) && path !== epochPath(folder, 0))) return name;
    const inner = disk.list(path).find((own) => {
      const known = GROUP_FILES.test(own) || UNFINISHED.test(own);
      return !known || entryAt(join(path, own))?.kind !== 'file';
    });
    if (inner !== undefined) return join(name, inner);
  }
  return undefined;
}
