/** Claims on forms that lookups and zero relations leave: spec/program-proofs.md sections 4 and 5. */
import { eqTable, powers, type Algebra } from './algebra.ts';
import type { Compiled, Source } from './compiled.ts';
import type { Element } from './field.ts';
import { expand, lineUpSegments, type FormClaim, type Weighted } from './functionals.ts';
import { blocksOf } from './layout.ts';
import { at, logCeil, range, total } from './lists.ts';
import type { LeafEquation } from './lookups.ts';

/** Section 4: one claim for each block and column, eq(point, .) on the block's cells, the last index at the low bits. */
export function lookupClaims(K: Algebra, { sources }: Compiled, { parts }: LeafEquation): FormClaim[] {
  return parts.map(({ balance, index, column, point, coefficient }) => {
    const { relation, block }: Source = at(at(sources, balance), index);
    let high = point.length;
    const weights = block.map(({ first, bits }, i): Weighted => {
      high -= bits;
      const values = eqTable(K, point.slice(high, high + bits));
      return { index: at(relation.indices, i).name, first, values };
    });
    return { form: at(relation.forms, column), coefficient, weights };
  });
}

/** ceil(log2 n) for every index of size n. */
function bitsOfIndices(indices: readonly { readonly size: number }[]): number {
  return total(indices.map(({ size }) => logCeil(size)));
}

/** Coordinates of z. */
export function pointBits({ zeros }: Compiled): number {
  return Math.max(0, ...zeros.map(({ indices }) => bitsOfIndices(indices)));
}

/** Step 3: every zero relation at z, times batch^(k+1); a claim for each of its blocks. */
export function zeroClaims(
  K: Algebra,
  { zeros }: Compiled,
  z: readonly Element[],
  batch: Element,
): FormClaim[] {
  const [, ...coefficients] = powers(K, batch, zeros.length + 1);
  return zeros.flatMap(({ indices, forms }, k) => {
    const own = indices.map(({ size }, i) => {
      const low = bitsOfIndices(indices.slice(i + 1));
      return z.slice(low, low + logCeil(size));
    });
    return blocksOf(indices.map(({ size }) => size)).map((block): FormClaim => {
      // The coordinates above a piece's bits say where it lies: a factor of the claim, not of its weights.
      const places = block.map(({ first, bits }, i) =>
        at(eqTable(K, at(own, i).slice(bits)), first / 2 ** bits),
      );
      const coefficient = K.product([at(coefficients, k), ...places]);
      const weights = block.map(({ first, bits }, i): Weighted => {
        return { index: at(indices, i).name, first, values: eqTable(K, at(own, i).slice(0, bits)) };
      });
      return { form: at(forms, 0), coefficient, weights };
    });
  });
}

/** Elements of all segments. They depend on the program alone: here with all weights 1. */
export function liveProducts(K: Algebra, { program, zeros, sources }: Compiled): number {
  const onZeros = zeros.flatMap((relation) =>
    blocksOf(relation.indices.map(({ size }) => size)).map((block) => ({ relation, block })),
  );
  const claims = [...sources.flat(), ...onZeros].flatMap(({ relation: { indices, forms }, block }) =>
    forms.map((form): FormClaim => {
      const weights = block.map(({ first, bits }, i): Weighted => {
        return { index: at(indices, i).name, first, values: range(2 ** bits).map(() => K.one) };
      });
      // Only terms with two views count.
      return { form: form.filter(({ views }) => views.length === 2), coefficient: K.one, weights };
    }),
  );
  const tensors = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  return lineUpSegments(expand(K, tensors, claims).segments).live;
}
