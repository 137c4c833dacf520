/** Commits a quantised model: its weights to directories, group after group, its key to the world. */
import { quintic } from '../field/quintic.ts';
import { lowerGraph } from '../graph/lower.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { WeightDeclaration } from '../ops/operator.ts';
import { chooseParameters, type Choice } from '../params/choose.ts';
import type { QuantizedModel } from '../quantize/model.ts';
import { compileProgram } from '../relation/compile.ts';
import { columnsOf } from '../relation/layout.ts';
import { programCosts } from '../relation/plan.ts';
import type { Parameters } from '../params/parameters.ts';
import { storeGroup, type CodewordChoice, type Home, type StoredGroup } from '../store/index.ts';
import { encodeModelKey, groupLabel, modelDigest, weightsLayout, type ModelKey } from '../answer/key.ts';
import { passOf } from '../answer/statement.ts';
import { closeGroups, groupCellsOf, groupLayout, groupPaths, plannedGroups, type WeightGroups } from './weight-groups.ts'; // prettier-ignore

export interface CommitOptions {
  /** Proofs that one epoch of the key must allow. Default 500: parameters for more make every proof slower. */
  readonly minProofs?: number;
  /** Tokens of the answers that parameters are chosen for. Others can be proven as well. Default 64. */
  readonly tokens?: number;
  /** Keep the codeword on disk, for quicker proofs. Default `recompute`. */
  readonly codeword?: CodewordChoice;
  /**
   * Cells that a group has at most, unless one weight alone has more: a positive integer below 2^32. Only one group is in memory at a
   * time, and each has a tree that every proof opens. Default: one group holds all weights.
   */
  readonly groupCells?: number;
  readonly progress?: (done: number) => void;
}

/** A committed model. */
export interface CommittedModel extends WeightGroups {
  readonly key: ModelKey;
  /** The file to publish, and its digest. */
  readonly keyBytes: Uint8Array<ArrayBuffer>;
  readonly digest: Uint8Array<ArrayBuffer>;
}

/**
 * @param path of the directory to be made: of the group, or of the directories of several (`groupPaths`)
 * @throws RangeError for a number of cells that makes too many groups; as `storeGroup`: groups that were complete are left then
 */
export function commitModel(
  kernels: Kernels,
  home: Home,
  path: string,
  model: QuantizedModel,
  options: CommitOptions = {},
): CommittedModel {
  const { groupCells = Infinity, progress } = options;
  const planned = plannedGroups(model.graph, groupCells);
  const { parameters } = chooseModelParameters(model, options);
  const paths = groupPaths(path, planned.length);
  const groups: StoredGroup[] = [];
  try {
    planned.forEach((own, g) => {
      const label = planned.length === 1 ? 'W' : groupLabel(g);
      const plan = { label, parameters, codeword: options.codeword ?? 'recompute' } as const;
      const onProgress = (done: number): void => progress?.((g + done) / planned.length);
      groups.push(commitWeights(kernels, home, paths[g] as string, own, model.weights, plan, onProgress));
    });
    return { groups, groupCells, ...keyOf(model, { groups, groupCells }) };
  } catch (error) {
    closeGroups(groups);
    throw error;
  }
}

/** One group: its cells are in memory until it is committed. */
function commitWeights(
  kernels: Kernels,
  home: Home,
  path: string,
  own: readonly WeightDeclaration[],
  weights: QuantizedModel['weights'],
  plan: { readonly label: string; readonly parameters: Parameters; readonly codeword: CodewordChoice },
  progress: (done: number) => void,
): StoredGroup {
  const { logData } = plan.parameters.code;
  const columns = columnsOf(groupLayout(own), logData);
  const rows = 2 ** logData;
  const cells = groupCellsOf(own, weights, columns * rows);
  return storeGroup(
    kernels,
    home,
    path,
    { ...plan, lifetime: 'static', columns, layout: weightsLayout(own) },
    {
      kind: 'copy',
      read: (first, count) => cells.subarray(first * rows, (first + count) * rows),
      held: true,
    },
    progress,
  );
}

/** The key of a model whose weights are committed. */
export function keyOf(
  { graph, info }: Pick<QuantizedModel, 'graph' | 'info'>,
  { groups, groupCells = Infinity }: WeightGroups,
): Pick<CommittedModel, 'key' | 'keyBytes' | 'digest'> {
  const key: ModelKey = { graph, info, weights: groups.map((group) => group.key), groupCells };
  const keyBytes = encodeModelKey(key);
  return { key, keyBytes, digest: modelDigest(keyBytes) };
}

/** Parameters for a typical answer: one prompt of one token, the rest chosen. */
export function chooseModelParameters(
  { graph }: Pick<QuantizedModel, 'graph'>,
  options: CommitOptions = {},
): Choice {
  const tokens = Math.min(options.tokens ?? 64, graph.context);
  const statement = {
    model: new Uint8Array(32),
    sequences: [{ prompt: [0], completion: new Array<number>(tokens).fill(0) }],
    choice: 'greedy',
    context: new Uint8Array(0),
  } as const;
  const { groupCells = Infinity } = options;
  const compiled = compileProgram(quintic, lowerGraph(graph, passOf(graph, statement), groupCells));
  const groups = [
    ...compiled.groups.map(({ cells }, g) => ({ name: groupLabel(g), lifetime: 'static', cells }) as const),
    { name: 'AM', lifetime: 'proof', cells: compiled.own.cells } as const,
  ];
  const { minProofs = 500 } = options;
  const workload = { ...programCosts(compiled), groups };
  try {
    return chooseParameters(workload, { minProofs });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(
      `proofs: expected parameters that allow ${minProofs} for this model, got none: fewer, or a smaller model`,
    );
  }
}
