/**
 * SND-1's table for files of training: which codes may refuse a run or a segment of which a field was changed. Fields are named as in
 * `training-fields.ts`, numbers in names as #. A proof's own messages are classes of `manifest.ts`.
 */
import { PROGRAMS, type Classes } from './manifest.ts';

/** What refuses a change of a field. */
export interface Expected {
  readonly codes: readonly string[];
  /**
   * A value that is good by itself, and that the proof is bound to: refused by the name of the run, or, where segments are made to
   * name the changed run, by challenges that are others.
   */
  readonly bound: boolean;
}

export type Entries = readonly (readonly [field: RegExp, codes: readonly string[], bound?: 'bound'])[];

/** Of a parameter set; the size of pads may be another one for other statements. */
export const PARAMETERS: Entries = [
  [/\/magic$/, ['VERSION']],
  [/\/profile\/(id|lambda|powBits|field\/(modulus|degree))$/, ['WEAK_PARAMS', 'STATEMENT']],
  [/\/code\/(logData|padLength|queries)$/, ['WEAK_PARAMS']],
  [/\/pads\/size$/, ['WEAK_PARAMS'], 'bound'],
  [/\/pads\/(logCodeword|queries)$/, ['WEAK_PARAMS']],
  [/\/logFinal$/, ['WEAK_PARAMS']],
  [/\/levels$/, ['LENGTH', 'WEAK_PARAMS']],
  [/\/levels\/#\/(logFold|logInverseRate|queries)$/, ['WEAK_PARAMS']],
];

/** Of a key. */
export const KEY: Entries = [
  [/\/length$/, ['LENGTH', 'KEY_LENGTH']],
  [/\/magic$/, ['KEY_MAGIC']],
  [/\/version$/, ['KEY_VERSION']],
  [/\/field$/, ['KEY_FIELD']],
  [/\/group\/label$/, ['KEY_LABEL', 'KEY_LAYOUT']],
  [/\/group\/group$/, [], 'bound'],
  [/\/group\/epoch$/, ['KEY_EPOCH'], 'bound'],
  [/\/group\/lifetime$/, ['KEY_LIFETIME', 'KEY_LAYOUT', 'KEY_USES']],
  [/\/group\/columns$/, ['KEY_COLUMNS', 'KEY_LAYOUT']],
  [/\/group\/uses$/, ['KEY_USES', 'WEAK_PARAMS'], 'bound'],
  [/\/group\/cap$/, [], 'bound'],
  // Another length of the cap: what stands behind it is no parameter set.
  [/\/logCap$/, ['KEY_LENGTH', 'VERSION', 'LENGTH', 'KEY_CAP']],
  [/\/layout$/, ['KEY_LAYOUT']],
];

/** Everything behind a list that is shorter or longer stands elsewhere. */
const MOVED = ['PLAN', 'LENGTH', 'KEY_LENGTH', 'KEY_MAGIC'];

export const RUN_FIELDS: Entries = [
  [/^magic$/, ['FORMAT']],
  [/^version$/, ['VERSION']],
  [/^plan\/(widths|rates)\/length$/, MOVED],
  [/^plan\/widths\/#$/, ['PLAN', 'KEY_LAYOUT'], 'bound'],
  [/^plan\/rows$/, ['PLAN', 'KEY_LAYOUT']],
  [/^plan\/batch$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  [/^plan\/steps$/, ['PLAN', 'SEGMENT'], 'bound'],
  [/^plan\/period$/, ['PLAN', 'SEGMENT', 'WEAK_PARAMS'], 'bound'],
  [/^plan\/formats\/(input|activation|sum|gradient)(\/(bits|fraction))?$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  // Bits of weights are in the layout of the weights that are written.
  [/^plan\/formats\/(weight\/(bits|fraction)|low)$/, ['PLAN', 'KEY_LAYOUT'], 'bound'],
  [/^plan\/momentum\/shift$/, ['PLAN', 'WEIGHTS', 'SEGMENT'], 'bound'],
  [/^plan\/rates\/#\/from$/, ['PLAN'], 'bound'],
  // In periods the greatest rate says how far products of gradients are rounded.
  [/^plan\/rates\/#\/rate$/, ['PLAN', 'WEAK_PARAMS'], 'bound'],
  ...within('data', KEY),
  ...within('data/parameters', PARAMETERS),
  [/^start\/kind$/, ['STATEMENT', 'LENGTH']],
  [/^seed$/, [], 'bound'],
];

export const SEGMENT_FIELDS: Entries = [
  [/^magic$/, ['FORMAT']],
  [/^version$/, ['VERSION']],
  [/^run$/, ['RUN']],
  [/^first$/, ['STEP']],
  [/^count$/, ['SEGMENT', 'WEAK_PARAMS'], 'bound'],
  [/^inputs\/length$/, ['FORMAT']],
  [/^inputs\/#$/, ['WEIGHTS']],
  // One state less or more: what stands behind it is no key, or no parameter set.
  [/^outputs\/length$/, ['FORMAT', 'VERSION', 'KEY_LENGTH', 'KEY_MAGIC']],
  ...within('outputs/#', KEY),
  ...within('outputs/#/parameters', PARAMETERS),
  [/^parameters\/length$/, ['LENGTH']],
  ...within('parameters', PARAMETERS),
  [/^proof\/length$/, ['LENGTH']],
  [/^proof$/, ['TRUNCATED', 'FINAL_QUERY', 'FINAL_SUM', 'PAD_LINEAR', 'PAD_PRODUCT', 'PAD_QUERY'], 'bound'],
];

/** Messages of the proof of a segment: those of a program over a dataset and weights. */
export const TRAINING: Classes = [
  ...PROGRAMS.slice(0, -1),
  [/^rows\/(D|S|AM|G[0-9]+|PAD)(\/salts|\/siblings)?$/, () => ['MERKLE_ROOT']],
];

/** The entries of a part, below a name. */
export function within(name: string, entries: Entries): Entries {
  return entries.map(([field, ...rest]) => [new RegExp(`^${name}${field.source}`), ...rest] as const);
}

/** @throws Error for a field that no line, or more than one, speaks of */
export function expectedOf(field: string, entries: Entries): Expected {
  const name = field.replace(/(?<=\/)\d+/g, '#');
  const own = entries.filter(([pattern]) => pattern.test(name));
  if (own.length !== 1) throw new Error(`manifest: expected one entry for ${name}, got ${own.length}`);
  const [[, codes, bound]] = own as [Entries[number]];
  return { codes, bound: bound === 'bound' };
}

/** Lines that no field of these matches: a field that is gone must leave the table. */
export function unusedEntries(fields: readonly string[], entries: Entries): string[] {
  const names = fields.map((field) => field.replace(/(?<=\/)\d+/g, '#'));
  return entries.filter(([pattern]) => !names.some((name) => pattern.test(name))).map(([pattern]) => String(pattern)); // prettier-ignore
}
