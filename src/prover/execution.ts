/** Executions of a model on its owner's side. */
import { checkWeights, type ExecuteOptions } from '../graph/execute.ts';
import { kernelProduct } from '../graph/execute-witness.ts';
import type { MatrixProduct } from '../graph/index.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { QuantizedModel } from '../quantize/model.ts';

const products = new WeakMap<Kernels, MatrixProduct>();
const checked = new WeakSet<QuantizedModel['weights']>();

/**
 * How a model is run by kernels. All of its weights are looked at once, here, and not again for every prompt and every proof: they
 * must not change while the model is in use.
 *
 * @throws ProofError `WEIGHT` for weights that do not fit their declarations
 */
export function executionOf(kernels: Kernels, { graph, weights }: QuantizedModel): ExecuteOptions {
  let product = products.get(kernels);
  if (product === undefined) products.set(kernels, (product = kernelProduct(kernels)));
  if (weights.checked !== true && !checked.has(weights)) {
    checkWeights(graph.weights, (name) => weights.get(name) as Int16Array | Int32Array);
    checked.add(weights);
  }
  return { product, checked: true };
}
