/**
 * Commits that make a directory of data once, and publish its key. What such a directory holds:
 *
 *   committing     until the commit has ended and the key is published
 *   NAME.json      sizes of the data
 *   epoch-0        the committed data (spec/state.md section 2)
 *
 * What is public lies beside it: DIR.key.
 */
import { dirname, join, resolve } from 'node:path';
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { encodeParameters } from '../../params/encoding.ts';
import type { Parameters } from '../../params/parameters.ts';
import { ensureDirectory, quietly } from '../../store/durable.ts';
import { budgetStatus, openGroup, type Home, type StoredGroup } from '../../store/index.ts';
import { checkOutput, disk, exists, naming, readInput, removeTree, writeNew } from '../files.ts';
import { epochPath, publicPaths } from '../folder.ts';
import { clearInterrupted, interruptedCommit, markCommitted, markCommitting } from '../interrupted.ts';

export interface CommitPlace {
  /** Directory to be made: private. */
  readonly out: string;
  /** Key file to be made: public. Default: the directory's name with `.key`. */
  readonly key?: string;
  /** What the data are, for errors, and the file that has their sizes. */
  readonly what: string;
  readonly file: string;
}

/** What is committed. */
export interface PreparedCommit {
  readonly parameters: Parameters;
  readonly sizes: Readonly<Record<string, number>>;
  /** @param path of the group's directory */
  commit(path: string): StoredGroup;
  /** Whether a group holds the same data. */
  isSame(group: StoredGroup): boolean;
}

export interface CommittedData {
  readonly digest: Uint8Array;
  readonly files: { readonly folder: string; readonly key: string };
  readonly keyBytes: number;
  /** Steps, or segments of them, that can be proven over these data. */
  readonly proofsLeft: number;
}

/**
 * Commits data. What a commit that was killed left in that directory is taken away first, or finished where only the key was missing.
 *
 * @param prepare reads the data: nothing is made before it has
 * @throws ProofError `FILE_*` naming the file; as `prepare`; nothing is left then
 */
export function commitFolder(
  kernels: Kernels,
  home: Home,
  place: CommitPlace,
  prepare: () => PreparedCommit,
): CommittedData {
  const { file, what, out: shown } = place;
  const out = resolve(shown);
  const keyFile = place.key ?? publicPaths(out, 0).key;
  const left = exists(out) ? interruptedCommit(out, shown, [file]) : undefined;
  if (left !== 'complete') checkOutput(keyFile);
  const prepared = prepare();
  if (left === 'begun') clearInterrupted(out, shown, [file]);
  if (left !== 'complete') makeFolder(out, shown);
  let published = left === 'complete';
  let group: StoredGroup | undefined;
  try {
    group =
      left === 'complete' ? openGroup(kernels, home, epochPath(out, 0)) : committed(out, file, prepared);
    if (left === 'complete') {
      const { parameters } = group.key;
      const same = sameBytes(encodeParameters(prepared.parameters), encodeParameters(parameters));
      if (!same || !prepared.isSame(group)) {
        const other = `of another ${what} or with other options: run it with these, or remove the directory`;
        refuse('FILE_EXISTS', shown, `expected a new name, got an interrupted commit ${other}`);
      }
    }
    const isThere = exists(keyFile) && sameBytes(readInput(keyFile), group.keyBytes);
    if (!isThere) writeNew(keyFile, group.keyBytes);
    published = true;
    markCommitted(out);
    return {
      digest: group.keyDigest,
      files: { folder: out, key: keyFile },
      keyBytes: group.keyBytes.length,
      proofsLeft: budgetStatus(home, group).proofsLeft,
    };
  } catch (error) {
    if (!published) quietly(() => removeTree(out));
    throw error;
  } finally {
    group?.close();
  }
}

function committed(out: string, file: string, { sizes, commit }: PreparedCommit): StoredGroup {
  writeNew(join(out, file), new TextEncoder().encode(`${JSON.stringify(sizes)}\n`));
  return commit(epochPath(out, 0));
}

function makeFolder(out: string, shown: string): void {
  ensureDirectory(disk, dirname(out));
  naming(shown, () => disk.makeDirectory(out));
  try {
    markCommitting(out);
  } catch (error) {
    quietly(() => removeTree(out));
    throw error;
  }
}
