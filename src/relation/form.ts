/**
 * Relations with their virtual tensors written out: sums of terms over committed and public tensors alone. What the arguments
 * work on.
 */
import type { Index, Mask, Program, Relation, Term, View, Virtual } from './program.ts';
import { viewIndices } from './view.ts';

/** A term whose views are of real tensors. */
export interface FlatTerm {
  readonly coefficient: number;
  readonly views: readonly View[];
  readonly sums: readonly Index[];
  readonly mask?: Mask;
}

/** A sum of terms over the indices of a relation. */
export type Form = readonly FlatTerm[];

/** A relation in terms of real tensors. */
export interface FlatRelation {
  readonly name: string;
  readonly indices: readonly Index[];
  /** One form for each column of the table; a single one that vanishes for a zero relation. */
  readonly forms: readonly Form[];
  /** Index of the table; undefined for a zero relation. */
  readonly table: number | undefined;
}

/** Writes out the virtual tensors of a checked program. */
export function flatten(program: Program): FlatRelation[] {
  const virtuals = new Map(program.virtuals.map((virtual) => [virtual.name, virtual]));
  const tables = new Map(program.tables.map(({ name }, t) => [name, t]));
  return program.relations.map((relation) => ({
    name: relation.name,
    indices: relation.indices,
    forms: formsOf(relation).map((terms) => inline(terms, virtuals)),
    table: relation.kind === 'lookup' ? tables.get(relation.table) : undefined,
  }));
}

/** The sums of terms of a relation. */
export function formsOf(relation: Relation): readonly (readonly Term[])[] {
  return relation.kind === 'lookup' ? relation.entries : [relation.terms];
}

/** Terms with virtual tensors replaced by their definitions, to any depth: a definition names earlier ones only. */
export function inline(terms: readonly Term[], virtuals: ReadonlyMap<string, Virtual>): Form {
  return terms.flatMap((term) => {
    const [view] = term.views;
    const virtual = view === undefined ? undefined : virtuals.get(view.tensor);
    if (view === undefined || virtual === undefined) return [term];
    const read = viewIndices(view); // one for each dimension: a virtual tensor is read at nothing else
    const names = new Map(virtual.indices.map(({ name }, i) => [name, read[i] as string]));
    const own = inline(virtual.terms, virtuals).map((inner) => ({
      ...rename(inner, names, virtual.name),
      coefficient: term.coefficient * inner.coefficient,
    }));
    return own;
  });
}

/** A definition in the names of the relation that uses it. Indices that it sums over get names of their own. */
function rename(term: FlatTerm, names: ReadonlyMap<string, string>, prefix: string): FlatTerm {
  const named = (index: string): string => names.get(index) ?? `${prefix}.${index}`;
  const views = term.views.map(({ tensor, coordinates }) => ({
    tensor,
    coordinates: coordinates.map((coordinate) =>
      coordinate.kind === 'gather'
        ? { ...coordinate, index: named(coordinate.index) }
        : {
            ...coordinate,
            parts: coordinate.parts.map(({ index, stride }) => ({ index: named(index), stride })),
          },
    ),
  }));
  const sums = term.sums.map(({ name, size }) => ({ name: named(name), size }));
  const { mask, coefficient } = term;
  return mask === undefined
    ? { coefficient, views, sums }
    : {
        coefficient,
        views,
        sums,
        mask: { ...mask, row: named(mask.row), column: named(mask.column) },
      };
}
