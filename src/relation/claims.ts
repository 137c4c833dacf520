/**
 * What is to be shown about relations once challenges are drawn: sums over indices of weight * form, with known coefficients.
 * Lookups leave one claim for every column of every block; a relation that vanishes gives one at a random point.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import type { ColumnPart } from '../tlookup/leaf-claim.ts';
import { eqIndex } from '../sumcheck/eq.ts';
import type { FlatRelation, Form } from './form.ts';
import { bitsOf, type Block } from './pieces.ts';
import type { Index } from './program.ts';
import { eqPairs, type EqPairs, type Weight } from './weights.ts';

/** coefficient * sum over indices of the product of weights * form. */
export interface FormClaim {
  readonly relation: FlatRelation;
  readonly form: Form;
  readonly coefficient: Ext;
  /** One weight for each index of the relation. */
  readonly weights: readonly Weight[];
}

/** A block of a relation's index set, as one source of the lookup argument. */
export interface LookupBlock {
  readonly relation: FlatRelation;
  readonly block: Block;
}

/**
 * Claims of the lookup argument.
 *
 * @param blocks for every balance its sources
 */
export function lookupClaims(
  field: ExtensionField,
  blocks: readonly (readonly LookupBlock[])[],
  parts: readonly ColumnPart[],
): FormClaim[] {
  // Blocks of one size in one tree have one point.
  const pairs = new Map<readonly Ext[], EqPairs>();
  let last:
    | { readonly block: Block; readonly point: readonly Ext[]; readonly weights: readonly Weight[] }
    | undefined;
  return parts.map(({ balance, index, column, point, coefficient }) => {
    const { relation, block } = blocks[balance]?.[index] as LookupBlock;
    // The columns of a block follow each other.
    if (last?.block !== block || last.point !== point) {
      let own = pairs.get(point);
      if (own === undefined) pairs.set(point, (own = eqPairs(field, point)));
      last = { block, point, weights: weightsOnBlock(block, own) };
    }
    return { relation, form: relation.forms[column] as Form, coefficient, weights: last.weights };
  });
}

/** eq(point, .) on a block: one weight for each index, the last index at the low bits. */
function weightsOnBlock({ pieces, bits }: Block, pairs: EqPairs): Weight[] {
  let at = bits;
  return pieces.map((piece) => {
    at -= piece.bits;
    return { kind: 'pairs', offset: piece.offset, pairs: pairs.run(at, piece.bits) };
  });
}

/** Bits that the extension of a relation has: whole dimensions, row-major. */
export function relationBits(indices: readonly Index[]): number {
  return indices.reduce((sum, { size }) => sum + bitsOf(size), 0);
}

/**
 * Claims that relations vanish: at one random point each, on their live cells. All relations share the coordinates.
 *
 * @param blocks of every relation
 * @param point at least as many coordinates as the largest relation has bits
 * @param coefficients one for each relation
 */
export function zeroClaims(
  field: ExtensionField,
  relations: readonly { readonly relation: FlatRelation; readonly blocks: readonly Block[] }[],
  point: readonly Ext[],
  coefficients: readonly Ext[],
): FormClaim[] {
  const pairs = eqPairs(field, point);
  return relations.flatMap(({ relation, blocks }, k) =>
    blocks.map((block) => {
      let coefficient = coefficients[k] as Ext;
      let at = relationBits(relation.indices);
      const weights = block.pieces.map((piece, d) => {
        const bits = bitsOf((relation.indices[d] as Index).size);
        at -= bits;
        if (bits > piece.bits) {
          const above = point.slice(at + piece.bits, at + bits);
          const prefix = eqIndex(field, above, piece.offset / 2 ** piece.bits);
          coefficient = field.mul(coefficient, prefix);
        }
        return { kind: 'pairs' as const, offset: piece.offset, pairs: pairs.run(at, piece.bits) };
      });
      return { relation, form: relation.forms[0] as Form, coefficient, weights };
    }),
  );
}
