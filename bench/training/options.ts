/** Options of the benchmarks of training. */
import { tmpdir } from 'node:os';
import { readOptions } from '../options.ts';

/** `mlp-10m`: ten million weights on random numbers. `digits`: 784-64-10 on handwritten digits. */
export type Network = 'mlp-10m' | 'digits';

const DEFAULTS = {
  'mlp-10m': { batch: 64, steps: 1, rows: 4096, width: 1024 },
  digits: { batch: 32, steps: 16, rows: 8000, width: 64, period: 1 },
} as const;

export interface TrainingOptions {
  readonly network: Network;
  readonly batch: number;
  /** Steps in one proof, and from one state to the next: all of the proof for `mlp-10m`, one for `digits`, if nothing else is said. */
  readonly steps: number;
  readonly period: number;
  readonly optimizer: 'sgd' | 'momentum';
  /** Weights before the first step: those of the seed, which are public, or a commitment to them, as all later segments have it. */
  readonly start: 'seed' | 'committed';
  /** Rows of the dataset. */
  readonly rows: number;
  /** Units of a hidden layer. */
  readonly width: number;
  /** Segments behind the first one, of which the median is reported. */
  readonly repeat: number;
  /** Where commitments go while the benchmark runs. */
  readonly store: string;
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** @throws RangeError naming the option that cannot be read */
export function parseTraining(args: readonly string[], network: Network = 'mlp-10m'): TrainingOptions {
  const options = readOptions(args);
  const usual = DEFAULTS[network];
  const steps = options.count('--steps', usual.steps);
  return {
    network,
    batch: options.count('--batch', usual.batch),
    steps,
    period: options.count('--period', 'period' in usual ? usual.period : steps),
    optimizer: options.choice('--optimizer', ['sgd', 'momentum']),
    start: options.choice('--start', ['committed', 'seed']),
    rows: options.count('--rows', usual.rows),
    width: options.count('--width', usual.width),
    repeat: options.count('--repeat', 0, 0),
    store: options.text('--store') ?? tmpdir(),
    threads: options.given('--threads'),
    json: options.has('--json'),
  };
}
