/**
 * Reads a `config.json` key by key and remembers which keys were read. A key that nobody read and nobody declared
 * harmless is refused: it could change what the model computes.
 */
import { refuse } from '../errors/proof-error.ts';
import { describe, type Json, type JsonObject, quote } from './json.ts';

export const CONFIG_FILE = 'config.json';
export const MAX_CONFIG_BYTES = 2 ** 20;

/** Largest dimensions accepted. Each tensor is checked against them before it is read. */
export const LIMITS = {
  width: 2 ** 16,
  layers: 512,
  heads: 1024,
  headDim: 4096,
  ffn: 2 ** 18,
  vocab: 2 ** 21,
  context: 2 ** 24,
} as const;

/** Access to the keys of a configuration. An absent key and `null` are the same. */
export interface ConfigReader {
  /** An integer from 1 to `limit`. @throws ProofError `CONFIG_VALUE` */
  readonly count: (key: string, limit: number, otherwise?: number) => number;
  /** A finite number above 0. @throws ProofError `CONFIG_VALUE` */
  readonly positive: (key: string, otherwise?: number) => number;
  /** true or false. @throws ProofError `CONFIG_VALUE` */
  readonly flag: (key: string, otherwise: boolean) => boolean;
  /** One of the keys of a table, as its value. @throws ProofError `CONFIG_UNSUPPORTED` with the list */
  readonly choice: <T>(key: string, table: ReadonlyMap<string, T>, otherwise?: string) => T;
  /** The key is absent or has one of these values. @throws ProofError `CONFIG_UNSUPPORTED` */
  readonly must: (key: string, ...allowed: readonly Json[]) => void;
  /** The key is present, perhaps as `null`. */
  readonly has: (key: string) => boolean;
  /** The raw value; absent is `null`. */
  readonly raw: (key: string) => Json;
  /** @throws ProofError `CONFIG_UNKNOWN_KEY` if a key was neither read nor is in `harmless` */
  readonly finish: (harmless: ReadonlySet<string>) => void;
}

/** @param json the whole configuration */
export function configReader(json: JsonObject, file: string = CONFIG_FILE): ConfigReader {
  const read = new Set<string>();
  const raw = (key: string): Json => {
    read.add(key);
    return json[key] ?? null;
  };
  const bad = (key: string, expected: string, got: Json): never =>
    refuse(
      'CONFIG_VALUE',
      `${file}: ${key}`,
      `expected ${expected}, got ${got === null ? 'nothing' : describe(got)}`,
    );
  const unsupported = (key: string, allowed: readonly Json[], got: Json): never => {
    const list = allowed.map((value) => JSON.stringify(value)).join(', ');
    return refuse('CONFIG_UNSUPPORTED', `${file}: ${key}`, `expected one of ${list}, got ${describe(got)}`);
  };
  return {
    raw,
    has: (key) => Object.hasOwn(json, key),
    count: (key, limit, otherwise) => {
      const value = raw(key) ?? otherwise ?? null;
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= limit;
      return fits ? value : bad(key, `an integer from 1 to ${limit}`, value);
    },
    positive: (key, otherwise) => {
      const value = raw(key) ?? otherwise ?? null;
      const fits = typeof value === 'number' && Number.isFinite(value) && value > 0;
      return fits ? value : bad(key, 'a number above 0', value);
    },
    flag: (key, otherwise) => {
      const value = raw(key) ?? otherwise;
      return typeof value === 'boolean' ? value : bad(key, 'true or false', value);
    },
    choice: (key, table, otherwise) => {
      const value = raw(key) ?? otherwise ?? null;
      const found = typeof value === 'string' ? table.get(value) : undefined;
      return found === undefined ? unsupported(key, [...table.keys()], value) : found;
    },
    must: (key, ...allowed) => {
      const value = raw(key);
      if (value !== null && !allowed.includes(value)) unsupported(key, allowed, value);
    },
    finish: (harmless) => {
      const unknown = Object.keys(json).filter((key) => !read.has(key) && !harmless.has(key));
      if (unknown.length > 0) {
        const list = unknown.slice(0, 8).map(quote).join(', ');
        const detail = `expected keys that this importer knows, got ${list}; see the option ignoreKeys`;
        refuse('CONFIG_UNKNOWN_KEY', file, detail);
      }
    },
  };
}

/** A token id, or none. @throws ProofError `CONFIG_VALUE` */
export function readToken(config: ConfigReader, key: string, vocab: number): number | undefined {
  return readTokens(config, key, vocab)[0];
}

/** A list of token ids, one token id, or none. @throws ProofError `CONFIG_VALUE` */
export function readTokens(config: ConfigReader, key: string, vocab: number): readonly number[] {
  const value = config.raw(key);
  if (value === null) return [];
  const tokens = (Array.isArray(value) ? value : [value]) as readonly Json[];
  for (const token of tokens) {
    if (typeof token !== 'number' || !Number.isInteger(token) || token < 0 || token >= vocab) {
      const detail = `expected tokens from 0 to ${vocab - 1}, got ${describe(token)}`;
      return refuse('CONFIG_VALUE', `${CONFIG_FILE}: ${key}`, detail);
    }
  }
  return tokens as readonly number[];
}

/** Keys that do not change what a trained model computes from tokens to logits. */
export const HARMLESS_KEYS: ReadonlySet<string> = new Set(
  // Book-keeping, dropout, initialisation, training, precision of storage.
  `_name_or_path transformers_version torch_dtype dtype use_cache initializer_range attn_pdrop embd_pdrop resid_pdrop
  attention_dropout hidden_dropout dropout activation_dropout layerdrop init_std gradient_checkpointing
  _attn_implementation _attn_implementation_autoset attn_implementation _from_model_config _commit_hash
  output_attentions output_hidden_states return_dict torchscript use_bfloat16 problem_type finetuning_task id2label
  label2id num_labels tokenizer_class prefix pad_token_id unk_token_id sep_token_id decoder_start_token_id
  task_specific_params summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj
  n_special predict_special_tokens pretraining_tp reorder_and_upcast_attn chunk_size_feed_forward
  tie_encoder_decoder cross_attention_hidden_size bad_words_ids begin_suppress_tokens suppress_tokens
  diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size exponential_decay_length_penalty
  forced_bos_token_id forced_eos_token_id length_penalty max_length min_length no_repeat_ngram_size
  num_beam_groups num_beams num_return_sequences output_scores remove_invalid_values repetition_penalty
  return_dict_in_generate temperature tf_legacy_loss top_k top_p typical_p max_window_layers is_decoder
  is_llama_config transformers.js_config`
    .trim()
    .split(/\s+/),
);
