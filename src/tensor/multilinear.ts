/**
 * Tensors as multilinear polynomials. An axis of n entries is a polynomial in numVars(n) = ceil(log2 n) variables
 * that takes the entry i at the point of the bits of i, low bit first, and 0 at positions n and above: no
 * dimension has to be a power of two.
 */
import { contract } from './contraction.ts';
import { checkPoint, eqElements } from './points.ts';
import { checkAxis, show } from './shape.ts';
import type { Scalar, Tensor } from './tensor.ts';
import { to } from './convert.ts';

/** ceil(log2 n); 0 for axes of 0 or 1 entries. */
function varsOf(n: number): number {
  return n <= 1 ? 0 : 32 - Math.clz32(n - 1);
}

/**
 * Variables of each axis: ceil(log2) of its size.
 *
 * @example
 * t.zeros([4, 3, 1]).numVars(); // [2, 2, 0]
 */
export function numVars(a: Tensor): number[] {
  return a.shape.map(varsOf);
}

/**
 * Binds all variables of one axis: sum_i eq(point, i) * a[.., i, ..], over K and without that axis. To bind a
 * single variable, reshape an axis of 2n entries to [n, 2] first: the last axis is the lowest bit.
 *
 * @param point the axis' variables, low bit first: limbs of elements of K, or integers mod p
 * @throws RangeError for another number of coordinates or a bad axis
 * @example
 * const a = t.fromArray([[1, 2], [3, 4], [5, 6]]);
 * a.bind(1, [1]).limbs().slice(null, 0).toArray(); // [2, 4, 6]
 * a.bind(0, [0, 1]).limbs().slice(null, 0).toArray(); // [5, 6]
 */
export function bind(a: Tensor, axis: number, point: readonly Scalar[]): Tensor {
  const at = checkAxis('bind: axis', axis, a.shape);
  const z = checkPoint('bind: point', a.context, point);
  const size = a.shape[at] as number;
  if (z.length !== varsOf(size)) {
    throw new RangeError(
      `bind: point: expected ${varsOf(size)} coordinates for axis ${at} of ${show(a.shape)}, got ${z.length}`,
    );
  }
  const labels = a.shape.map((_, k) => `axis${k}`);
  const eq = { tensor: eqElements(a.context, z, size), labels: [`axis${at}`] };
  const output = labels.filter((_, k) => k !== at);
  return contract('bind', a.context, [{ tensor: a, labels }, eq], output);
}

/**
 * The value of the multilinear extension at a point: an element of K, shape [].
 *
 * @param point all variables, low bit first: those of the last axis, then those of the axis before it, and so
 *   on; where all dimensions are powers of two that is the order of the bits of the row-major position
 * @throws RangeError for another number of coordinates
 * @example
 * const a = t.fromArray([[1, 2, 3], [4, 5, 6]]);
 * a.evaluate([0, 1, 1]).item(); // [6, 0, 0, 0, 0]
 * a.evaluate([1, 1, 0]).item(); // [0, 0, 0, 0, 0]
 * a.evaluate([0, 2, 0]).item(); // [5, 0, 0, 0, 0]
 */
export function evaluate(a: Tensor, point: readonly Scalar[]): Tensor {
  const vars = numVars(a);
  const total = vars.reduce((sum, n) => sum + n, 0);
  const z = checkPoint('evaluate: point', a.context, point);
  if (z.length !== total) {
    throw new RangeError(
      `evaluate: point: expected ${total} coordinates (${vars.join(' + ')}) for shape ${show(a.shape)}, got ${z.length}`,
    );
  }
  let result = a;
  let used = 0;
  for (let axis = a.shape.length - 1; axis >= 0; axis--) {
    const n = vars[axis] as number;
    result = bind(result, axis, z.slice(used, used + n));
    used += n;
  }
  return to(result, 'K'); // a tensor of shape [] had no axis to bind
}
