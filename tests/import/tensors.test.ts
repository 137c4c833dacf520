/** Stored tensors against the description: what is refused, and which rows a weight has. */
import { describe, expect, test } from 'vitest';
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import { memoryResolver } from '../../src/import/resolver.ts';
import { asyncRefusal, type Folder, randomFolder } from '../support/models.ts';
import { type Entry, load, withConfig, withTensors } from '../support/folders.ts';

const gpt2 = await randomFolder('tiny-gpt2');
const llama = await randomFolder('tiny-llama');

describe('tensors', () => {
  const name = 'model.layers.1.mlp.up_proj.weight';
  const cases: readonly (readonly [string, string, Folder])[] = [
    ['missing', 'TENSOR_MISSING', withTensors(llama, (tensors) => tensors.delete(name))],
    [
      'of another shape',
      'TENSOR_SHAPE',
      withTensors(llama, (tensors) => ((tensors.get(name) as Entry).shape = [32, 48])),
    ],
    [
      'of another rank',
      'TENSOR_SHAPE',
      withTensors(llama, (tensors) => ((tensors.get(name) as Entry).shape = [48, 32, 1])),
    ],
    [
      'of integers',
      'TENSOR_DTYPE',
      withTensors(llama, (tensors) => ((tensors.get(name) as Entry).dtype = 'I32')),
    ],
    [
      'unknown',
      'TENSOR_UNKNOWN',
      withTensors(llama, (tensors) =>
        tensors.set(`${name}_scale`, { dtype: 'F32', shape: [0], data: new Uint8Array(0) }),
      ),
    ],
    ['of a layer too many', 'TENSOR_UNKNOWN', withConfig(llama, { num_hidden_layers: 1 })],
    [
      'of another family',
      'TENSOR_MISSING',
      new Map(gpt2).set('config.json', llama.get('config.json') as Uint8Array),
    ],
    [
      'untied head missing',
      'TENSOR_MISSING',
      withTensors(llama, (tensors) => tensors.delete('lm_head.weight')),
    ],
    [
      'bias where there is none',
      'TENSOR_UNKNOWN',
      withTensors(llama, (tensors) =>
        tensors.set('model.layers.0.self_attn.q_proj.bias', {
          dtype: 'F32',
          shape: [32],
          data: new Uint8Array(128),
        }),
      ),
    ],
    [
      'head of a tied model that is not its embedding',
      'HEAD_DIFFERS',
      withConfig(llama, { tie_word_embeddings: true }),
    ],
  ];
  test.each(cases)('%s: %s', async (_, code, folder) => {
    const refused = await asyncRefusal(load(folder));
    expect(refused.code).toBe(code);
    if (/^TENSOR_(?:SHAPE|DTYPE)$/.test(code)) expect(refused.stage).toBe(`model.safetensors: ${name}`);
  });

  test('neither name of the embedding is there: both are said, and what is there instead', async () => {
    const foreign = new Map(gpt2).set('config.json', llama.get('config.json') as Uint8Array);
    expect((await asyncRefusal(load(foreign))).message).toMatch(
      /LlamaForCausalLM: expected model\.embed_tokens\.weight or embed_tokens\.weight, got "transformer\.wte/,
    );
  });

  test('types are refused before a weight is read', async () => {
    const integers = withTensors(llama, (tensors) => ((tensors.get(name) as Entry).dtype = 'U32'));
    expect((await asyncRefusal(importHuggingFace(memoryResolver(integers)))).code).toBe('TENSOR_DTYPE');
  });

  test('a tied head that is the embedding, masks of GPT-2 and frequencies of LLaMA are no obstacle', async () => {
    const tied = withTensors(withConfig(llama, { tie_word_embeddings: true }), (tensors) => {
      tensors.set('lm_head.weight', tensors.get('model.embed_tokens.weight') as Entry);
      tensors.set('model.layers.0.self_attn.rotary_emb.inv_freq', {
        dtype: 'F32',
        shape: [4],
        data: new Uint8Array(16),
      });
    });
    expect((await load(tied)).weights.has('head')).toBe(false);
    const masked = withTensors(gpt2, (tensors) => {
      tensors.set('transformer.h.0.attn.bias', {
        dtype: 'BOOL',
        shape: [1, 1, 2, 2],
        data: new Uint8Array(4),
      });
      tensors.set('transformer.h.1.attn.masked_bias', { dtype: 'F32', shape: [], data: new Uint8Array(4) });
    });
    await load(masked);
  });

  test('names without prefix, as the first GPT-2 files have them', async () => {
    const bare = withTensors(gpt2, (tensors) => {
      for (const [key, entry] of [...tensors]) {
        tensors.delete(key);
        tensors.set(key.replace(/^transformer\./, ''), entry);
      }
    });
    const [a, b] = [await load(bare), await load(gpt2)];
    for (const weight of b.weights.keys()) {
      expect(await a.rows(weight, 0, 3)).toEqual(await b.rows(weight, 0, 3));
    }
  });

  test('NaN and infinities are refused with their place; -0 and subnormals stay what they are (IMP-6)', async () => {
    const poisoned = (value: number): Folder =>
      withTensors(llama, (tensors) => {
        const entry = tensors.get(name) as Entry;
        new DataView(entry.data.buffer).setFloat32(4 * (5 * 32 + 7), value, true);
      });
    for (const value of [NaN, Infinity, -Infinity]) {
      const refused = await asyncRefusal(load(poisoned(value)));
      expect(refused.message).toBe(
        `WEIGHT_NOT_FINITE at model.safetensors: ${name} (layers.1.up.weight): expected finite numbers, got ${value} at row 5, column 7`,
      );
    }
    for (const value of [-0, 2 ** -149]) {
      const row = await (await load(poisoned(value))).rows('layers.1.up.weight', 5, 1);
      expect(row[7]).toBe(value);
    }
    // Columns of a stored tensor are rows of the weight.
    const transposed = withTensors(gpt2, (tensors) => {
      const { data } = tensors.get('transformer.h.0.attn.c_attn.weight') as Entry;
      new DataView(data.buffer).setFloat32(4 * (3 * 96 + 32 + 9), NaN, true);
    });
    const refused = await asyncRefusal(load(transposed));
    expect(refused.message).toMatch(/c_attn\.weight \(layers\.0\.key\.weight\).*row 9, column 3/);
  });

  test('rows of fused and transposed weights are the columns they should be', async () => {
    let data = new Float32Array(0);
    withTensors(gpt2, (tensors) => {
      data = new Float32Array(
        (tensors.get('transformer.h.1.attn.c_attn.weight') as Entry).data.slice().buffer,
      );
    });
    const model = await load(gpt2);
    for (const [part, weight] of ['query', 'key', 'value'].entries()) {
      const rows = await model.rows(`layers.1.${weight as 'query'}.weight`, 4, 2);
      const expected = [4, 5].flatMap((j) =>
        Array.from({ length: 32 }, (_, i) => data[i * 96 + 32 * part + j]),
      );
      expect([...rows]).toEqual(expected);
    }
  });

  test('rows that do not exist are a mistake of the caller', async () => {
    const model = await load(llama);
    await expect(model.rows('head', 271, 2)).rejects.toThrow(RangeError);
    await expect(model.rows('head', -1, 1)).rejects.toThrow(RangeError);
    await expect(model.rows('head', 0.5, 1)).rejects.toThrow(RangeError);
    await expect(model.rows('positions', 0, 1)).rejects.toThrow(/expected a weight of the model/);
  });
});
