/**
 * SND-1 for predictions, over those that tests/vectors keeps: every field of a file, as it is and with its weights known; every class of
 * message of its proof. A field or message without an entry fails.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeKey, keyDigest } from '../../src/pcs/key.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { decodePrediction } from '../../src/training/prediction-file.ts';
import { predictionStatement, verifyPrediction } from '../../src/training/verify-prediction.ts';
import { readRun } from '../../src/training/point.ts';
import { cases, LONG, tally } from '../support/long.ts';
import { BOUND, bumped, changesOf, leavesOf, messagesOf } from '../support/soundness/file-tamper.ts';
import { expectedCodes, unusedClasses } from '../support/soundness/manifest.ts';
import { sizeOf } from '../support/soundness/mutations.ts';
import { PREDICTION, PREDICTION_FIELDS } from '../support/soundness/prediction-manifest.ts';
import { expectedOf, unusedEntries } from '../support/soundness/training-manifest.ts';
import { fieldsOfPrediction } from '../support/training-fields.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const run = bytesOf('prediction.run');
const files = ['prediction.prd', 'prediction-hidden.prd'].map(bytesOf) as [Uint8Array, Uint8Array];
const weights = keyDigest(encodeKey(decodePrediction(files[0]).weights));

/** Ways in which a field is changed. */
const WAYS = cases(2, 6);
const counted = { cases: 0, refused: 0, surprises: 0 };
function refusedAs(name: string, code: string, codes: readonly string[]): void {
  counted.cases++;
  if (codes.includes(code)) counted.refused++;
  else counted.surprises++;
  expect([name, code, codes.includes(code)]).toEqual([name, code, true]);
}

const codeOf = (prediction: Uint8Array, digest: Uint8Array): string => {
  const verdict = verifyPrediction(run, { weights: digest }, prediction);
  return verdict.ok ? 'accepted' : verdict.code;
};

/** The digest of what stands in a file where the key of the weights does. */
function keyIn(file: Uint8Array): Uint8Array {
  const own = fieldsOfPrediction(files[0]).filter(({ name }) => /^weights\/(?!length)/.test(name));
  return keyDigest(file.slice(own[0]!.start, own.at(-1)!.end));
}

test('the map of fields is the file: as many leaves as the decoder gives, no line of the table for nothing', () => {
  const structure = /(^|\/)(magic|version|length|field|logCap|levels|kind)$/;
  for (const file of files) {
    const names = fieldsOfPrediction(file).map(({ name }) => name);
    // A profile's name is not in the file; an empty context is no field.
    const empty = decodePrediction(file).context.length === 0;
    const leaves = leavesOf(decodePrediction(file)).filter((leaf) => !/profile\/name$/.test(leaf) && !(empty && leaf === 'context')); // prettier-ignore
    expect(names.filter((name) => !structure.test(name)).sort()).toEqual(leaves.sort());
  }
  const names = fieldsOfPrediction(files[0]).map(({ name }) => name);
  expect(unusedEntries(names, PREDICTION_FIELDS)).toEqual([]);
});

test('SND-1: every field', { timeout: 600_000 }, () => {
  expect(files.map((file) => codeOf(file, weights))).toEqual(['accepted', 'accepted']);
  for (const [f, file] of files.entries()) {
    for (const field of fieldsOfPrediction(file)) {
      const { codes, bound } = expectedOf(field.name, PREDICTION_FIELDS);
      const ways = f === 0 ? WAYS : WAYS - 1;
      for (const [way, changed] of changesOf(file, field, ways)) {
        const ofKey = field.name.startsWith('weights/') && bound;
        const code = codeOf(changed, weights);
        refusedAs(`${f}: ${field.name}, ${way}`, code, ofKey ? [...codes, 'WEIGHTS'] : bound ? [...codes, ...BOUND] : [...codes, 'WEIGHTS']); // prettier-ignore
        if (!field.name.startsWith('weights/')) continue;
        const posed = codeOf(changed, keyIn(changed));
        refusedAs(`${f}: ${field.name}, ${way}, known`, posed, bound ? [...codes, ...BOUND] : codes);
      }
    }
  }
});

describe('SND-1: messages', () => {
  const [file] = files.map(decodePrediction) as [ReturnType<typeof decodePrediction>];
  const statement = predictionStatement(readRun(run), file);
  const messages = messagesOf(statement, file.proof);
  test('the log covers the proof, every class is met', () => {
    expect(messages.at(-1)!.end).toBe(file.proof.length);
    expect(unusedClasses(messages, PREDICTION)).toEqual([]);
  });
  test(
    'first message of every label, first value; in a long run the last ones as well',
    { timeout: 600_000 },
    () => {
      for (const label of new Set(messages.map((message) => message.label))) {
        const own = messages.filter((message) => message.label === label);
        for (const message of LONG ? [own[0]!, own.at(-1)!] : [own[0]!]) {
          const last = (message.end - message.start) / sizeOf(message) - 1;
          for (const item of new Set(LONG ? [0, last] : [0])) {
            const verdict = verifyProgram(statement, bumped(file.proof, message, item));
            const code = verdict.ok ? 'accepted' : verdict.code;
            refusedAs(`${label}, ${item}`, code, expectedCodes(message, item, statement, PREDICTION));
          }
        }
      }
    },
  );
});

test('nothing was otherwise', () => {
  tally({ property: 'SND-1 fields and messages of predictions', ...counted });
  expect(counted.cases).toBeGreaterThan(200);
});
