/** The octave softmax of logits as relations, and its gradient's probabilities. spec/training.md section 5. */
import type { ProgramBuilder } from '../relation/builder.ts';
import { term } from '../relation/handles.ts';
import type { Index } from '../relation/program.ts';
import { LOG2_E, PROBABILITY_SHIFT, SHIFT_BITS, STEP_SHIFT, SUM_BITS } from './plan.ts';
import { addTable, signed, unsigned, type Matrix } from './program-parts.ts';
import { distanceTable } from './tables.ts';

/** S' - 2^15 <= 2 S + classes - 2^15 < 2^16. */
const NEXT_BITS = 16;

/** What a softmax is written with. */
export type SoftmaxParts = Pick<
  ProgramBuilder,
  'index' | 'witness' | 'rangeCheck' | 'virtual' | 'lookup' | 'zero' | 'rangeTable' | 'table' | 'requantise'
>;

/**
 * Probabilities of rows of logits, [rows, classes].
 *
 * @param r over the rows, @param logits of 16 bits, looked up, with 8 binary places
 * @param fraction binary places of probabilities
 */
export function softmaxRelations(b: SoftmaxParts, r: Index, logits: Matrix, fraction: number): Matrix {
  const [, classes] = logits.shape;
  const j = b.index('j', classes);
  const row = (name: string, range: { min: number; max: number }) => {
    const own = b.witness(name, [r.size] as const, range);
    b.rangeCheck(own);
    return own;
  };
  const cells = (name: string, range?: { min: number; max: number }): Matrix =>
    b.witness(name, [r.size, classes] as const, range);
  const shift = row('softmax/shift', signed(SHIFT_BITS));
  const sum = row('softmax/sum', unsigned(SUM_BITS));
  // u = k 2^16 - 369 z: at most 2^25 + 2^24 on either side
  const distance = [term(64 * 2 ** STEP_SHIFT, shift.at(r)), term(-LOG2_E, logits.at(r, j))];
  const u = b.virtual('softmax/distance', [r, j], distance, 'proven');
  const [step, numerator, carry] = [
    cells('softmax/step'),
    cells('softmax/numerator'),
    cells('softmax/carry'),
  ];
  b.lookup('softmax/rest', [r, j], b.rangeTable(2 ** STEP_SHIFT), [
    term(1, u.at(r, j)),
    term(-(2 ** STEP_SHIFT), step.at(r, j)),
  ]);
  const entries = [step, numerator, carry].map((own) => [term(1, own.at(r, j))]);
  b.lookup('softmax/numerators', [r, j], addTable(b, distanceTable()), ...entries);
  b.zero('softmax/sum/all', [r], [term(1, numerator.at(r, j), { sum: j }), term(-1, sum.at(r))]);
  b.lookup('softmax/next', [r], b.rangeTable(2 ** NEXT_BITS), [
    term(2, sum.at(r)),
    term(1, carry.at(r, j), { sum: j }),
    term(-(2 ** SUM_BITS)),
  ]);
  // S rho + q = 2^(fraction + 15) with 0 <= q < S
  const reciprocal = row('softmax/reciprocal', unsigned(fraction + 2));
  const rest = row('softmax/reciprocal-rest', unsigned(SUM_BITS));
  b.zero(
    'softmax/division',
    [r],
    [term(1, sum.at(r), reciprocal.at(r)), term(1, rest.at(r)), term(-(2 ** (fraction + PROBABILITY_SHIFT)))],
  );
  b.lookup('softmax/room', [r], b.rangeTable(2 ** SUM_BITS), [
    term(1, sum.at(r)),
    term(-1),
    term(-1, rest.at(r)),
  ]);
  const products = [term(1, numerator.at(r, j), reciprocal.at(r))];
  const product = b.virtual('softmax/product', [r, j], products, 'proven');
  const probability = cells('softmax/probability', unsigned(fraction + 1));
  b.rangeCheck(probability);
  b.requantise(product, probability, PROBABILITY_SHIFT);
  return probability;
}
