/** Exact linear algebra over F for the tests of hiding. */
import type { BaseField, Fe } from '../../src/field/field.ts';

export type Vector = readonly number[];

/** A growing span in echelon form. */
export interface Span {
  readonly rank: number;
  /** Adds a vector; whether it was outside. */
  add(vector: Vector): boolean;
}

export function createSpan(F: BaseField): Span {
  const rows: { readonly pivot: number; readonly row: Fe[] }[] = []; // pivot entry one, zero in front of it
  return {
    get rank() {
      return rows.length;
    },
    add(vector) {
      const rest = vector.map((x) => F.fe(x));
      for (const { pivot, row } of rows) {
        const factor = rest[pivot] as Fe;
        if (factor === 0) continue;
        for (let i = pivot; i < rest.length; i++) {
          if (row[i] !== 0) rest[i] = F.sub(rest[i] as Fe, F.mul(factor, row[i] as Fe));
        }
      }
      const pivot = rest.findIndex((x) => x !== 0);
      if (pivot < 0) return false;
      const inverse = F.inverse(rest[pivot] as Fe);
      rows.push({ pivot, row: rest.map((x) => F.mul(x, inverse)) });
      rows.sort((a, b) => a.pivot - b.pivot);
      return true;
    },
  };
}

/** rank[R | S] - rank[R]: how many independent functionals of the witness a view reveals. */
export function rankExcess(F: BaseField, random: readonly Vector[], witness: readonly Vector[]): number {
  const span = createSpan(F);
  random.forEach((vector) => span.add(vector));
  const before = span.rank;
  witness.forEach((vector) => span.add(vector));
  return span.rank - before;
}

export function rankOf(F: BaseField, vectors: readonly Vector[]): number {
  return rankExcess(F, [], vectors);
}
