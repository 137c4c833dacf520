/** What a model says about itself when nobody measured it. */
import type { ModelInfo } from '../../src/quantize/model.ts';

/** @param override the reason that stands in the key for everybody to read */
export function unmeasured(vocab: number, override: string, eos: readonly number[] = []): ModelInfo {
  const zeros = {
    seed: 0,
    sequences: 0,
    tokens: 0,
    klNano: 0,
    agreed: 0,
    floatLossNano: 0,
    integerLossNano: 0,
  };
  const more = { logitErrorNano: 0, rounded: 0, saturated: 0, wraps: 0, nearEdge: 0, peakCentibits: 0 };
  const target = { klNano: 1, top1Millionths: 1 };
  const report = { source: 'text', ...zeros, ...more, unprovable: 0, target, override } as const;
  return { profile: 'P14', family: 'llama', vocab, bos: null, eos, tokenizer: null, report };
}
