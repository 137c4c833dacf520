/** What an error means to whoever started the command: its exit code and a sentence that names the thing and the cause. */
import { ProofError } from '../errors/proof-error.ts';
import { printable } from './terminal.ts';

/** 0: done, verified. 1: refused. 2: wrong use or bad input. 70: a fault of zkdl itself. */
export type ExitCode = 0 | 1 | 2 | 70;

export interface Failure {
  readonly exit: ExitCode;
  readonly code: string;
  /** The file, node or option. */
  readonly stage: string;
  readonly detail: string;
}

/** Refused although the input is well formed: there is nothing to correct in how the command was called. */
const REFUSALS =
  /^(?:ACCURACY|BUDGET_[A-Z]+|CHOICE|COMPLETION|MODEL|SELF_CHECK|UNPROVABLE|DATA_CHANGED|CODEWORD_[A-Z]+)$/;

/** @param error anything that a verb threw */
export function failureOf(error: unknown): Failure {
  if (error instanceof ProofError) {
    const { code, stage, detail } = error;
    return { exit: REFUSALS.test(code) ? 1 : 2, code, stage, detail };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError) {
    // "argument: expected X, got Y", the form of the house; other ones are the platform's.
    const parts = /^([\w.[\]-]+(?:: [\w.[\]-]+)?): (expected .*)$/s.exec(message);
    if (parts !== null) {
      return { exit: 2, code: 'USAGE', stage: parts[1] as string, detail: parts[2] as string };
    }
    if (/allocation|array length/i.test(message)) {
      return { exit: 2, code: 'MEMORY', stage: 'memory', detail: `expected enough of it, got: ${message}` };
    }
  }
  return { exit: 70, code: 'INTERNAL', stage: 'zkdl', detail: message };
}

export function failureLine({ code, stage, detail }: Failure): string {
  return `zkdl: ${code}: ${printable(stage) || "''"}: ${printable(detail)}`;
}
