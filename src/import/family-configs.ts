/**
 * How `config.json` describes each family. Keys that change what a model computes are read, or must have the one value
 * that is supported; every other key is refused by `ConfigReader.finish` unless it is harmless.
 *
 * Source: the classes GPT2Config, LlamaConfig, MistralConfig, Qwen2Config and OPTConfig of
 * github.com/huggingface/transformers, with their defaults.
 */
import { refuse } from '../errors/proof-error.ts';
import { type ConfigReader, CONFIG_FILE, LIMITS, readToken, readTokens } from './config.ts';
import { describe, isObject } from './json.ts';
import type { Activation, Architecture, Family } from './model.ts';

const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ['gelu_new', 'gelu-tanh'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['gelu_fast', 'gelu-tanh'],
  ['gelu', 'gelu-erf'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
]);

const NO_BIAS = { qkv: false, output: false, ffn: false };
const ALL_BIASES = { qkv: true, output: true, ffn: true };

/** What all families share: the tokens. */
function tokens(config: ConfigReader, vocab: number): Pick<Architecture, 'bos' | 'eos'> {
  return { bos: readToken(config, 'bos_token_id', vocab), eos: readTokens(config, 'eos_token_id', vocab) };
}

/** The dimension of heads that divide the width. @throws ProofError `CONFIG_VALUE` */
function headDimOf(width: number, heads: number, key: string): number {
  if (width % heads !== 0) {
    refuse(
      'CONFIG_VALUE',
      `${CONFIG_FILE}: ${key}`,
      `expected a divisor of the width ${width}, got ${heads}`,
    );
  }
  return width / heads;
}

/** @throws ProofError `CONFIG_VALUE`, `CONFIG_UNSUPPORTED` */
export function readGpt2(config: ConfigReader): Architecture {
  const width = config.count('n_embd', LIMITS.width);
  const heads = config.count('n_head', LIMITS.heads);
  const vocab = config.count('vocab_size', LIMITS.vocab);
  const context = config.count('n_positions', LIMITS.context);
  config.must('n_ctx', context);
  config.must('scale_attn_weights', true);
  config.must('scale_attn_by_inverse_layer_idx', false);
  config.must('add_cross_attention', false);
  return {
    family: 'gpt2',
    width,
    layers: config.count('n_layer', LIMITS.layers),
    heads,
    kvHeads: heads,
    headDim: headDimOf(width, heads, 'n_head'),
    ffn: config.count('n_inner', LIMITS.ffn, 4 * width),
    vocab,
    context,
    norm: { kind: 'layer', eps: config.positive('layer_norm_epsilon', 1e-5) },
    activation: config.choice('activation_function', ACTIVATIONS, 'gelu_new'),
    gated: false,
    positions: { kind: 'learned' },
    biases: ALL_BIASES,
    window: undefined,
    tied: config.flag('tie_word_embeddings', true),
    ...tokens(config, vocab),
  };
}

/** LLaMA and its relatives: RMSNorm, rotary positions, gated feed-forward part, grouped queries. */
function readLlamaLike(config: ConfigReader, family: Family): Omit<Architecture, 'biases' | 'window'> {
  const width = config.count('hidden_size', LIMITS.width);
  const heads = config.count('num_attention_heads', LIMITS.heads);
  const kvHeads = config.count('num_key_value_heads', LIMITS.heads, heads);
  if (heads % kvHeads !== 0) {
    const detail = `expected a divisor of num_attention_heads = ${heads}, got ${kvHeads}`;
    refuse('CONFIG_VALUE', `${CONFIG_FILE}: num_key_value_heads`, detail);
  }
  const headDim =
    config.raw('head_dim') === null
      ? headDimOf(width, heads, 'num_attention_heads')
      : config.count('head_dim', LIMITS.headDim);
  if (headDim % 2 !== 0) {
    refuse('CONFIG_VALUE', `${CONFIG_FILE}: head_dim`, `expected an even number, got ${headDim}`);
  }
  const vocab = config.count('vocab_size', LIMITS.vocab);
  config.must('rope_interleaved', false);
  return {
    family,
    width,
    layers: config.count('num_hidden_layers', LIMITS.layers),
    heads,
    kvHeads,
    headDim,
    ffn: config.count('intermediate_size', LIMITS.ffn),
    vocab,
    context: config.count('max_position_embeddings', LIMITS.context),
    norm: { kind: 'rms', eps: config.positive('rms_norm_eps', 1e-6) },
    activation: config.choice('hidden_act', ACTIVATIONS, 'silu'),
    gated: true,
    positions: { kind: 'rotary', theta: readTheta(config), pairing: 'half' },
    tied: config.flag('tie_word_embeddings', false),
    ...tokens(config, vocab),
  };
}

