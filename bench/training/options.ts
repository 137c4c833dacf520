/** Options of the benchmark of training. */
import { tmpdir } from 'node:os';

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
  const value = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const count = (name: string, fallback: number, least = 1): number => {
    const number = Number(value(name) ?? fallback);
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new RangeError(`${name}: expected an integer of at least ${least}, got ${value(name)}`);
  };
  const choice = <T extends string>(name: string, choices: readonly [T, ...T[]]): T => {
    const text = value(name) ?? choices[0];
    const found = choices.find((own) => own === text);
    if (found === undefined) throw new RangeError(`${name}: expected ${choices.join(' or ')}, got ${text}`);
    return found;
  };
  return {
    batch: count('--batch', 64),
    steps: count('--steps', 1),
    optimizer: choice('--optimizer', ['sgd', 'momentum']),
    start: choice('--start', ['committed', 'seed']),
    rows: count('--rows', 4096),
    width: count('--width', 1024),
    repeat: count('--repeat', 0, 0),
    store: value('--store') ?? tmpdir(),
    threads: value('--threads') === undefined ? undefined : count('--threads', 1),
    json: args.includes('--json'),
  };
}
