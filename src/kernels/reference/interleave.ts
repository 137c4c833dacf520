/** The definition of turning columns into rows. */
import type { ExtensionField, Fe } from '../../field/field.ts';
import { checkedColumnLength, checkedExtColumnLength } from '../contract/interleave-checks.ts';
import type { InterleaveKernels } from '../contract/interleave.ts';
import { extWord } from '../contract/layout.ts';

export function referenceInterleave(K: ExtensionField): InterleaveKernels {
  const F = K.base;
  return {
    interleave(out, source, columns) {
      const length = checkedColumnLength(out, source, columns);
      const isWords = source instanceof Uint32Array;
      for (let c = 0; c < columns; c++) {
        for (let i = 0; i < length; i++) {
          const value = source[c * length + i] as number;
          out[i * columns + c] = isWords ? (value as Fe) : F.fromInt(value);
        }
      }
    },
    kInterleave(out, source, columns) {
      const length = checkedExtColumnLength(out, source, columns, K.degree);
      for (let c = 0; c < columns; c++) {
        for (let i = 0; i < length; i++) {
          for (let j = 0; j < K.degree; j++) {
            out[(i * columns + c) * K.degree + j] = source[extWord(c * length + i, j, K.degree)] as number;
          }
        }
      }
    },
  };
}
