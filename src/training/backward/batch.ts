/** What a step reads. spec/training-operators.md section 8. */
import type { Pass } from '../../graph/pass.ts';

/** Rows of a step: sequences one behind the other, and for every row the token that follows. */
export interface TokenBatch {
  readonly tokens: readonly number[];
  readonly targets: readonly number[];
  /** Rows at which sequences start, from 0 on. */
  readonly starts: readonly number[];
}

/** The pass of a batch. */
export function passOf({ tokens, starts }: TokenBatch): Pass {
  return { rows: tokens.length, tokens, starts, emit: [] };
}
