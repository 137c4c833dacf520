/** The definition of rows of limbs. */
import type { ExtensionField } from '../../field/field.ts';
import { checkedExtColumnLength, type ExtRowKernels } from '../contract/ext-rows.ts';
import { extWord } from '../contract/layout.ts';

export function referenceExtRows({ degree }: ExtensionField): ExtRowKernels {
  return {
    kRows(out, source, columns) {
      const length = checkedExtColumnLength(out, source, columns, degree);
      for (let c = 0; c < columns; c++) {
        for (let i = 0; i < length; i++) {
          for (let j = 0; j < degree; j++) {
            out[(i * columns + c) * degree + j] = source[extWord(c * length + i, j, degree)] as number;
          }
        }
      }
    },
  };
}
