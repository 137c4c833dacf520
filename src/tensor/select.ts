/** Picking and joining: elements by index along an axis, and tensors side by side. */
import { checkIntegers, checkTensor } from './operands.ts';
import { checkAxis, describe, indexName, sameShape, show, sizeOf } from './shape.ts';
import { allocate, compact, copyElements, isTensor, makeTensor, type Tensor } from './tensor.ts';
import { permute } from './views.ts';

/** Positions in [0, n) from an integer tensor or array. @throws RangeError naming the first that is not */
function positions(argument: string, a: Tensor, indices: Tensor | readonly number[], n: number): number[] {
  if (isTensor(indices)) checkIntegers(argument, checkTensor(argument, indices, a.context));
  else if (!Array.isArray(indices)) {
    throw new TypeError(`${argument}: expected an integer tensor or an array, got ${describe(indices)}`);
  }
  const shape = isTensor(indices) ? indices.shape : [indices.length];
  const list = Array.from(isTensor(indices) ? compact(indices) : indices, Number);
  list.forEach((at, i) => {
    if (!Number.isInteger(at) || at < 0 || at >= n) {
      throw new RangeError(`${argument}${indexName(shape, i)}: expected an index in [0, ${n}), got another`);
    }
  });
  return list;
}

/** Moves an axis to the front: the operations below work on blocks along the first axis. */
function toFront(a: Tensor, axis: number): Tensor {
  return permute(a, [axis, ...a.shape.map((_, k) => k).filter((k) => k !== axis)]);
}

/** Undoes `toFront` when `count` axes have taken the place of the one. */
function fromFront(a: Tensor, axis: number, count = 1): Tensor {
  const axes = a.shape.map((_, k) => k);
  const rest = axes.slice(count);
  return permute(a, [...rest.slice(0, axis), ...axes.slice(0, count), ...rest.slice(axis)]);
}

/**
 * Slices at given positions along an axis, in the order given, repeats allowed: the axis is replaced by the
 * shape of the indices. The positions are public: memory is accessed by them.
 *
 * @param indices an integer tensor, or an array of integers, in [0, shape[axis])
 * @throws RangeError naming the first position outside the axis
 * @example
 * t.fromArray([[1, 2, 3], [4, 5, 6]]).take([2, 0, 2], 1).toArray(); // [[3, 1, 3], [6, 4, 6]]
 */
export function take(a: Tensor, indices: Tensor | readonly number[], axis = 0): Tensor {
  const at = checkAxis('take: axis', axis, a.shape);
  const list = positions('take: indices', a, indices, a.shape[at] as number);
  const front = toFront(a, at);
  const block = sizeOf(front.shape.slice(1));
  const data = compact(front);
  const out = allocate(a.context, a.dtype, list.length * block);
  list.forEach((from, i) => copyElements(a.context, a.dtype, out, i * block, data, from * block, block));
  const indexShape = isTensor(indices) ? indices.shape : [list.length];
  const taken = makeTensor(a.context, a.dtype, [...indexShape, ...front.shape.slice(1)], out);
  return fromFront(taken, at, indexShape.length);
}

/**
 * One element per index: result[.., i, ..] = a[.., indices[.., i, ..], ..] along an axis. The indices have the
 * rank of `a` and its shape on all other axes.
 *
 * @throws RangeError for another shape of indices or naming the first position outside the axis
 * @example
 * t.fromArray([[1, 2, 3], [4, 5, 6]]).gather(t.fromArray([[2], [0]]), 1).toArray(); // [[3], [4]]
 */
export function gather(a: Tensor, indices: Tensor, axis = 0): Tensor {
  const at = checkAxis('gather: axis', axis, a.shape);
  checkTensor('gather: indices', indices, a.context);
  const expected = a.shape.with(at, indices.shape[at] ?? -1);
  if (!sameShape(expected, indices.shape)) {
    throw new RangeError(
      `gather: indices: expected the shape of ${show(a.shape)} except on axis ${at}, got ${show(indices.shape)}`,
    );
  }
  positions('gather: indices', a, indices, a.shape[at] as number);
  const list = Array.from(compact(toFront(indices, at)), Number);
  const front = toFront(a, at);
  const block = sizeOf(front.shape.slice(1));
  const data = compact(front);
  const out = allocate(a.context, a.dtype, list.length);
  list.forEach((from, i) => copyElements(a.context, a.dtype, out, i, data, from * block + (i % block), 1));
  const shape = [indices.shape[at] as number, ...front.shape.slice(1)];
  return fromFront(makeTensor(a.context, a.dtype, shape, out), at);
}
