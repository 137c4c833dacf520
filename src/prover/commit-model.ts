/** Commits a quantised model: its weights to a directory, its key to the world. */
import { quintic } from '../field/quintic.ts';
import { lowerGraph } from '../graph/lower.ts';
import { staticCells, staticTensors } from '../graph/static-tensors.ts';
import type { Kernels } from '../kernels/contract.ts';
import { chooseParameters, type Choice } from '../params/choose.ts';
import type { QuantizedModel } from '../quantize/model.ts';
import { putInt16 } from '../relation/cells-prove.ts';
import { compileProgram } from '../relation/compile.ts';
import { columnsOf, layOut } from '../relation/layout.ts';
import { programCosts } from '../relation/plan.ts';
import { storeGroup, type Home, type StoredGroup } from '../store/index.ts';
import { encodeModelKey, modelDigest, weightsLayout, type ModelKey } from '../answer/key.ts';
import { passOf } from '../answer/statement.ts';

export interface CommitOptions {
  /** Proofs that one epoch of the key must allow. Default 500: parameters for more make every proof slower. */
  readonly minProofs?: number;
  /** Tokens of the answers that parameters are chosen for. Others can be proven as well. Default 64. */
  readonly tokens?: number;
  /** Keep the codeword on disk, for quicker proofs. Default `recompute`. */
  readonly codeword?: 'keep' | 'recompute';
  readonly progress?: (done: number) => void;
}

/** A committed model. */
export interface CommittedModel {
  readonly group: StoredGroup;
  readonly key: ModelKey;
  /** The file to publish, and its digest. */
  readonly keyBytes: Uint8Array<ArrayBuffer>;
  readonly digest: Uint8Array<ArrayBuffer>;
}

/**
 * @param path of the directory to be made
 * @throws as `storeGroup`
 */
export function commitModel(
  kernels: Kernels,
  home: Home,
  path: string,
  model: QuantizedModel,
  options: CommitOptions = {},
): CommittedModel {
  const { graph } = model;
  const { parameters } = chooseModelParameters(model, options);
  const layout = layOut(staticTensors(graph).map(({ shape }) => shape));
  const columns = columnsOf(layout, parameters.code.logData);
  const rows = 2 ** parameters.code.logData;
  const cells = modelCells(model, columns * rows);
  const plan = { label: 'W', lifetime: 'static', columns, parameters, layout: weightsLayout(graph) } as const;
  const group = storeGroup(
    kernels,
    home,
    path,
    options.codeword === undefined ? plan : { ...plan, codeword: options.codeword },
    { kind: 'copy', read: (first, count) => cells.subarray(first * rows, (first + count) * rows) },
    options.progress,
  );
  return { group, ...keyOf(model, group) };
}

/** The key of a model whose weights are committed. */
export function keyOf(model: QuantizedModel, group: StoredGroup): Omit<CommittedModel, 'group'> {
  const key: ModelKey = { graph: model.graph, info: model.info, weights: group.key };
  const keyBytes = encodeModelKey(key);
  return { key, keyBytes, digest: modelDigest(keyBytes) };
}

/** All weights where the layout puts them. */
function modelCells({ graph, weights }: QuantizedModel, size: number): Int16Array {
  const cells = new Int16Array(size);
  const tensors = staticTensors(graph);
  const layout = layOut(tensors.map(({ shape }) => shape));
  const at = new Map(tensors.map(({ name }, i) => [name, i]));
  for (const declaration of graph.weights) {
    const data = weights.get(declaration.name);
    if (data === undefined) throw new RangeError(`weights: expected ${declaration.name}, got none`);
    for (const [name, part] of staticCells(declaration, data)) {
      putInt16(cells, layout, at.get(name) as number, declaration.shape, part);
    }
  }
  return cells;
}

/** Parameters for a typical answer: one prompt of one token, the rest chosen. */
export function chooseModelParameters(model: QuantizedModel, options: CommitOptions = {}): Choice {
  const { graph } = model;
  const tokens = Math.min(options.tokens ?? 64, graph.context);
  const statement = {
    model: new Uint8Array(32),
    sequences: [{ prompt: [0], completion: new Array<number>(tokens).fill(0) }],
    choice: 'greedy',
    context: new Uint8Array(0),
  } as const;
  const compiled = compileProgram(quintic, lowerGraph(graph, passOf(graph, statement)));
  const cells = layOut(staticTensors(graph).map(({ shape }) => shape)).cells;
  const groups = [
    { name: 'W', lifetime: 'static', cells } as const,
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
