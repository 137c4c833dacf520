/** The verb `budget`: how many proofs the commitments of a model still allow. */
import { join, resolve } from 'node:path';
import { decodeKey, keyDigest } from '../pcs/key.ts';
import { budgetLimits } from '../store/budget.ts';
import { budgetStatus, type BudgetStatus, type Home } from '../store/index.ts';
import { naming, readInput } from './files.ts';
import { epochPath, openFolder } from './folder.ts';

export interface EpochBudget extends BudgetStatus {
  readonly epoch: number;
  /** Whether proofs are made in this epoch. */
  readonly current: boolean;
}

/**
 * The budgets of all epochs of a committed model, as `budgetStatus`. Reads only.
 *
 * @throws ProofError as `openFolder`, `budgetStatus`
 */
export function folderBudget(home: Home, path: string): readonly EpochBudget[] {
  const { epoch: newest } = openFolder(path);
  return Array.from({ length: newest + 1 }, (_, epoch) => {
    const where = epochPath(resolve(path), epoch);
    const file = join(where, 'group.key');
    const bytes = readInput(file);
    const limits = budgetLimits(naming(file, () => decodeKey(bytes)));
    const status = budgetStatus(home, { path: where, keyDigest: keyDigest(bytes), limits });
    return { epoch, current: epoch === newest, ...status };
  });
}
