/**
 * A plain float64 forward pass of an imported model, token by token with a cache. It is the yardstick for everything
 * that is made of the model later, and a check of the importers; it is written for clarity, not speed.
 */
import { activate, attend, type LayerCache, linear, normalise, rotate, type Values } from './float-ops.ts';
import {
  type Architecture,
  type FloatModel,
  inLayer,
  type LayerWeight,
  rowsAndColumns,
  type WeightName,
} from './model.ts';

/** What an observer may see, by name, for each layer and token. */
export type Tap =
  'residual' | 'attentionNorm' | 'query' | 'key' | 'value' | 'attention' | 'ffnNorm' | 'inner' | 'finalNorm';

/** Options of `floatExecutor`. */
export interface ExecutorOptions {
  /** Called with intermediate values; they must not be kept or changed. Layer is the number of layers for `finalNorm`. */
  readonly observe?: (tap: Tap, layer: number, values: Float64Array) => void;
}

/** A model whose weights are in memory. */
export interface FloatExecutor {
  readonly architecture: Architecture;
  /** Begins a text: an empty cache. */
  readonly start: () => FloatSession;
}

/** One text in the making. */
export interface FloatSession {
  /** Tokens so far. */
  readonly length: () => number;
  /**
   * Appends a token.
   * @returns the logits of the next token, `vocab` of them
   * @throws RangeError for a token outside the vocabulary or a text longer than the context
   */
  readonly append: (token: number) => Float64Array;
}

/**
 * Reads every weight of a model into memory: 4 bytes for each parameter (8 if some value is no float32).
 *
 * @throws ProofError as `FloatModel.rows`
 * @example
 * const executor = await floatExecutor(model);
 * const session = executor.start();
 * const logits = session.append(1);
 */
export async function floatExecutor(
  model: FloatModel,
  options: ExecutorOptions = {},
): Promise<FloatExecutor> {
  const loaded = new Map<WeightName, Values>();
  for (const name of model.weights.keys()) loaded.set(name, await loadWeight(model, name));
  const { architecture } = model;
  return { architecture, start: () => startSession(architecture, loaded, options.observe ?? (() => {})) };
}

async function loadWeight(model: FloatModel, name: WeightName): Promise<Values> {
  const [rows, columns] = rowsAndColumns(model.weights.get(name) ?? [0]);
  const step = Math.max(1, Math.floor(2 ** 20 / columns));
  let values: Values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += step) {
    const block = await model.rows(name, row, Math.min(step, rows - row));
    if (values instanceof Float32Array && block.some((value) => Math.fround(value) !== value)) {
      values = Float64Array.from(values);
    }
    values.set(block, row * columns);
  }
  return values;
}

type Observe = NonNullable<ExecutorOptions['observe']>;

function startSession(
  a: Architecture,
  loaded: ReadonlyMap<WeightName, Values>,
  observe: Observe,
): FloatSession {
  const weight = (name: WeightName): Values => loaded.get(name) as Values;
  const caches: LayerCache[] = Array.from({ length: a.layers }, () => ({ keys: [], values: [] }));
  let length = 0;
  return {
    length: () => length,
    append: (token) => {
      if (!Number.isInteger(token) || token < 0 || token >= a.vocab) {
        throw new RangeError(`token: expected an integer in [0, ${a.vocab}), got ${token}`);
      }
      if (length >= a.context) throw new RangeError(`token: expected a text of at most ${a.context} tokens`);
      const position = length++;
      const x = Float64Array.from(weight('embedding').subarray(token * a.width, (token + 1) * a.width));
      if (a.positions.kind === 'learned') {
        addTo(x, weight('positions').subarray(position * a.width, (position + 1) * a.width));
      }
      caches.forEach((cache, layer) => {
        const named = (name: LayerWeight): Values | undefined => loaded.get(inLayer(layer, name));
        runLayer(a, x, position, cache, named as Named, (tap, values) => observe(tap, layer, values));
      });
      const last = normalise(a.norm, x, weight('finalNorm.gain'), loaded.get('finalNorm.bias'));
      observe('finalNorm', a.layers, last);
      return linear(weight(a.tied ? 'embedding' : 'head'), last, a.vocab);
    },
  };
}

/** Gains and weights exist; biases may not. */
type Named = (<N extends LayerWeight>(name: N) => N extends `${string}.bias` ? Values | undefined : Values) &
  ((name: LayerWeight) => Values | undefined);

function runLayer(
  a: Architecture,
  x: Float64Array,
  position: number,
  cache: LayerCache,
  named: Named,
  observe: (tap: Tap, values: Float64Array) => void,
): void {
  observe('residual', x);
  const y = normalise(a.norm, x, named('attentionNorm.gain'), named('attentionNorm.bias'));
  observe('attentionNorm', y);
  const query = linear(named('query.weight'), y, a.heads * a.headDim, named('query.bias'));
  const key = linear(named('key.weight'), y, a.kvHeads * a.headDim, named('key.bias'));
  const value = linear(named('value.weight'), y, a.kvHeads * a.headDim, named('value.bias'));
  if (a.positions.kind === 'rotary') {
    for (const rows of [query, key])
      rotate(rows, a.headDim, position, a.positions.theta, a.positions.pairing);
  }
  observe('query', query);
  observe('key', key);
  observe('value', value);
  cache.keys.push(key);
  cache.values.push(value);
  const attention = attend(a, query, cache);
  observe('attention', attention);
  addTo(x, linear(named('output.weight'), attention, a.width, named('output.bias')));

  const z = normalise(a.norm, x, named('ffnNorm.gain'), named('ffnNorm.bias'));
  observe('ffnNorm', z);
  const up = linear(named('up.weight'), z, a.ffn, named('up.bias'));
  const inner = a.gated
    ? linear(named('gate.weight'), z, a.ffn, named('gate.bias')).map(
        (gate, i) => activate(a.activation, gate) * (up[i] as number),
      )
    : up.map((value) => activate(a.activation, value));
  observe('inner', inner);
  addTo(x, linear(named('down.weight'), inner, a.width, named('down.bias')));
}

function addTo(x: Float64Array, y: Values): void {
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) + (y[i] as number);
}

/** The first largest element. */
export function argmax(logits: Float64Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] as number) > (logits[best] as number)) best = i;
  return best;
}

/**
 * Greedy continuation: appends the prompt, then the likeliest token each time.
 *
 * @param prompt at least one token; prompt and continuation must fit the context
 * @param count tokens wanted; fewer come if a token of `architecture.eos` does, which is not returned
 * @throws RangeError for an empty prompt or one that leaves no room
 */
export function continueGreedily(
  executor: FloatExecutor,
  prompt: readonly number[],
  count: number,
): number[] {
  const { context, eos } = executor.architecture;
  if (prompt.length === 0) throw new RangeError('prompt: expected at least one token, got none');
  if (prompt.length + count > context) {
    const got = `${prompt.length} + ${count}`;
    throw new RangeError(`prompt, count: expected at most ${context} tokens together, got ${got}`);
  }
  const session = executor.start();
  let logits = new Float64Array(0);
  for (const token of prompt) logits = session.append(token) as Float64Array<ArrayBuffer>;
  const tokens: number[] = [];
  while (tokens.length < count) {
    const token = argmax(logits);
    if (eos.includes(token)) break;
    tokens.push(token);
    if (tokens.length < count) logits = session.append(token) as Float64Array<ArrayBuffer>;
  }
  return tokens;
}
