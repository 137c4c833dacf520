/** Configurations in published shapes, as Hugging Face writes them, and a tiny shape of each family for tests. */
import type { JsonObject } from '../../src/import/json.ts';

const GPT2: JsonObject = {
  activation_function: 'gelu_new',
  architectures: ['GPT2LMHeadModel'],
  layer_norm_epsilon: 1e-5,
  model_type: 'gpt2',
  n_embd: 768,
  n_head: 12,
  n_layer: 12,
  n_positions: 1024,
  vocab_size: 50257,
};

const LLAMA: JsonObject = {
  architectures: ['LlamaForCausalLM'],
  hidden_act: 'silu',
  hidden_size: 4096,
  intermediate_size: 11008,
  max_position_embeddings: 4096,
  model_type: 'llama',
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  rope_theta: 10000,
  tie_word_embeddings: false,
  vocab_size: 32000,
};

const MISTRAL: JsonObject = {
  ...LLAMA,
  architectures: ['MistralForCausalLM'],
  intermediate_size: 14336,
  max_position_embeddings: 32768,
  model_type: 'mistral',
  num_key_value_heads: 8,
  sliding_window: 4096,
};

const QWEN2: JsonObject = {
  ...LLAMA,
  architectures: ['Qwen2ForCausalLM'],
  hidden_size: 896,
  intermediate_size: 4864,
  max_position_embeddings: 32768,
  model_type: 'qwen2',
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000,
  tie_word_embeddings: true,
  use_sliding_window: false,
  vocab_size: 151936,
};

const OPT: JsonObject = {
  activation_function: 'relu',
  architectures: ['OPTForCausalLM'],
  do_layer_norm_before: true,
  ffn_dim: 3072,
  hidden_size: 768,
  max_position_embeddings: 2048,
  model_type: 'opt',
  num_attention_heads: 12,
  num_hidden_layers: 12,
  vocab_size: 50272,
  word_embed_proj_dim: 768,
};

const TINY_LLAMA_LIKE: JsonObject = {
  hidden_size: 32,
  intermediate_size: 48,
  max_position_embeddings: 64,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  vocab_size: 272,
};

/** By name. The first are the shapes of published models; `tiny-*` differ in their dimensions only. */
export const PRESETS: ReadonlyMap<string, JsonObject> = new Map([
  ['gpt2', GPT2],
  ['llama-7b', LLAMA],
  [
    'tinyllama',
    {
      ...LLAMA,
      hidden_size: 2048,
      intermediate_size: 5632,
      max_position_embeddings: 2048,
      num_hidden_layers: 22,
      num_key_value_heads: 4,
    },
  ],
  ['mistral-7b', MISTRAL],
  ['qwen2-0.5b', QWEN2],
  ['opt-125m', OPT],
  ['tiny-gpt2', { ...GPT2, n_embd: 32, n_head: 4, n_layer: 2, n_positions: 64, vocab_size: 272 }],
  ['tiny-llama', { ...LLAMA, ...TINY_LLAMA_LIKE }],
  ['tiny-mistral', { ...MISTRAL, ...TINY_LLAMA_LIKE, sliding_window: 5 }],
  ['tiny-qwen2', { ...QWEN2, ...TINY_LLAMA_LIKE }],
  [
    'tiny-opt',
    {
      ...OPT,
      ffn_dim: 48,
      hidden_size: 32,
      max_position_embeddings: 64,
      num_attention_heads: 4,
      num_hidden_layers: 2,
      vocab_size: 272,
      word_embed_proj_dim: 32,
    },
  ],
]);
