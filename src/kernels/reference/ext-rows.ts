/** The definitions of K arrays in other orders and of sums of lines. */
import type { ExtensionField, Fe } from '../../field/field.ts';
import { checkedExtColumnLength, checkLines, checkWeave, type ExtRowKernels } from '../contract/ext-rows.ts';
import { BLOCK, extWord } from '../contract/layout.ts';

export function referenceExtRows({ base, degree }: ExtensionField): ExtRowKernels {
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
    kWeave(out, source, stride, first) {
      const length = checkWeave(out, source, stride, first, degree);
      for (let i = 0; i < length; i++) {
        for (let k = 0; k < BLOCK; k++) {
          for (let j = 0; j < degree; j++) {
            const from = extWord(k * length + i, j, degree);
            out[extWord(i * stride + first + k, j, degree)] = source[from] as number;
          }
        }
      }
    },
    kAddLines(out, source, width, pairs, minus = false) {
      checkLines(out, source, width, pairs, degree);
      const words = width * degree;
      const sum = minus ? base.sub : base.add;
      for (let i = 0; i < pairs.length; i += 2) {
        const [to, from] = [words * (pairs[i] as number), words * (pairs[i + 1] as number)];
        for (let w = 0; w < words; w++) out[to + w] = sum(out[to + w] as Fe, source[from + w] as Fe);
      }
    },
  };
}
