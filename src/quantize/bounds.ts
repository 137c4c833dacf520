/**
 * L0 and L1: what is known of accumulators. L0 is what calibration saw; L1 is what the weights leave for
 * any input. The figures say much about the weights: they are for the owner of a model and stand in no key.
 */
import { checkGraph, type Graph } from '../graph/index.ts';
import { HALF_FIELD, magnitude } from '../ops/operator.ts';
import { maxAbs } from './matrix.ts';
import type { Built } from './build.ts';

/** One linear map. */
export interface LinearBound {
  readonly node: string;
  /** Greatest row sum of absolute weights, and greatest sum of squares. */
  readonly rowSum: number;
  readonly rowSquares: number;
  /** Greatest |accumulator| that these allow, for any input. */
  readonly bound: number;
  /** The bound lies within (p-1)/2: no input wraps. */
  readonly provable: boolean;
}

function biasOf(graph: Graph, node: string): string | undefined {
  const found = graph.nodes.find(({ name }) => name === node);
  return found?.op === 'linear' ? found.bias : undefined;
}

/** The bounds of every linear map of a built program. */
export function boundsOf({ graph, weights, linears }: Built): LinearBound[] {
  const { tensors } = checkGraph(graph);
  return linears.map(({ node, rowSum, rowSquares }) => {
    const linear = graph.nodes.find(({ name }) => name === node);
    const x = linear?.op === 'linear' ? tensors.get(linear.input) : undefined;
    if (x === undefined) throw new RangeError(`node: expected a linear map, got ${node}`);
    const bySum = rowSum * magnitude(x);
    const byNorm = x.norm === undefined ? Infinity : Math.ceil(Math.sqrt(rowSquares) * x.norm) + 1;
    const bias = biasOf(graph, node);
    const shift = bias === undefined ? 0 : maxAbs(weights.get(bias) as Int32Array);
    const bound = Math.min(bySum, byNorm) + shift;
    return { node, rowSum, rowSquares, bound, provable: bound <= HALF_FIELD };
  });
}
