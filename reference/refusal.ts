/** Verdicts. A check that fails refuses with a code of spec/proof-format.md, section "Refusals". */

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly code: string };

export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, what: string) {
    super(`${code}: ${what}`);
    this.code = code;
  }
}

export function refuse(code: string, what: string): never {
  throw new Refusal(code, what);
}

/** Refuses unless a condition holds. */
export function require(condition: boolean, code: string, what: string): void {
  if (!condition) refuse(code, what);
}

/** The statement itself is malformed: no verdict about a proof, but a caller's mistake. */
export function wellFormed(condition: boolean, what: string): void {
  if (!condition) throw new RangeError(`malformed statement: ${what}`);
}

/** Runs a verifier. Anything but a refusal is a mistake of the twin or of its caller and is thrown on. */
export function verdictOf(verify: () => void): Verdict {
  try {
    verify();
    return { ok: true };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code };
    throw error;
  }
}
