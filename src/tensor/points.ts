/** Points of K^m and the first entries of their eq tables. */
import type { Ext } from '../field/field.ts';
import { extWords } from '../kernels/contract/layout.ts';
import { loadElement, storeElement } from './elements.ts';
import { describe } from './shape.ts';
import { allocate, makeTensor, type Scalar, type Tensor, type TensorContext } from './tensor.ts';

/** The table must fit one typed array; a table of 2^30 entries would have 20 GiB. */
const MAX_VARS = 30;

/** @throws TypeError for no array, RangeError naming a coordinate that is no element of K */
export function checkPoint(argument: string, context: TensorContext, point: readonly Scalar[]): Ext[] {
  if (!Array.isArray(point)) {
    throw new TypeError(`${argument}: expected an array of coordinates, got ${describe(point)}`);
  }
  if (point.length > MAX_VARS) {
    throw new RangeError(`${argument}: expected at most ${MAX_VARS} coordinates, got ${point.length}`);
  }
  const one = makeTensor(context, 'K', [], allocate(context, 'K', 1));
  return point.map((coordinate: Scalar, j) => {
    storeElement(context, 'K', one.data, 0, coordinate, `${argument}[${j}]`);
    return loadElement(one, 0) as Ext;
  });
}

/**
 * The first `size` entries of the eq table of a point, as plain elements of K. Where the table is cut inside a block
 * its next entries follow in storage: `compact` leaves them out like those of any view.
 */
export function eqElements(context: TensorContext, point: readonly Ext[], size: number): Tensor {
  const { K, kernels } = context;
  const words = extWords(size, K.degree);
  const out = new Uint32Array(words);
  kernels.eqTable(out, point, K.one);
  kernels.fromMontgomery(out, out);
  return makeTensor(context, 'K', [size], out);
}
