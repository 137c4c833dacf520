/** Options of the benchmarks of commitments. */
import type { CodewordChoice } from '../../src/store/index.ts';
import { readOptions, threadsOf } from '../options.ts';

export interface PcsOptions {
  readonly params: number;
  readonly json: boolean;
  readonly threads: { readonly threads?: number };
  /** Weights in a file, read again in every pass, and not in memory. */
  readonly file: boolean;
  /** Openings timed, after one that warms up. */
  readonly repeat: number;
  /** Whether opened rows come from a codeword on disk or are recomputed. */
  readonly codeword: CodewordChoice;
  /** File that receives statement and proof, for the fresh process that verifies them. */
  readonly proofFile: string | undefined;
}

const LEAST_PARAMS = 1024;

/** @throws RangeError for a bad value */
export function parseOptions(args: readonly string[]): PcsOptions {
  const options = readOptions(args);
  return {
    codeword: options.choice('--codeword', ['recompute', 'keep']),
    params: options.count('--params', 2 ** 24, LEAST_PARAMS),
    json: options.has('--json'),
    file: options.has('--file'),
    threads: threadsOf(options),
    repeat: options.count('--repeat', 1),
    proofFile: options.text('--proof'),
  };
}
