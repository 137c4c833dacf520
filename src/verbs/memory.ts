/** A limit of memory, held against the estimate before work begins: a process that outgrows its machine is killed with its work lost. */
import { refuse } from '../errors/proof-error.ts';
import { estimateAnswer, type AnswerSize, type Subject } from './estimate.ts';

/**
 * @throws ProofError `MEMORY` where the estimate of a proof is beyond the limit, naming how many new tokens would fit
 * @throws RangeError for a limit that is none
 */
export function requireProofMemory(subject: Subject, size: AnswerSize, limit: number): void {
  const need = (tokens: number): number => bytesOf(subject, { ...size, tokens });
  checkLimit(limit);
  const needed = need(size.tokens);
  if (needed <= limit) return;
  let [fits, over] = [0, size.tokens];
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    if (need(middle) <= limit) fits = middle;
    else over = middle;
  }
  const several = size.promptTokens.length > 1 ? ' behind each prompt' : '';
  const instead =
    fits === 0
      ? 'not even one new token would fit'
      : `${fits} new tokens${several} would fit: --tokens ${fits}`;
  tooMuch('a proof', limit, needed, instead);
}

/** @throws as `requireProofMemory` */
export function requireCommitMemory(needed: number, limit: number): void {
  checkLimit(limit);
  if (needed > limit) tooMuch('a commitment', limit, needed, 'it takes no less');
}

/** Bytes of a proof; what does not fit the context is not generated. */
function bytesOf(subject: Subject, { promptTokens, tokens, privatePrompt }: AnswerSize): number {
  const { context } = subject.model.graph;
  const longest = Math.max(...promptTokens);
  const made = Math.max(1, Math.min(tokens, context - longest + 1));
  return estimateAnswer(subject, { promptTokens, tokens: made, privatePrompt }).memoryBytes.prove;
}

function checkLimit(limit: number): void {
  if (!(Number.isSafeInteger(limit) && limit > 0)) {
    throw new RangeError(`memory: expected a positive number of bytes, got ${limit}`);
  }
}

function tooMuch(what: string, limit: number, needed: number, instead: string): never {
  const mega = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  return refuse(
    'MEMORY',
    what,
    `expected at most ${mega(limit)}, got an estimate of ${mega(needed)}; ${instead}`,
  );
}
