/** The model in the box is what its config says: sizes, tensors, finite weights, a tokenizer that loses nothing. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const FOLDER = new URL('../../models/zkdl-3m/', import.meta.url);
const json = (name: string) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
const config = json('config.json');
const tokenizer = json('tokenizer.json');

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Name to shape of every tensor that Hugging Face's LlamaForCausalLM stores for `config` (tied embedding, no biases). */
function expectedShapes(): Record<string, number[]> {
  const { hidden_size: width, intermediate_size: hidden, head_dim: d } = config;
  const [q, kv] = [config.num_attention_heads * d, config.num_key_value_heads * d];
  const shapes: Record<string, number[]> = {
    'model.embed_tokens.weight': [config.vocab_size, width],
    'model.norm.weight': [width],
  };
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `model.layers.${i}.`;
    shapes[`${layer}input_layernorm.weight`] = [width];
    shapes[`${layer}post_attention_layernorm.weight`] = [width];
    shapes[`${layer}self_attn.q_proj.weight`] = [q, width];
    shapes[`${layer}self_attn.k_proj.weight`] = [kv, width];
    shapes[`${layer}self_attn.v_proj.weight`] = [kv, width];
    shapes[`${layer}self_attn.o_proj.weight`] = [width, q];
    shapes[`${layer}mlp.gate_proj.weight`] = [hidden, width];
    shapes[`${layer}mlp.up_proj.weight`] = [hidden, width];
    shapes[`${layer}mlp.down_proj.weight`] = [width, hidden];
  }
  return shapes;
}

test('the folder holds at most 10 MB', () => {
  const sizes = readdirSync(FOLDER).map((name) => statSync(new URL(name, FOLDER)).size);
  expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(10_000_000);
});

describe('model.safetensors', () => {
  const bytes = readFileSync(new URL('model.safetensors', FOLDER));
  const dataStart = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(bytes.toString('utf8', 8, dataStart)) as Record<
    string,
    Entry
  >;

  test('names and shapes are those of the config', () => {
    expect(__metadata__).toEqual({ format: 'pt' });
    expect(Object.fromEntries(Object.entries(entries).map(([name, e]) => [name, e.shape]))).toEqual(
      expectedShapes(),
    );
    expect(config.architectures).toEqual(['LlamaForCausalLM']);
    expect(config.tie_word_embeddings).toBe(true);
  });

  test('the tensors tile the file: float16, aligned, no gap, nothing left over', () => {
    expect(dataStart % 8).toBe(0);
    let at = 0;
    for (const e of Object.values(entries).sort((a, b) => a.data_offsets[0] - b.data_offsets[0])) {
      expect(e.dtype).toBe('F16');
      expect(e.data_offsets).toEqual([at, at + 2 * e.shape.reduce((a, b) => a * b)]);
      at = e.data_offsets[1];
    }
    expect(dataStart + at).toBe(bytes.length);
  });

  test('between 2 and 4 million weights, all finite, no tensor constant', () => {
    let parameters = 0;
    for (const [name, { data_offsets }] of Object.entries(entries)) {
      const values = new Set<number>();
      for (let i = data_offsets[0]; i < data_offsets[1]; i += 2) {
        const half = bytes.readUInt16LE(dataStart + i);
        if ((half & 0x7c00) === 0x7c00) throw new Error(`${name}: not a number or infinite at byte ${i}`);
        values.add(half);
        parameters++;
      }
      expect(values.size, name).toBeGreaterThan(1);
    }
    expect(parameters).toBeGreaterThanOrEqual(2_000_000);
    expect(parameters).toBeLessThanOrEqual(4_000_000);
  });
});

describe('tokenizer.json', () => {
  const vocab: Record<string, number> = tokenizer.model.vocab;
  const symbols: string[] = [];
  for (const [symbol, id] of Object.entries(vocab)) symbols[id] = symbol;

  /** GPT-2's printable character for each byte. */
  function byteSymbols(): string[] {
    let next = 256;
    const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : next++));
  }

  /** Byte-level BPE of one word: the earliest merge that applies, until none does. */
  function encodeWord(word: string): number[] {
    const bytes = byteSymbols();
    let parts = [...Buffer.from(word)].map((b) => bytes[b] as string);
    for (const merge of tokenizer.model.merges as string[]) {
      const [left, right] = merge.split(' ');
      const out: string[] = [];
      for (const part of parts) {
        if (part === right && out.at(-1) === left && out.length > 0) out.push(`${out.pop()}${part}`);
        else out.push(part);
      }
      parts = out;
    }
    return parts.map((part) => vocab[part] as number);
  }

  test('2,048 tokens numbered from 0, one of them special; every merge is in the vocabulary', () => {
    expect(symbols.length).toBe(config.vocab_size);
    expect(symbols.length).toBe(2048);
    expect(Object.values(vocab).sort((a, b) => a - b)).toEqual(symbols.map((_, i) => i));
    expect(tokenizer.added_tokens.map((t: { id: number; content: string }) => [t.id, t.content])).toEqual([
      [config.bos_token_id, '<|endoftext|>'],
    ]);
    expect(tokenizer.model.merges.length).toBe(2048 - 256 - 1);
    for (const merge of tokenizer.model.merges) expect(vocab).toHaveProperty([merge.replace(' ', '')]);
  });

  test.each([
    'And God said, Let there be light: and there was light.',
    "It wasn't 12.5%, she said -- “naïve”\n\n  two  spaces\t🙂",
  ])('round trip: %s', (text) => {
    const words =
      text.match(/'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu) ?? [];
    const ids = words.flatMap(encodeWord);
    const bytes = byteSymbols();
    const decoded = Buffer.from(
      ids.flatMap((id) => [...(symbols[id] as string)].map((c) => bytes.indexOf(c))),
    );
    expect(decoded.toString('utf8')).toBe(text);
    expect(ids.length).toBeLessThan(Buffer.byteLength(text));
  });

  test('an English sentence takes a token for every three characters or more', () => {
    const sentence = 'The President of the United States addressed the people of the country.';
    const ids = sentence.match(/ ?\p{L}+| ?[^\s\p{L}]+/gu)?.flatMap(encodeWord) ?? [];
    expect(ids.length).toBeLessThanOrEqual(sentence.length / 3);
  });
});
