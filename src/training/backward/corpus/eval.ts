/** Rows of zeros and ones. spec/training-operators.md section 10. */
import type { TokenBatch } from '../batch.ts';
import type { Values } from '../rounding.ts';

/** @returns `tokens/rows` and `targets/rows` */
export function corpusRows({ tokens, targets }: TokenBatch, vocabulary: number, classes: number): Values {
  const rows = (ids: readonly number[], width: number): Int32Array => {
    const out = new Int32Array(ids.length * width);
    ids.forEach((id, t) => (out[t * width + id] = 1));
    return out;
  };
  return { 'tokens/rows': rows(tokens, vocabulary), 'targets/rows': rows(targets, classes) };
}
