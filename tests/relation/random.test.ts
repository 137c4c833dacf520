/**
 * Well-formed programs pass, and what passes is written out right: sums over indices of weight times form, evaluated in the clear,
 * equal the constants, functionals and products that claims come to.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { checkStructure } from '../../src/relation/check.ts';
import { evaluateForm, valuesOf, type Cells } from '../../src/relation/check-witness.ts';
import type { FormClaim } from '../../src/relation/claims.ts';
import { expandClaims, withMask, type Segment } from '../../src/relation/expand.ts';
import { flatten, formsOf, type Form } from '../../src/relation/form.ts';
import { fitsField, inferTerms, type Interval } from '../../src/relation/interval.ts';
import type { Index } from '../../src/relation/program.ts';
import { blocksOf, product, type Piece } from '../../src/relation/pieces.ts';
import { transposeView, type TensorWeight } from '../../src/relation/view.ts';
import { denseOf, entriesOf, type Weight, type Weights } from '../../src/relation/weights.ts';
import { programDigest } from '../../src/relation/digest.ts';

import { randomProgram } from '../support/random-programs.ts';
import { hex } from '../support/transcript.ts';

const field = quintic;
const { base } = field;

/** Some weights on a piece, one pair for each bit. */
function weightOn({ offset, bits }: Piece, seed: number): Weight {
  const limb = (i: number): Ext =>
    field.fromLimbs([seed * 31 + i * 17 + 3, i * i + 5, 7 * seed, 1, (i + 1) * (seed + 2)]);
  return {
    kind: 'pairs',
    offset,
    pairs: Array.from({ length: bits }, (_, i) => [limb(2 * i), limb(2 * i + 1)]),
  };
}

/** A functional on a tensor by its definition. What lies behind the end of a dimension must have weight zero. */
function functional(
  values: ReadonlyMap<string, Cells>,
  { tensor, coefficient, dimensions }: TensorWeight,
): Ext {
  const { shape, cells } = values.get(tensor) as Cells;
  const dense = dimensions.map((weights, d) => {
    const size = shape[d] as number;
    const own = weights.flatMap((weight) => [...entriesOf(field, weight)]);
    for (const [i, value] of own) if (i >= size) expect(field.isZero(value)).toBe(true);
    return denseOf(field, [{ kind: 'entries', entries: own.filter(([i]) => i < size) }], size);
  });
  const all = product(dense).map((factors) => factors.reduce((x: Ext, y) => field.mul(x, y), coefficient));
  return all.reduce(
    (sum: Ext, weight, i) => field.add(sum, field.mulBase(weight, cells[i] as Fe)),
    field.zero,
  );
}

/** The sum of A' B' over the box, one kept combination at a time. */
function segmentValue(values: ReadonlyMap<string, Cells>, segment: Segment): Ext {
  const { kept, box } = segment;
  const combinations = product(
    box.pieces.map(({ offset, bits }) => Array.from({ length: 2 ** bits }, (_, i) => offset + i)),
  );
  let sum = field.zero;
  for (const at of combinations) {
    const one = (k: number, value: Ext): Weights => [
      { kind: 'entries', entries: [[at[k] as number, value]] },
    ];
    const a = new Map(segment.firstWeights);
    const b = new Map(segment.secondWeights);
    kept.forEach((index, k) => {
      const own = entriesOf(field, segment.keptWeights[k] as Weight).find(([i]) => i === at[k]);
      a.set(index, one(k, own?.[1] ?? field.zero));
      b.set(index, one(k, field.one));
    });
    if (segment.mask !== undefined) withMask(field, segment.mask, a);
    const first = transposeView(field, segment.first, segment.coefficient, a);
    const second = transposeView(field, segment.second, field.one, b);
    sum = field.add(sum, field.mul(functional(values, first), functional(values, second)));
  }
  return sum;
}

/** The sum over indices of the product of weights times the values of a form. */
function weighed(
  of: ExtensionField,
  cells: readonly Fe[],
  sizes: readonly number[],
  weights: readonly Weight[],
): Ext {
  const perIndex = weights.map((weight, d) => denseOf(of, [weight], sizes[d] as number));
  const all = product(perIndex).map((factors) => factors.reduce((x: Ext, y) => of.mul(x, y), of.one));
  return all.reduce((sum: Ext, weight, i) => of.add(sum, of.mulBase(weight, cells[i] as Fe)), of.zero);
}

/** Worst-case intervals hold what is there, where they lie in the field. */
function expectWithin(
  values: ReadonlyMap<string, Cells>,
  indices: readonly Index[],
  form: Form,
  cells: readonly Fe[],
): void {
  const intervals = new Map(
    [...values].map(([name, own]) => {
      const integers = own.cells.map((cell) => base.toBalanced(cell));
      return [name, { min: BigInt(Math.min(...integers)), max: BigInt(Math.max(...integers)) }] as const;
    }),
  );
  const inferred = inferTerms({ intervals }, indices, form);
  expect('interval' in inferred).toBe(true);
  const { interval } = inferred as { interval: Interval };
  if (!fitsField(base, interval)) return;
  const found = cells.map((cell) => BigInt(base.toBalanced(cell)));
  expect(found.every((value) => value >= interval.min && value <= interval.max)).toBe(true);
}

test('random programs pass, and their claims come to their values', () => {
  const digests = new Set<string>();
  let products = 0;
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const program = randomProgram(gen);
      checkStructure(base, program);
      digests.add(hex(programDigest(base, program)));
      const witness = new Map<string, number[]>();
      for (const { kind, name, shape } of program.tensors) {
        const size = shape.reduce((x, y) => x * y, 1);
        if (kind !== 'public')
          witness.set(
            name,
            Array.from({ length: size }, (_, i) => (i * i * 13 + i * 5 + 1) % 97),
          );
      }
      const values = valuesOf(base, program, witness);
      flatten(program).forEach((relation, r) => {
        const { indices } = relation;
        const sizes = indices.map(({ size }) => size);
        relation.forms.forEach((form, f) => {
          const cells = evaluateForm(base, values, indices, formsOf(program.relations[r]!)[f]!);
          expectWithin(values, indices, form, cells);
          for (const block of blocksOf(sizes)) {
            const weights = block.pieces.map((piece, d) => weightOn(piece, d + 5 * f));
            const claim: FormClaim = { relation, form, coefficient: field.one, weights };
            const { constant, linear, segments } = expandClaims(field, [claim]);
            products += segments.length;
            const got = [
              constant,
              ...linear.map((weight) => functional(values, weight)),
              ...segments.map((segment) => segmentValue(values, segment)),
            ].reduce((sum: Ext, value) => field.add(sum, value), field.zero);
            expect(got).toEqual(weighed(field, cells, sizes, weights));
          }
        });
      });
    }),
    { seed: 20, numRuns: 30, endOnFailure: true },
  );
  expect(digests.size).toBeGreaterThan(25);
  expect(products).toBeGreaterThan(25);
});
