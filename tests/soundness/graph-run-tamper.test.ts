/**
 * SND-1 for runs of graphs, over the run and the steps that tests/vectors keeps: every field of a run, as it is and with steps posed as its own; every
 * field of a step; every class of message of its proof. A field or message without an entry fails.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { keyDigest } from '../../src/pcs/key.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import type { GroupKey } from '../../src/pcs/key.ts';
import { stepStatement } from '../../src/training/backward/verify.ts';
import { decodeGraphRun } from '../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep, runStepContext } from '../../src/training/graph-run/step-file.ts';
import { batchesAt, followGraphStep, readGraphRun, trainingOf, verifyGraphRun } from '../../src/training/graph-run/verify.ts'; // prettier-ignore
import { fieldsOfGraphRun, fieldsOfGraphStep, posedStep } from '../support/graph-run-fields.ts';
import { cases, tally } from '../support/long.ts';
import { BOUND, bumped, changesOf, codeOf, leavesOf, messagesOf } from '../support/soundness/file-tamper.ts';
import {
  DRAWN_START_FIELDS,
  GRAPH_RUN_FIELDS,
  GRAPH_STEP_FIELDS,
} from '../support/soundness/graph-run-manifest.ts';
import { expectedCodes, unusedClasses } from '../support/soundness/manifest.ts';
import { sizeOf } from '../support/soundness/mutations.ts';
import { STEP } from '../support/soundness/prediction-manifest.ts';
import { expectedOf, unusedEntries } from '../support/soundness/training-manifest.ts';
import { NUMBERS } from '../support/training-fields.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const run = bytesOf('tuning.run');
const [first, second] = ['tuning-0.step', 'tuning-1.step'].map(bytesOf) as [Uint8Array, Uint8Array];
const named = readGraphRun(run);
const behind = followGraphStep(named, undefined, first);
/** Ways in which a field is changed; of the slow ones fewer in a short run. */
const WAYS = cases(1, 6);

const counted = { cases: 0, refused: 0, surprises: 0 };
function refusedAs(name: string, code: string, codes: readonly string[]): void {
  counted.cases++;
  if (codes.includes(code)) counted.refused++;
  else counted.surprises++;
  expect([name, code, codes.includes(code)]).toEqual([name, code, true]);
}
const runCode = (bytes: Uint8Array, step: Uint8Array): string => {
  const verdict = verifyGraphRun(bytes, [step]);
  return verdict.ok ? 'accepted' : verdict.code;
};

/** In the files and not in what is decoded: what says how to read on. */
const STRUCTURE = /(^|\/)(magic|version|length|field|logCap|levels)$|^start\/kind$/;

test.each([
  ['run', fieldsOfGraphRun(run), leavesOf(decodeGraphRun(run)), GRAPH_RUN_FIELDS],
  ['step', fieldsOfGraphStep(second), leavesOf(decodeGraphStep(second)), GRAPH_STEP_FIELDS],
] as const)('%s: as many leaves as the decoder gives, no entry for nothing', (_, fields, leaves, table) => {
  const names = fields.map(({ name }) => name);
  // A graph is text in the file; that of a sequence is a length of its own.
  const decoded = leaves.filter((leaf) => !/profile\/name$|^graph\/|^length$/.test(leaf));
  const own = names.filter((name) => !STRUCTURE.test(name) && name !== 'graph');
  expect(own.sort()).toEqual(decoded.sort());
  expect(unusedEntries(names, table)).toEqual([]);
});

test('SND-1: every field of a run', { timeout: 600_000 }, () => {
  for (const field of fieldsOfGraphRun(run)) {
    const { codes, bound } = expectedOf(field.name, GRAPH_RUN_FIELDS);
    for (const [way, changed] of changesOf(run, field, NUMBERS)) {
      const name = `${field.name}, ${way}`;
      refusedAs(name, runCode(changed, first), bound ? [...codes, 'RUN'] : codes);
      if (way >= WAYS) continue;
      const posed = runCode(changed, posedStep(changed, first));
      // A first step says which key it reads.
      const start = field.name.startsWith('start/') ? ['WEIGHTS'] : [];
      refusedAs(`${name}, posed`, posed, bound ? [...codes, ...BOUND, ...start] : codes);
    }
  }
});

