/**
 * The model in canonical form, in float64: the same function of the tokens, written so that integers serve it well.
 *
 * - C1 centre: what writes the residual loses its mean over the channels; LayerNorm is then RMSNorm.
 * - C2 fold: gains and biases of norms go into the linear maps that read them.
 * - C3 rotate: the residual h becomes Q h; what reads it takes Q^T, what writes it Q.
 * - C5 the query takes log2(e) / sqrt(headDim): scores count octaves, softmax is in base 2.
 * - C7 a tied head keeps the embedding E' = E Q^T: logits = E' x' with x' = (Q diag(gain) Q^T) x + Q bias. Where C1 took the
 *   means m of the rows of E, one more column gives them back: E'' = [E' | m], x'' = [x' | sum of the normalised row].
 *
 * C4 (equalisation) needs statistics: `equalise.ts`. C6 (batch norms) does not arise in language models.
 * Matrices are made when they are asked for, one layer at a time; nothing is kept.
 */
import {
  type Architecture,
  type FloatModel,
  type GlobalWeight,
  inLayer,
  type LayerWeight,
} from '../import/model.ts';
import { type FloatLinear, type FloatMatrix, loadMatrix, loadVector, rowOf, zeros } from './matrix.ts';
import { noRotation, rotateColumns, type Rotation, rotationOf } from './rotation.ts';

/** The linear maps of one layer. */
export interface CanonicalLayer {
  readonly query: FloatLinear;
  readonly key: FloatLinear;
  readonly value: FloatLinear;
  readonly output: FloatLinear;
  /** Absent where the feed-forward part is not gated. */
  readonly gate?: FloatLinear;
  readonly up: FloatLinear;
  readonly down: FloatLinear;
}

/** A decoder whose norms are all x sqrt(d) / sqrt(|x|^2 + eps d), without gain. */
export interface CanonicalModel {
  readonly architecture: Architecture;
  /** Columns of the embedding: the width, and one more for a tied head over a centred embedding. */
  readonly embeddingColumns: number;
  /** Rows of the embedding; the residual starts as their first `width` columns. */
  embedding(first: number, count: number): Promise<FloatMatrix>;
  /** Rows that learned positions add. */
  positions(): Promise<FloatMatrix | undefined>;
  layer(layer: number): Promise<CanonicalLayer>;
  /** Of a tied model: what stands between the last norm and the embedding as head. */
  bridge(): Promise<FloatLinear | undefined>;
  /** Rows of the head; of a tied model, of the embedding. */
  head(first: number, count: number): Promise<FloatLinear>;
}

export interface CanonicalOptions {
  /** Of the rotation. */
  readonly seed: number;
  /** Default: true. */
  readonly rotate?: boolean;
}

/** Means of the rows, subtracted. */
function centreRows(matrix: FloatMatrix): Float64Array {
  const means = new Float64Array(matrix.rows);
  for (let i = 0; i < matrix.rows; i++) {
    const row = rowOf(matrix, i);
    const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
    means[i] = mean;
    for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - mean;
  }
  return means;
}

/** Subtracts from every entry the mean of its column. */
function centreColumns({ rows, columns, data }: FloatMatrix): void {
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = j; i < data.length; i += columns) sum += data[i] as number;
    for (let i = j; i < data.length; i += columns) data[i] = (data[i] as number) - sum / rows;
  }
}

/** Gain and bias of a norm. */
interface Norm {
  readonly gain: Float64Array;
  readonly bias: Float64Array | undefined;
}

/** W diag(gain), b + W bias. */
function fold(
  weight: FloatMatrix,
  bias: Float64Array | undefined,
  norm: Norm,
): { weight: FloatMatrix; bias?: Float64Array } {
  const { rows, columns, data } = weight;
  const sums = bias === undefined ? new Float64Array(rows) : Float64Array.from(bias);
  for (let j = 0; j < rows; j++) {
    for (let k = 0; k < columns; k++) {
      const w = data[j * columns + k] as number;
      sums[j] = (sums[j] as number) + w * (norm.bias?.[k] ?? 0);
      data[j * columns + k] = w * (norm.gain[k] as number);
    }
  }
  return bias === undefined && norm.bias === undefined ? { weight } : { weight, bias: sums };
}

/** What all parts of the canonical form share. */
interface Source {
  readonly model: FloatModel;
  readonly rotation: Rotation;
  /** C1: the norms subtract means. */
  readonly centred: boolean;
}

async function normOf(
  { model }: Source,
  gain: Parameters<typeof loadVector>[1],
  bias: Parameters<typeof loadVector>[1],
): Promise<Norm> {
  return { gain: (await loadVector(model, gain)) as Float64Array, bias: await loadVector(model, bias) };
}

/** A map that reads a norm: C2, then C3. */
async function reader(source: Source, weight: FloatMatrix, bias: Float64Array | undefined, norm: Norm) {
  const folded = fold(weight, bias, norm);
  source.rotation.rows(folded.weight);
  return folded;
}

