/**
 * Steps of one period in its program. The passes read the weights at the start of a period; what its steps did since is a sum of rows of theirs,
 * weighted by inner products. spec/training.md sections 4 and 5.
 */
import { balanced } from '../ops/tensor.ts';
import { term } from '../relation/handles.ts';
import type { Term } from '../relation/program.ts';
import { rateAt, type GramFormat } from './plan.ts';
import { rowOf, signed, type Matrix, type StepParts } from './program-parts.ts';

/**
 * [row, row of a period]: rate times the inner product of a row with one of an earlier step, in units of the sums that are corrected, rounded;
 * 0 for all other rows.
 *
 * @param one what stands behind every row: of inputs the 1 that biases are multiplied with; 0: nothing
 * @returns undefined where a period is one step
 */
export function gramRelations(
  parts: StepParts,
  name: string,
  { rows, one, format }: { readonly rows: Matrix; readonly one: number; readonly format: GramFormat },
): Matrix | undefined {
  const { b, segment, s, t, r, u } = parts;
  if (u === undefined) return undefined;
  const { plan, first } = segment;
  const { batch } = plan;
  const step = Array.from({ length: t.size }, (_, i) => Math.floor(i / batch));
  const mask = { row: t.name, column: u.name, from: step.map(() => 0), to: step.map((i) => i * batch) };
  const rate = rateAt(plan, first);
  const k = b.index('k', rows.shape[1]);
  const inner = b.virtual(
    `inner/${name}`,
    [s, t, u],
    [
      term(rate, rows.at(rowOf(parts), k), rows.at(rowOf(parts, u), k), { sum: k, mask }),
      ...(one === 0 ? [] : [term(balanced(rate * one * one), { mask })]), // below 2^20 2^30
    ],
    'residue',
  );
  const gram = b.witness(`gram/${name}`, [r.size, u.size] as const, signed(format.bits));
  const { shift } = format;
  b.lookup(`${gram.name}/remainder`, [s, t, u], b.rangeTable(2 ** shift), [
    term(1, inner.at(s, t, u)),
    term(2 ** (shift - 1)),
    term(-(2 ** shift), gram.at(rowOf(parts), u)),
  ]);
  b.rangeCheck(gram);
  return gram;
}

/** Less the sum over the rows u of the period of gram[row, u] times row u: a term over (s, t, column). */
export function earlierTerms(
  parts: StepParts,
  gram: Matrix | undefined,
  rows: Matrix,
  column: Parameters<Matrix['at']>[1],
): Term[] {
  const { u } = parts;
  if (gram === undefined || u === undefined) return [];
  return [term(-1, gram.at(rowOf(parts), u), rows.at(rowOf(parts, u), column), { sum: u })];
}
