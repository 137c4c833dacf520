/** Models made of arrays, and the parts of the float executor by their definitions. */
import { describe, expect, test } from 'vitest';
import { floatExecutor, type Tap } from '../../src/import/float-executor.ts';
import { activate, erf, normalise, softmax } from '../../src/import/float-ops.ts';
import { modelOfWeights, weightsOf } from '../../src/import/in-memory.ts';
import { checkWeights, type FloatModel } from '../../src/import/model.ts';
import { load } from '../support/folders.ts';
import { asyncRefusal, randomFolder } from '../support/models.ts';

const llama = await load(await randomFolder('tiny-llama'));
const logitsOf = async (model: FloatModel): Promise<Float64Array> => {
  const session = (await floatExecutor(model)).start();
  return [5, 6, 250].map((token) => session.append(token)).at(-1) as Float64Array;
};

describe('models of arrays', () => {
  test('there and back; a changed weight changes the logits', async () => {
    const weights = await weightsOf(llama);
    const copy = modelOfWeights(llama.architecture, weights);
    expect(await logitsOf(copy)).toEqual(await logitsOf(llama));
    // The gain of a norm can move into the maps that follow it.
    const gain = weights.get('finalNorm.gain') as Float64Array;
    const head = (weights.get('head') as Float64Array).map((value, i) => value * (gain[i % 32] as number));
    const folded = modelOfWeights(
      llama.architecture,
      new Map(weights).set('head', head).set('finalNorm.gain', new Float64Array(32).fill(1)),
    );
    const [a, b] = [await logitsOf(folded), await logitsOf(llama)];
    a.forEach((value, i) => expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-12));
    expect(
      await logitsOf(modelOfWeights(llama.architecture, new Map(weights).set('head', head))),
    ).not.toEqual(b);
  });

  test('weights that do not fit, or are no numbers', async () => {
    const weights = await weightsOf(llama);
    const without = new Map(weights);
    without.delete('head');
    expect(() => modelOfWeights(llama.architecture, without)).toThrow(/8704 numbers for head, got none/);
    const short = new Map(weights).set('head', new Float64Array(8703));
    expect(() => modelOfWeights(llama.architecture, short)).toThrow(/got 8703/);
    const extra = new Map(weights).set('positions', new Float64Array(1));
    expect(() => modelOfWeights(llama.architecture, extra)).toThrow(/got positions/);
    const nan = modelOfWeights(
      llama.architecture,
      new Map(weights).set('head', new Float64Array(8704).fill(NaN)),
    );
    expect((await asyncRefusal(checkWeights(nan))).code).toBe('WEIGHT_NOT_FINITE');
  });
});

describe('the executor', () => {
  test('an observer sees every layer, and norms that are norms', async () => {
    const seen = new Map<string, number>();
    const observe = (tap: Tap, layer: number, values: Float64Array): void => {
      seen.set(`${tap} ${layer}`, values.length);
    };
    const session = (await floatExecutor(llama, { observe })).start();
    session.append(3);
    const each = {
      residual: 32,
      attentionNorm: 32,
      query: 32,
      key: 16,
      value: 16,
      attention: 32,
      ffnNorm: 32,
      inner: 48,
    };
    for (const layer of [0, 1]) {
      for (const [tap, size] of Object.entries(each)) expect(seen.get(`${tap} ${layer}`)).toBe(size);
    }
    expect(seen.get('finalNorm 2')).toBe(32);
    expect(seen.size).toBe(17);
  });

  test('activations and norms at known points', () => {
    // erf(0.5), erf(2): Abramowitz and Stegun, table 7.1
    expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 14);
    expect(erf(-2)).toBeCloseTo(-0.9953222650189527, 14);
    expect([erf(0), erf(7), erf(-7), erf(NaN)]).toEqual([0, 1, -1, NaN]);
    for (let x = -6; x <= 6; x += 0.25) {
      expect(activate('gelu-erf', x) - activate('gelu-erf', -x)).toBeCloseTo(x, 12);
      expect(activate('gelu-tanh', x) - activate('gelu-tanh', -x)).toBeCloseTo(x, 12);
      expect(activate('silu', x) - activate('silu', -x)).toBeCloseTo(x, 12);
      expect(Math.abs(activate('gelu-erf', x) - activate('gelu-tanh', x))).toBeLessThan(5e-4);
    }
    expect(activate('gelu-erf', 1)).toBeCloseTo(0.8413447460685429, 14); // Phi(1)
    expect([activate('relu', -1), activate('relu', 2)]).toEqual([0, 2]);
    expect(softmax([1000, 1000, -Infinity])).toEqual([0.5, 0.5, 0]);
    const ones = new Float64Array(2).fill(1);
    expect(
      [...normalise({ kind: 'rms', eps: 0 }, Float64Array.of(3, 4), ones, undefined)].map(
        (x) => x / 0.282842712474619,
      ),
    ).toEqual([expect.closeTo(3, 12), expect.closeTo(4, 12)]);
    expect([...normalise({ kind: 'layer', eps: 0 }, Float64Array.of(3, 5), ones, ones)]).toEqual([0, 2]);
  });
});
