/** A model whose weights are arrays: made by a program, or an imported one that was changed. */
import {
  type Architecture,
  checkFinite,
  checkRows,
  type FloatModel,
  rowsAndColumns,
  type WeightName,
  weightShapes,
} from './model.ts';

/**
 * A model of these weights. The arrays are not copied.
 *
 * @param values every weight of the architecture (`weightShapes`), row-major
 * @throws RangeError for a weight that is missing, has another length or does not belong to the architecture
 * @example
 * const doubled = modelOfWeights(model.architecture, weights);
 * const executor = await floatExecutor(doubled);
 */
export function modelOfWeights(
  architecture: Architecture,
  values: ReadonlyMap<WeightName, Float32Array | Float64Array>,
): FloatModel {
  const weights = weightShapes(architecture);
  for (const [name, shape] of weights) {
    const [rows, columns] = rowsAndColumns(shape);
    const length = values.get(name)?.length ?? 'none';
    if (length !== rows * columns) {
      throw new RangeError(`values: expected ${rows * columns} numbers for ${name}, got ${length}`);
    }
  }
  for (const name of values.keys()) {
    if (!weights.has(name)) throw new RangeError(`values: expected weights of the architecture, got ${name}`);
  }
  return {
    architecture,
    weights,
    rows: async (name, first, count) => {
      const [, columns] = rowsAndColumns(checkRows(weights, name, first, count));
      const all = values.get(name) as Float32Array | Float64Array;
      const rows = Float64Array.from(all.subarray(first * columns, (first + count) * columns));
      checkFinite(rows, columns, first, name);
      return Promise.resolve(rows);
    },
  };
}

/** All weights of a model as arrays, e.g. to change them; `modelOfWeights` is the way back. */
export async function weightsOf(model: FloatModel): Promise<Map<WeightName, Float64Array>> {
  const values = new Map<WeightName, Float64Array>();
  for (const [name, [rows]] of model.weights) values.set(name, await model.rows(name, 0, rows));
  return values;
}