/** The base of the frequencies, from either spelling; no scaling of positions. @throws ProofError `ROPE_SCALING` */
function readTheta(config: ConfigReader): number {
  const theta = config.positive('rope_theta', 10000);
  let from = theta;
  for (const key of ['rope_scaling', 'rope_parameters']) {
    const scaling = config.raw(key);
    if (scaling === null) continue;
    const stage = `${CONFIG_FILE}: ${key}`;
    if (!isObject(scaling))
      return refuse('CONFIG_VALUE', stage, `expected an object, got ${describe(scaling)}`);
    const kind = scaling['rope_type'] ?? scaling['type'] ?? null;
    const other = Object.keys(scaling).find((name) => !['rope_type', 'type', 'rope_theta'].includes(name));
    if (kind !== 'default' || other !== undefined) {
      const got = kind === 'default' ? describe(other) : describe(kind);
      return refuse('ROPE_SCALING', stage, `expected null or the type "default" without options, got ${got}`);
    }
    const inside = scaling['rope_theta'] ?? theta;
    if (typeof inside !== 'number' || !Number.isFinite(inside) || inside <= 0) {
      return refuse('CONFIG_VALUE', stage, `expected rope_theta above 0, got ${describe(inside)}`);
    }
    from = inside;
  }
  return from;
}

/** @throws ProofError `CONFIG_VALUE`, `CONFIG_UNSUPPORTED`, `ROPE_SCALING` */
export function readLlama(config: ConfigReader): Architecture {
  const qkv = config.flag('attention_bias', false);
  const biases = { qkv, output: qkv, ffn: config.flag('mlp_bias', false) };
  return { ...readLlamaLike(config, 'llama'), biases, window: undefined };
}

/** @throws ProofError `CONFIG_VALUE`, `CONFIG_UNSUPPORTED`, `ROPE_SCALING` */
export function readMistral(config: ConfigReader): Architecture {
  // The published v0.1 says 4096; later ones say null. Configurations without the key do not say which they mean.
  if (!config.has('sliding_window')) {
    const detail = 'expected null or a number of tokens, got no such key';
    refuse('CONFIG_VALUE', `${CONFIG_FILE}: sliding_window`, detail);
  }
  const window =
    config.raw('sliding_window') === null ? undefined : config.count('sliding_window', LIMITS.context);
  return { ...readLlamaLike(config, 'mistral'), biases: NO_BIAS, window };
}

/** @throws ProofError `CONFIG_VALUE`, `CONFIG_UNSUPPORTED`, `ROPE_SCALING` */
export function readQwen2(config: ConfigReader): Architecture {
  config.must('use_sliding_window', false);
  config.must('use_mrope', false);
  config.raw('sliding_window'); // without effect, because use_sliding_window is false
  const kinds = config.raw('layer_types');
  if (kinds !== null && !(Array.isArray(kinds) && kinds.every((kind) => kind === 'full_attention'))) {
    refuse('CONFIG_UNSUPPORTED', `${CONFIG_FILE}: layer_types`, 'expected "full_attention" in every layer');
  }
  return {
    ...readLlamaLike(config, 'qwen2'),
    biases: { qkv: true, output: false, ffn: false },
    window: undefined,
  };
}

/** @throws ProofError `CONFIG_VALUE`, `CONFIG_UNSUPPORTED` */
export function readOpt(config: ConfigReader): Architecture {
  const width = config.count('hidden_size', LIMITS.width);
  const heads = config.count('num_attention_heads', LIMITS.heads);
  const vocab = config.count('vocab_size', LIMITS.vocab);
  config.must('word_embed_proj_dim', width);
  config.must('do_layer_norm_before', true);
  config.must('_remove_final_layer_norm', false);
  config.must('layer_norm_elementwise_affine', true);
  config.must('enable_bias', true);
  return {
    family: 'opt',
    width,
    layers: config.count('num_hidden_layers', LIMITS.layers),
    heads,
    kvHeads: heads,
    headDim: headDimOf(width, heads, 'num_attention_heads'),
    ffn: config.count('ffn_dim', LIMITS.ffn),
    vocab,
    context: config.count('max_position_embeddings', LIMITS.context),
    norm: { kind: 'layer', eps: 1e-5 }, // the default of torch.nn.LayerNorm; OPT has no key for it
    activation: config.choice('activation_function', ACTIVATIONS, 'relu'),
    gated: false,
    positions: { kind: 'learned' },
    biases: ALL_BIASES,
    window: undefined,
    tied: config.flag('tie_word_embeddings', true),
    ...tokens(config, vocab),
  };
}
