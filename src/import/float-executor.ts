/**
 * A plain float64 forward pass of an imported model, token by token with a cache. It is the yardstick for everything
 * that is made of the model later, and a check of the importers; it is written for clarity, not speed.
 */
import {
  activate,
  attend,
  type LayerCache,
  linearRows,
  normalise,
  rotate,
  type Values,
} from './float-ops.ts';
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
  /**
   * Appends a token to each of several texts of this executor: the same logits as one after the other, and quicker, because
   * they share every weight that is read.
   * @throws RangeError as `FloatSession.append`; then no text has changed
   */
  readonly advance: (sessions: readonly FloatSession[], tokens: readonly number[]) => Float64Array[];
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
  const texts = new WeakMap<FloatSession, Text>();
  const advance: FloatExecutor['advance'] = (sessions, tokens) => {
    const own = sessions.map((session) => texts.get(session) as Text);
    return appendAll(architecture, loaded, own, tokens, options.observe ?? (() => {}));
  };
  return {
    architecture,
    advance,
    start() {
      const text: Text = {
        caches: Array.from({ length: architecture.layers }, () => ({ keys: [], values: [] })),
        length: 0,
      };
      const session: FloatSession = {
        length: () => text.length,
        append: (token) => advance([session], [token])[0] as Float64Array,
      };
      texts.set(session, text);
      return session;
    },
  };
}

/** A text in the making. */
interface Text {
  readonly caches: readonly LayerCache[];
  length: number;
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

function appendAll(
  a: Architecture,
  loaded: ReadonlyMap<WeightName, Values>,
  texts: readonly Text[],
  tokens: readonly number[],
  observe: Observe,
): Float64Array[] {
  const weight = (name: WeightName): Values => loaded.get(name) as Values;
  tokens.forEach((token, i) => {
    if (!Number.isInteger(token) || token < 0 || token >= a.vocab) {
      throw new RangeError(`token: expected an integer in [0, ${a.vocab}), got ${token}`);
    }
    if ((texts[i] as Text).length >= a.context) {
      throw new RangeError(`token: expected a text of at most ${a.context} tokens`);
    }
  });
  const positions = texts.map((text) => text.length++);
  const xs = tokens.map((token, i) => {
    const x = Float64Array.from(weight('embedding').subarray(token * a.width, (token + 1) * a.width));
    const at = (positions[i] as number) * a.width;
    if (a.positions.kind === 'learned') addTo(x, weight('positions').subarray(at, at + a.width));
    return x;
  });
  for (let layer = 0; layer < a.layers; layer++) {
    const named = (name: LayerWeight): Values | undefined => loaded.get(inLayer(layer, name));
    const caches = texts.map((text) => text.caches[layer] as LayerCache);
    runLayer(a, xs, positions, caches, named as Named, (tap, values) => observe(tap, layer, values));
  }
  const last = xs.map((x) => normalise(a.norm, x, weight('finalNorm.gain'), loaded.get('finalNorm.bias')));
  for (const row of last) observe('finalNorm', a.layers, row);
  return linearAll(weight(a.tied ? 'embedding' : 'head'), last, a.vocab);
}

/** `linearRows` over rows in arrays of their own. */
function linearAll(matrix: Values, xs: readonly Float64Array[], rows: number, bias?: Values): Float64Array[] {
  const width = (xs[0] as Float64Array).length;
  const all = new Float64Array(xs.length * width);
  xs.forEach((x, i) => all.set(x, i * width));
  const y = linearRows(matrix, all, xs.length, rows, bias);
  return xs.map((_, i) => y.subarray(i * rows, (i + 1) * rows));
}

/** Gains and weights exist; biases may not. */
type Named = (<N extends LayerWeight>(name: N) => N extends `${string}.bias` ? Values | undefined : Values) &
  ((name: LayerWeight) => Values | undefined);

/** One layer over the newest token of every text. */
function runLayer(
  a: Architecture,
  xs: readonly Float64Array[],
  positions: readonly number[],
  caches: readonly LayerCache[],
  named: Named,
  observe: (tap: Tap, values: Float64Array) => void,
): void {
  const see = (tap: Tap, rows: readonly Float64Array[]): void => rows.forEach((row) => observe(tap, row));
  see('residual', xs);
  const ys = xs.map((x) => normalise(a.norm, x, named('attentionNorm.gain'), named('attentionNorm.bias')));
  see('attentionNorm', ys);
  const queries = linearAll(named('query.weight'), ys, a.heads * a.headDim, named('query.bias'));
  const keys = linearAll(named('key.weight'), ys, a.kvHeads * a.headDim, named('key.bias'));
  const values = linearAll(named('value.weight'), ys, a.kvHeads * a.headDim, named('value.bias'));
  if (a.positions.kind === 'rotary') {
    const { theta, pairing } = a.positions;
    positions.forEach((position, i) => {
      for (const rows of [queries, keys]) {
        rotate(rows[i] as Float64Array, a.headDim, position, theta, pairing);
      }
    });
  }
  see('query', queries);
  see('key', keys);
  see('value', values);
  const attended = caches.map((cache, i) => {
    cache.keys.push(keys[i] as Float64Array);
    cache.values.push(values[i] as Float64Array);
    return attend(a, queries[i] as Float64Array, cache);
  });
  see('attention', attended);
  const outputs = linearAll(named('output.weight'), attended, a.width, named('output.bias'));
  xs.forEach((x, i) => addTo(x, outputs[i] as Float64Array));

  const zs = xs.map((x) => normalise(a.norm, x, named('ffnNorm.gain'), named('ffnNorm.bias')));
  see('ffnNorm', zs);
  const ups = linearAll(named('up.weight'), zs, a.ffn, named('up.bias'));
  const gates = a.gated ? linearAll(named('gate.weight'), zs, a.ffn, named('gate.bias')) : undefined;
  const inner = ups.map((up, i) =>
    gates === undefined
      ? up.map((value) => activate(a.activation, value))
      : (gates[i] as Float64Array).map((gate, k) => activate(a.activation, gate) * (up[k] as number)),
  );
  see('inner', inner);
  const downs = linearAll(named('down.weight'), inner, a.width, named('down.bias'));
  xs.forEach((x, i) => addTo(x, downs[i] as Float64Array));
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
