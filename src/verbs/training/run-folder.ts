/**
 * The directory of a training run. Everything in it is private to its owner:
 *
 *   run                 the run file
 *   start.json          where the committed weights lie that it starts from, if it does
 *   checkpoint-<step>   the newest two
 *   loss.csv, loss.svg  what the steps measured: they follow from the newest checkpoint
 *   weights-<step>      the committed weights behind a segment (spec/state.md section 2)
 *   weights-<step>-before  with momentum and several periods in that segment: those before its last period
 *   segment-<step>      the segment that ends there; without it the weights are not in use
 *   at-work             while a process trains or proves there
 *
 * What is public lies beside it: DIR.run, and DIR.<step>.seg for every segment.
 */
import { dirname, join, resolve } from 'node:path';
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import { encodeKey, type GroupKey } from '../../pcs/key.ts';
import { ensureDirectory, quietly, unfinishedName } from '../../store/durable.ts';
import type { StoredGroup } from '../../store/index.ts';
import { entryAt } from '../../store/node-files.ts';
import { readRun, type NamedRun } from '../../training/point.ts';
import { disk, exists, isDirectory, naming, readInput, removeTree, writeNew } from '../files.ts';
import { isUnfinished, strangeInGroup } from '../interrupted.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint, type Measured } from './checkpoint.ts';

export const RUN_FILE = 'run';
/** Of a run of a graph: that of a network has none. */
export const GRAPH_FILE = 'graph.json';
export const START_FILE = 'start.json';
const NUMBERED = /^(checkpoint|segment|step|weights)-(0|[1-9]\d{0,9})(-before)?$/;
/** Checkpoints that are kept. */
const KEPT = 2;

/** Where committed weights lie that a run starts from. */
export interface StartPlace {
  /** Directory of the run that wrote them. */
  readonly folder: string;
  readonly step: number;
}

export interface RunFolder {
  /** As its user wrote it. */
  readonly shown: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly named: NamedRun;
}

/** Makes the directory of a run that was announced, whole or not at all. @throws ProofError `FILE_*` naming it */
export function makeRunFolder(shown: string, bytes: Uint8Array, start: StartPlace | undefined): void {
  makeFolderOf(shown, { ...startFile(start), [RUN_FILE]: bytes });
}

/** The file that says where a run starts, if it starts from the weights of another. */
export function startFile(start: StartPlace | undefined): Readonly<Record<string, Uint8Array>> {
  if (start === undefined) return {};
  return { [START_FILE]: new TextEncoder().encode(`${JSON.stringify(start)}\n`) };
}

/** Makes a directory with files, whole or not at all. @throws ProofError `FILE_*` naming it */
export function makeFolderOf(shown: string, files: Readonly<Record<string, Uint8Array>>): void {
  const path = resolve(shown);
  const aside = join(dirname(path), unfinishedName());
  naming(shown, () => {
    ensureDirectory(disk, dirname(path));
    disk.makeDirectory(aside);
    try {
      for (const [name, bytes] of Object.entries(files)) writeNew(join(aside, name), bytes);
      if (exists(path)) refuse('FILE_EXISTS', shown, 'expected a new name, got one that is taken');
      disk.rename(aside, path);
    } catch (error) {
      quietly(() => removeTree(aside));
      throw error;
    }
    disk.syncDirectory(dirname(path));
  });
}

/** @throws ProofError `FILE_*`, `FOLDER` for what is no directory of a run; as `readRun` */
export function openRunFolder(shown: string): RunFolder {
  const path = runDirectory(shown, RUN_FILE);
  const file = join(path, RUN_FILE);
  const bytes = readInput(file);
  return { shown, path, bytes, named: naming(file, () => readRun(bytes)) };
}

/** The directory of a training run. @param file that every such directory has, @throws ProofError `FILE_*`, `FOLDER` for another */
export function runDirectory(shown: string, file: string): string {
  const path = resolve(shown);
  if (!isDirectory(path)) {
    const isFile = exists(path);
    if (isFile) refuse('FILE_KIND', shown, 'expected the directory of a training run, got a file');
    refuse('FILE_MISSING', shown, 'expected the directory of a training run, got nothing');
  }
  const names = disk.list(path);
  const isGraph = names.includes(GRAPH_FILE);
  if (names.includes(file) && isGraph === (file === GRAPH_FILE)) return path;
  const run = isGraph ? 'a run of zkdl tune' : names.includes(RUN_FILE) ? 'a run of zkdl train' : 'another';
  const got = names.length === 0 ? 'an empty one: remove it' : run;
  return refuse(
    'FOLDER',
    shown,
    `expected the directory of ${file === GRAPH_FILE ? 'a run of zkdl tune' : 'a run of zkdl train'}, got ${got}`,
  );
}

