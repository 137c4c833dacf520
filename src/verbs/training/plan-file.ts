/**
 * Plans as people write them: JSON with `widths`, `batch`, `steps` or `epochs`, `rates`, and optionally `rows`, `period`, `momentum`, `formats`.
 * Strict: what is not known is refused. docs/training.md.
 */
import { refuse } from '../../errors/proof-error.ts';
import {
  checkPlan,
  DEFAULT_FORMATS,
  DEFAULT_MOMENTUM,
  stepsPerEpoch,
  type Format,
  type Formats,
  type Momentum,
  type Rate,
  type TrainingPlan,
} from '../../training/index.ts';
import { naming, readInput } from '../files.ts';

/** Of an object of a file. */
export type Fields = Readonly<Record<string, unknown>>;

const FORMATS = ['input', 'activation', 'weight', 'gradient'] as const;

/**
 * Reads a plan.
 *
 * @param rows of the dataset that it is for
 * @throws ProofError `FILE_*`; `PLAN` naming file and field
 */
export function readPlan(path: string, rows: number): TrainingPlan {
  return readJson(path, (value) => planOf(value, rows));
}

/** What a JSON file says. @throws ProofError `FILE_*`; `PLAN` naming the file; as `of` */
export function readJson<T>(path: string, of: (value: unknown) => T): T {
  const bytes = readInput(path);
  return naming(path, () => {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      wrong('expected JSON, got something else'); // the parser's message quotes the text
    }
    return of(value);
  });
}

/** @throws ProofError `PLAN` */
export function planOf(value: unknown, rows: number): TrainingPlan {
  const own = fieldsOf('plan', value, [
    'widths',
    'rows',
    'batch',
    'steps',
    'epochs',
    'period',
    'rates',
    'momentum',
    'formats',
  ]);
  if (own['rows'] !== undefined && own['rows'] !== rows) {
    wrong(`rows: expected those of the dataset, ${rows}, or nothing, got ${shownValue(own['rows'])}`);
  }
  const widths = listOf('widths', own['widths']).map((width, i) => integer(`widths[${i}]`, width));
  const batch = integer('batch', own['batch']);
  const rates = listOf('rates', own['rates']).map((rate, i) => rateOf(`rates[${i}]`, rate));
  const formats = formatsOf(own['formats']);
  const momentum = momentumOf(own['momentum']);
  const period = own['period'] === undefined ? 1 : integer('period', own['period']);
  const sized = {
    ...{ widths, rows, batch, formats, rates },
    ...(momentum && { momentum }),
    ...(period !== 1 && { period }),
  };
  if ((own['steps'] === undefined) === (own['epochs'] === undefined)) {
    wrong(`steps: expected steps or epochs, got ${own['steps'] === undefined ? 'neither' : 'both'}`);
  }
  const steps =
    own['steps'] === undefined
      ? integer('epochs', own['epochs']) * stepsPerEpoch({ ...sized, steps: 1 })
      : integer('steps', own['steps']);
  const plan: TrainingPlan = { ...sized, steps };
  checkPlan(plan);
  return plan;
}

function formatsOf(value: unknown): Formats {
  if (value === undefined) return DEFAULT_FORMATS;
  const own = fieldsOf('formats', value, [...FORMATS, 'low', 'sum']);
  const pair = (name: (typeof FORMATS)[number]): Format => {
    if (own[name] === undefined) return DEFAULT_FORMATS[name];
    const { bits, fraction } = fieldsOf(`formats.${name}`, own[name], ['bits', 'fraction']);
    return {
      bits: integer(`formats.${name}.bits`, bits),
      fraction: integer(`formats.${name}.fraction`, fraction),
    };
  };
  const count = (name: 'low' | 'sum'): number =>
    own[name] === undefined ? DEFAULT_FORMATS[name] : integer(`formats.${name}`, own[name]);
  const [input, activation] = [pair('input'), pair('activation')];
  return {
    input,
    activation,
    weight: pair('weight'),
    low: count('low'),
    sum: count('sum'),
    gradient: pair('gradient'),
  };
}

/** None, the default one, or its shift. @throws ProofError `PLAN` */
function momentumOf(value: unknown): Momentum | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return DEFAULT_MOMENTUM;
  return { shift: integer('momentum.shift', fieldsOf('momentum', value, ['shift'])['shift']) };
}

/** A rate, and the step from which it is. @throws ProofError `PLAN` */
export function rateOf(name: string, value: unknown): Rate {
  const own = fieldsOf(name, value, ['from', 'rate']);
  return { from: integer(`${name}.from`, own['from']), rate: integer(`${name}.rate`, own['rate']) };
}

/** What stands in a plan, cut off. */
function shownValue(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value).slice(0, 34);
}

/** An object with no other keys than these. */
export function fieldsOf(name: string, value: unknown, keys: readonly string[]): Fields {
  const at = name === 'plan' ? '' : `${name}: `; // of a plan the stage says it
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrong(`${at}expected an object, got ${shownValue(value)}`);
  }
  const strange = Object.keys(value).find((key) => !keys.includes(key));
  if (strange !== undefined) wrong(`${at}expected ${keys.join(', ')}, got ${shownValue(strange)}`);
  return value as Fields;
}

/** @throws ProofError `PLAN` for what is no list */
export function listOf(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return wrong(`${name}: expected a list, got ${shownValue(value)}`);
  return value as unknown[];
}

/** @throws ProofError `PLAN` unless a value is an integer from 0 on */
export function integer(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    wrong(`${name}: expected an integer from 0 on, got ${shownValue(value)}`);
  }
  return value as number;
}

/** @throws ProofError `PLAN` */
export function wrong(detail: string): never {
  return refuse('PLAN', 'plan', detail);
}
