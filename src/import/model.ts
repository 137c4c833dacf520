/**
 * What every importer returns: one description for all decoder families, and the weights under normalised names, read
 * by rows when they are wanted. Nothing here knows a file format.
 *
 * A model of this form computes, for token t at position p and with x of `width` elements:
 *
 *   x = embedding[t] (+ positions[p] where positions are learned)
 *   for each layer: x += output(attention(attentionNorm(x))); x += ffn(ffnNorm(x))
 *   logits = head(finalNorm(x)), where a tied model has head = embedding
 *
 * Weights of linear maps are [out][in]: row j holds the coefficients of output j. Rows of query, key and value are
 * head after head. ffn(y) = down(act(gate(y)) * up(y)) where `gated`, else down(act(up(y))). Attention scores are
 * scaled by 1 / sqrt(headDim); head h reads key/value head floor(h * kvHeads / heads); token i sees tokens j with
 * i - window < j <= i (all j <= i without a window).
 */
import { refuse } from '../errors/proof-error.ts';

/** Who trained models of this kind first; says nothing that the rest of the description does not. */
export type Family = 'gpt2' | 'llama' | 'mistral' | 'qwen2' | 'opt' | 'llama2.c';

/** `gelu-tanh`: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))); `gelu-erf`: x Phi(x); `silu`: x / (1 + e^-x). */
export type Activation = 'gelu-tanh' | 'gelu-erf' | 'relu' | 'silu';

/**
 * Learned: a row is added to each embedding. Rotary (Su et al., RoFormer, section 3.2): pair i of the headDim / 2
 * pairs of a head turns by the angle p * theta^(-2i / headDim). Pairing `half`: elements i and i + headDim / 2 (Hugging
 * Face); `interleaved`: elements 2i and 2i + 1 (llama2.c and the paper).
 */
export type Positions =
  | { readonly kind: 'learned' }
  | { readonly kind: 'rotary'; readonly theta: number; readonly pairing: 'half' | 'interleaved' };

/** A decoder, as numbers. */
export interface Architecture {
  readonly family: Family;
  /** Elements of the residual stream. */
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Divides `heads`. */
  readonly kvHeads: number;
  /** Need not be width / heads. */
  readonly headDim: number;
  /** Inner elements of the feed-forward part. */
  readonly ffn: number;
  readonly vocab: number;
  /** Positions. */
  readonly context: number;
  /** `layer`: (x - mean) / sqrt(variance + eps); `rms`: x / sqrt(mean of squares + eps); then gain (and bias). */
  readonly norm: { readonly kind: 'layer' | 'rms'; readonly eps: number };
  readonly activation: Activation;
  readonly gated: boolean;
  readonly positions: Positions;
  /** Which linear maps add a bias: query, key and value; attention output; feed-forward. */
  readonly biases: { readonly qkv: boolean; readonly output: boolean; readonly ffn: boolean };
  /** Tokens that a token sees, itself included; `undefined`: all before it. */
  readonly window: number | undefined;
  /** The embedding is the head. */
  readonly tied: boolean;
  /** Token that begins a text, where the model has one. */
  readonly bos: number | undefined;
  /** Tokens that end a text. */
  readonly eos: readonly number[];
}

/** The weights of one layer. */
export type LayerWeight =
  | `${'attentionNorm' | 'ffnNorm'}.${'gain' | 'bias'}`
  | `${'query' | 'key' | 'value' | 'output' | 'gate' | 'up' | 'down'}.${'weight' | 'bias'}`;
/** The weights outside the layers. */
export type GlobalWeight = 'embedding' | 'positions' | 'finalNorm.gain' | 'finalNorm.bias' | 'head';
/** A normalised name, e.g. `embedding` or `layers.3.query.weight`. */
export type WeightName = GlobalWeight | `layers.${number}.${LayerWeight}`;

/** [rows, columns], or [length] of a vector. */
export type WeightShape = readonly [number, number] | readonly [number];

/** An imported model: description and access to its weights. */
export interface FloatModel {
  readonly architecture: Architecture;
  /** Every weight of the model; what is not here (a bias, the head of a tied model) does not exist. */
  readonly weights: ReadonlyMap<WeightName, WeightShape>;
  /**
   * Rows [first, first + count) in row-major order, exactly as stored; of a vector, elements.
   * @throws RangeError for a name or rows that do not exist
   * @throws ProofError `WEIGHT_NOT_FINITE` for NaN or an infinity, and what the file's reader throws
   */
  readonly rows: (name: WeightName, first: number, count: number) => Promise<Float64Array>;
}