test('SND-1: the start of a run from its seed', { timeout: 600_000 }, () => {
  const drawn = bytesOf('tuning-drawn.run');
  const step = bytesOf('tuning-drawn-0.step');
  const fields = fieldsOfGraphRun(drawn).filter(({ name }) => name.startsWith('start/'));
  const names = fields.map(({ name }) => name);
  expect(names).toHaveLength(1 + decodeGraphRun(drawn).graph.weights.length);
  expect(unusedEntries(names, DRAWN_START_FIELDS)).toEqual([]);
  for (const field of fields) {
    const { codes, bound } = expectedOf(field.name, DRAWN_START_FIELDS);
    for (const [way, changed] of changesOf(drawn, field, NUMBERS)) {
      const name = `${field.name}, ${way}`;
      refusedAs(name, runCode(changed, step), bound ? [...codes, 'RUN'] : codes);
      if (way >= WAYS) continue;
      // A first step says by the run's own name what it reads.
      const posed = posedStep(changed, step);
      const own = decodeGraphStep(posed);
      const all = encodeGraphStep({ ...own, input: own.run });
      refusedAs(`${name}, posed`, runCode(changed, all), bound ? [...codes, ...BOUND] : codes);
    }
  }
});

test.each([0, 1])('SND-1: every field of step %i', { timeout: 600_000 }, (i) => {
  const [point, file] = ([[undefined, first], [behind, second]] as const)[i]!; // prettier-ignore
  for (const field of fieldsOfGraphStep(file)) {
    const { codes, bound } = expectedOf(field.name, GRAPH_STEP_FIELDS);
    for (const [way, changed] of changesOf(file, field, WAYS + 1)) {
      const code = codeOf(() => followGraphStep(named, point, changed));
      refusedAs(`${field.name}, ${way}`, code, bound ? [...codes, ...BOUND] : codes);
    }
  }
});

describe('SND-1: messages of a step', () => {
  const file = decodeGraphStep(second);
  const { output: after, parameters } = file;
  const context = (): Uint8Array => runStepContext(file);
  const before = { key: behind.weights, written: true };
  const statement = stepStatement(trainingOf(named), batchesAt(named, 1, file.count), before, { after, parameters }, context); // prettier-ignore
  const messages = messagesOf(statement, file.proof);
  test('the log covers the proof, every class is met', () => {
    expect(messages.at(-1)!.end).toBe(file.proof.length);
    expect(unusedClasses(messages, STEP)).toEqual([]);
  });
  test('a message of every class', { timeout: 600_000 }, () => {
    for (const [label] of STEP) {
      const message = messages.findLast((own) => label.test(own.label))!;
      const last = (message.end - message.start) / sizeOf(message) - 1;
      for (const item of new Set([0, last])) {
        const verdict = verifyProgram(statement, bumped(file.proof, message, item));
        const code = verdict.ok ? 'accepted' : verdict.code;
        refusedAs(`${message.label}, ${item}`, code, expectedCodes(message, item, statement, STEP));
      }
    }
  });
  test('the context is all that a step file says beside the proof', () => {
    const all = [
      { ...file, step: 2 },
      { ...file, run: new Uint8Array(32) },
      { ...file, input: keyDigest(new Uint8Array(1)) },
      { ...file, output: named.run.start as GroupKey },
    ];
    const digests = [file, ...all].map((own) => Buffer.from(runStepContext(own)).toString('hex'));
    expect(new Set(digests).size).toBe(5);
  });
});

test('nothing was otherwise', () => {
  tally({ property: 'SND-1 fields and messages of runs of graphs', ...counted });
  expect(counted.cases).toBeGreaterThan(200);
});
