/**
 * A bad proof, key or file is a value, not an accident: decoders and verifiers raise `ProofError` with one
 * code per check, and `verify` turns it into `{ ok: false, code, stage, detail }`. A programmer's mistake is
 * a `TypeError` or `RangeError` and is never caught.
 */
export class ProofError extends Error {
  /** Which check refused, e.g. `NON_CANONICAL`. One code names one kind of check. */
  readonly code: string;
  /** Where: the label of the message or the part of the file. */
  readonly stage: string;
  /** Expected and got, in words. Never holds a secret: it is computed from public bytes only. */
  readonly detail: string;

  constructor(code: string, stage: string, detail: string) {
    super(`${code} at ${stage}: ${detail}`);
    this.name = 'ProofError';
    this.code = code;
    this.stage = stage;
    this.detail = detail;
  }
}

/** The one way a check refuses. A script deletes these calls one at a time and expects a red test each. */
export function refuse(code: string, stage: string, detail: string): never {
  throw new ProofError(code, stage, detail);
}
