/** Revealed logits as users ask for them and read them. */
import type { RevealedLogits } from '../answer/statement.ts';
import type { Graph } from '../graph/index.ts';
import type { Tokenizer } from '../import/tokenizer.ts';

/** A token of a completion: sequence and place in it, both from 1. */
export interface LogitPosition {
  /** Default: every sequence. */
  readonly sequence?: number;
  readonly position: number;
}

/** The greatest of revealed logits. */
export interface TopLogit {
  readonly id: number;
  readonly text?: string;
  /** In steps of the integer program. */
  readonly logit: number;
  /** In nats, where the program has a scale of logits. */
  readonly nats?: number;
}

/** Logits from which a token was chosen; sequence and position from 1. */
export interface ShownLogits {
  readonly sequence: number;
  readonly position: number;
  /** All, by id. */
  readonly values: readonly number[];
  readonly top: readonly TopLogit[];
}

/** Logits that are shown with their tokens. */
const TOP = 5;

/**
 * Positions of a request by the completions that were made.
 *
 * @throws RangeError for one that no completion has
 */
export function revealOf(
  positions: readonly LogitPosition[] | 'all',
  completions: readonly (readonly number[])[],
): { readonly sequence: number; readonly position: number }[] {
  const wanted = completions.map(() => new Set<number>());
  const add = (sequence: number, position: number): void => {
    const length = completions[sequence]?.length ?? 0;
    if (!Number.isInteger(position) || position < 1 || position > length) {
      const of = `the tokens of completion ${sequence + 1}`;
      throw new RangeError(`revealLogits: expected positions from 1 to ${length}, ${of}, got ${position}`);
    }
    (wanted[sequence] as Set<number>).add(position - 1);
  };
  completions.forEach(({ length }, s) => {
    if (positions === 'all') for (let i = 1; i <= length; i++) add(s, i);
  });
  for (const { sequence, position } of positions === 'all' ? [] : positions) {
    if (sequence === undefined) completions.forEach((_, s) => add(s, position));
    else if (sequence >= 1 && sequence <= completions.length) add(sequence - 1, position);
    else
      throw new RangeError(`revealLogits: expected sequences up to ${completions.length}, got ${sequence}`);
  }
  return wanted.flatMap((own, sequence) =>
    [...own].sort((a, b) => a - b).map((position) => ({ sequence, position })),
  );
}

/** What a verdict shows of revealed logits. */
export function shownLogits(
  graph: Graph,
  revealed: readonly RevealedLogits[],
  tokenizer?: Tokenizer,
): ShownLogits[] {
  const output = graph.nodes.find(({ name }) => name === graph.output);
  const unit = output?.op === 'argmax' ? output.unit : 0;
  return revealed.map(({ sequence, position, values }) => {
    const all = Array.from(values);
    const ids = all.map((_, id) => id).sort((a, b) => (all[b] as number) - (all[a] as number) || a - b);
    const top = ids.slice(0, TOP).map((id) => {
      const logit = all[id] as number;
      const text =
        tokenizer === undefined || id >= tokenizer.vocabSize ? {} : { text: tokenizer.decode([id]) };
      return { id, ...text, logit, ...(unit > 0 ? { nats: logit / unit } : {}) };
    });
    return { sequence: sequence + 1, position: position + 1, values: all, top };
  });
}
