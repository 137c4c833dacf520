/** How many cells a group of weights gets at most: what its owner says, what one commitment holds, what a limit of memory leaves. */
import { MAX_WEIGHT_GROUPS } from '../answer/key.ts';
import { weightGroups } from '../graph/static-tensors.ts';
import { chooseModelParameters } from '../prover/commit-model.ts';
import { groupLayout } from '../prover/weight-groups.ts';
import type { QuantizedModel } from '../quantize/index.ts';
import { commitMemory } from './costs.ts';

/** Cells of the largest group that is made unless asked for: its owner holds one group at a time, in two bytes a cell. */
const LARGEST_GROUP = 2 ** 29;
/** Groups below are never made for a limit of memory: a commitment takes as much for other things. */
const LEAST_GROUP = 2 ** 20;

export interface CutWishes {
  readonly groupCells?: number | undefined;
  /** Bytes that the commitment may take. */
  readonly memory?: number | undefined;
  readonly proofs?: number | undefined;
  readonly tokens?: number | undefined;
}

/**
 * Cells of a group at most: what is asked for; else Infinity for a model that one group holds, the largest group for another, and halves of
 * that until a commitment is estimated to fit the memory. Where none fits, or a key would have too many groups, it is as if nothing had
 * been said of memory.
 */
export function chosenCells(
  model: Pick<QuantizedModel, 'graph'>,
  { groupCells, memory, proofs, tokens }: CutWishes,
): number {
  if (groupCells !== undefined) return groupCells;
  const { cells } = groupLayout(model.graph.weights);
  const usual = cells <= LARGEST_GROUP ? Infinity : LARGEST_GROUP;
  if (memory === undefined) return usual;
  const fits = (most: number): boolean => {
    const wishes = {
      groupCells: most,
      ...(proofs !== undefined && { minProofs: proofs }),
      ...(tokens !== undefined && { tokens }),
    };
    return commitMemory(model, chooseModelParameters(model, wishes).parameters, most) <= memory;
  };
  if (fits(usual)) return usual;
  for (
    let most = Math.min(LARGEST_GROUP, 2 ** Math.floor(Math.log2(cells)));
    most >= LEAST_GROUP;
    most /= 2
  ) {
    if (weightGroups(model.graph, most).length > MAX_WEIGHT_GROUPS) break;
    if (fits(most)) return most;
  }
  return usual;
}
