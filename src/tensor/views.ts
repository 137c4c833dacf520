/** Views: other shapes and orders of the same storage. Only `reshape` and `contiguous` ever copy. */
import {
  broadcastShapes,
  checkAxes,
  checkAxis,
  checkShape,
  describe,
  sameShape,
  show,
  sizeOf,
  stridesOf,
} from './shape.ts';
import { compact, isContiguous, makeTensor, viewOf, type Tensor } from './tensor.ts';

/**
 * The same elements in row-major order under another shape of the same size. A view if the tensor is
 * contiguous, else a copy. One dimension may be -1: it is what remains.
 *
 * @throws RangeError when the sizes differ or more than one dimension is -1
 * @example
 * t.arange(6).reshape([2, -1]).toArray(); // [[0, 1, 2], [3, 4, 5]]
 */
export function reshape(a: Tensor, shape: readonly number[]): Tensor {
  const open = shape.indexOf(-1);
  let full = shape;
  if (open >= 0) {
    const rest = sizeOf(shape.filter((_, axis) => axis !== open));
    full = shape.with(open, rest === 0 ? 0 : a.size / rest);
  }
  if (full.some((dim) => !Number.isSafeInteger(dim) || dim < 0) || sizeOf(full) !== a.size) {
    throw new RangeError(
      `reshape: shape: expected ${a.size} elements as in ${show(a.shape)}, got ${show(shape)}`,
    );
  }
  if (isContiguous(a)) return viewOf(a, full, stridesOf(full));
  return makeTensor(a.context, a.dtype, full, compact(a));
}

/**
 * Reorders axes: axis k of the result is axis `order[k]` of the operand. A view.
 *
 * @param order a permutation of the axes; default: all axes reversed
 * @throws RangeError unless `order` names every axis once
 * @example
 * t.zeros([2, 3, 5]).permute([2, 0, 1]).shape; // [5, 2, 3]
 */
export function permute(a: Tensor, order?: readonly number[]): Tensor {
  const axes = order === undefined ? a.shape.map((_, k) => a.shape.length - 1 - k) : order;
  const list = checkAxes('permute: order', axes, a.shape);
  if (list.length !== a.shape.length) {
    throw new RangeError(`permute: order: expected all ${a.shape.length} axes, got ${show(axes)}`);
  }
  return viewOf(
    a,
    list.map((axis) => a.shape[axis] as number),
    list.map((axis) => a.strides[axis] as number),
  );
}

/**
 * Swaps two axes, by default the last two (the transpose of matrices). A view.
 *
 * @throws RangeError for an axis out of range
 * @example
 * t.fromArray([[1, 2], [3, 4]]).transpose().toArray(); // [[1, 3], [2, 4]]
 */
export function transpose(a: Tensor, axis0 = -2, axis1 = -1): Tensor {
  const [x, y] = [
    checkAxis('transpose: axis0', axis0, a.shape),
    checkAxis('transpose: axis1', axis1, a.shape),
  ];
  return permute(
    a,
    a.shape.map((_, k) => (k === x ? y : k === y ? x : k)),
  );
}

/** `[start, stop, step]`; null is the default of its place, negative positions count from the end. */
export type Range = readonly [start?: number | null, stop?: number | null, step?: number | null];

/**
 * A part of a tensor: one entry per axis, further axes whole. An integer picks one index and drops the axis; a
 * range `[start, stop, step]` keeps every step-th index from start up to, not including, stop, cut to the axis
 * as in Python; null keeps the axis. A negative step walks backwards. A view.
 *
 * @throws RangeError for an index outside the axis, a step of 0 or more entries than axes
 * @example
 * const a = t.arange(12).reshape([3, 4]);
 * a.slice(1).toArray(); // [4, 5, 6, 7]
 * a.slice(null, [1, 3]).toArray(); // [[1, 2], [5, 6], [9, 10]]
 * a.slice(-1, [null, null, -2]).toArray(); // [11, 9]
 */
export function slice(a: Tensor, ...ranges: (number | Range | null)[]): Tensor {
  if (ranges.length > a.shape.length) {
    throw new RangeError(
      `slice: ranges: expected at most ${a.shape.length} for shape ${show(a.shape)}, got ${ranges.length}`,
    );
  }
  const shape: number[] = [];
  const strides: number[] = [];
  let offset = a.offset;
  a.shape.forEach((dim, axis) => {
    const range = ranges[axis] ?? null;
    const stride = a.strides[axis] as number;
    if (typeof range === 'number') {
      if (!Number.isInteger(range) || range < -dim || range >= dim) {
        throw new RangeError(`slice: axis ${axis}: expected an index in [${-dim}, ${dim}), got ${range}`);
      }
      offset += stride * (range < 0 ? range + dim : range);
      return;
    }
    const [start, count, step] = resolveRange(axis, dim, range);
    if (count > 0) offset += stride * start;
    shape.push(count);
    strides.push(stride * step);
  });
  return viewOf(a, shape, strides, offset);
}

