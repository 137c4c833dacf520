/**
 * SND-1's table: what refuses a proof when one value of a class of messages is changed. A message changes every later
 * challenge, so what refuses is mostly not a check of the value itself: positions move, and the rows that follow are read at
 * other leaves. Read elsewhere in the proof, their words are now and then not canonical.
 */
import type { Segment } from './layout.ts';
import type { Parameters } from '../../../src/params/parameters.ts';

/** Rows at other positions than those that the proof holds. */
const OTHER_ROWS = ['MERKLE_ROOT', 'NON_CANONICAL'];
const ROWS = ['MERKLE_ROOT'];

/** Any statement, for the numbers of its parameters. */
export interface Numbered {
  readonly parameters: Parameters;
}

/** The codes that may refuse a change of item `index` of a segment. */
type Expected = (index: number, statement: Numbered) => readonly string[];

const always =
  (codes: readonly string[]): Expected =>
  () =>
    codes;

export type Classes = readonly (readonly [label: RegExp, expected: Expected])[];

/** Linear openings and links. */
export const OPENINGS: Classes = [
  [/^root\/(AM|PAD)$/, always(OTHER_ROWS)],
  [/^merge\/round$/, always(OTHER_ROWS)],
  [/^open\/(y|y-mask|a|inner-root)$/, always(OTHER_ROWS)],
  [/^whir\/(round|root|final)$/, always(OTHER_ROWS)],
  [/^pads\/sums$/, always(['PAD_LINEAR'])],
  [/^pads\/revealed$/, revealed],
  [/^rows\/(W|D|state|long-nam|AM|G[0-9]+|PAD)(\/salts|\/siblings)?$/, always(ROWS)],
];

/** Proofs of programs: those of openings behind messages of their own. */
export const PROGRAMS: Classes = [
  [/^lookup\/(roots|round|nodes)$/, always(OTHER_ROWS)],
  [/^product\/(sum|round|values)$/, always(OTHER_ROWS)],
  ...OPENINGS.slice(0, -1),
  [/^rows\/(W[01]|AM|G[0-9]+|PAD)(\/salts|\/siblings)?$/, always(ROWS)],
];

/** x on the pads with relations; on the star; on the extension, which only the queries see. */
function revealed(index: number, { parameters }: Numbered): readonly string[] {
  const star = parameters.pads.size - 1;
  if (index < star) return ['PAD_LINEAR'];
  // The rows of PAD end the proof: other positions may need more bytes than there are.
  return index === star ? ['PAD_PRODUCT'] : [...OTHER_ROWS, 'TRUNCATED'];
}

/** @throws Error for a segment that no line of the table speaks of */
export function expectedCodes(
  segment: Segment,
  index: number,
  statement: Numbered,
  classes: Classes = OPENINGS,
): readonly string[] {
  const line = classes.find(([label]) => label.test(segment.label));
  if (line === undefined) throw new Error(`manifest: no entry for ${segment.label}`);
  return line[1](index, statement);
}

/** Lines that no segment of these matches: a class that is gone must leave the table. */
export function unusedClasses(segments: readonly Segment[], classes: Classes = OPENINGS): string[] {
  return classes
    .filter(([label]) => !segments.some((segment) => label.test(segment.label)))
    .map(([label]) => String(label));
}
