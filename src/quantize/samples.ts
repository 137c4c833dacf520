/** Token sequences with the float model's logits: samples of the model itself, or given text. */
import type { FloatExecutor } from '../import/float-executor.ts';
import type { Architecture } from '../import/model.ts';
import type { Dice } from './dice.ts';
import type { FloatMatrix } from './matrix.ts';

/** A sequence; row t of the logits predicts the token behind t. */
export interface FloatRun {
  readonly tokens: readonly number[];
  readonly logits: FloatMatrix;
}

/** The token that a sample begins with: the one that begins texts, else one that ends them, else the first. */
export function firstToken({ bos, eos }: Architecture): number {
  return bos ?? eos[0] ?? 0;
}

/** A token with the probabilities of a softmax at temperature 1. */
function draw(logits: Float64Array, draws: Dice): number {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((v) => Math.exp(v - most));
  let left = draws.uniform() * powers.reduce((a, b) => a + b, 0);
  for (let id = 0; id < powers.length - 1; id++) {
    left -= powers[id] as number;
    if (left < 0) return id;
  }
  return powers.length - 1;
}

/** Texts that advance together: they share every weight that is read, and each keeps its logits. */
export const TOGETHER = 4;

/** Texts as long as wanted, a few at a time; `next` chooses each token but the first. */
function* runAll(
  executor: FloatExecutor,
  texts: readonly {
    readonly first: number;
    readonly length: number;
    readonly next: (logits: Float64Array, at: number) => number;
  }[],
  keep = true,
): Generator<FloatRun> {
  const columns = executor.architecture.vocab;
  for (let from = 0; from < texts.length; from += TOGETHER) {
    const group = texts.slice(from, from + TOGETHER).map(({ first, length, next }) => ({
      ...{ length, next, tokens: [first], session: executor.start() },
      logits: { rows: length, columns, data: new Float64Array(keep ? length * columns : 0) },
    }));
    for (let t = 0; group.some(({ length }) => t < length); t++) {
      const going = group.filter(({ length }) => t < length);
      const rows = executor.advance(
        going.map(({ session }) => session),
        going.map(({ tokens }) => tokens[t] as number),
      );
      going.forEach(({ length, next, tokens, logits }, i) => {
        const row = rows[i] as Float64Array;
        if (keep) logits.data.set(row, t * columns);
        if (t + 1 < length) tokens.push(next(row, t + 1));
      });
    }
    for (const { tokens, logits } of group) yield { tokens, logits };
  }
}

/** Samples at temperature 1, one for each of the dice. Where the model ends a text, it goes on with the next. */
export function sampledRuns(
  executor: FloatExecutor,
  length: number,
  draws: readonly Dice[],
): Generator<FloatRun> {
  const first = firstToken(executor.architecture);
  return runAll(
    executor,
    draws.map((own) => ({ first, length, next: (logits) => draw(logits, own) })),
  );
}

/** The tokens of such samples: their logits, 100 MB for a sequence of a large vocabulary, are not kept. */
export function sampledTokens(
  executor: FloatExecutor,
  length: number,
  draws: readonly Dice[],
): (readonly number[])[] {
  const first = firstToken(executor.architecture);
  const texts = draws.map((own) => ({ first, length, next: (logits: Float64Array) => draw(logits, own) }));
  return Array.from(runAll(executor, texts, false), ({ tokens }) => tokens);
}

/** Given sequences. */
export function givenRuns(
  executor: FloatExecutor,
  sequences: readonly (readonly number[])[],
): Generator<FloatRun> {
  return runAll(
    executor,
    sequences.map((tokens) => ({
      first: tokens[0] as number,
      length: tokens.length,
      next: (_, at) => tokens[at] as number,
    })),
  );
}