/** A map that writes the residual: C1, then C3. */
function writer(
  { rotation, centred }: Source,
  weight: FloatMatrix,
  bias: Float64Array | undefined,
): FloatLinear {
  const column = bias === undefined ? undefined : { rows: bias.length, columns: 1, data: bias };
  if (centred) {
    centreColumns(weight);
    if (column !== undefined) centreColumns(column);
  }
  if (column !== undefined) rotation.rows({ rows: 1, columns: column.rows, data: column.data });
  const turned = rotateColumns(rotation, weight);
  return column === undefined ? { weight: turned } : { weight: turned, bias: column.data };
}

async function canonicalLayer(source: Source, layer: number): Promise<CanonicalLayer> {
  const { model } = source;
  const { headDim, gated } = model.architecture;
  type Linear = 'query' | 'key' | 'value' | 'output' | 'gate' | 'up' | 'down';
  const load = async (name: Linear): Promise<[FloatMatrix, Float64Array | undefined]> => [
    await loadMatrix(model, inLayer(layer, `${name}.weight` satisfies LayerWeight)),
    await loadVector(model, inLayer(layer, `${name}.bias` satisfies LayerWeight)),
  ];
  const norm = (name: 'attentionNorm' | 'ffnNorm'): Promise<Norm> =>
    normOf(source, inLayer(layer, `${name}.gain`), inLayer(layer, `${name}.bias`));
  const read = async (name: Linear, of: Norm) => reader(source, ...(await load(name)), of);
  const before = await norm('attentionNorm');
  const inner = await norm('ffnNorm');
  const query = await read('query', before);
  const octaves = Math.LOG2E / Math.sqrt(headDim); // C5
  for (const part of [query.weight.data, query.bias ?? []]) {
    for (let i = 0; i < part.length; i++) part[i] = (part[i] as number) * octaves;
  }
  return {
    query,
    key: await read('key', before),
    value: await read('value', before),
    output: writer(source, ...(await load('output'))),
    ...(gated && { gate: await read('gate', inner) }),
    up: await read('up', inner),
    down: writer(source, ...(await load('down'))),
  };
}

/** Rows of the embedding or of learned positions: C1 and C3; the means of the rows as a last column, where wanted. */
async function canonicalRows(
  { model, rotation, centred }: Source,
  name: GlobalWeight,
  first: number,
  count: number,
  withMeans: boolean,
): Promise<FloatMatrix> {
  const { width } = model.architecture;
  const rows = await loadMatrix(model, name, first, count);
  const means = centred ? centreRows(rows) : undefined;
  rotation.rows(rows);
  if (!withMeans || means === undefined) return rows;
  const wider = zeros(count, width + 1);
  for (let i = 0; i < count; i++) {
    wider.data.set(rowOf(rows, i), i * (width + 1));
    wider.data[i * (width + 1) + width] = means[i] as number;
  }
  return wider;
}

/** C7: (Q diag(gain) Q^T, Q bias), and the row (Q gain)^T with the sum of the biases where E was centred. */
async function canonicalBridge(source: Source): Promise<FloatLinear> {
  const { model, rotation, centred } = source;
  const d = model.architecture.width;
  const { gain, bias } = await normOf(source, 'finalNorm.gain', 'finalNorm.bias');
  const square = zeros(d, d);
  for (let i = 0; i < d; i++) square.data[i * (d + 1)] = gain[i] as number;
  rotation.rows(square); // rows e_i gain_i become gain_i Q e_i: diag(gain) Q^T
  const turned = rotateColumns(rotation, square);
  const shift = Float64Array.from(bias ?? new Float64Array(d));
  const sum = shift.reduce((a, b) => a + b, 0);
  rotation.rows({ rows: 1, columns: d, data: shift });
  if (!centred) return bias === undefined ? { weight: turned } : { weight: turned, bias: shift };
  const weight = zeros(d + 1, d);
  weight.data.set(turned.data);
  const last = { rows: 1, columns: d, data: Float64Array.from(gain) };
  rotation.rows(last);
  weight.data.set(last.data, d * d);
  return { weight, bias: Float64Array.from([...shift, sum]) };
}

/**
 * The canonical form of a model. Every call of its parts reads the model again.
 *
 * @example
 * const canonical = canonicalModel(model, { seed: 1 });
 * const layer = await canonical.layer(0);
 */
export function canonicalModel(model: FloatModel, { seed, rotate = true }: CanonicalOptions): CanonicalModel {
  const { architecture } = model;
  const { width, norm, tied } = architecture;
  const rotation = rotate ? rotationOf(width, seed) : noRotation(width);
  const source: Source = { model, rotation, centred: norm.kind === 'layer' };
  const wider = tied && source.centred;
  const embedding = (first: number, count: number): Promise<FloatMatrix> =>
    canonicalRows(source, 'embedding', first, count, wider);
  return {
    architecture,
    embeddingColumns: wider ? width + 1 : width,
    embedding,
    positions: async () =>
      architecture.positions.kind === 'learned'
        ? canonicalRows(source, 'positions', 0, architecture.context, false)
        : undefined,
    layer: (layer) => canonicalLayer(source, layer),
    bridge: async () => (tied ? canonicalBridge(source) : undefined),
    head: async (first, count) => {
      if (tied) return { weight: await embedding(first, count) };
      const rows = await loadMatrix(model, 'head', first, count);
      return reader(source, rows, undefined, await normOf(source, 'finalNorm.gain', 'finalNorm.bias'));
    },
  };
}
