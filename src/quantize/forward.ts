/**
 * The canonical model in float64 over many sequences at once, layer by layer: one layer's matrices are in memory at a time,
 * whatever the size of the model. An observer sees what calibration measures.
 */
import { activate, rotate } from '../import/float-ops.ts';
import type { Architecture } from '../import/model.ts';
import type { CanonicalLayer, CanonicalModel } from './canonical.ts';
import { addInto, applyLinear, type FloatMatrix, rowOf, zeros } from './matrix.ts';

/** Token ids, one list a sequence. */
export type Sequences = readonly (readonly number[])[];

/**
 * What an observer sees: rows of all sequences. `turnedQuery`, `turnedKey`: after the rotary positions. `scores`: one row, the
 * greatest |score| and the greatest distance of a visible score from the row's greatest, both in octaves. `product`: what
 * `down` reads.
 */
export type Tap =
  | 'residual'
  | 'query'
  | 'key'
  | 'value'
  | 'turnedQuery'
  | 'turnedKey'
  | 'scores'
  | 'attention'
  | 'output'
  | 'middle'
  | 'gate'
  | 'up'
  | 'product'
  | 'down'
  | 'last'
  | 'bridge';

export type Observe = (tap: Tap, layer: number, values: FloatMatrix) => void;

/** x sqrt(d) / sqrt(|x|^2 + eps d), row by row. */
function normalised(x: FloatMatrix, eps: number): FloatMatrix {
  const out = zeros(x.rows, x.columns);
  for (let t = 0; t < x.rows; t++) {
    const row = rowOf(x, t);
    const squares = row.reduce((sum, v) => sum + v * v, 0);
    const factor = 1 / Math.sqrt(squares / x.columns + eps);
    for (let j = 0; j < row.length; j++) out.data[t * x.columns + j] = (row[j] as number) * factor;
  }
  return out;
}

/** Position of every row and the row at which its sequence starts. */
function places(sequences: Sequences): { readonly position: number; readonly start: number }[] {
  const all: { position: number; start: number }[] = [];
  for (const sequence of sequences) {
    const start = all.length;
    for (let position = 0; position < sequence.length; position++) all.push({ position, start });
  }
  return all;
}

type Places = ReturnType<typeof places>;

/** Rotary positions applied to a copy. */
function turned(a: Architecture, x: FloatMatrix, at: Places): FloatMatrix {
  if (a.positions.kind !== 'rotary') return x;
  const { theta, pairing } = a.positions;
  const out = { ...x, data: Float64Array.from(x.data) };
  at.forEach(({ position }, t) => rotate(rowOf(out, t), a.headDim, position, theta, pairing));
  return out;
}

/** Softmax in base 2 over the visible rows, and its mean of the values. */
function attend(
  a: Architecture,
  query: FloatMatrix,
  key: FloatMatrix,
  value: FloatMatrix,
  at: Places,
): { readonly out: FloatMatrix; readonly scores: FloatMatrix } {
  const { heads, kvHeads, headDim, window = Infinity } = a;
  const out = zeros(query.rows, query.columns);
  const extreme = zeros(1, 2);
  for (let t = 0; t < query.rows; t++) {
    const from = Math.max((at[t] as Places[number]).start, t - window + 1);
    const z = new Float64Array(t - from + 1);
    for (let h = 0; h < heads; h++) {
      const q = t * query.columns + h * headDim;
      const cell = Math.floor((h * kvHeads) / heads) * headDim;
      let [top, bottom] = [-Infinity, Infinity];
      for (let j = from; j <= t; j++) {
        let sum = 0;
        for (let c = 0; c < headDim; c++) {
          sum += (query.data[q + c] as number) * (key.data[j * key.columns + cell + c] as number);
        }
        z[j - from] = sum;
        if (sum > top) top = sum;
        if (sum < bottom) bottom = sum;
      }
      extreme.data[0] = Math.max(extreme.data[0] as number, Math.abs(top), Math.abs(bottom));
      extreme.data[1] = Math.max(extreme.data[1] as number, top - bottom);
      let total = 0;
      for (let j = 0; j < z.length; j++) total += z[j] = 2 ** ((z[j] as number) - top);
      for (let j = from; j <= t; j++) {
        const weight = (z[j - from] as number) / total;
        for (let c = 0; c < headDim; c++) {
          const v = value.data[j * value.columns + cell + c] as number;
          out.data[q + c] = (out.data[q + c] as number) + weight * v;
        }
      }
    }
  }
  return { out, scores: extreme };
}

