/** Generation: the program's own choices, appended one by one to the prompt. */
import { refuse } from '../errors/proof-error.ts';
import type { Graph } from './graph.ts';
import type { Choice, Entries, Session } from './session.ts';

export interface GenerateOptions {
  /** Ids of the prompt, at least one. */
  readonly prompt: ArrayLike<number>;
  /** Greatest number of new tokens. */
  readonly maxTokens: number;
  /** Default: greedy. */
  readonly choice?: Choice;
  /** Ids that end the text; they are part of it. */
  readonly stop?: readonly number[];
  /** Called with every new id; ends the generation by returning false. */
  readonly onToken?: (id: number) => boolean | undefined;
}

/**
 * New token ids. The token that follows position i is chosen by row i, with the noise of position i when sampled; one causal
 * pass over prompt and completion chooses the same ones (spec/integer-semantics.md, section 6).
 *
 * @param session a fresh session of a graph whose output is an `argmax`
 * @throws RangeError for an output that is no choice or a session that is not fresh; ProofError `PROMPT` for an empty prompt,
 *   `CONTEXT` for one that leaves no room, else as `Session.append`
 */
export function generate<A extends Entries>(
  graph: Graph,
  session: Session<A>,
  { prompt, maxTokens, choice = 'greedy', stop = [], onToken }: GenerateOptions,
): number[] {
  const last = graph.nodes.find((node) => node.name === graph.output);
  if (last?.op !== 'argmax') throw new RangeError(`graph: expected an argmax as output, got ${last?.op}`);
  if (session.length() !== 0) throw new RangeError('session: expected a fresh one');
  if (prompt.length === 0) refuse('PROMPT', 'prompt', 'expected at least one token, got none');
  if (prompt.length > graph.context) {
    refuse('CONTEXT', 'prompt', `expected at most ${graph.context} tokens, got ${prompt.length}`);
  }
  const generated: number[] = [];
  let tokens = prompt;
  while (generated.length < maxTokens && session.length() + tokens.length <= graph.context) {
    const { output } = session.append({ tokens, choice });
    const id = output.data[output.data.length - 1] as number;
    generated.push(id);
    if (stop.includes(id) || onToken?.(id) === false) break;
    tokens = [id];
  }
  return generated;
}
