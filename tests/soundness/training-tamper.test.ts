/**
 * SND-1 for files of training, over the runs and the segments that tests/vectors keeps, of single steps and of periods: every field of a run, as it is and posed as the run
 * of its segments; every field of a segment; every class of message of its proof. A field or message without an entry fails.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { verifyProgram } from '../../src/relation/verify.ts';
import { decodeTrainingRun } from '../../src/training/run.ts';
import { decodeSegment } from '../../src/training/segment-file.ts';
import { readRun, startOf, type NamedRun, type TrainingPoint } from '../../src/training/point.ts';
import { followSegment, segmentStatement, verifyTraining } from '../../src/training/verify.ts';
import { cases, tally } from '../support/long.ts';
import { expectedCodes, unusedClasses } from '../support/soundness/manifest.ts';
import { BOUND, bumped, changesOf, codeOf, leavesOf, messagesOf } from '../support/soundness/file-tamper.ts'; // prettier-ignore
import { sizeOf } from '../support/soundness/mutations.ts';
import type { Segment } from '../support/soundness/layout.ts';
import { expectedOf, RUN_FIELDS, SEGMENT_FIELDS, TRAINING, unusedEntries } from '../support/soundness/training-manifest.ts'; // prettier-ignore
import { fieldsOfRun, fieldsOfSegment, NUMBERS, posed } from '../support/training-fields.ts'; // prettier-ignore

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const run = bytesOf('training.run');
const periods = bytesOf('training-periods.run');
const files = ['training-0.seg', 'training-1.seg', 'training-2.seg', 'training-periods-0.seg'].map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]; // prettier-ignore
const named = readRun(run);
const start = startOf(named);

/** A run, where a segment of it begins, the segment. */
type Kept = readonly [NamedRun, TrainingPoint, Uint8Array];
const inPeriods = readRun(periods);
const afterOne = followSegment(named, start, files[0]);
const KEPT: readonly Kept[] = [
  [named, start, files[0]],
  [named, afterOne, files[1]],
  [named, followSegment(named, afterOne, files[1]), files[2]],
  [inPeriods, startOf(inPeriods), files[3]],
];

/** Ways in which a field is changed; of the slow ones fewer in a short run. */
const WAYS = cases(2, 6);

const runCode = (bytes: Uint8Array, segments: readonly Uint8Array[]): string => {
  const verdict = verifyTraining(bytes, segments);
  return verdict.ok ? 'accepted' : verdict.code;
};

const counted = { cases: 0, refused: 0, surprises: 0 };
function refusedAs(name: string, code: string, codes: readonly string[]): void {
  counted.cases++;
  if (codes.includes(code)) counted.refused++;
  else counted.surprises++;
  expect([name, code, codes.includes(code)]).toEqual([name, code, true]);
}

/** In the files and not in what is decoded: what says how to read on. */
const STRUCTURE = /(^|\/)(magic|version|length|field|logCap|levels|kind)$/;

describe('the map of fields is the file', () => {
  test.each([
    ['run', fieldsOfRun(run), leavesOf(decodeTrainingRun(run)), RUN_FIELDS],
    ['segment', fieldsOfSegment(files[1]), leavesOf(decodeSegment(files[1])), SEGMENT_FIELDS],
  ] as const)(
    '%s: as many leaves as the decoder gives, and no line of the table for nothing',
    (_, fields, leaves, table) => {
      const names = fields.map(({ name }) => name);
      // A profile's name is not in the file; that the start is the seed is its kind.
      const decoded = leaves.filter((leaf) => !/profile\/name$/.test(leaf) && leaf !== 'start');
      // A period of one step is none.
      const own = names.filter((name) => !STRUCTURE.test(name) && name !== 'plan/period');
      expect(own.sort()).toEqual(decoded.sort());
      expect(unusedEntries(names, table)).toEqual([]);
    },
  );
  test('the period of a run is one', () => {
    const decoded = leavesOf(decodeTrainingRun(periods)).filter((leaf) => leaf.startsWith('plan/'));
    const own = fieldsOfRun(periods).map(({ name }) => name);
    // Where there is no momentum its shift is 0.
    const plan = own.filter((name) => name.startsWith('plan/') && name !== 'plan/momentum/shift');
    expect(plan.filter((name) => !STRUCTURE.test(name)).sort()).toEqual(decoded.sort());
    expect(decoded).toContain('plan/period');
  });
  test('a field without an entry, and an entry for nothing', () => {
    expect(() => expectedOf('plan/decay', RUN_FIELDS)).toThrow('manifest');
    expect(unusedEntries(['magic'], RUN_FIELDS)).toContain(String(/^seed$/));
  });
});

test.each([
  ['single steps', run, files[0]],
  ['periods', periods, files[3]],
] as const)('SND-1: every field of a run of %s', { timeout: 600_000 }, (_, honest, segment) => {
  for (const field of fieldsOfRun(honest)) {
    const { codes, bound } = expectedOf(field.name, RUN_FIELDS);
    for (const [way, changed] of changesOf(honest, field, NUMBERS)) {
      const name = `${field.name}, ${way}`;
      refusedAs(name, runCode(changed, [segment]), bound ? [...codes, 'RUN'] : codes);
      if (way >= WAYS) continue;
      const code = runCode(changed, [posed(changed, segment)]);
      refusedAs(`${name}, posed`, code, bound ? [...codes, ...BOUND] : codes);
    }
  }
});

test.each([0, 1, 2, 3])('SND-1: every field of segment %i', { timeout: 600_000 }, (i) => {
  const [of, point, file] = KEPT[i] as Kept;
  for (const field of fieldsOfSegment(file)) {
    const { codes, bound } = expectedOf(field.name, SEGMENT_FIELDS);
    for (const [way, changed] of changesOf(file, field, i === 0 ? WAYS + 1 : WAYS - 1)) {
      const code = codeOf(() => followSegment(of, point, changed));
      refusedAs(`${field.name}, ${way}`, code, bound ? [...codes, ...BOUND] : codes);
    }
  }
});

describe.each([0, 1, 2, 3])('SND-1: messages of segment %i', (i) => {
  const [of, point, bytes] = KEPT[i] as Kept;
  const file = decodeSegment(bytes);
  const statement = segmentStatement(of, point, file, file.parameters);
  const segments = messagesOf(statement, file.proof);

  test('the log covers the proof, every class is met', () => {
    expect(segments.at(-1)!.end).toBe(file.proof.length);
    const missing = unusedClasses(segments, TRAINING);
    expect(missing).toEqual([]);
  });
  test('first and last message of every label, first and last value', { timeout: 600_000 }, () => {
    for (const label of new Set(segments.map((segment) => segment.label))) {
      const own = segments.filter((segment) => segment.label === label);
      const ends = [...new Set([own[0], own.at(-1)])] as Segment[];
      for (const segment of ends.slice(0, WAYS)) {
        const last = (segment.end - segment.start) / sizeOf(segment) - 1;
        for (const item of new Set([0, last])) {
          const code = codeOfProof(bumped(file.proof, segment, item));
          refusedAs(`${label}, ${item}`, code, expectedCodes(segment, item, statement, TRAINING));
        }
      }
    }
  });
  function codeOfProof(proof: Uint8Array): string {
    const verdict = verifyProgram(statement, proof);
    return verdict.ok ? 'accepted' : verdict.code;
  }
});

test('nothing was otherwise', () => {
  tally({ property: 'SND-1 fields and messages of training', ...counted });
  expect(counted.cases).toBeGreaterThan(500);
});
