/**
 * Weights as static tensors: int16 all of them, in the order in which the graph declares them, whatever a pass reads; and the committed
 * groups that they lie in, by a rule that everybody follows for himself. spec/answers.md section 1.
 */
import { matrixTensor, VECTOR_DIGIT, vectorParts } from '../ops/lowering.ts';
import type { WeightDeclaration } from '../ops/operator.ts';
import type { Tensor } from '../relation/program.ts';
import type { WeightData } from '../ops/tensor.ts';
import type { Graph } from './graph.ts';

/** A static tensor of a model: a matrix, a vector, or one of the two digits of a vector. */
export type StaticTensor = Extract<Tensor, { kind: 'static' }>;

/**
 * The weights of each committed group: in the graph's order, a group takes weights for as long as its tensors have at most so many cells
 * together, and its first one whatever its size. No weight is in two groups or in none.
 *
 * @param groupCells a positive integer. Default: all weights are one group
 */
export function weightGroups(
  { weights }: Pick<Graph, 'weights'>,
  groupCells = Infinity,
): (readonly WeightDeclaration[])[] {
  const groups: WeightDeclaration[][] = [];
  let room = 0;
  for (const declaration of weights) {
    const cells = cellsOf(declaration);
    if (groups.length === 0 || cells > room) {
      groups.push([]);
      room = groupCells;
    }
    (groups.at(-1) as WeightDeclaration[]).push(declaration);
    room -= cells;
  }
  return groups;
}

/** The static tensors of a graph, each with its group. @param groupCells as for `weightGroups` */
export function staticTensors(graph: Pick<Graph, 'weights'>, groupCells = Infinity): StaticTensor[] {
  return weightGroups(graph, groupCells).flatMap((weights, group) =>
    tensorsOf(weights).map((tensor) => (group === 0 ? tensor : { ...tensor, group })),
  );
}

/** The tensors of some weights, in order, without a group. */
export function tensorsOf(weights: readonly WeightDeclaration[]): StaticTensor[] {
  return weights.flatMap((declaration) =>
    partsOf(declaration).map((name): StaticTensor => ({ kind: 'static', name, shape: declaration.shape })),
  );
}

/** Cells of the tensors of a weight. */
function cellsOf(declaration: WeightDeclaration): number {
  return partsOf(declaration).length * declaration.shape.reduce((product, size) => product * size, 1);
}

function partsOf(declaration: WeightDeclaration): string[] {
  if (declaration.shape.length === 2) return [matrixTensor(declaration.name)];
  return vectorParts(declaration).map(({ tensor }) => tensor);
}

/** The cells of the static tensors of a weight, row-major, by name. Exactly one pair of digits for each entry. */
export function staticCells(
  declaration: WeightDeclaration,
  data: WeightData,
): ReadonlyMap<string, Int8Array | Int16Array> {
  const [low, high] = partsOf(declaration) as [string, string?];
  if (high === undefined) return new Map([[low, data instanceof Int32Array ? Int16Array.from(data) : data]]);
  // b = 2^15 high + low, 0 <= low < 2^15: high has 31 - 15 = 16 bits.
  const cells: Int32Array = Int32Array.from(data);
  return new Map([
    [low, Int16Array.from(cells, (b) => b & (2 ** VECTOR_DIGIT - 1))],
    [high, Int16Array.from(cells, (b) => b >> VECTOR_DIGIT)],
  ]);
}
