/** Options of the benchmark of training. */
import { tmpdir } from 'node:os';
import { readOptions } from '../options.ts';

export interface TrainingOptions {
  readonly batch: number;
  /** Steps in one proof. */
  readonly steps: number;
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
export function parseTraining(args: readonly string[]): TrainingOptions {
  const options = readOptions(args);
  return {
    batch: options.count('--batch', 64),
    steps: options.count('--steps', 1),
    optimizer: options.choice('--optimizer', ['sgd', 'momentum']),
    start: options.choice('--start', ['committed', 'seed']),
    rows: options.count('--rows', 4096),
    width: options.count('--width', 1024),
    repeat: options.count('--repeat', 0, 0),
    store: options.text('--store') ?? tmpdir(),
    threads: options.given('--threads'),
    json: options.has('--json'),
  };
}
