/** Rounds of a sumcheck of degree 2: spec/commitment.md section 1. */
import type { Algebra } from './algebra.ts';
import { challenge, type Channel } from './channel.ts';
import type { Element } from './field.ts';
import { range } from './lists.ts';
import { combine, receive, valueOf, type Book, type Form, type Hidden } from './pads.ts';

/**
 * h(r) = h(0) + (h(1) - h(0) - h(inf)) r + h(inf) r^2 with h(1) = claim - h(0), as coefficients of claim, h(0) and h(inf):
 * r, 1 - 2r, r^2 - r.
 */
export function roundCoefficients(K: Algebra, r: Element): [Element, Element, Element] {
  return [r, K.sub(K.one, K.add(r, r)), K.sub(K.mul(r, r), r)];
}

/** Sections 5 and 6: m rounds with both elements masked. The point has its low variable first. */
export function maskedSumcheck(
  ch: Channel,
  book: Book,
  label: string,
  m: number,
  claimed: Form,
): { point: Element[]; claim: Form } {
  const { K } = book;
  let claim = claimed;
  let point: Element[] = [];
  for (const _ of range(m)) {
    const [zero, infinity] = receive(ch, book, `${label}/round`, 2) as [Hidden, Hidden];
    const r = challenge(ch, `${label}/r`);
    const [a, b, c] = roundCoefficients(K, r);
    claim = combine(K, [
      [a, claim],
      [b, valueOf(K, zero)],
      [c, valueOf(K, infinity)],
    ]);
    point = [r, ...point]; // the highest variable is bound first
  }
  return { point, claim };
}
