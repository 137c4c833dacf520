/**
 * What an entry of a lookup cuts into digits: the cells that a prover could choose, and whether what is cut is there before them.
 * spec/programs.md section 4.
 */
import type { BaseField } from '../field/field.ts';
import { isCell } from './columns.ts';
import type { Digit } from './decompose.ts';
import type { FlatTerm, Form } from './form.ts';
import { viewKey, type Known } from './interval.ts';
import type { Relation, Tensor, Term, View, Virtual } from './program.ts';
import type { Settled } from './settle.ts';

type Lookup = Extract<Relation, { kind: 'lookup' }>;

/** What is known where an entry is looked at. */
export interface Context {
  readonly base: BaseField;
  readonly known: Known;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly residues: ReadonlyMap<string, Virtual>;
  readonly settled: Settled;
}

/**
 * The cells of an entry that a prover could choose: those of tensors which something earlier does not settle. Cells in the
 * definition of a residue are its inputs, unless the entry has no other digit.
 */
function openCells(
  context: Context,
  r: number,
  relation: Lookup,
  form: Form,
  entry: number,
): readonly FlatTerm[] {
  const { tensors, settled } = context;
  const terms = relation.entries[entry] as readonly Term[];
  const isOpen = (term: Term): boolean => {
    const { tensor } = term.views[0] ?? { tensor: '' };
    const by = settled.get(tensor);
    return isCell(term) && tensors.get(tensor)?.kind === 'witness' && (by === undefined || by >= r);
  };
  const outer = entryTensors(context, terms);
  const open = form.filter(isOpen);
  const digits = open.filter(({ views }) => outer.has((views[0] as View).tensor));
  return digits.length > 0 ? digits : open;
}

/**
 * A tensor that an entry cuts into digits and reads besides, in a sum or a product: then what is cut is not there before its digits, and
 * several of them may fit. Other entries of the relation make digits at the same time.
 */
export function circleOf(
  context: Context,
  r: number,
  relation: Lookup,
  form: Form,
  entry: number,
): string | undefined {
  const digits = new Set(openCells(context, r, relation, form, entry));
  const made = new Set([...digits].map(({ views }) => (views[0] as View).tensor));
  return form
    .filter((term) => !digits.has(term))
    .flatMap(({ views }) => views.map(({ tensor }) => tensor))
    .find((tensor) => made.has(tensor) || context.settled.get(tensor) === r);
}

/**
 * The open cells of an entry as digits. Cells of one view count once, their coefficients added.
 *
 * @returns the name of a tensor without interval, if there is one among them
 */
export function digitsOf(
  context: Context,
  r: number,
  relation: Lookup,
  form: Form,
  entry: number,
): (Digit & { readonly tensor: string })[] | string {
  const { base, known } = context;
  const coefficients = new Map<string, { tensor: string; sum: bigint }>();
  for (const term of openCells(context, r, relation, form, entry)) {
    const view = term.views[0] as View;
    if (!known.intervals.has(view.tensor)) return view.tensor;
    const key = viewKey(view);
    const sum = (coefficients.get(key)?.sum ?? 0n) + BigInt(term.coefficient);
    coefficients.set(key, { tensor: view.tensor, sum });
  }
  return [...coefficients.values()].flatMap(({ tensor, sum }) => {
    const { min, max } = known.intervals.get(tensor) as { min: bigint; max: bigint };
    const coefficient = Math.abs(base.toBalanced(base.fromInt(sum)));
    // A coefficient of zero leaves the digit to other relations.
    return coefficient === 0 ? [] : [{ tensor, coefficient, count: Number(max - min) + 1 }];
  });
}

/** Tensors that an entry reads as cells outside the definitions of residues that read no other residue. */
function entryTensors(context: Context, terms: readonly Term[]): Set<string> {
  return new Set(
    terms.filter(isCell).flatMap(({ views }) => {
      const { tensor } = views[0] as View;
      const residue = context.residues.get(tensor);
      if (residue === undefined) return [tensor];
      const reads = residue.terms.some(({ views: of }) =>
        of.some((view) => context.residues.has(view.tensor)),
      );
      return reads ? [...entryTensors(context, residue.terms)] : [];
    }),
  );
}
