/** Matrices in float64, as the offline side of the quantiser uses them: read from a model, multiplied, measured. */
import { linearRows } from '../import/float-ops.ts';
import { type FloatModel, rowsAndColumns, type WeightName } from '../import/model.ts';

/** Rows, one after the other. */
export interface FloatMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** y = weight x + bias. */
export interface FloatLinear {
  /** [outputs, inputs]. */
  readonly weight: FloatMatrix;
  /** [outputs]; absent where the map has none. */
  readonly bias?: Float64Array;
}

/** A matrix of zeros. */
export function zeros(rows: number, columns: number): FloatMatrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** Rows of a weight, all of them by default, in an array of their own. @throws ProofError as `FloatModel.rows` */
export async function loadMatrix(
  model: FloatModel,
  name: WeightName,
  first = 0,
  count?: number,
): Promise<FloatMatrix> {
  const [all, columns] = rowsAndColumns(model.weights.get(name) ?? [0]);
  const rows = count ?? all;
  return { rows, columns, data: (await model.rows(name, first, rows)).slice() };
}

/** The entries of a vector; undefined where the model has none of this name. @throws ProofError as `FloatModel.rows` */
export async function loadVector(model: FloatModel, name: WeightName): Promise<Float64Array | undefined> {
  const shape = model.weights.get(name);
  return shape === undefined ? undefined : (await model.rows(name, 0, shape[0])).slice();
}

/** One row as a view. */
export function rowOf({ columns, data }: FloatMatrix, row: number): Float64Array {
  return data.subarray(row * columns, (row + 1) * columns);
}

/** [columns][rows]. */
export function transpose({ rows, columns, data }: FloatMatrix): FloatMatrix {
  const out = zeros(columns, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out.data[j * rows + i] = data[i * columns + j] as number;
  }
  return out;
}

/** y_t = weight x_t + bias for every row x_t. Sums run over the inputs in order. */
export function applyLinear({ weight, bias }: FloatLinear, x: FloatMatrix): FloatMatrix {
  const { rows } = weight;
  return { rows: x.rows, columns: rows, data: linearRows(weight.data, x.data, x.rows, rows, bias) };
}

/** a += b. */
export function addInto(a: FloatMatrix, b: FloatMatrix): void {
  for (let i = 0; i < a.data.length; i++) a.data[i] = (a.data[i] as number) + (b.data[i] as number);
}

/** Greatest absolute value; 0 of nothing. */
export function maxAbs(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most;
}

/** Greatest absolute value of each column, at least what `most` held before. */
export function raiseColumnMax({ columns, data }: FloatMatrix, most: Float64Array): void {
  for (let i = 0; i < data.length; i++) {
    const j = i % columns;
    const v = Math.abs(data[i] as number);
    if (v > (most[j] as number)) most[j] = v;
  }
}

/** Multiplies row j by factors[j]. */
export function scaleRows({ columns, data }: FloatMatrix, factors: Float64Array): void {
  for (let i = 0; i < data.length; i++) {
    data[i] = (data[i] as number) * (factors[Math.floor(i / columns)] as number);
  }
}

/** Multiplies column j by factors[j]. */
export function scaleColumns({ columns, data }: FloatMatrix, factors: Float64Array): void {
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) * (factors[i % columns] as number);
}
