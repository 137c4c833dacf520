/**
 * The accuracy report: what a key says about how well its program stands for the model. Integers only, so that it has one
 * encoding; it is measured, not proven.
 */

/** Nats are given in units of 10^-9, parts in units of 10^-6. */
export interface Report {
  /** What was compared: samples of the float model, or held-out text. */
  readonly source: 'samples' | 'text';
  readonly seed: number;
  readonly sequences: number;
  readonly tokens: number;
  /** Mean KL(float || integer) a token, in nats. */
  readonly klNano: number;
  /** Tokens with the same likeliest one. */
  readonly agreed: number;
  /** Mean losses in nats a token; perplexity is exp of it. */
  readonly floatLossNano: number;
  readonly integerLossNano: number;
  /** Greatest error of a logit, in nats. */
  readonly logitErrorNano: number;
  readonly rounded: number;
  readonly saturated: number;
  readonly wraps: number;
  readonly nearEdge: number;
  /** Greatest residue, in hundredths of a bit: 100 log2. The edge is at 2998. */
  readonly peakCentibits: number;
  readonly unprovable: number;
  readonly target: { readonly klNano: number; readonly top1Millionths: number };
  /** Why it was published although it misses its target; null: it does not. */
  readonly override: string | null;
}

/** What a report misses, in words; empty: nothing. */
export function misses(report: Report): string[] {
  const { klNano, agreed, tokens, target, unprovable } = report;
  const missed: string[] = [];
  if (klNano > target.klNano) {
    missed.push(`expected a KL of at most ${target.klNano / 1e9} nats a token, got ${klNano / 1e9}`);
  }
  // Bigints: a report that a stranger wrote may hold numbers up to 2^53.
  if (BigInt(agreed) * 1_000_000n < BigInt(target.top1Millionths) * BigInt(tokens) || tokens === 0) {
    const part = tokens === 0 ? 'no token' : (agreed / tokens).toFixed(4);
    missed.push(`expected the same likeliest token for ${target.top1Millionths / 1e6} of all, got ${part}`);
  }
  if (unprovable > 0) missed.push(`expected a proof for every sequence, got none for ${unprovable}`);
  return missed;
}

/** Longest reason of an override. */
export const MAX_REASON = 200;
