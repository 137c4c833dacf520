/** Options of the benchmarks of models in published sizes. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodewordChoice } from '../../src/store/index.ts';
import { readOptions } from '../options.ts';

export interface LargeOptions {
  /** Rows that the model runs over for each prompt. */
  readonly tokens: number;
  /** Sequences in one proof. */
  readonly prompts: number;
  /** Layers of the model, or all of the published shape; undefined: as the benchmark has it. */
  readonly layers: number | 'all' | undefined;
  readonly repeat: number;
  readonly codeword: CodewordChoice;
  /** Cells of a committed group; undefined: as `zkdl commit` chooses. */
  readonly groupCells: number | undefined;
  /** Where models are kept between runs: made once, a few gigabytes. */
  readonly cache: string;
  /** Where the commitment goes while the benchmark runs; undefined: a temporary folder. */
  readonly store: string | undefined;
  /** A folder in which the commitment stays, made by the first run: later ones prove from it, and say nothing of committing. */
  readonly committed: string | undefined;
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** @throws RangeError naming the option that cannot be read */
export function parseLarge(args: readonly string[]): LargeOptions {
  const options = readOptions(args);
  return {
    tokens: options.count('--tokens', 32),
    prompts: options.count('--prompts', 1),
    layers: options.text('--layers') === 'all' ? 'all' : options.given('--layers'),
    repeat: options.count('--repeat', 1),
    codeword: options.choice('--codeword', ['recompute', 'keep']),
    groupCells: options.given('--group-cells'),
    cache: options.text('--cache') ?? join(tmpdir(), 'zkdl-models'),
    store: options.text('--store'),
    committed: options.text('--committed'),
    threads: options.given('--threads'),
    json: options.has('--json'),
  };
}
