/** What a step reads. spec/training-operators.md sections 8 and 10. */
import type { Pass } from '../../graph/pass.ts';
import { PRIVATE_TOKEN } from '../../ops/lowering.ts';
import type { GraphPlan } from './plan.ts';

/** What the parties say of a step beside its rows. */
interface StepTerms {
  /** Of this step; absent: that of the plan. */
  readonly rate?: number;
}

/** Rows of a step: sequences one behind the other, and for every row the token that follows. */
export interface TokenBatch extends StepTerms {
  readonly tokens: readonly number[];
  readonly targets: readonly number[];
  /** Rows at which sequences start, from 0 on. */
  readonly starts: readonly number[];
}

/** The same where tokens are those of a committed corpus that nobody else sees: where each row stands in it. Its target is behind it. */
export interface CorpusBatch extends StepTerms {
  /** Tokens of the corpus. */
  readonly corpus: number;
  /** Of every row, below corpus - 1. */
  readonly at: readonly number[];
  readonly starts: readonly number[];
}

/** What a statement says of a batch. */
export type PublicBatch = TokenBatch | CorpusBatch;

/** The tokens of a batch, for whoever has the corpus. */
export function tokensOf(corpus: ArrayLike<number>, { at, starts, rate }: CorpusBatch): TokenBatch {
  const tokens = at.map((i) => corpus[i] as number);
  const own = { tokens, targets: at.map((i) => corpus[i + 1] as number), starts };
  return rate === undefined ? own : { ...own, rate };
}

/** The plan of the step that reads a batch. */
export function planFor(plan: GraphPlan, { rate }: StepTerms): GraphPlan {
  return rate === undefined ? plan : { ...plan, rate };
}

/** The pass of a batch. */
export function passOf(batch: PublicBatch): Pass {
  const tokens = 'tokens' in batch ? batch.tokens : batch.at.map(() => PRIVATE_TOKEN);
  return { rows: tokens.length, tokens, starts: batch.starts, emit: [] };
}
