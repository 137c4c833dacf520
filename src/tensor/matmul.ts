/** The product of matrices. */
import { contract } from './contraction.ts';
import { checkTensor } from './operands.ts';
import { broadcastShapes, show } from './shape.ts';
import type { Tensor } from './tensor.ts';
import { broadcastTo, squeeze, unsqueeze } from './views.ts';

/**
 * The matrix product over the last two axes: [.., m, k] times [.., k, n] is [.., m, n]. Axes in front broadcast.
 * An operand of one axis is a row on the left and a column on the right, and its axis of size 1 is dropped from
 * the result: a vector times a vector is their dot product. Domains mix, and integers are exact, as in `einsum`.
 *
 * @throws RangeError naming both shapes when they do not fit, or the first integer result outside its dtype
 * @example
 * const a = t.fromArray([[1, 2], [3, 4]]);
 * a.matmul(a).toArray(); // [[7, 10], [15, 22]]
 * a.matmul(t.fromArray([1, -1])).toArray(); // [-1, -1]
 * a.matmul(t.zeros([3, 2])); // throws RangeError: matmul: b: expected a shape that [2, 2] multiplies, got [3, 2]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkTensor('matmul: b', b, a.context);
  const [x, y] = [a.shape.length === 1 ? unsqueeze(a, 0) : a, b.shape.length === 1 ? unsqueeze(b, 1) : b];
  if (a.shape.length === 0 || b.shape.length === 0 || x.shape.at(-1) !== y.shape.at(-2)) {
    throw new RangeError(
      `matmul: b: expected a shape that ${show(a.shape)} multiplies, got ${show(b.shape)}`,
    );
  }
  const batch = broadcastShapes('matmul: b', x.shape.slice(0, -2), y.shape.slice(0, -2));
  const names = batch.map((_, axis) => `batch${axis}`);
  const labelled = (v: Tensor, last: readonly string[]): { tensor: Tensor; labels: string[] } => ({
    tensor: broadcastTo(v, [...batch, ...v.shape.slice(-2)]),
    labels: [...names, ...last],
  });
  const operands = [labelled(x, ['row', 'inner']), labelled(y, ['inner', 'column'])];
  const product = contract('matmul', a.context, operands, [...names, 'row', 'column']);
  const dropped = [...(a.shape.length === 1 ? [-2] : []), ...(b.shape.length === 1 ? [-1] : [])];
  return squeeze(product, dropped);
}
