/** The canonical form is the same function: logits of every family, heads tied or apart, equalised or not. */
import { describe, expect, test } from 'vitest';
import { floatExecutor } from '../../src/import/float-executor.ts';
import type { Json, JsonObject } from '../../src/import/json.ts';
import type { FloatModel } from '../../src/import/model.ts';
import { withPairing } from '../../src/import/pairing.ts';
import { type CanonicalModel, canonicalModel } from '../../src/quantize/canonical.ts';
import { dice } from '../../src/quantize/dice.ts';
import { equalised, type Factors } from '../../src/quantize/equalise.ts';
import { canonicalForward, canonicalLogits, type Sequences } from '../../src/quantize/forward.ts';
import { zeros } from '../../src/quantize/matrix.ts';
import { rotationOf } from '../../src/quantize/rotation.ts';
import { lively } from '../support/quantized.ts';

const SEQUENCES: Sequences = [
  [1, 200, 3, 3, 77, 12, 90, 4, 5, 6, 1],
  [260],
  Array.from({ length: 20 }, (_, i) => (i * 37) % 272),
];

async function originalLogits(model: FloatModel): Promise<Float64Array[]> {
  const executor = await floatExecutor(model);
  return SEQUENCES.flatMap((sequence) => {
    const session = executor.start();
    return sequence.map((token) => session.append(token));
  });
}

/** Greatest difference, as a part of the greatest logit. */
async function distance(model: FloatModel, canonical: CanonicalModel): Promise<number> {
  const expected = await originalLogits(model);
  const actual = await canonicalLogits(canonical, await canonicalForward(canonical, SEQUENCES));
  let [most, error] = [0, 0];
  expected.forEach((row, t) =>
    row.forEach((v, j) => {
      most = Math.max(most, Math.abs(v));
      error = Math.max(error, Math.abs(v - (actual.data[t * actual.columns + j] as number)));
    }),
  );
  expect(most).toBeGreaterThan(0.1);
  return error / most;
}

const CASES: readonly (readonly [string, JsonObject])[] = [
  ['tiny-llama', {}],
  ['tiny-llama', { tie_word_embeddings: true }],
  ['tiny-llama', { attention_bias: true, mlp_bias: true, hidden_size: 48, num_attention_heads: 6 }],
  ['tiny-gpt2', {}],
  ['tiny-gpt2', { n_embd: 36, activation_function: 'gelu' as Json }],
  ['tiny-gpt2', { tie_word_embeddings: false }],
  ['tiny-mistral', {}],
  ['tiny-qwen2', {}],
  ['tiny-opt', {}],
];

describe.each(CASES)('%s %j', (preset, set) => {
  test('centred, folded, rotated, in octaves', async () => {
    const model = await lively(preset, set);
    expect(await distance(model, canonicalModel(model, { seed: 3 }))).toBeLessThan(1e-10);
    expect(await distance(model, canonicalModel(model, { seed: 0, rotate: false }))).toBeLessThan(1e-10);
  });

  test('equalised', async () => {
    const model = await lively(preset, set);
    const { architecture: a } = model;
    const draws = dice(5, 'factors');
    const random = (n: number): Float64Array => Float64Array.from({ length: n }, () => 2 ** draws.normal());
    const shared = a.kvHeads * a.headDim;
    const homogeneous = a.gated || a.activation === 'relu';
    const factors = Array.from({ length: a.layers }, (): Factors => {
      const query = random(shared);
      if (a.positions.kind === 'rotary') {
        for (let i = 0; i < shared; i++) {
          if (i % a.headDim >= a.headDim / 2) query[i] = query[i - a.headDim / 2] as number;
        }
      }
      return {
        query,
        value: random(shared),
        up: homogeneous ? random(a.ffn) : new Float64Array(a.ffn).fill(1),
      };
    });
    expect(await distance(model, equalised(canonicalModel(model, { seed: 3 }), factors))).toBeLessThan(1e-10);
  });
});

test('the other layout of rotary pairs', async () => {
  const model = withPairing(await lively('tiny-llama'), 'interleaved');
  expect(await distance(model, canonicalModel(model, { seed: 3 }))).toBeLessThan(1e-10);
});

test('a step that is left out shows', async () => {
  const model = await lively('tiny-gpt2');
  const canonical = canonicalModel(model, { seed: 3 });
  const without: CanonicalModel = {
    ...canonical,
    bridge: async () => {
      const bridge = await canonical.bridge();
      bridge?.weight.data.fill(0, -bridge.weight.columns); // the row that gives back the means
      bridge?.bias?.fill(0, -1);
      return bridge;
    },
  };
  expect(await distance(model, without)).toBeGreaterThan(1e-4);
});

describe('rotations', () => {
  test.each([1, 2, 3, 12, 64, 50, 77])('of width %i keep lengths and angles', (size) => {
    const rotation = rotationOf(size, 9);
    const basis = zeros(size, size);
    for (let i = 0; i < size; i++) basis.data[i * (size + 1)] = 1;
    rotation.rows(basis);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let dot = 0;
        for (let k = 0; k < size; k++)
          dot += (basis.data[i * size + k] as number) * (basis.data[j * size + k] as number);
        expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      }
    }
  });

  test('depend on their seed and on nothing else', () => {
    const turn = (seed: number): Float64Array => {
      const row = { rows: 1, columns: 12, data: new Float64Array(12).fill(1) };
      rotationOf(12, seed).rows(row);
      return row.data;
    };
    expect(turn(4)).toEqual(turn(4));
    expect(turn(4)).not.toEqual(turn(5));
  });
});
