/**
 * Kernels of a prover that cheats where it computes, not where it speaks: codewords with wrong rows, an oracle of another
 * vector than it should be of, a fold that is not the fold of its oracle.
 */
import type { BaseField, Ext, Fe } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import { readExt, unpackExt, writeExt } from '../../../src/kernels/contract/layout.ts';
import { eqIndex } from '../../../src/sumcheck/eq.ts';
import { pointOf, type Lie, type Seen } from './liar.ts';

type Bend = NonNullable<Lie['bend']>;

/** Every third row of a codeword of this many columns is wrong in its first column. */
export function damagedRows(columns: number): Bend {
  return (kernels) => ({
    ...kernels,
    encode(out, message, shape) {
      kernels.encode(out, message, shape);
      if (shape.columns === columns) damageEveryThird(out, columns, 0);
    },
  });
}

/** Every third row of a tree that is committed coset by coset is wrong in one column. */
export function damagedTree(columns: number, column: number): Bend {
  return (kernels) => ({
    ...kernels,
    encodeCoset(out, message, shape, coset) {
      kernels.encodeCoset(out, message, shape, coset);
      if (shape.columns === columns) damageEveryThird(out, columns, column);
    },
  });
}

/** A word is added to one column of a tree that is committed coset by coset. */
export function addedWord(columns: number, column: number, word: Uint32Array): Bend {
  return (kernels) => ({
    ...kernels,
    encodeCoset(out, message, shape, coset) {
      kernels.encodeCoset(out, message, shape, coset);
      const rows = out.length / columns;
      if (shape.columns !== columns) return;
      for (let row = 0; row < rows; row++) {
        const at = row * columns + column;
        out[at] = ((out[at] as number) + (word[coset * rows + row] as number)) % quintic.base.modulus;
      }
    },
  });
}

function damageEveryThird(out: Uint32Array, width: number, column: number): void {
  for (let at = column; at < out.length; at += 3 * width) {
    out[at] = ((out[at] as number) + 1) % quintic.base.modulus;
  }
}

/**
 * G_1 is the oracle of g' with cell 0 moved, and everything behind it is honest about that vector: the claim about its
 * weighted sum, `gap` above that of g', is then true.
 */
export function otherFirstOracle(gap: (seen: Seen) => Ext): Bend {
  return (kernels, seen) => {
    let done = false;
    return {
      ...kernels,
      kRows(out, vector, columns) {
        if (!done) {
          const weight = eqIndex(quintic, pointOf(seen), 0);
          addInto(vector, [quintic.mul(gap(seen), quintic.inverse(weight))]);
        }
        done = true;
        kernels.kRows(out, vector, columns);
      },
    };
  };
}

/**
 * What the first level of the inner argument hands to the second is not its fold: it differs by `delta`, a function of the
 * form that the second level's claim is about. Everything behind it is honest about that vector.
 */
export function otherFold(rounds: number, delta: (form: readonly Ext[], seen: Seen) => readonly Ext[]): Bend {
  return (kernels, seen) => {
    let vector: Uint32Array | undefined;
    let done = false;
    return {
      ...kernels,
      bind(out, a, r) {
        const bound = kernels.bind(out, a, r);
        if (done || seen.exts('whir/gamma').length < rounds) return bound;
        if (vector === undefined) {
          vector = bound.words; // the vector is bound first, its form second
          return bound;
        }
        const inverse = quintic.base.inverse(kernels.radix);
        const form = unpackExt(bound.words, bound.live, quintic.degree);
        const plain = form.map((x) => quintic.mulBase(x, inverse));
        addInto(
          vector,
          delta(plain, seen).map((x) => quintic.mulBase(x, kernels.radix)),
        );
        done = true;
        return bound;
      },
    };
  };
}

/** Adds elements to the first cells of a K array. */
function addInto(words: Uint32Array, by: readonly Ext[]): void {
  by.forEach((x, i) => writeExt(words, i, quintic.add(readExt(words, i, quintic.degree), x)));
}

/** The coefficients of prod (X - x_i). */
export function vanishing(points: readonly Fe[], base: BaseField = quintic.base): Fe[] {
  let poly: Fe[] = [base.one];
  for (const x of points) {
    const next = [base.zero, ...poly];
    poly.forEach((c, i) => (next[i] = base.sub(next[i] as Fe, base.mul(x, c))));
    poly = next;
  }
  return poly;
}
