/** Directories of committed datasets, looked at without opening the commitment. */
import { join } from 'node:path';
import { refuse } from '../../errors/proof-error.ts';
import { quietly } from '../../store/durable.ts';
import { disk, exists, isDirectory, readInput } from '../files.ts';
import { COMMITTING } from '../folder.ts';

/** How many rows and inputs. */
export const DATASET_FILE = 'dataset.json';

/** A dataset that was committed. */
export interface DatasetFolder {
  readonly path: string;
  readonly rows: number;
  readonly inputs: number;
}

/** @throws ProofError `FILE_*`, `FOLDER` naming what is not there */
export function openDatasetFolder(path: string): DatasetFolder {
  const { rows, inputs } = committedSizes(path, 'dataset', DATASET_FILE, ['rows', 'inputs']);
  return { path, rows, inputs };
}

/**
 * The numbers that a directory of committed data keeps beside its group.
 *
 * @param what it is a directory of, @param file that has them
 * @throws ProofError `FILE_*`, `FOLDER` naming what is not there
 */
export function committedSizes<N extends string>(
  path: string,
  what: string,
  file: string,
  names: readonly N[],
): Readonly<Record<N, number>> {
  if (!isDirectory(path)) {
    const isFile = exists(path);
    if (isFile) refuse('FILE_KIND', path, `expected the directory of a committed ${what}, got a file`);
    refuse('FILE_MISSING', path, `expected the directory of a committed ${what}, got nothing`);
  }
  const found = disk.list(path);
  if (found.includes(COMMITTING)) {
    const detail = `expected a committed ${what}, got a commit at work or interrupted: run it again`;
    refuse('FOLDER', path, detail);
  }
  if (!found.includes(file) || !found.includes('epoch-0')) {
    const detail = `expected the directory of a committed ${what}, got another or one left by a crash`;
    refuse('FOLDER', path, detail);
  }
  return sizesIn(join(path, file), names);
}

function sizesIn<N extends string>(file: string, names: readonly N[]): Readonly<Record<N, number>> {
  let sizes: Partial<Record<N, unknown>> = {};
  const bytes = readInput(file);
  quietly(() => (sizes = JSON.parse(new TextDecoder().decode(bytes)) as typeof sizes));
  const isSize = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) > 0;
  if (!names.every((name) => isSize(sizes[name]))) {
    return refuse('FOLDER', file, `expected ${names.join(' and ')}, got others`);
  }
  return sizes as Record<N, number>;
}
