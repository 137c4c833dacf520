/** From a measured comparison to the report that is published, or not. Floating point ends here: `report.ts` holds integers. */
import { refuse } from '../errors/proof-error.ts';
import type { Comparison } from './accuracy.ts';
import { MAX_REASON, misses, type Report } from './report.ts';

/** What a program must reach to be published. */
export interface Target {
  /** Greatest mean KL(float || integer), in nats a token. Default: 1e-3. */
  readonly maxKl: number;
  /** Least part of the tokens with the same likeliest one. Default: 0.985. */
  readonly minTop1: number;
}

export const DEFAULT_TARGET: Target = { maxKl: 1e-3, minTop1: 0.985 };

const nano = (value: number): number => Math.round(value * 1e9);

/** The report of a comparison. @throws RangeError for a target that is no number */
export function reportOf(
  comparison: Comparison,
  source: Report['source'],
  seed: number,
  { maxKl, minTop1 }: Target,
): Report {
  if (!(maxKl >= 0 && maxKl < 1000)) throw new RangeError(`maxKl: expected nats below 1000, got ${maxKl}`);
  if (!(minTop1 >= 0 && minTop1 <= 1)) throw new RangeError(`minTop1: expected a part of 1, got ${minTop1}`);
  const { tokens, predicted, peak } = comparison;
  return {
    source,
    seed,
    sequences: comparison.sequences,
    tokens,
    // A divergence is no less than 0; float64 may say -1e-17.
    klNano: Math.max(0, nano(comparison.divergence / Math.max(1, tokens))),
    agreed: comparison.agreed,
    floatLossNano: nano(comparison.floatLoss / Math.max(1, predicted)),
    integerLossNano: nano(comparison.integerLoss / Math.max(1, predicted)),
    logitErrorNano: nano(comparison.logitError),
    rounded: comparison.rounded,
    saturated: comparison.saturated,
    wraps: comparison.wraps,
    nearEdge: comparison.nearEdge,
    peakCentibits: Math.round(100 * Math.log2(Math.max(1, peak.value))),
    unprovable: comparison.unprovable,
    target: { klNano: nano(maxKl), top1Millionths: Math.round(minTop1 * 1e6) },
    override: null,
  };
}

const REASON = /^[ -~]{1,200}$/;

/** @throws RangeError naming the option unless it is absent or a reason that a report can hold */
export function checkReason(name: string, reason: string | undefined): void {
  if (reason !== undefined && !REASON.test(reason)) {
    throw new RangeError(`${name}: expected 1 to ${MAX_REASON} printable ASCII characters, got others`);
  }
}

/**
 * The report to publish.
 *
 * @param override why a program that misses its target is published all the same; printable ASCII
 * @param reason of the first sequence without a proof, for the error
 * @throws ProofError `ACCURACY` naming what was missed; RangeError for another override
 */
export function published(report: Report, override: string | undefined, reason: string | undefined): Report {
  checkReason('override', override);
  const missed = misses(report);
  if (missed.length === 0) return report;
  if (override !== undefined) return { ...report, override };
  const detail = missed.join('; ') + (reason === undefined ? '' : ` (${reason})`);
  return refuse('ACCURACY', 'report', detail);
}
