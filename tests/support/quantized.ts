/** Small models worth quantising, and quantised ones, made once. */
import { importHuggingFace } from '../../src/import/hugging-face.ts';
import { modelOfWeights, weightsOf } from '../../src/import/in-memory.ts';
import type { JsonObject } from '../../src/import/json.ts';
import type { FloatModel } from '../../src/import/model.ts';
import { memoryResolver } from '../../src/import/resolver.ts';
import type { Tokenizer } from '../../src/import/tokenizer.ts';
import { importTokenizer } from '../../src/import/tokenizer-json.ts';
import { dice } from '../../src/quantize/dice.ts';
import { quantize, type Quantized, type QuantizeOptions } from '../../src/quantize/index.ts';
import { randomFolder } from './models.ts';

/** A random model whose gains and biases are not the trivial ones, and whose logits differ from one another. */
export async function lively(preset: string, set: JsonObject = {}, seed = 7): Promise<FloatModel> {
  const model = await importHuggingFace(memoryResolver(await randomFolder(preset, set)));
  const values = await weightsOf(model);
  const draws = dice(seed, 'lively');
  for (const [name, data] of values) {
    const vector = /(gain|bias)$/.test(name);
    const offset = name.endsWith('gain') ? 1 : name === 'embedding' ? 0.3 : 0;
    const size = vector ? 0.3 : 0;
    const factor = vector ? 0 : /(query|key)\./.test(name) ? 1 : 2; // scores of a few octaves, as trained models have
    data.forEach((v, i) => (data[i] = v * factor + offset + size * draws.normal()));
  }
  return modelOfWeights(model.architecture, values);
}

/** The tokenizer of random folders: every byte is a token. */
export async function byteTokenizer(): Promise<Tokenizer> {
  return importTokenizer(memoryResolver(await randomFolder('tiny-llama')));
}

/** Few tokens: tests of behaviour, not of accuracy. */
export const SMALL: QuantizeOptions = {
  calibrationSamples: { sequences: 3, tokens: 40 },
  evaluationSamples: { sequences: 2, tokens: 40 },
  target: { minTop1: 0.9 },
};

const made = new Map<string, Promise<Quantized>>();

/** A lively model of a preset, quantised with its tokenizer; not to be changed. */
export function tinyQuantized(preset: string): Promise<Quantized> {
  const known =
    made.get(preset) ??
    (async () => quantize(await lively(preset), { ...SMALL, tokenizer: await byteTokenizer() }))();
  made.set(preset, known);
  return known;
}
