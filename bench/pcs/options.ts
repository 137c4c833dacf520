/** Options of the benchmarks of commitments. */

export interface PcsOptions {
  readonly params: number;
  readonly json: boolean;
  readonly threads: number | undefined;
  /** Weights in a file, read again in every pass, and not in memory. */
  readonly file: boolean;
  /** Openings timed, after one that warms up. */
  readonly repeat: number;
  /** Whether opened rows come from a codeword on disk or are recomputed. */
  readonly codeword: 'keep' | 'recompute';
  /** File that receives statement and proof, for the fresh process that verifies them. */
  readonly proofFile: string | undefined;
}

const LEAST_PARAMS = 1024;

/** @throws RangeError for a bad value */
export function parseOptions(args: readonly string[]): PcsOptions {
  const value = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const integer = (name: string, least: number, otherwise?: number): number | undefined => {
    const text = value(name);
    if (text === undefined) return otherwise;
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < least) {
      throw new RangeError(`${name}: expected an integer of at least ${least}, got ${text}`);
    }
    return number;
  };
  const codeword = value('--codeword') ?? 'recompute';
  if (codeword !== 'keep' && codeword !== 'recompute') {
    throw new RangeError(`--codeword: expected keep or recompute, got ${codeword}`);
  }
  return {
    codeword,
    params: integer('--params', LEAST_PARAMS, 2 ** 24) as number,
    json: args.includes('--json'),
    file: args.includes('--file'),
    threads: integer('--threads', 1),
    repeat: integer('--repeat', 1, 1) as number,
    proofFile: value('--proof'),
  };
}
