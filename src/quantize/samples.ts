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

/** Runs the model over `length` tokens; `next` chooses each but the first. */
function run(
  executor: FloatExecutor,
  first: number,
  length: number,
  next: (logits: Float64Array, at: number) => number,
): FloatRun {
  const columns = executor.architecture.vocab;
  const session = executor.start();
  const logits = { rows: length, columns, data: new Float64Array(length * columns) };
  const tokens = [first];
  for (let t = 0; t < length; t++) {
    const row = session.append(tokens[t] as number);
    logits.data.set(row, t * columns);
    if (t + 1 < length) tokens.push(next(row, t + 1));
  }
  return { tokens, logits };
}

/** A sample at temperature 1. Where the model ends a text, it goes on with the next. */
export function sampledRun(executor: FloatExecutor, length: number, draws: Dice): FloatRun {
  return run(executor, firstToken(executor.architecture), length, (logits) => draw(logits, draws));
}

/** A given sequence. */
export function givenRun(executor: FloatExecutor, tokens: readonly number[]): FloatRun {
  return run(executor, tokens[0] as number, tokens.length, (_, at) => tokens[at] as number);
}
