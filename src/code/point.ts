/**
 * Which point of F a stored row of a codeword stands for. Row q of a code of 2^logDomain points holds position
 * bitReverse(q), the point w^position: queries, Merkle leaves and openings all count stored rows.
 */
import { bitReverse, domainPoint } from '../field/domain.ts';
import type { BaseField, Fe } from '../field/field.ts';

/** The point of a stored row. @throws RangeError for a row outside the code */
export function codePoint(base: BaseField, logDomain: number, row: number): Fe {
  return domainPoint(base, logDomain, bitReverse(row, logDomain));
}
