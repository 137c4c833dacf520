/** Two roundings a row and two an entry. Every value has one possibility: each is a quotient of what was there before. */
import type { RmsnormNode } from '../../../ops/rmsnorm/shape.ts';
import { handleOf, term } from '../../../relation/handles.ts';
import { unsigned } from '../../program-parts.ts';
import { roundedTensor, roundInto, type Matrix, type Parts } from '../parts.ts';
import type { GradientBits } from '../rounding.ts';
import { ALONG_BITS, ALONG_SHIFT, SLOPE_BITS, SLOPE_PLACES, slopeShift, type NormPlaces } from './shape.ts';

/** @returns the gradient with respect to the input */
export function rmsnormBackRelations(
  b: Parts,
  { name }: RmsnormNode,
  gradient: Matrix,
  places: NormPlaces,
  gradients: GradientBits,
): Matrix {
  const [rows, width] = gradient.shape;
  const [t, j] = [b.index('t', rows), b.index('j', width)];
  const y = b.result(name);
  const root = handleOf(`${name}:root`, [rows] as const);

  const slope = b.witness(`back/${name}:slope`, [rows] as const, unsigned(SLOPE_BITS));
  b.rangeCheck(slope);
  roundInto(b, slope.name, slope.at(t), [t], [term(1, root.at(t))], slopeShift(places));

  // u = g - y c / 2^15: g has at most 15 bits, so 2^15 u is within 2^29.
  const dot = [term(1, gradient.at(t, j), y.at(t, j), { sum: j })];
  const along = roundedTensor(b, `back/${name}:along`, [t], dot, {
    ...gradients,
    bits: ALONG_BITS,
    shift: ALONG_SHIFT,
  });
  const rest = [term(2 ** ALONG_SHIFT, gradient.at(t, j)), term(-1, y.at(t, j), along.at(t))];
  const across = roundedTensor(b, `back/${name}:across`, [t, j], rest, { ...gradients, shift: ALONG_SHIFT });

  const steep = [term(1, across.at(t, j), slope.at(t))];
  return roundedTensor(b, `back/${name}:input`, [t, j], steep, {
    ...gradients,
    shift: SLOPE_PLACES,
  }) as Matrix;
}
