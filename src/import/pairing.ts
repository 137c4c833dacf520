/**
 * The two layouts of rotary pairs are one model written twice: permuting the rows of query and key, head by head and
 * both alike, leaves every score as it is. The permutation is public; it depends on headDim only.
 */
import { type FloatModel, rowsAndColumns } from './model.ts';

/**
 * The place within a head, in the other layout, of element `index`: half i (first elements) -> 2i, half i (second
 * elements) -> 2i + 1.
 */
export function interleavedIndex(index: number, headDim: number): number {
  const half = headDim / 2;
  return index < half ? 2 * index : 2 * (index - half) + 1;
}

/** The inverse of `interleavedIndex`. */
export function halfIndex(index: number, headDim: number): number {
  return index % 2 === 0 ? index / 2 : headDim / 2 + (index - 1) / 2;
}

/**
 * The same model with its rotary pairs in another layout; a model without rotary positions, or already in this layout,
 * is returned as it is.
 *
 * @example
 * const model = withPairing(await importLlama2c(file, name), 'half'); // as Hugging Face stores it
 */
export function withPairing(model: FloatModel, pairing: 'half' | 'interleaved'): FloatModel {
  const { architecture } = model;
  const { positions, headDim } = architecture;
  if (positions.kind !== 'rotary' || positions.pairing === pairing) return model;
  // Row r of the new layout is row `within(r)` of the old one.
  const within = pairing === 'half' ? interleavedIndex : halfIndex;
  return {
    ...model,
    architecture: { ...architecture, positions: { ...positions, pairing } },
    rows: async (name, first, count) => {
      const shape = model.weights.get(name);
      if (shape === undefined || count === 0 || !/\.(?:query|key)\./.test(name)) {
        return model.rows(name, first, count);
      }
      const [rows, columns] = rowsAndColumns(shape);
      if (first < 0 || first + count > rows) return model.rows(name, first, count); // throws
      // Rows of a head stay in their head: read all heads touched, then pick.
      const start = first - (first % headDim);
      const end = Math.ceil((first + count) / headDim) * headDim;
      const heads = await model.rows(name, start, end - start);
      const values = new Float64Array(count * columns);
      for (let i = 0; i < count; i++) {
        const row = first + i;
        const from = row - (row % headDim) + within(row % headDim, headDim) - start;
        values.set(heads.subarray(from * columns, (from + 1) * columns), i * columns);
      }
      return values;
    },
  };
}
