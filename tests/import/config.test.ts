/** What configurations and shards are refused for, by name; every case differs from a good folder in one thing. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/import/config.ts';
import type { Json, JsonObject } from '../../src/import/json.ts';
import { parameterCount } from '../../src/import/model.ts';
import { jsonOf, load, withConfig } from '../support/folders.ts';
import { asyncRefusal, type Folder, randomFolder, utf8 } from '../support/models.ts';

const gpt2 = await randomFolder('tiny-gpt2');
const llama = await randomFolder('tiny-llama');
const FOLDERS: ReadonlyMap<string, Folder> = new Map([
  ['gpt2', gpt2],
  ['llama', llama],
  ['mistral', await randomFolder('tiny-mistral')],
  ['qwen2', await randomFolder('tiny-qwen2')],
  ['opt', await randomFolder('tiny-opt')],
]);

describe('config.json', () => {
  type Change = Record<string, Json | undefined>;
  const cases: readonly (readonly [string, Change, string, RegExp])[] = [
    ['gpt2', { model_type: 'bloom' }, 'CONFIG_UNSUPPORTED', /gpt2, llama, mistral, qwen2, opt, got "bloom"/],
    ['gpt2', { model_type: undefined }, 'CONFIG_UNSUPPORTED', /model_type/],
    ['gpt2', { model_type: 'constructor' }, 'CONFIG_UNSUPPORTED', /model_type/],
    ['gpt2', { architectures: ['GPT2ForSequenceClassification'] }, 'CONFIG_UNSUPPORTED', /GPT2LMHeadModel/],
    ['gpt2', { activation_function: 'mish' }, 'CONFIG_UNSUPPORTED', /"gelu_new".*got "mish"/],
    ['gpt2', { scale_attn_by_inverse_layer_idx: true }, 'CONFIG_UNSUPPORTED', /scale_attn_by_inverse/],
    ['gpt2', { scale_attn_weights: false }, 'CONFIG_UNSUPPORTED', /scale_attn_weights/],
    ['gpt2', { add_cross_attention: true }, 'CONFIG_UNSUPPORTED', /add_cross_attention/],
    ['gpt2', { is_encoder_decoder: true }, 'CONFIG_UNSUPPORTED', /is_encoder_decoder/],
    ['gpt2', { n_ctx: 32 }, 'CONFIG_UNSUPPORTED', /n_ctx/],
    ['gpt2', { n_head: 5 }, 'CONFIG_VALUE', /n_head: expected a divisor of the width 32/],
    ['gpt2', { n_embd: undefined }, 'CONFIG_VALUE', /n_embd: expected an integer.*got nothing/],
    ['gpt2', { n_layer: 0 }, 'CONFIG_VALUE', /n_layer/],
    ['gpt2', { n_layer: LIMITS.layers + 1 }, 'CONFIG_VALUE', /n_layer/],
    ['gpt2', { n_layer: '2' }, 'CONFIG_VALUE', /n_layer/],
    ['gpt2', { n_layer: 2.5 }, 'CONFIG_VALUE', /n_layer/],
    ['gpt2', { vocab_size: LIMITS.vocab + 1 }, 'CONFIG_VALUE', /vocab_size/],
    ['gpt2', { layer_norm_epsilon: 0 }, 'CONFIG_VALUE', /layer_norm_epsilon/],
    ['gpt2', { tie_word_embeddings: 'yes' }, 'CONFIG_VALUE', /tie_word_embeddings/],
    ['gpt2', { eos_token_id: 272 }, 'CONFIG_VALUE', /eos_token_id: expected tokens from 0 to 271/],
    ['gpt2', { bos_token_id: -1 }, 'CONFIG_VALUE', /bos_token_id/],
    ['gpt2', { quantization_config: {} }, 'CONFIG_UNKNOWN_KEY', /"quantization_config"/],
    ['gpt2', { alibi: true }, 'CONFIG_UNKNOWN_KEY', /"alibi"/],
    ['llama', { hidden_act: 'quick_gelu' }, 'CONFIG_UNSUPPORTED', /hidden_act.*"silu"/],
    ['llama', { rope_scaling: { rope_type: 'linear', factor: 2 } }, 'ROPE_SCALING', /got "linear"/],
    ['llama', { rope_scaling: { type: 'dynamic', factor: 2 } }, 'ROPE_SCALING', /got "dynamic"/],
    ['llama', { rope_parameters: { rope_type: 'llama3', rope_theta: 500 } }, 'ROPE_SCALING', /got "llama3"/],
    ['llama', { rope_scaling: { rope_type: 'default', factor: 2 } }, 'ROPE_SCALING', /got "factor"/],
    ['llama', { rope_scaling: 'linear' }, 'CONFIG_VALUE', /rope_scaling: expected an object/],
    ['llama', { rope_theta: -1 }, 'CONFIG_VALUE', /rope_theta/],
    ['llama', { rope_parameters: { rope_type: 'default', rope_theta: 0 } }, 'CONFIG_VALUE', /rope_theta/],
    ['llama', { num_key_value_heads: 3 }, 'CONFIG_VALUE', /num_key_value_heads: expected a divisor/],
    ['llama', { head_dim: 7 }, 'CONFIG_VALUE', /head_dim: expected an even number/],
    ['llama', { num_experts: 8 }, 'CONFIG_UNKNOWN_KEY', /"num_experts"/],
    ['llama', { sliding_window: 4 }, 'CONFIG_UNKNOWN_KEY', /"sliding_window"/],
    ['llama', { rope_interleaved: true }, 'CONFIG_UNSUPPORTED', /rope_interleaved/],
    ['qwen2', { use_mrope: true }, 'CONFIG_UNSUPPORTED', /use_mrope/],
    ['mistral', { sliding_window: undefined }, 'CONFIG_VALUE', /sliding_window: expected null or a number/],
    ['mistral', { sliding_window: 0 }, 'CONFIG_VALUE', /sliding_window/],
    ['qwen2', { use_sliding_window: true }, 'CONFIG_UNSUPPORTED', /use_sliding_window/],
    ['qwen2', { layer_types: ['full_attention', 'sliding_attention'] }, 'CONFIG_UNSUPPORTED', /layer_types/],
    ['opt', { do_layer_norm_before: false }, 'CONFIG_UNSUPPORTED', /do_layer_norm_before/],
    ['opt', { word_embed_proj_dim: 16 }, 'CONFIG_UNSUPPORTED', /word_embed_proj_dim/],
    ['opt', { enable_bias: false }, 'CONFIG_UNSUPPORTED', /enable_bias/],
    ['opt', { _remove_final_layer_norm: true }, 'CONFIG_UNSUPPORTED', /_remove_final_layer_norm/],
    ['opt', { layer_norm_elementwise_affine: false }, 'CONFIG_UNSUPPORTED', /layer_norm_elementwise_affine/],
  ];
  test.each(cases)('%s with %j: %s', async (family, change, code, message) => {
    const refused = await asyncRefusal(load(withConfig(FOLDERS.get(family) as Folder, change)));
    expect(refused.code).toBe(code);
    expect(refused.stage).toMatch(/^config\.json/);
    expect(refused.message).toMatch(message);
  });

  test('harmless keys, null for absent, and keys that the caller takes upon himself', async () => {
    const change = {
      transformers_version: '4.44.0',
      torch_dtype: 'float32',
      rope_scaling: null,
      rope_parameters: { rope_type: 'default', rope_theta: 500 },
    };
    const model = await load(withConfig(llama, change));
    expect(model.architecture.positions).toEqual({ kind: 'rotary', theta: 500, pairing: 'half' });
    const odd = withConfig(llama, { my_note: 'x' });
    expect((await asyncRefusal(load(odd))).code).toBe('CONFIG_UNKNOWN_KEY');
    await load(odd, { ignoreKeys: ['my_note'] });
    const tokens = (await load(withConfig(llama, { bos_token_id: 1, eos_token_id: [2, 3] }))).architecture;
    expect([tokens.bos, tokens.eos]).toEqual([1, [2, 3]]);
  });

  test('a missing configuration, an array, a configuration that is too long', async () => {
    expect((await asyncRefusal(load(new Map()))).message).toMatch(/^FILE_MISSING at config\.json/);
    expect((await asyncRefusal(load(new Map([['config.json', utf8('[]')]])))).code).toBe('CONFIG_VALUE');
    const long = new Map([['config.json', utf8(' '.repeat(2 ** 20 + 1))]]);
    expect((await asyncRefusal(load(long))).code).toBe('FILE_SIZE');
  });
});

describe('shards', () => {
  test('a sharded model is the model', async () => {
    const sharded = await randomFolder('tiny-llama', {}, { shardBytes: 30_000 });
    expect([...sharded.keys()].filter((file) => file.endsWith('.safetensors')).length).toBeGreaterThan(3);
    const [a, b] = [await load(sharded), await load(llama)];
    expect(parameterCount(a)).toBe(parameterCount(b));
    for (const [weight, [rows]] of b.weights) {
      expect(await a.rows(weight, 0, rows)).toEqual(await b.rows(weight, 0, rows));
    }
  });

  test('index and shards that disagree', async () => {
    const sharded = await randomFolder('tiny-llama', {}, { shardBytes: 30_000 });
    const index = 'model.safetensors.index.json';
    const map = jsonOf(sharded, index)['weight_map'] as JsonObject;
    const [first] = Object.values(map) as [string];
    const withMap = (weightMap: Json | undefined): Folder =>
      new Map(sharded).set(
        index,
        utf8(JSON.stringify({ metadata: {}, ...(weightMap === undefined ? {} : { weight_map: weightMap }) })),
      );
    const removed = new Map(sharded);
    removed.delete(first);
    const { 'model.norm.weight': _norm, ...withoutNorm } = map as Record<string, Json>;
    const cases: readonly (readonly [string, Folder])[] = [
      ['FILE_MISSING', removed],
      ['SHARD_TENSOR', withMap({ ...map, 'model.norm.weight': first })],
      ['SHARD_TENSOR', withMap({ ...map, 'no.such.tensor': first })],
      ['SHARD_TENSOR', withMap(withoutNorm)],
      ['INDEX_FIELDS', withMap(undefined)],
      ['INDEX_FIELDS', withMap([])],
      ['INDEX_FIELDS', withMap({ ...map, 'model.norm.weight': 3 })],
      ['SHARD_COUNT', withMap({})],
      [
        'SHARD_COUNT',
        withMap(Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`t${i}`, `s${i}`]))),
      ],
      [
        'FILE_MISSING',
        withMap(Object.fromEntries(Array.from({ length: 1024 }, (_, i) => [`t${i}`, `s${i}`]))),
      ],
      ['FILE_TRUNCATED', new Map(sharded).set(first, (sharded.get(first) as Uint8Array).slice(0, -1))],
    ];
    for (const [code, folder] of cases) expect((await asyncRefusal(load(folder))).code).toBe(code);
    const nothing = new Map([['config.json', llama.get('config.json') as Uint8Array]]);
    expect((await asyncRefusal(load(nothing))).message).toMatch(
      /FILE_MISSING at model\.safetensors.*pickled/,
    );
  });
});
