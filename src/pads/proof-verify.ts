/**
 * The pad proof: what was committed as h satisfies the affine forms and products that the rest of the proof left open.
 *
 *   V -> P   gamma, chi
 *   P -> V   beta = <c, r>,  U = sum chi r_a r_b + r_star,  V = sum chi (r_a h_b + r_b h_a - r_ab) + h_star
 *   V -> P   Delta
 *   P -> V   x = r + Delta h, extended by the same combination of the q elements behind both
 *   V -> P   q positions; opened: the rows (h, r) there
 *   checks   <c, x> = beta + Delta v;   sum chi (x_a x_b - Delta x_ab) + x_star = U + Delta V;   r-row + Delta h-row = the
 *            encoding of x
 *   error    n/|K| (line), (1 - delta)^q (queries), (forms - 1)/|K|, 1/|K| (chi), 2/|K| (Delta)
 *
 * Not one message depends on the witness: x is uniform through r, V through h_star, U and beta follow, rows through the
 * extension. spec/commitment.md section 8.
 */
import { refuse } from '../errors/proof-error.ts';
import { codePoint } from '../code/point.ts';
import { encodeAt } from '../code/encode-at.ts';
import type { Ext, ExtensionField } from '../field/field.ts';
import { distinctPositions, readRows, type RowTree } from '../merkle/rows-verify.ts';
import type { PadParameters } from '../params/parameters.ts';
import type { VerifierChannel } from '../transcript/verifier.ts';
import type { PadRelations } from './ledger.ts';
import { padCount } from './plan.ts';
import { batchConstraints, innerProduct, productSums, revealedLength } from './relations.ts';

/** The tree over the two encoded vectors: row i holds d words of h, then d words of r. */
export function padTree(field: ExtensionField, pads: PadParameters): RowTree {
  return {
    domain: { label: 'PAD', epoch: 0, group: new Uint8Array(8) },
    shape: { logLeaves: pads.logCodeword, logCap: 0 },
    words: 2 * field.degree,
    salted: true,
  };
}

/**
 * @param root of the PAD tree, read before the first challenge
 * @throws RangeError for parameters that are not those of the relations' plan; ProofError `PAD_LINEAR`, `PAD_PRODUCT`,
 *   `PAD_QUERY` and what reading rows refuses
 */
export function verifyPadProof(
  ch: VerifierChannel,
  pads: PadParameters,
  root: Uint8Array,
  relations: PadRelations,
): void {
  const { field } = ch;
  if (pads.size !== padCount(relations.plan)) {
    // Shorter, and relations on the last pads would go unchecked.
    throw new RangeError(`pads: size: expected ${padCount(relations.plan)}, got ${pads.size}`);
  }
  const gamma = ch.challengeExt('pads/gamma');
  const chi = ch.challengeExts('pads/chi', relations.plan.products.length);
  const [beta, u, v] = ch.readExts('pads/sums', 3) as [Ext, Ext, Ext];
  const delta = ch.challengeExt('pads/delta');
  const x = ch.readExts('pads/revealed', revealedLength(pads));

  const batch = batchConstraints(field, relations, gamma);
  const linear = field.add(beta, field.mul(delta, batch.value));
  if (!field.equals(innerProduct(field, batch.form, x), linear)) {
    refuse('PAD_LINEAR', 'pads/revealed', 'expected the affine relations between hidden messages to hold');
  }
  const sums = productSums(field, relations.plan, chi);
  const left = field.add(field.sub(sums.quadratic(x), field.mul(delta, sums.products(x))), sums.star(x));
  if (!field.equals(left, field.add(u, field.mul(delta, v)))) {
    refuse('PAD_PRODUCT', 'pads/revealed', 'expected the products of hidden messages to be right');
  }
  checkRows(ch, pads, root, x, delta);
}

function checkRows(
  ch: VerifierChannel,
  pads: PadParameters,
  root: Uint8Array,
  x: readonly Ext[],
  delta: Ext,
): void {
  const { field } = ch;
  const d = field.degree;
  const positions = distinctPositions(
    ch.challengePositions('pads/positions', pads.queries, pads.logCodeword),
  );
  const rows = readRows(ch, padTree(field, pads), root, positions);
  const points = positions.map((position) => codePoint(field.base, pads.logCodeword, position));
  encodeAt(field, x, points).forEach((expected, i) => {
    const row = rows[i] as Ext;
    const line = field.add(row.slice(d), field.mul(delta, row.slice(0, d)));
    if (!field.equals(line, expected)) {
      refuse(
        'PAD_QUERY',
        'pads/positions',
        `query ${i}: expected the revealed vector to agree with the opened row`,
      );
    }
  });
}
