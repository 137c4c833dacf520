/** Weights as static tensors: int16 all of them, in the order in which the graph declares them, whatever a pass reads. */
import { matrixTensor, VECTOR_DIGIT, vectorParts } from '../ops/lowering.ts';
import type { WeightDeclaration } from '../ops/operator.ts';
import type { Tensor } from '../relation/program.ts';
import type { WeightData } from '../ops/tensor.ts';
import type { Graph } from './graph.ts';

/** The static tensors of a graph: group 0. */
export function staticTensors({ weights }: Pick<Graph, 'weights'>): Tensor[] {
  return weights.flatMap((declaration) =>
    partsOf(declaration).map((name): Tensor => ({ kind: 'static', name, shape: declaration.shape })),
  );
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
