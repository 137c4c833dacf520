/** The verb `budget`: how many proofs the commitments of a model, of a dataset, of a corpus or of the weights of a run still allow. */
import { join, resolve } from 'node:path';
import { decodeKey, keyDigest } from '../pcs/key.ts';
import { groupPaths } from '../prover/weight-groups.ts';
import { budgetLimits, budgetStatus, type BudgetPlace } from '../store/budget.ts';
import type { BudgetStatus, Home } from '../store/index.ts';
import { disk, isDirectory, naming, readInput } from './files.ts';
import { epochPath, openFolder } from './folder.ts';
import { DATASET_FILE, openDatasetFolder } from './training/dataset-folder.ts';
import { CORPUS_FILE, openCorpusFolder } from './tuning/corpus-folder.ts';
import { RUN_FILE, stepsOf, weightsPath } from './training/run-folder.ts';
import { weightsBudget } from './weights.ts';

export interface EpochBudget extends BudgetStatus {
  readonly epoch: number;
  /** Whether proofs are made in this epoch. */
  readonly current: boolean;
  /** Committed groups, each of which pays for every proof; the rest is about the one that ends first. */
  readonly groups: number;
}

/**
 * The budgets of all epochs of a committed model, or of committed data, as `budgetStatus`. Reads only.
 *
 * @throws ProofError as `openFolder`, `budgetStatus`
 */
export function folderBudget(home: Home, path: string): readonly EpochBudget[] {
  const { epoch: newest, groups } = isData(path) ? { epoch: 0, groups: 1 } : modelOf(path);
  return Array.from({ length: newest + 1 }, (_, epoch) => {
    const places = groupPaths(epochPath(resolve(path), epoch), groups).map(placeAt);
    return { epoch, current: epoch === newest, groups, ...weightsBudget(home, places) };
  });
}

/** Committed weights of a run. */
export interface StepBudget extends BudgetStatus {
  /** Steps behind which they are. */
  readonly step: number;
}

/**
 * What the weights of a run of training still allow: the proofs of the chain that are still to come, and predictions or answers. Reads only.
 *
 * @returns undefined for a directory that is none of a run
 * @throws ProofError as `budgetStatus`
 */
export function runBudget(home: Home, path: string): readonly StepBudget[] | undefined {
  if (!isDirectory(path) || !disk.list(path).includes(RUN_FILE)) return undefined;
  const folder = { path: resolve(path) };
  return stepsOf(folder, 'weights').map((step) => {
    return { step, ...budgetStatus(home, placeAt(weightsPath(folder, step))) };
  });
}

function modelOf(path: string): { readonly epoch: number; readonly groups: number } {
  const { epoch, cut } = openFolder(path);
  return { epoch, groups: cut.count };
}

/** The budget of a group without opening it. */
function placeAt(path: string): BudgetPlace {
  const file = join(path, 'group.key');
  const bytes = readInput(file);
  const limits = budgetLimits(naming(file, () => decodeKey(bytes)));
  return { path, keyDigest: keyDigest(bytes), limits };
}

/** A dataset, or a corpus. */
function isData(path: string): boolean {
  const names = isDirectory(path) ? disk.list(path) : [];
  if (names.includes(DATASET_FILE)) openDatasetFolder(path);
  else if (names.includes(CORPUS_FILE)) openCorpusFolder(path);
  else return false;
  return true;
}
