/**
 * Hidden messages: spec/commitment.md section 5. A value that the prover sent masked is an affine form in the committed pads;
 * a book notes which forms must vanish and which pads are products, for the pad proof (reference/pad-proof.ts).
 */
import type { Algebra } from './algebra.ts';
import { readExts, type Channel } from './channel.ts';
import type { Element } from './field.ts';

/** A pad: `h0`, `h1`, .. mask what is sent, in order; `hh0`, `hh1`, .. are the products, in order. */
export type Pad = string;

/** constant + sum of coefficient * pad. */
export interface Form {
  readonly constant: Element;
  readonly pads: ReadonlyMap<Pad, Element>;
}

/** A value as it was sent: value + pad. */
export interface Hidden {
  readonly masked: Element;
  readonly pad: Pad;
}

/** What has happened so far in one proof. */
export interface Book {
  readonly K: Algebra;
  /** Values sent. */
  sent: number;
  /** The pads whose products are the pads hh0, hh1, .. */
  readonly products: (readonly [Pad, Pad])[];
  /** Forms that must vanish, in the order of the protocol. */
  readonly forms: Form[];
}

export function openBook(K: Algebra): Book {
  return { K, sent: 0, products: [], forms: [] };
}

/** Reads values that were sent masked. */
export function receive(ch: Channel, book: Book, label: string, count: number): Hidden[] {
  return readExts(ch, label, count).map((masked) => ({ masked, pad: `h${book.sent++}` }));
}

export function constant(value: Element): Form {
  return { constant: value, pads: new Map() };
}

/** v^ - h. */
export function valueOf(K: Algebra, { masked, pad }: Hidden): Form {
  return { constant: masked, pads: new Map([[pad, K.from(-1)]]) };
}

/** sum of coefficient * form. */
export function combine(K: Algebra, parts: readonly (readonly [Element, Form])[]): Form {
  const pads = new Map<Pad, Element>();
  for (const [coefficient, form] of parts) {
    for (const [pad, c] of form.pads) pads.set(pad, K.add(pads.get(pad) ?? K.zero, K.mul(coefficient, c)));
  }
  return { constant: K.sum(parts.map(([coefficient, form]) => K.mul(coefficient, form.constant))), pads };
}

export function difference(K: Algebra, a: Form, b: Form): Form {
  return combine(K, [
    [K.one, a],
    [K.from(-1), b],
  ]);
}

/** a b = a^ b^ - a^ h_b - b^ h_a + h_ab with the next product pad h_ab. */
export function multiply(book: Book, a: Hidden, b: Hidden): Form {
  const { K, products } = book;
  const product: Pad = `hh${products.push([a.pad, b.pad]) - 1}`;
  const minus = (x: Element): Element => K.sub(K.zero, x);
  const pad = (name: Pad): Form => ({ constant: K.zero, pads: new Map([[name, K.one]]) });
  return combine(K, [
    [K.one, constant(K.mul(a.masked, b.masked))],
    [minus(a.masked), pad(b.pad)],
    [minus(b.masked), pad(a.pad)],
    [K.one, pad(product)],
  ]);
}

/** Notes that a form must vanish. */
export function mustVanish(book: Book, form: Form): void {
  book.forms.push(form);
}

/** Where a pad stands in h = (exposures | product pads | star). */
export function indexOf(book: Book, pad: Pad): number {
  return pad.startsWith('hh') ? book.sent + Number(pad.slice(2)) : Number(pad.slice(1));
}

/** Of the last pad, h_star. */
export function starIndex(book: Book): number {
  return book.sent + book.products.length;
}
