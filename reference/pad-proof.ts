/** The pad proof: the forms of a book vanish on the committed pads. spec/commitment.md section 8. */
import { codePoint, dot, encodeAt, powers, type Algebra } from './algebra.ts';
import { challenge, challenges, group, positions, readExts, type Channel } from './channel.ts';
import type { Element } from './field.ts';
import { at } from './lists.ts';
import { proofTree, readRows } from './merkle.ts';
import { indexOf, starIndex, type Book } from './pads.ts';
import type { ParameterSet } from './parameter-set.ts';
import { require } from './refusal.ts';

export function verifyPadProof(
  ch: Channel,
  book: Book,
  { size, logCodeword, queries }: ParameterSet['pads'],
  root: Uint8Array,
): void {
  const { K } = book;
  if (starIndex(book) + 1 !== size) throw new RangeError(`pads: s = ${size}, used ${starIndex(book) + 1}`);

  const gamma = challenge(ch, 'pads/gamma'); // step 1
  const chi = challenges(ch, 'pads/chi', book.products.length);
  const [beta, U, V] = readExts(ch, 'pads/sums', 3) as [Element, Element, Element]; // step 2
  const delta = challenge(ch, 'pads/delta'); // step 3
  const x = readExts(ch, 'pads/revealed', size + queries);

  // Step 4. A form constant + k . h that vanishes says k . h = -constant.
  const { c, v } = joinForms(book, gamma);
  const linear = dot(K, c, x.slice(0, size));
  require(K.equal(linear, K.add(beta, K.mul(delta, v))), 'PAD_LINEAR', 'forms');

  const terms = book.products.map(([a, b], k) => {
    const [xa, xb, xab] = [a, b, `hh${k}`].map((pad) => at(x, indexOf(book, pad))) as [
      Element,
      Element,
      Element,
    ];
    return K.mul(at(chi, k), K.sub(K.mul(xa, xb), K.mul(delta, xab)));
  });
  const quadratic = K.add(K.sum(terms), at(x, starIndex(book)));
  require(K.equal(quadratic, K.add(U, K.mul(delta, V))), 'PAD_PRODUCT', 'products');

  const opened = positions(ch, 'pads/positions', queries, logCodeword); // step 5
  const tree = proofTree('PAD', 2 * K.degree, logCodeword, true);
  readRows(ch, tree, root, opened).forEach((row, i) => {
    const [h, r] = group(ch, row) as [Element, Element];
    const expected = encodeAt(K, x, codePoint(K, logCodeword, at(opened, i)));
    require(K.equal(K.add(r, K.mul(delta, h)), expected), 'PAD_QUERY', `row ${at(opened, i)}`);
  });
}

/** c = sum gamma^i c_i and v = sum gamma^i v_i. */
function joinForms(book: Book, gamma: Element): { c: Element[]; v: Element } {
  const { K, forms } = book;
  const weights = powers(K, gamma, forms.length);
  const c = new Array<Element>(starIndex(book) + 1).fill(K.zero);
  forms.forEach(({ pads }, i) => {
    for (const [pad, k] of pads) {
      const j = indexOf(book, pad);
      c[j] = K.add(at(c, j), K.mul(at(weights, i), k));
    }
  });
  return { c, v: minusConstants(K, book, weights) };
}

function minusConstants(K: Algebra, { forms }: Book, weights: readonly Element[]): Element {
  const constants = forms.map(({ constant }) => constant);
  return K.sub(K.zero, dot(K, weights, constants));
}
