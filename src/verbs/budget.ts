/** The verb `budget`: how many proofs the commitments of a model, or of a dataset, still allow. */
import { join, resolve } from 'node:path';
import { decodeKey, keyDigest } from '../pcs/key.ts';
import { budgetLimits } from '../store/budget.ts';
import { budgetStatus, type BudgetStatus, type Home } from '../store/index.ts';
import { disk, isDirectory, naming, readInput } from './files.ts';
import { epochPath, openFolder } from './folder.ts';
import { DATASET_FILE, openDatasetFolder } from './training/dataset.ts';

export interface EpochBudget extends BudgetStatus {
  readonly epoch: number;
  /** Whether proofs are made in this epoch. */
  readonly current: boolean;
}

/**
 * The budgets of all epochs of a committed model, or of a committed dataset, as `budgetStatus`. Reads only.
 *
 * @throws ProofError as `openFolder`, `budgetStatus`
 */
export function folderBudget(home: Home, path: string): readonly EpochBudget[] {
  const newest = isDataset(path) ? 0 : openFolder(path).epoch;
  return Array.from({ length: newest + 1 }, (_, epoch) => {
    const where = epochPath(resolve(path), epoch);
    const file = join(where, 'group.key');
    const bytes = readInput(file);
    const limits = budgetLimits(naming(file, () => decodeKey(bytes)));
    const status = budgetStatus(home, { path: where, keyDigest: keyDigest(bytes), limits });
    return { epoch, current: epoch === newest, ...status };
  });
}

function isDataset(path: string): boolean {
  if (!isDirectory(path) || !disk.list(path).includes(DATASET_FILE)) return false;
  openDatasetFolder(path);
  return true;
}
