/** Options of the benchmarks of models in published sizes. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodewordChoice } from '../../src/store/index.ts';

export interface LargeOptions {
  /** Rows that the model runs over for each prompt. The last eight of them choose a token. */
  readonly tokens: number;
  /** Sequences in one proof. */
  readonly prompts: number;
  /** Layers of the model; undefined: those of the published shape. */
  readonly layers: number | undefined;
  readonly repeat: number;
  readonly codeword: CodewordChoice;
  /** Where models are kept between runs: made once, a few gigabytes. */
  readonly cache: string;
  /** Where the commitment goes while the benchmark runs; undefined: a temporary folder. */
  readonly store: string | undefined;
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** @throws RangeError naming the option that cannot be read */
export function parseLarge(args: readonly string[]): LargeOptions {
  const value = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const count = (name: string): number | undefined => {
    const text = value(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < 1) {
      throw new RangeError(`${name}: expected a positive integer, got ${text}`);
    }
    return number;
  };
  const codeword = value('--codeword') ?? 'recompute';
  if (codeword !== 'keep' && codeword !== 'recompute') {
    throw new RangeError(`--codeword: expected keep or recompute, got ${codeword}`);
  }
  return {
    tokens: count('--tokens') ?? 32,
    prompts: count('--prompts') ?? 1,
    layers: count('--layers'),
    repeat: count('--repeat') ?? 1,
    codeword,
    cache: value('--cache') ?? join(tmpdir(), 'zkdl-models'),
    store: value('--store'),
    threads: count('--threads'),
    json: args.includes('--json'),
  };
}
