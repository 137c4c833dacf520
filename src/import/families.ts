/**
 * Decoder families as data: who reads their `config.json` and under which names their tensors are stored. A new
 * family is a new record here.
 *
 * Source: the classes of the same names in github.com/huggingface/transformers, src/transformers/models.
 */
import type { ConfigReader } from './config.ts';
import { readGpt2, readLlama, readMistral, readOpt, readQwen2 } from './family-configs.ts';
import type { Architecture, Family, GlobalWeight, LayerWeight } from './model.ts';

/** Where a weight is stored: `{}` stands for the number of the layer. */
export interface Place {
  readonly from: string;
  /** Stored as [in][out]. */
  readonly transposed?: true;
  /** Part i of n parts of equal size, along the outputs. */
  readonly part?: readonly [number, number];
  /** Rows before the first one that is used. */
  readonly skip?: number;
}

/** A family of decoders. */
export interface FamilyRecord {
  readonly family: Family;
  /** `architectures` of the configuration. */
  readonly className: string;
  readonly readArchitecture: (config: ConfigReader) => Architecture;
  /** Prefixes that names of tensors may have, other than `head`; the first that fits holds for all. */
  readonly prefixes: readonly string[];
  readonly globals: Readonly<Partial<Record<GlobalWeight, Place>>>;
  readonly layer: Readonly<Partial<Record<LayerWeight, Place>>>;
  /** Stored tensors that are constants of the architecture (masks, frequencies), without prefix. */
  readonly constants: RegExp;
}

const place = (from: string): Place => ({ from });
/** `name.weight` as gain and `name.bias`. */
const normAt = <N extends string>(name: N, from: string) =>
  ({ [`${name}.gain`]: place(`${from}.weight`), [`${name}.bias`]: place(`${from}.bias`) }) as Record<
    `${N}.gain` | `${N}.bias`,
    Place
  >;
/** `name.weight` and `name.bias` of a linear map, each with the same options. */
const linearAt = <N extends string>(name: N, from: string, weight: Partial<Place> = {}) => {
  const bias = weight.part === undefined ? {} : { part: weight.part };
  return {
    [`${name}.weight`]: { from: `${from}.weight`, ...weight },
    [`${name}.bias`]: { from: `${from}.bias`, ...bias },
  } as Record<`${N}.weight` | `${N}.bias`, Place>;
};
/** GPT-2 stores its linear maps as [in][out] (class Conv1D). */
const conv1d = { transposed: true } as const;

const LLAMA_NAMES: Pick<FamilyRecord, 'prefixes' | 'globals' | 'layer' | 'constants'> = {
  prefixes: ['model.', ''],
  globals: {
    embedding: place('embed_tokens.weight'),
    ...normAt('finalNorm', 'norm'),
    head: place('lm_head.weight'),
  },
  layer: {
    ...normAt('attentionNorm', 'layers.{}.input_layernorm'),
    ...linearAt('query', 'layers.{}.self_attn.q_proj'),
    ...linearAt('key', 'layers.{}.self_attn.k_proj'),
    ...linearAt('value', 'layers.{}.self_attn.v_proj'),
    ...linearAt('output', 'layers.{}.self_attn.o_proj'),
    ...normAt('ffnNorm', 'layers.{}.post_attention_layernorm'),
    ...linearAt('gate', 'layers.{}.mlp.gate_proj'),
    ...linearAt('up', 'layers.{}.mlp.up_proj'),
    ...linearAt('down', 'layers.{}.mlp.down_proj'),
  },
  constants: /^(?:layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq$/,
};

const RECORDS: readonly (readonly [modelType: string, FamilyRecord])[] = [
  [
    'gpt2',
    {
      family: 'gpt2',
      className: 'GPT2LMHeadModel',
      readArchitecture: readGpt2,
      prefixes: ['transformer.', ''],
      globals: {
        embedding: place('wte.weight'),
        positions: place('wpe.weight'),
        ...normAt('finalNorm', 'ln_f'),
        head: place('lm_head.weight'),
      },
      layer: {
        ...normAt('attentionNorm', 'h.{}.ln_1'),
        ...linearAt('query', 'h.{}.attn.c_attn', { ...conv1d, part: [0, 3] }),
        ...linearAt('key', 'h.{}.attn.c_attn', { ...conv1d, part: [1, 3] }),
        ...linearAt('value', 'h.{}.attn.c_attn', { ...conv1d, part: [2, 3] }),
        ...linearAt('output', 'h.{}.attn.c_proj', conv1d),
        ...normAt('ffnNorm', 'h.{}.ln_2'),
        ...linearAt('up', 'h.{}.mlp.c_fc', conv1d),
        ...linearAt('down', 'h.{}.mlp.c_proj', conv1d),
      },
      constants: /^h\.\d+\.attn\.(?:bias|masked_bias)$/,
    },
  ],
  ['llama', { family: 'llama', className: 'LlamaForCausalLM', readArchitecture: readLlama, ...LLAMA_NAMES }],
  [
    'mistral',
    { family: 'mistral', className: 'MistralForCausalLM', readArchitecture: readMistral, ...LLAMA_NAMES },
  ],
  ['qwen2', { family: 'qwen2', className: 'Qwen2ForCausalLM', readArchitecture: readQwen2, ...LLAMA_NAMES }],
  [
    'opt',
    {
      family: 'opt',
      className: 'OPTForCausalLM',
      readArchitecture: readOpt,
      prefixes: ['model.decoder.', 'decoder.'],
      globals: {
        embedding: place('embed_tokens.weight'),
        // The first two rows are for padding (class OPTLearnedPositionalEmbedding).
        positions: { from: 'embed_positions.weight', skip: 2 },
        ...normAt('finalNorm', 'final_layer_norm'),
        head: place('lm_head.weight'),
      },
      layer: {
        ...normAt('attentionNorm', 'layers.{}.self_attn_layer_norm'),
        ...linearAt('query', 'layers.{}.self_attn.q_proj'),
        ...linearAt('key', 'layers.{}.self_attn.k_proj'),
        ...linearAt('value', 'layers.{}.self_attn.v_proj'),
        ...linearAt('output', 'layers.{}.self_attn.out_proj'),
        ...normAt('ffnNorm', 'layers.{}.final_layer_norm'),
        ...linearAt('up', 'layers.{}.fc1'),
        ...linearAt('down', 'layers.{}.fc2'),
      },
      constants: /^$/,
    },
  ],
];

/** Families by `model_type`. */
export const FAMILIES: ReadonlyMap<string, FamilyRecord> = new Map(RECORDS);