/** First index, number of indices and step of a range on an axis, with Python's rules for what lies outside. */
function resolveRange(axis: number, dim: number, range: Range | null): [number, number, number] {
  if (range !== null && !Array.isArray(range)) {
    throw new TypeError(`slice: axis ${axis}: expected an index, a range or null, got ${describe(range)}`);
  }
  const [start, stop, givenStep] = range ?? [];
  const step = givenStep ?? 1;
  for (const part of [start ?? 0, stop ?? 0, step]) {
    if (!Number.isInteger(part)) {
      throw new RangeError(`slice: axis ${axis}: expected integers in a range, got ${describe(part)}`);
    }
  }
  if (step === 0) throw new RangeError(`slice: axis ${axis}: expected a step other than 0, got 0`);
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const cut = (x: number): number => Math.min(Math.max(x < 0 ? x + dim : x, low), high);
  const from = start === null || start === undefined ? (step > 0 ? low : high) : cut(start);
  const to = stop === null || stop === undefined ? (step > 0 ? high : low) : cut(stop);
  return [from, Math.max(0, Math.ceil((to - from) / step)), step];
}

/**
 * Reverses the order along axes (default: all). A view.
 *
 * @throws RangeError for an axis out of range or named twice
 * @example
 * t.fromArray([[1, 2], [3, 4]]).flip(1).toArray(); // [[2, 1], [4, 3]]
 */
export function flip(a: Tensor, axes?: number | readonly number[]): Tensor {
  const list = checkAxes('flip: axes', axes, a.shape);
  return slice(a, ...a.shape.map((_, axis): Range => (list.includes(axis) ? [null, null, -1] : [])));
}

/**
 * Stretches axes of size 1, and adds axes in front, to reach a shape. A view: stretched axes have stride 0.
 *
 * @throws RangeError naming both shapes when the tensor does not broadcast to `shape`
 * @example
 * t.arange(3).broadcastTo([2, 3]).toArray(); // [[0, 1, 2], [0, 1, 2]]
 */
export function broadcastTo(a: Tensor, shape: readonly number[]): Tensor {
  checkShape('broadcastTo: shape', shape);
  if (!sameShape(broadcastShapes('broadcastTo: shape', a.shape, shape), shape)) {
    throw new RangeError(
      `broadcastTo: shape: expected a shape that ${show(a.shape)} stretches to, got ${show(shape)}`,
    );
  }
  const added = shape.length - a.shape.length;
  const strides = shape.map((_, k) =>
    k < added || a.shape[k - added] === 1 ? 0 : (a.strides[k - added] as number),
  );
  return viewOf(a, shape, strides);
}

/**
 * Drops axes of size 1 (default: all of them). A view.
 *
 * @throws RangeError for an axis of another size
 * @example
 * t.zeros([1, 3, 1]).squeeze().shape; // [3]
 */
export function squeeze(a: Tensor, axes?: number | readonly number[]): Tensor {
  const list =
    axes === undefined
      ? a.shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
      : checkAxes('squeeze: axes', axes, a.shape);
  for (const axis of list) {
    if (a.shape[axis] !== 1) {
      throw new RangeError(`squeeze: axis ${axis}: expected size 1, got shape ${show(a.shape)}`);
    }
  }
  const keep = (_: number, axis: number): boolean => !list.includes(axis);
  return viewOf(a, a.shape.filter(keep), a.strides.filter(keep));
}

/**
 * Adds an axis of size 1, which becomes axis `axis` of the result. A view.
 *
 * @throws RangeError outside [-rank - 1, rank]
 * @example
 * t.zeros([2, 3]).unsqueeze(1).shape; // [2, 1, 3]
 * t.zeros([2, 3]).unsqueeze(-1).shape; // [2, 3, 1]
 */
export function unsqueeze(a: Tensor, axis: number): Tensor {
  const at = checkAxis('unsqueeze: axis', axis, [...a.shape, 1]);
  return viewOf(a, a.shape.toSpliced(at, 0, 1), a.strides.toSpliced(at, 0, 0));
}

/**
 * The diagonal of two axes of equal size, as a new last axis. A view.
 *
 * @throws RangeError for equal axes or different sizes
 * @example
 * t.fromArray([[1, 2], [3, 4]]).diagonal().toArray(); // [1, 4]
 */
export function diagonal(a: Tensor, axis0 = -2, axis1 = -1): Tensor {
  const [x, y] = checkAxes('diagonal: axes', [axis0, axis1], a.shape) as [number, number];
  if (a.shape[x] !== a.shape[y]) {
    throw new RangeError(`diagonal: axes: expected equal sizes, got ${a.shape[x]} and ${a.shape[y]}`);
  }
  const keep = (_: number, axis: number): boolean => axis !== x && axis !== y;
  return viewOf(
    a,
    [...a.shape.filter(keep), a.shape[x] as number],
    [...a.strides.filter(keep), (a.strides[x] as number) + (a.strides[y] as number)],
  );
}

/**
 * The same tensor with row-major storage of its own size: itself when that holds already, else a copy.
 *
 * @example
 * t.arange(6).reshape([2, 3]).transpose().contiguous().strides; // [2, 1]
 */
export function contiguous(a: Tensor): Tensor {
  return makeTensor(a.context, a.dtype, a.shape, compact(a));
}
