/**
 * Sumchecks with both elements of every round masked: of degree 2 (spec/commitment.md sections 1, 5 and 6) and with the factor
 * eq taken out of every message (spec/lookups.md section 5).
 */
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

/**
 * spec/lookups.md section 5: the claim is a sum of eq(point, .) t; d = t(1) - t(0) and t(inf) are sent, and the claim behind a
 * round is claim + (r - z) d + (r^2 - r) t(inf), z the coordinate of the variable. Binds the last variable of the point first.
 */
export function maskedEqSumcheck(
  ch: Channel,
  book: Book,
  label: string,
  point: readonly Element[],
  claimed: Form,
): { point: Element[]; claim: Form } {
  const { K } = book;
  let claim = claimed;
  let bound: Element[] = [];
  for (const z of [...point].reverse()) {
    const [d, infinity] = receive(ch, book, `${label}/round`, 2) as [Hidden, Hidden];
    const r = challenge(ch, `${label}/r`);
    claim = combine(K, [
      [K.one, claim],
      [K.sub(r, z), valueOf(K, d)],
      [K.sub(K.mul(r, r), r), valueOf(K, infinity)],
    ]);
    bound = [r, ...bound];
  }
  return { point: bound, claim };
}
