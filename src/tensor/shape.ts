/** Shapes: sizes, strides, axes, broadcasting, and the words in which errors speak of them. */

/** Elements of storage that one typed array can hold in every engine; indices stay exact 32-bit integers. */
const MAX_SIZE = 2 ** 32 - 1;

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/** `[2, 3]`. */
export function show(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The multi-index of element `flat` in row-major order, as `[1, 2]`. */
export function indexName(shape: readonly number[], flat: number): string {
  const index = stridesOf(shape).map((stride, axis) => Math.floor(flat / stride) % (shape[axis] as number));
  return show(index);
}

/** @throws RangeError unless every dimension is an integer >= 0 and the size fits one typed array */
export function checkShape(argument: string, shape: readonly number[]): void {
  if (!Array.isArray(shape)) {
    throw new TypeError(`${argument}: expected an array of dimensions, got ${describe(shape)}`);
  }
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new RangeError(`${argument}: expected non-negative integers, got ${show(shape)}`);
    }
  }
  if (sizeOf(shape) > MAX_SIZE) {
    throw new RangeError(`${argument}: expected at most ${MAX_SIZE} elements, got ${show(shape)}`);
  }
}

/** An axis in [0, rank); negative ones count from the end. @throws RangeError outside [-rank, rank) */
export function checkAxis(argument: string, axis: number, shape: readonly number[]): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const expected = rank === 0 ? 'no axis' : `an axis in [${-rank}, ${rank})`;
    throw new RangeError(`${argument}: expected ${expected} for shape ${show(shape)}, got ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Distinct axes in [0, rank); undefined means all. @throws RangeError for an axis out of range or twice */
export function checkAxes(
  argument: string,
  axes: number | readonly number[] | undefined,
  shape: readonly number[],
): number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => checkAxis(argument, axis, shape));
  if (new Set(list).size !== list.length) {
    throw new RangeError(`${argument}: expected distinct axes, got ${show(axes as readonly number[])}`);
  }
  return list;
}

/**
 * The shape in which two shapes meet: aligned at the last axis, a dimension of 1 stretches.
 * @throws RangeError naming both shapes where they do not
 */
export function broadcastShapes(argument: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, k) => {
    const x = a[k - rank + a.length] ?? 1;
    const y = b[k - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new RangeError(`${argument}: expected a shape that broadcasts with ${show(a)}, got ${show(b)}`);
    }
    return x === 1 ? y : x;
  });
}

/** What an unexpected argument is, without its contents. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return value.constructor?.name ?? 'an object';
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : typeof value;
}
