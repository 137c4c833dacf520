/**
 * Importers and float executor against the transformers library: random models of every family, with the options that
 * change what they compute. The library normalises, rotates and takes softmax in float32 whatever the weights are.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { floatExecutor } from '../../src/import/float-executor.ts';
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import { checkWeights, type FloatModel } from '../../src/import/model.ts';
import { withPairing } from '../../src/import/pairing.ts';
import { memoryResolver } from '../../src/import/resolver.ts';
import { randomFolder, settingsOf } from '../support/models.ts';

interface Case {
  readonly preset: string;
  readonly set: readonly string[];
  readonly seed: number;
  readonly tokens: readonly number[];
  readonly logits: readonly number[];
}
const CASES = JSON.parse(
  readFileSync(new URL('../vectors/import-logits.json', import.meta.url), 'utf8'),
) as Case[];

async function imported({ preset, set, seed }: Case): Promise<FloatModel> {
  const folder = await randomFolder(preset, settingsOf(set), { seed });
  const model = await importHuggingFace(memoryResolver(folder));
  await checkWeights(model);
  return model;
}

async function lastLogits(model: FloatModel, tokens: readonly number[]): Promise<Float64Array> {
  const session = (await floatExecutor(model)).start();
  return tokens.map((token) => session.append(token)).at(-1) as Float64Array;
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, i) => Math.abs(value - (b[i] as number))).reduce((x, y) => Math.max(x, y), 0);

describe('logits as the transformers library computes them', () => {
  test.each(CASES.map((item) => [`${item.preset} ${item.set.join(' ')}`, item] as const))(
    '%s',
    async (_, item) => {
      const model = await imported(item);
      const logits = await lastLogits(model, item.tokens);
      expect(logits.length).toBe(item.logits.length);
      // Logits are of order 1 (checked next): float32 inside the library costs some 1e-6.
      expect(distance(item.logits, new Float64Array(logits.length))).toBeGreaterThan(0.3);
      expect(distance(logits, item.logits)).toBeLessThan(1e-5);
    },
  );

  test('a wrong description is far away: the comparison can fail', async () => {
    const item = CASES.find(({ preset }) => preset === 'tiny-llama') as Case;
    const model = await imported(item);
    const wrong: FloatModel = {
      ...model,
      architecture: {
        ...model.architecture,
        positions: { kind: 'rotary', theta: 10000, pairing: 'interleaved' },
      },
    };
    expect(distance(await lastLogits(wrong, item.tokens), item.logits)).toBeGreaterThan(1e-3);
    const noWindow = CASES.find(({ preset }) => preset === 'tiny-mistral') as Case;
    const mistral = await imported(noWindow);
    const wide: FloatModel = { ...mistral, architecture: { ...mistral.architecture, window: undefined } };
    expect(distance(await lastLogits(wide, noWindow.tokens), noWindow.logits)).toBeGreaterThan(1e-3);
  });

  test('either layout of rotary pairs is the same model', async () => {
    const item = CASES.find(({ preset }) => preset === 'tiny-llama') as Case;
    const model = await imported(item);
    const logits = await lastLogits(withPairing(model, 'interleaved'), item.tokens);
    expect(distance(logits, await lastLogits(model, item.tokens))).toBeLessThan(1e-12);
    const back = withPairing(withPairing(model, 'interleaved'), 'half');
    for (const name of ['layers.0.query.weight', 'layers.1.key.weight'] as const) {
      for (const [first, count] of [
        [0, 16],
        [3, 7],
        [15, 1],
      ] as const) {
        expect(await back.rows(name, first, count)).toEqual(await model.rows(name, first, count));
      }
    }
  });
});
