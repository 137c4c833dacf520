/**
 * Which witness tensors are functions of what was there before: what a relation settles is no longer a prover's choice where later
 * relations read it. Relations count in their order; so nothing settles itself through others. spec/programs.md section 4.
 */
import { isCell, reachesAll } from './columns.ts';
import type { FlatRelation, FlatTerm, Form } from './form.ts';
import type { Program, Relation, Tensor, View } from './program.ts';
import { reachedSlab, slabFacts, type Slab } from './slabs.ts';

type Lookup = Relation & { readonly kind: 'lookup' };

/** Tensors of the digits of an entry, if they decompose in one way and these tensors are settled before; else none. */
type Decides = (r: number, relation: Lookup, form: Form, entry: number, before: Settled) => readonly string[];

/** For every settled tensor the index of the relation that settles it. */
export type Settled = ReadonlyMap<string, number>;

/** A slab, and the relation that makes its cells of something. */
export interface MadeSlab extends Slab {
  readonly by: number;
}

/**
 * - A relation that vanishes settles the one witness tensor in it that nothing settled before, if its single cell has coefficient
 *   1 or -1 and reaches all; or a slab of it, and the tensor is settled once slabs cover it.
 * - An entry of a lookup settles its digits, if they decompose in one way and reach all their cells.
 *
 * @returns settled tensors; the entries that make cells of something (0 of a relation that vanishes), with the tensors of these cells; and
 *   the slabs that relations make which vanish
 */
export function settleTensors(
  program: Program,
  flat: readonly FlatRelation[],
  tensors: ReadonlyMap<string, Tensor>,
  decides: Decides,
): {
  readonly settled: Settled;
  readonly made: ReadonlyMap<number, ReadonlyMap<number, readonly string[]>>;
  readonly parts: ReadonlyMap<string, readonly MadeSlab[]>;
} {
  const settled = new Map<string, number>();
  const made = new Map<number, Map<number, readonly string[]>>();
  const makes = (r: number, entry: number, names: readonly string[]): void =>
    void made.set(r, (made.get(r) ?? new Map<number, readonly string[]>()).set(entry, names));
  const slabs = slabFacts<true>(() => true);
  const parts = new Map<string, MadeSlab[]>();
  const isWitness = (name: string): boolean => tensors.get(name)?.kind === 'witness';
  const covers = (term: FlatTerm, relation: FlatRelation): boolean => {
    const view = term.views[0] as View;
    return reachesAll(view, (tensors.get(view.tensor) as Tensor).shape, relation.indices);
  };
  /** Whether this relation and those before it reach all cells of what it makes. */
  const covered = (term: FlatTerm, relation: FlatRelation, r: number): boolean => {
    const { tensor } = term.views[0] as View;
    const { shape } = tensors.get(tensor) as Tensor;
    const slab = reachedSlab(term.views[0] as View, shape, relation.indices);
    if (slab === undefined) return false;
    parts.set(tensor, [...(parts.get(tensor) ?? []), { ...slab, by: r }]);
    return slabs.add(tensor, shape[slab.dimension] as number, slab, true) !== undefined;
  };
  const newCells = (form: Form): FlatTerm[] =>
    form.filter(
      (term) =>
        isCell(term) &&
        isWitness((term.views[0] as View).tensor) &&
        !settled.has((term.views[0] as View).tensor),
    );
  flat.forEach((relation, r) => {
    const own = program.relations[r] as Relation;
    relation.forms.forEach((form, entry) => {
      const cells = newCells(form);
      const names = cells.map(({ views }) => (views[0] as View).tensor);
      if (own.kind === 'zero') {
        const all = form.flatMap(({ views }) => views.map(({ tensor }) => tensor)).filter(isWitness);
        const [cell] = cells;
        const [name] = names;
        if (cell === undefined || name === undefined || cells.length > 1) return;
        const once = all.filter((tensor) => tensor === name).length === 1;
        if (!once || Math.abs(cell.coefficient) !== 1) return;
        makes(r, entry, [name]);
        if (covered(cell, relation, r)) settled.set(name, r);
        return;
      }
      // A single cell is checked, not cut.
      const isCut = form.some((term) => term.views.length > 0 && !cells.includes(term));
      if (!isCut) return;
      const digits = new Set(decides(r, own, form, entry, settled));
      const counted = cells.filter(({ views }) => digits.has((views[0] as View).tensor));
      if (counted.length === 0 || !counted.every((cell) => covers(cell, relation))) return;
      makes(r, entry, [...digits]);
      digits.forEach((name) => settled.set(name, r));
    });
  });
  return { settled, made, parts };
}