/** The name of a weight of layer `layer`. */
export function inLayer(layer: number, weight: LayerWeight): WeightName {
  return `layers.${layer}.${weight}`;
}

/** Every weight that a model of this architecture has, with its shape. */
export function weightShapes(a: Architecture): ReadonlyMap<WeightName, WeightShape> {
  const shapes = new Map<WeightName, WeightShape>([['embedding', [a.vocab, a.width]]]);
  if (a.positions.kind === 'learned') shapes.set('positions', [a.context, a.width]);
  for (let layer = 0; layer < a.layers; layer++) {
    for (const [weight, shape] of layerShapes(a)) shapes.set(inLayer(layer, weight), shape);
  }
  shapes.set('finalNorm.gain', [a.width]);
  if (a.norm.kind === 'layer') shapes.set('finalNorm.bias', [a.width]);
  if (!a.tied) shapes.set('head', [a.vocab, a.width]);
  return shapes;
}

function layerShapes(a: Architecture): [LayerWeight, WeightShape][] {
  const shapes: [LayerWeight, WeightShape][] = [];
  const norm = (name: 'attentionNorm' | 'ffnNorm'): void => {
    shapes.push([`${name}.gain`, [a.width]]);
    if (a.norm.kind === 'layer') shapes.push([`${name}.bias`, [a.width]]);
  };
  type Linear = 'query' | 'key' | 'value' | 'output' | 'gate' | 'up' | 'down';
  const linear = (name: Linear, rows: number, columns: number, bias: boolean): void => {
    shapes.push([`${name}.weight`, [rows, columns]]);
    if (bias) shapes.push([`${name}.bias`, [rows]]);
  };
  const inner = a.heads * a.headDim;
  const kvInner = a.kvHeads * a.headDim;
  norm('attentionNorm');
  linear('query', inner, a.width, a.biases.qkv);
  linear('key', kvInner, a.width, a.biases.qkv);
  linear('value', kvInner, a.width, a.biases.qkv);
  linear('output', a.width, inner, a.biases.output);
  norm('ffnNorm');
  if (a.gated) linear('gate', a.ffn, a.width, a.biases.ffn);
  linear('up', a.ffn, a.width, a.biases.ffn);
  linear('down', a.width, a.ffn, a.biases.ffn);
  return shapes;
}

/** Rows and columns of a shape; a vector has columns of one element. */
export function rowsAndColumns(shape: WeightShape): readonly [number, number] {
  return [shape[0], shape[1] ?? 1];
}

/** Parameters of the model. */
export function parameterCount(model: FloatModel): number {
  let count = 0;
  for (const shape of model.weights.values()) {
    const [rows, columns] = rowsAndColumns(shape);
    count += rows * columns;
  }
  return count;
}

/** @returns the shape. @throws RangeError unless the model has the weight and these rows */
export function checkRows(
  weights: ReadonlyMap<WeightName, WeightShape>,
  name: WeightName,
  first: number,
  count: number,
): WeightShape {
  const shape = weights.get(name);
  if (shape === undefined) throw new RangeError(`name: expected a weight of the model, got ${name}`);
  const whole = Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && count >= 0;
  if (!whole || first + count > shape[0]) {
    throw new RangeError(`first, count: expected rows of [0, ${shape[0]}), got ${first}, ${count}`);
  }
  return shape;
}

/**
 * Every value is a finite number.
 * @param stage file and tensor
 * @param at row and column of the first value within the tensor, for the error
 * @throws ProofError `WEIGHT_NOT_FINITE`
 */
export function checkFinite(values: Float64Array, columns: number, firstRow: number, stage: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      const place = `row ${firstRow + Math.floor(i / columns)}, column ${i % columns}`;
      refuse('WEIGHT_NOT_FINITE', stage, `expected finite numbers, got ${values[i]} at ${place}`);
    }
  }
}

/**
 * Reads every weight once, in blocks of about `block` elements, and so refuses a model with NaN, infinities or missing
 * bytes before any of it is used.
 * @throws ProofError as `rows` does
 */
export async function checkWeights(model: FloatModel, block = 2 ** 20): Promise<void> {
  for (const [name, shape] of model.weights) {
    const [rows, columns] = rowsAndColumns(shape);
    const step = Math.max(1, Math.floor(block / columns));
    for (let row = 0; row < rows; row += step) await model.rows(name, row, Math.min(step, rows - row));
  }
}
