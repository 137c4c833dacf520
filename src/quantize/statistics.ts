/** What calibration measures: the greatest absolute values of tensors and channels over all tokens. */
import type { Architecture } from '../import/model.ts';
import type { CanonicalModel } from './canonical.ts';
import type { ChannelPeaks, Factors } from './equalise.ts';
import { canonicalForward, canonicalLogits, type Sequences, type Tap } from './forward.ts';
import { type FloatMatrix, maxAbs, raiseColumnMax } from './matrix.ts';

/** Peaks of the channels of one layer. */
export interface LayerPeaks extends ChannelPeaks {
  /** Before the rotary positions. */
  readonly rawQuery: Float64Array;
  readonly rawKey: Float64Array;
  /** [ffn]; empty where the model has no gate. */
  readonly gate: Float64Array;
  readonly up: Float64Array;
  /** What the two halves of the layer add to the residual. */
  readonly output: Float64Array;
  readonly down: Float64Array;
}

export interface Statistics {
  readonly tokens: number;
  readonly layers: readonly LayerPeaks[];
  /** Of the residual at any place: greatest value, and greatest ratio of a place's peak to its root mean square. */
  readonly residual: { readonly peak: number; readonly ratio: number };
  /** Greatest score, and greatest distance below the greatest score of a row, in octaves. */
  readonly scores: { readonly peak: number; readonly spread: number };
  /** What a tied head reads: peaks of its columns and root mean square of its length; zeros where the head is apart. */
  readonly bridge: { readonly peaks: Float64Array; readonly length: number };
  readonly logits: number;
}

function emptyPeaks(a: Architecture): LayerPeaks {
  const [inner, shared] = [a.heads * a.headDim, a.kvHeads * a.headDim];
  const of = (n: number): Float64Array => new Float64Array(n);
  return {
    rawQuery: of(inner),
    rawKey: of(shared),
    query: of(inner),
    key: of(shared),
    value: of(shared),
    product: of(a.ffn),
    gate: of(a.gated ? a.ffn : 0),
    up: of(a.ffn),
    output: of(a.width),
    down: of(a.width),
  };
}

/** Which peaks a tap raises. */
const PEAKS: Readonly<Partial<Record<Tap, keyof LayerPeaks>>> = {
  query: 'rawQuery',
  key: 'rawKey',
  turnedQuery: 'query',
  turnedKey: 'key',
  value: 'value',
  product: 'product',
  gate: 'gate',
  up: 'up',
  output: 'output',
  down: 'down',
};

/** Root mean square of the entries. */
function rootMeanSquare({ data }: FloatMatrix): number {
  return Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);
}

/** Rows whose logits are in memory at a time. */
const LOGIT_ROWS = 64;

/**
 * Runs the model over the sequences and measures.
 *
 * @throws ProofError as `FloatModel.rows`
 */
export async function measure(model: CanonicalModel, sequences: Sequences): Promise<Statistics> {
  const a = model.architecture;
  const layers = Array.from({ length: a.layers }, () => emptyPeaks(a));
  const residual = { peak: 0, ratio: 0 };
  const scores = { peak: 0, spread: 0 };
  const bridge = { peaks: new Float64Array(a.tied ? model.embeddingColumns : 0), length: 0 };
  const last = await canonicalForward(model, sequences, (tap, layer, values) => {
    const peaks = PEAKS[tap];
    if (peaks !== undefined) raiseColumnMax(values, (layers[layer] as LayerPeaks)[peaks]);
    if (tap === 'scores') {
      scores.peak = Math.max(scores.peak, values.data[0] as number);
      scores.spread = Math.max(scores.spread, values.data[1] as number);
    } else if (tap === 'residual' || tap === 'middle' || tap === 'last') {
      const peak = maxAbs(values.data);
      residual.peak = Math.max(residual.peak, peak);
      residual.ratio = Math.max(residual.ratio, peak / rootMeanSquare(values));
    } else if (tap === 'bridge') {
      raiseColumnMax(values, bridge.peaks);
      bridge.length = rootMeanSquare(values) * Math.sqrt(values.columns);
    }
  });
  let logits = 0;
  for (let first = 0; first < last.rows; first += LOGIT_ROWS) {
    const rows = Math.min(LOGIT_ROWS, last.rows - first);
    const part = last.data.subarray(first * last.columns, (first + rows) * last.columns);
    const block = await canonicalLogits(model, { rows, columns: last.columns, data: part });
    logits = Math.max(logits, maxAbs(block.data));
  }
  return { tokens: last.rows, layers, residual, scores, bridge, logits };
}

/** The peaks of a layer after its factors were applied. */
export function peaksAfter(a: Architecture, peaks: LayerPeaks, factors: Factors): LayerPeaks {
  const cell = (i: number): number =>
    Math.floor((Math.floor(i / a.headDim) * a.kvHeads) / a.heads) * a.headDim + (i % a.headDim);
  const c = (of: Float64Array, i: number): number => of[i] as number;
  return {
    ...peaks,
    rawQuery: peaks.rawQuery.map((v, i) => v / c(factors.query, cell(i))),
    query: peaks.query.map((v, i) => v / c(factors.query, cell(i))),
    rawKey: peaks.rawKey.map((v, i) => v * c(factors.query, i)),
    key: peaks.key.map((v, i) => v * c(factors.query, i)),
    value: peaks.value.map((v, i) => v / c(factors.value, i)),
    up: peaks.up.map((v, i) => v / c(factors.up, i)),
    product: peaks.product.map((v, i) => v / c(factors.up, i)),
  };
}
