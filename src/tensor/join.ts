/** Joining and choosing between tensors. Methods of the object that `createTensors` returns. */
import { checkIntegers, checkTensor, operand, widerDtype } from './operands.ts';
import { checkDtype, storeElement } from './elements.ts';
import { fromArray } from './create.ts';
import {
  broadcastShapes,
  checkAxis,
  checkShape,
  describe,
  indexName,
  sameShape,
  show,
  sizeOf,
} from './shape.ts';
import {
  allocate,
  compact,
  copyElements,
  isTensor,
  makeTensor,
  type Dtype,
  type Operand,
  type Tensor,
  type TensorContext,
} from './tensor.ts';
import { to } from './convert.ts';
import { broadcastTo, permute, unsqueeze } from './views.ts';

/**
 * Tensors one after the other along an axis; all other dimensions agree. The result has the widest dtype.
 *
 * @throws RangeError for no tensors or naming the first whose shape does not fit
 * @example
 * const a = t.fromArray([[1, 2]]);
 * t.concat([a, a]).toArray(); // [[1, 2], [1, 2]]
 * t.concat([a, a], 1).toArray(); // [[1, 2, 1, 2]]
 */
export function concat(context: TensorContext, tensors: readonly Tensor[], axis = 0): Tensor {
  const first = checkList('concat', context, tensors);
  const at = checkAxis('concat: axis', axis, first.shape);
  tensors.forEach(({ shape }, k) => {
    const fits = shape.length === first.shape.length && sameShape(shape.with(at, 0), first.shape.with(at, 0));
    if (!fits) {
      throw new RangeError(
        `concat: tensors[${k}]: expected ${show(first.shape)} except on axis ${at}, got ${show(shape)}`,
      );
    }
  });
  // With the axis in front, joining is appending; the permutation back is a view.
  const order = [at, ...first.shape.map((_, k) => k).filter((k) => k !== at)];
  const dtype = tensors.map((a) => a.dtype).reduce(widerDtype);
  const parts = tensors.map((a) => permute(to(a, dtype), order));
  const length = parts.reduce((sum, a) => sum + (a.shape[0] as number), 0);
  const shape = [length, ...(parts[0] as Tensor).shape.slice(1)];
  const out = allocate(context, dtype, sizeOf(shape));
  let position = 0;
  for (const part of parts) {
    copyElements(context, dtype, out, position, compact(part), 0, part.size);
    position += part.size;
  }
  const inverse = order.map((_, k) => order.indexOf(k));
  return permute(makeTensor(context, dtype, shape, out), inverse);
}

/**
 * Tensors of one shape along a new axis.
 *
 * @throws RangeError for no tensors or naming the first of another shape
 * @example
 * t.stack([t.arange(2), t.arange(2)], 1).toArray(); // [[0, 0], [1, 1]]
 */
export function stack(context: TensorContext, tensors: readonly Tensor[], axis = 0): Tensor {
  const first = checkList('stack', context, tensors);
  tensors.forEach(({ shape }, k) => {
    if (!sameShape(shape, first.shape)) {
      throw new RangeError(`stack: tensors[${k}]: expected shape ${show(first.shape)}, got ${show(shape)}`);
    }
  });
  const at = checkAxis('stack: axis', axis, [...first.shape, 1]);
  return concat(
    context,
    tensors.map((a) => unsqueeze(a, at)),
    at,
  );
}

function checkList(op: string, context: TensorContext, tensors: readonly Tensor[]): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new RangeError(`${op}: tensors: expected an array of at least one, got ${describe(tensors)}`);
  }
  tensors.forEach((a, k) => checkTensor(`${op}: tensors[${k}]`, a, context));
  return tensors[0] as Tensor;
}

/**
 * a where the condition is not 0, b where it is 0, broadcast together. The result has the wider dtype.
 *
 * @param condition an integer tensor; its elements are public: they decide what is copied
 * @throws RangeError for shapes that do not broadcast, TypeError for a condition over F or K
 * @example
 * const a = t.fromArray([-3, 4]);
 * t.where(a.less(0), 0, a).toArray(); // [0, 4]
 */
export function where(context: TensorContext, condition: Tensor, a: Operand, b: Operand): Tensor {
  checkTensor('where: condition', condition, context);
  checkIntegers('where: condition', condition);
  const x = operand('where: a', isTensor(b) ? b : condition, a);
  const y = operand('where: b', x, b);
  const dtype = widerDtype(x.dtype, y.dtype);
  const branches = broadcastShapes('where: b', x.shape, y.shape);
  const shape = broadcastShapes('where: condition', branches, condition.shape);
  const spread = (v: Tensor): Tensor => broadcastTo(v, shape);
  const bits = compact(spread(condition));
  const [yes, no] = [compact(spread(to(x, dtype))), compact(spread(to(y, dtype)))];
  const out = allocate(context, dtype, sizeOf(shape));
  for (let i = 0; i < bits.length; i++) {
    copyElements(context, dtype, out, i, bits[i] == 0 ? no : yes, i, 1); // `==`: 0 and 0n
  }
  return makeTensor(context, dtype, shape, out);
}

/**
 * One-hot rows: element [.., i] is 1 where the index is i, else 0; shape [...indices.shape, depth].
 *
 * @param indices an integer tensor, or an array of integers
 * @throws RangeError naming the first index outside [0, depth)
 * @example
 * t.oneHot([2, 0], 3).toArray(); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(
  context: TensorContext,
  indices: Tensor | readonly number[],
  depth: number,
  dtype: Dtype = 'int32',
): Tensor {
  const index = isTensor(indices)
    ? checkTensor('oneHot: indices', indices, context)
    : fromArray(context, indices);
  checkIntegers('oneHot: indices', index);
  const shape = [...index.shape, depth];
  checkShape('oneHot: depth', shape);
  checkDtype('oneHot: dtype', dtype);
  const out = allocate(context, dtype, sizeOf(shape));
  const positions = compact(index);
  for (let i = 0; i < positions.length; i++) {
    const at = Number(positions[i]);
    if (at < 0 || at >= depth) {
      throw new RangeError(
        `oneHot: indices${indexName(index.shape, i)}: expected an index in [0, ${depth}), got another`,
      );
    }
    storeElement(context, dtype, out, i * depth + at, 1, 'oneHot');
  }
  return makeTensor(context, dtype, shape, out);
}
