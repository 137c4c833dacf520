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
  if (!isDirectory(path)) {
    const file = exists(path);
    if (file) refuse('FILE_KIND', path, 'expected the directory of a committed dataset, got a file');
    refuse('FILE_MISSING', path, 'expected the directory of a committed dataset, got nothing');
  }
  const names = disk.list(path);
  if (names.includes(COMMITTING)) {
    refuse('FOLDER', path, 'expected a committed dataset, got a commit at work or interrupted: run it again');
  }
  if (!names.includes(DATASET_FILE) || !names.includes('epoch-0')) {
    refuse(
      'FOLDER',
      path,
      'expected the directory of a committed dataset, got another or one left by a crash',
    );
  }
  const { rows, inputs } = sizesIn(join(path, DATASET_FILE));
  return { path, rows, inputs };
}

function sizesIn(file: string): { rows: number; inputs: number } {
  let sizes: { rows?: unknown; inputs?: unknown } = {};
  const bytes = readInput(file);
  quietly(() => (sizes = JSON.parse(new TextDecoder().decode(bytes)) as typeof sizes));
  const { rows, inputs } = sizes;
  const isSize = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) > 0;
  if (!isSize(rows) || !isSize(inputs)) return refuse('FOLDER', file, 'expected rows and inputs, got others');
  return { rows, inputs };
}