/** @throws ProofError `FOLDER` for a file that says something else */
export function startPlace({ path }: Pick<RunFolder, 'path'>): StartPlace {
  const file = join(path, START_FILE);
  let place: Partial<StartPlace> = {};
  const bytes = readInput(file);
  quietly(() => (place = JSON.parse(new TextDecoder().decode(bytes)) as typeof place));
  const { folder, step } = place;
  if (typeof folder !== 'string' || !Number.isSafeInteger(step)) {
    return refuse('FOLDER', file, 'expected a directory and a step, got something else');
  }
  return { folder, step: step as number };
}

/** The public files of a run. Names of segments are in order where file names are sorted. */
export function publicRunPaths(
  { path, named }: RunFolder,
  step: number,
): { readonly run: string; readonly segment: string } {
  const digits = String(named.run.plan.steps).length;
  return { run: `${path}.run`, segment: `${path}.${String(step).padStart(digits, '0')}.seg` };
}

export function weightsPath({ path }: Pick<RunFolder, 'path'>, step: number): string {
  return join(path, `weights-${step}`);
}

/** Makes a public file unless it is there. @throws ProofError `FILE_EXISTS` for another file of this name */
export function publish(path: string, bytes: Uint8Array): void {
  if (!exists(path)) return writeNew(path, bytes);
  if (!sameBytes(readInput(path), bytes)) {
    refuse('FILE_EXISTS', path, 'expected a new name or this very file, got another file');
  }
}

/** Behind the path of weights: those before the last period of their segment. */
export const BEFORE = '-before';

/** The steps of numbered files of a kind, ascending. */
export function stepsOf(
  { path }: Pick<RunFolder, 'path'>,
  kind: 'checkpoint' | 'segment' | 'step' | 'weights',
  suffix: '' | typeof BEFORE = '',
): number[] {
  return disk
    .list(path)
    .flatMap((name) => {
      const match = NUMBERED.exec(name);
      return match?.[1] === kind && (match[3] ?? '') === suffix ? [Number(match[2])] : [];
    })
    .sort((a, b) => a - b);
}

/** The newest checkpoint. @throws as `decodeCheckpoint` */
export function lastCheckpoint(folder: RunFolder): Checkpoint | undefined {
  const { run, digest } = folder.named;
  return newestCheckpoint(folder, (path, bytes) => decodeCheckpoint(path, run.plan, digest, bytes));
}

/** The same of any run. @throws as `decode`; ProofError `CHECKPOINT` for one of another step than its name says */
export function newestCheckpoint<T extends Measured>(
  folder: Pick<RunFolder, 'path'>,
  decode: (path: string, bytes: Uint8Array) => T,
): T | undefined {
  const step = stepsOf(folder, 'checkpoint').at(-1);
  if (step === undefined) return undefined;
  const path = join(folder.path, `checkpoint-${step}`);
  const checkpoint = decode(path, readInput(path));
  if (checkpoint.step !== step) refuse('CHECKPOINT', path, `expected step ${step}, got ${checkpoint.step}`);
  return checkpoint;
}

/** Writes a checkpoint, then removes those that are too old. */
export function writeCheckpoint(folder: RunFolder, checkpoint: Checkpoint): void {
  const { run, digest } = folder.named;
  keepCheckpoint(folder, checkpoint.step, encodeCheckpoint(run.plan, digest, checkpoint));
}

/** The same of any run. */
export function keepCheckpoint(folder: Pick<RunFolder, 'path'>, step: number, bytes: Uint8Array): void {
  const at = (own: number): string => join(folder.path, `checkpoint-${own}`);
  writeNew(at(step), bytes);
  for (const old of stepsOf(folder, 'checkpoint').slice(0, -KEPT)) quietly(() => disk.unlink(at(old)));
}

/**
 * Removes weights of segments whose proof was interrupted: no segment names them. And those that a process was writing when it was killed: who writes
 * there is alone.
 *
 * @throws ProofError `CHAIN` where there is more in such a directory than a commitment
 */
export function clearWeights(folder: Pick<RunFolder, 'path'>, proven: number): void {
  for (const suffix of ['', BEFORE] as const) {
    for (const step of stepsOf(folder, 'weights', suffix).filter((own) => own > proven)) {
      clearGroup(`${weightsPath(folder, step)}${suffix}`);
    }
  }
  for (const name of disk.list(folder.path).filter(isUnfinished)) {
    const path = join(folder.path, name);
    if (entryAt(path)?.kind === 'directory') clearGroup(path);
  }
}

function clearGroup(path: string): void {
  const strange = strangeInGroup(path);
  if (strange !== undefined) {
    refuse('CHAIN', path, `expected a commitment that no segment names, got ${strange} as well: remove it`);
  }
  removeTree(path);
}

/** @throws ProofError `CHAIN` unless a group is the one behind a point */
export function checkWeights(group: StoredGroup, weights: GroupKey | undefined): void {
  if (weights !== undefined && sameBytes(group.keyBytes, encodeKey(weights))) return;
  refuse('CHAIN', group.path, 'expected the weights that the segment wrote, got others');
}
