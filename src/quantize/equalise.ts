/**
 * Step C4: channels that grow large are divided before they are rounded and multiplied back behind, so that one scale for a
 * whole tensor loses little. SmoothQuant (Xiao et al., 2022, section 4) with its exponent 1/2, in places where it is exact:
 *
 * - value and output: v_j / c_j, columns of `output` times c_j; one factor for the heads that share a channel;
 * - up and down: the same, where the feed-forward part is gated or its activation is relu (gelu is not homogeneous);
 * - query and key: q / c, k c, one factor for both entries of a rotary pair and for all heads that share a key.
 *
 * c_j = sqrt(max|x_j| / max|y_j|) for the two sides x, y of a channel.
 */
import type { Architecture } from '../import/model.ts';
import type { CanonicalLayer, CanonicalModel } from './canonical.ts';
import { type FloatLinear, raiseColumnMax, scaleColumns, scaleRows } from './matrix.ts';

/** Greatest absolute values of channels, over all tokens of the calibration. */
export interface ChannelPeaks {
  /** After the rotary positions; [heads * headDim] and [kvHeads * headDim]. */
  readonly query: Float64Array;
  readonly key: Float64Array;
  /** [kvHeads * headDim]. */
  readonly value: Float64Array;
  /** What `down` reads; [ffn]. */
  readonly product: Float64Array;
}

/** Divisors of channels of a layer; ones change nothing. */
export interface Factors {
  /** Of keys and values: [kvHeads * headDim]. The key's channels are multiplied. */
  readonly query: Float64Array;
  readonly value: Float64Array;
  /** [ffn]. */
  readonly up: Float64Array;
}

/** No factor leaves [1/LIMIT, LIMIT]: dead channels must not make others lose their bits. */
const LIMIT = 2 ** 10;

function factor(before: number, behind: number): number {
  if (before === 0 || behind === 0) return 1;
  return Math.min(LIMIT, Math.max(1 / LIMIT, Math.sqrt(before / behind)));
}

/** The greatest entry of each shared channel: `peaks` of heads folded onto the heads of keys and values. */
function shared(a: Architecture, peaks: Float64Array): Float64Array {
  const out = new Float64Array(a.kvHeads * a.headDim);
  peaks.forEach((peak, i) => {
    const j = sharedChannel(a, i);
    out[j] = Math.max(out[j] as number, peak);
  });
  return out;
}

/** The channel of keys and values that channel i of the heads belongs to. */
function sharedChannel({ heads, kvHeads, headDim }: Architecture, i: number): number {
  return Math.floor((Math.floor(i / headDim) * kvHeads) / heads) * headDim + (i % headDim);
}

/** Both entries of a rotary pair hold the greater one. */
function paired({ positions, headDim }: Architecture, peaks: Float64Array): Float64Array {
  if (positions.kind !== 'rotary') return peaks;
  const half = headDim / 2;
  const partner = (c: number): number =>
    positions.pairing === 'interleaved' ? c ^ 1 : c < half ? c + half : c - half;
  return peaks.map((peak, i) => Math.max(peak, peaks[i - (i % headDim) + partner(i % headDim)] as number));
}

/** Greatest absolute weight of each input of a map. */
function columnPeaks({ weight }: FloatLinear): Float64Array {
  const peaks = new Float64Array(weight.columns);
  raiseColumnMax(weight, peaks);
  return peaks;
}

/** The factors of a layer. */
export function factorsOf(a: Architecture, layer: CanonicalLayer, peaks: ChannelPeaks): Factors {
  const [query, key] = [paired(a, shared(a, peaks.query)), paired(a, peaks.key)];
  const output = shared(a, columnPeaks(layer.output));
  const down = columnPeaks(layer.down);
  const homogeneous = a.gated || a.activation === 'relu';
  return {
    query: query.map((peak, i) => factor(peak, key[i] as number)),
    value: peaks.value.map((peak, i) => factor(peak, output[i] as number)),
    up: peaks.product.map((peak, i) => (homogeneous ? factor(peak, down[i] as number) : 1)),
  };
}

const inverse = (factors: Float64Array): Float64Array => factors.map((c) => 1 / c);

/** Multiplies the outputs of a map. */
function scaleOutputs({ weight, bias }: FloatLinear, factors: Float64Array): void {
  scaleRows(weight, factors);
  if (bias !== undefined) scaleRows({ rows: bias.length, columns: 1, data: bias }, factors);
}

/** Applies the factors to a layer, in place. */
export function equalise(a: Architecture, layer: CanonicalLayer, factors: Factors): void {
  const spread = (shared: Float64Array): Float64Array =>
    Float64Array.from({ length: a.heads * a.headDim }, (_, i) => shared[sharedChannel(a, i)] as number);
  scaleOutputs(layer.query, spread(inverse(factors.query)));
  scaleOutputs(layer.key, factors.query);
  scaleOutputs(layer.value, inverse(factors.value));
  scaleColumns(layer.output.weight, spread(factors.value));
  scaleOutputs(layer.up, inverse(factors.up));
  scaleColumns(layer.down.weight, factors.up);
}

/** The canonical model with factors for each layer. */
export function equalised(model: CanonicalModel, factors: readonly Factors[]): CanonicalModel {
  return {
    ...model,
    layer: async (index) => {
      const layer = await model.layer(index);
      equalise(model.architecture, layer, factors[index] as Factors);
      return layer;
    },
  };
}