function runLayer(
  a: Architecture,
  maps: CanonicalLayer,
  h: FloatMatrix,
  at: Places,
  see: (tap: Tap, values: FloatMatrix) => FloatMatrix,
): void {
  see('residual', h);
  const x = normalised(h, a.norm.eps);
  const query = see('query', applyLinear(maps.query, x));
  const key = see('key', applyLinear(maps.key, x));
  const value = see('value', applyLinear(maps.value, x));
  const turnedQuery = see('turnedQuery', turned(a, query, at));
  const turnedKey = see('turnedKey', turned(a, key, at));
  const { out, scores } = attend(a, turnedQuery, turnedKey, value, at);
  see('scores', scores);
  addInto(h, see('output', applyLinear(maps.output, see('attention', out))));
  see('middle', h);
  const y = normalised(h, a.norm.eps);
  const gate = maps.gate && see('gate', applyLinear(maps.gate, y));
  const up = see('up', applyLinear(maps.up, y));
  const product = {
    ...up,
    data:
      gate === undefined
        ? up.data.map((v) => activate(a.activation, v))
        : up.data.map((v, i) => v * activate(a.activation, gate.data[i] as number)),
  };
  addInto(h, see('down', applyLinear(maps.down, see('product', product))));
}

/** The embedding's rows (and positions') of all tokens. */
async function start(model: CanonicalModel, sequences: Sequences, at: Places): Promise<FloatMatrix> {
  const { width } = model.architecture;
  const tokens = sequences.flat();
  const h = zeros(tokens.length, width);
  const known = new Map<number, Float64Array>();
  for (const id of new Set(tokens)) known.set(id, (await model.embedding(id, 1)).data.subarray(0, width));
  tokens.forEach((id, t) => rowOf(h, t).set(known.get(id) as Float64Array));
  const positions = await model.positions();
  if (positions !== undefined) {
    at.forEach(({ position }, t) => {
      const row = rowOf(h, t);
      const added = rowOf(positions, position);
      for (let j = 0; j < width; j++) row[j] = (row[j] as number) + (added[j] as number);
    });
  }
  return h;
}

/**
 * What the head reads, for every token of every sequence: [tokens, columns of the head].
 *
 * @param sequences token ids below the vocabulary, each sequence within the context
 * @throws ProofError as `FloatModel.rows`
 */
export async function canonicalForward(
  model: CanonicalModel,
  sequences: Sequences,
  observe: Observe = () => {},
): Promise<FloatMatrix> {
  const a = model.architecture;
  const at = places(sequences);
  const h = await start(model, sequences, at);
  for (let layer = 0; layer < a.layers; layer++) {
    const maps = await model.layer(layer);
    runLayer(a, maps, h, at, (tap, values) => {
      observe(tap, layer, values);
      return values;
    });
  }
  observe('last', a.layers, h);
  const last = normalised(h, a.norm.eps);
  const bridge = await model.bridge();
  if (bridge === undefined) return last;
  const out = applyLinear(bridge, last);
  observe('bridge', a.layers, out);
  return out;
}

/** Rows of the head that are in memory at a time. */
const HEAD_ROWS = 2048;

/** The logits of rows that `canonicalForward` returned: [rows, vocabulary]. */
export async function canonicalLogits(model: CanonicalModel, x: FloatMatrix): Promise<FloatMatrix> {
  const { vocab } = model.architecture;
  const out = zeros(x.rows, vocab);
  for (let first = 0; first < vocab; first += HEAD_ROWS) {
    const block = applyLinear(await model.head(first, Math.min(HEAD_ROWS, vocab - first)), x);
    for (let t = 0; t < x.rows; t++) out.data.set(rowOf(block, t), t * vocab + first);
  }
  return out;
}
