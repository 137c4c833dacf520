/**
 * The committed weights in a model's directory: one group in `epoch-<n>`, or several in directories W0, W1, .. of it. How they were cut
 * stands in the file `groups` beside them, with a digest of that and of the model: of a model file that is too large to be read whole before
 * every proof, this says whether the proof would be one under the key that was published.
 */
import { join } from 'node:path';
import { MAX_WEIGHT_GROUPS, weightsLayout } from '../answer/key.ts';
import { refuse } from '../errors/proof-error.ts';
import { graphDigest } from '../graph/encoding.ts';
import { sameBytes } from '../hash/words.ts';
import type { Kernels } from '../kernels/contract.ts';
import {
  closeGroups,
  groupPaths,
  openGroups,
  plannedGroups,
  type WeightGroups,
} from '../prover/weight-groups.ts';
import { encodeInfo, type QuantizedModel } from '../quantize/index.ts';
import { budgetStatus, type BudgetStatus, type Home } from '../store/index.ts';
import type { BudgetPlace } from '../store/budget.ts';
import { hexOf } from '../store/durable.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { exists, readInput, writeNew } from './files.ts';

/** File of a directory whose weights are several groups. */
export const GROUPS_FILE = 'groups';
/** Directories of groups in that of an epoch. */
export const GROUP_DIRECTORY = /^W(?:0|[1-9]\d{0,2})$/;

/** How the weights of a directory are cut. */
export interface Cut {
  /** Infinity: one group holds all. */
  readonly cells: number;
  /** Groups. */
  readonly count: number;
  /** Of several groups, in hexadecimal: digest of what the model's key says beside them. */
  readonly head: string;
}

type Head = Pick<QuantizedModel, 'graph' | 'info'>;

const WHOLE: Cut = { cells: Infinity, count: 1, head: '' };

function headOf({ graph, info }: Head, cells: number): string {
  const digest = digestOfLeaves('zkdl weights cut 1', [
    { label: 'graph', type: 'digest', value: graphDigest(graph) },
    { label: 'info', type: 'bytes', value: encodeInfo(info, graph) },
    { label: 'cells', type: 'integer', value: cells },
  ]);
  return hexOf(digest);
}

/** The cut of a model's weights. @throws RangeError as `plannedGroups` */
export function cutOf(model: Head, groupCells: number): Cut {
  const count = plannedGroups(model.graph, groupCells).length;
  return count === 1 ? WHOLE : { cells: groupCells, count, head: headOf(model, groupCells) };
}

/** Notes a cut, where there is one, before any group is made. */
export function writeCut(folder: string, { cells, count, head }: Cut): void {
  if (count === 1) return;
  writeNew(join(folder, GROUPS_FILE), new TextEncoder().encode(`${cells} ${count} ${head}\n`));
}

/** @throws ProofError `FOLDER` for a file that is none of ours */
export function readCut(folder: string): Cut {
  const path = join(folder, GROUPS_FILE);
  if (!exists(path)) return WHOLE;
  const text = new TextDecoder().decode(readInput(path));
  const found = /^([1-9]\d{0,9}) ([1-9]\d{0,2}) ([0-9a-f]{64})\n$/.exec(text);
  const [cells, count] = [Number(found?.[1]), Number(found?.[2])];
  if (!(cells < 2 ** 32 && count >= 2 && count <= MAX_WEIGHT_GROUPS)) {
    refuse('FOLDER', path, 'expected cells and number of groups and a digest, got something else');
  }
  return { cells, count, head: found?.[3] as string };
}

/**
 * Opens the weights of an epoch.
 *
 * @param path of the epoch's directory, @param cut of the model's directory
 * @throws ProofError `FOLDER` where the model is cut into other groups, or is another model; as `openGroup`
 */
export function openWeights(
  kernels: Kernels,
  home: Home,
  path: string,
  cut: Cut,
  model: Head,
): Required<WeightGroups> {
  if (cut.count > 1 && headOf(model, cut.cells) !== cut.head) {
    refuse(
      'FOLDER',
      path,
      'expected the model and the cut that were committed, got others or a damaged file',
    );
  }
  const planned = plannedGroups(model.graph, cut.cells);
  if (planned.length !== cut.count) {
    refuse('FOLDER', path, `expected ${planned.length} groups of weights for this model, got ${cut.count}`);
  }
  const groups = openGroups(kernels, home, groupPaths(path, cut.count));
  // Of directories that changed places, or of another model, proofs would be paid for that no published key is about.
  const wrong = groups.findIndex(({ key }, g) => !sameBytes(key.layout, weightsLayout(planned[g] ?? [])));
  if (wrong >= 0) {
    closeGroups(groups);
    refuse(
      'FOLDER',
      groupPaths(path, cut.count)[wrong] as string,
      'expected weights of the model, got others',
    );
  }
  return { groups, groupCells: cut.cells };
}

/** Of several groups, each of which pays for every proof, the budget of the one that ends first; warnings of all. */
export function weightsBudget(home: Home, groups: readonly BudgetPlace[]): BudgetStatus {
  const all = groups.map((group) => budgetStatus(home, group));
  const scarcest = all.reduce((least, status) => (status.proofsLeft < least.proofsLeft ? status : least));
  const linksLeft = Math.min(...all.map((status) => status.linksLeft));
  return { ...scarcest, linksLeft, warnings: [...new Set(all.flatMap(({ warnings }) => warnings))] };
}
