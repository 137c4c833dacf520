/** Programs written out: spec/program-proofs.md section 1. Virtual tensors are replaced by their definitions. */
import { at } from './lists.ts';
import type { Coordinate, Index, Mask, Program, Term, View, Virtual } from './program.ts';

/** A term over static, witness and public tensors. Products of coefficients are exact. */
export interface WrittenTerm {
  readonly coefficient: bigint;
  readonly views: readonly View[];
  readonly sums: readonly Index[];
  readonly mask?: Mask;
}

export type Form = readonly WrittenTerm[];

/** A relation with one form for each column of its table, or one form that is zero. */
export interface WrittenRelation {
  readonly indices: readonly Index[];
  /** Index of the table; none: a zero relation. */
  readonly table?: number;
  readonly forms: readonly Form[];
}

/** All relations, in the order of the program. */
export function writeOut({ virtuals, tables, relations }: Program): WrittenRelation[] {
  const definitions = new Map<string, { of: Virtual; form: Form }>();
  const write = (terms: readonly Term[]): Form =>
    terms.flatMap(({ coefficient, views, sums, mask }): Form => {
      const definition = definitions.get(views[0]?.tensor ?? '');
      const own = { coefficient: BigInt(coefficient), views, sums, ...(mask !== undefined && { mask }) };
      return definition === undefined ? [own] : definition.form.map((term) => inPlaceOf(own, term, definition.of)); // prettier-ignore
    });
  for (const of of virtuals) definitions.set(of.name, { of, form: write(of.terms) });
  return relations.map((relation) => {
    const { indices } = relation;
    if (relation.kind === 'zero') return { indices, forms: [write(relation.terms)] };
    const table = tables.findIndex(({ name }) => name === relation.table);
    return { indices, table, forms: relation.entries.map(write) };
  });
}

/** A term of V where c V[..] stands: times c, indices of V renamed to those of the view, sums over k to `V.k`. */
function inPlaceOf(
  { coefficient, views }: WrittenTerm,
  term: WrittenTerm,
  { name, indices }: Virtual,
): WrittenTerm {
  const names = new Map<string, string>(term.sums.map((sum) => [sum.name, `${name}.${sum.name}`]));
  indices.forEach((index, i) => names.set(index.name, plainIndex(at(at(views, 0).coordinates, i))));
  const rename = (index: string): string => names.get(index) as string;
  const { mask } = term;
  return {
    coefficient: coefficient * term.coefficient,
    views: term.views.map((view) => ({ ...view, coordinates: view.coordinates.map(renamed(rename)) })),
    sums: term.sums.map((sum) => ({ ...sum, name: rename(sum.name) })),
    ...(mask !== undefined && { mask: { ...mask, row: rename(mask.row), column: rename(mask.column) } }),
  };
}

/** A virtual tensor is read at an index for each of its own. */
function plainIndex(coordinate: Coordinate): string {
  return coordinate.kind === 'gather' ? coordinate.index : at(coordinate.parts, 0).index;
}

function renamed(rename: (index: string) => string): (coordinate: Coordinate) => Coordinate {
  return (coordinate) =>
    coordinate.kind === 'gather'
      ? { ...coordinate, index: rename(coordinate.index) }
      : { ...coordinate, parts: coordinate.parts.map((part) => ({ ...part, index: rename(part.index) })) };
}
