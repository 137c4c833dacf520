/** The definition of the folds. */
import type { ExtensionField, Fe } from '../../field/field.ts';
import { checkFold, type FoldKernels, type FoldOptions } from '../contract/fold.ts';
import { extWord } from '../contract/layout.ts';
import type { IntMatrix } from '../contract/matrix.ts';

export function referenceFold(ext: ExtensionField): FoldKernels {
  const { base: F, degree } = ext;
  const fold = (
    axis: 'rows' | 'columns',
    out: Uint32Array,
    w: IntMatrix,
    e: Uint32Array,
    options: FoldOptions,
  ): void => {
    const { data, rows, columns, stride, offset } = checkFold(axis, out, w, e, degree);
    if (!options.accumulate) out.fill(0);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const entry = F.fromInt(data[offset + r * stride + c] as number);
        const [bound, free] = axis === 'rows' ? [r, c] : [c, r];
        for (let j = 0; j < degree; j++) {
          const product = F.mul(e[extWord(bound, j, degree)] as Fe, entry);
          const word = extWord(free, j, degree);
          out[word] = F.add(out[word] as Fe, product);
        }
      }
    }
  };
  return {
    foldRows: (out, w, e, options = {}) => fold('rows', out, w, e, options),
    foldColumns: (out, w, e, options = {}) => fold('columns', out, w, e, options),
  };
}
