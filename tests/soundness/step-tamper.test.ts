/**
 * SND-1 for steps of graphs, over the four that tests/vectors keeps: every field of the keys and parameters that an owner hands on, every
 * number of what a verifier knows (graph, plan, batch), every class of message of the proofs. A field or message without an entry fails.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { parseGraph } from '../../src/graph/index.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { decodeParameters } from '../../src/params/encoding.ts';
import { decodeKey } from '../../src/pcs/key.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import type { PublicBatch } from '../../src/training/backward/batch.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { stepStatement } from '../../src/training/backward/verify.ts';
import { cases, LONG, tally } from '../support/long.ts';
import { BOUND, bumped, changesOf, leavesOf, messagesOf } from '../support/soundness/file-tamper.ts';
import { expectedCodes, unusedClasses } from '../support/soundness/manifest.ts';
import { sizeOf } from '../support/soundness/mutations.ts';
import { STEP, STEP_FIELDS } from '../support/soundness/prediction-manifest.ts';
import { expectedOf, unusedEntries } from '../support/soundness/training-manifest.ts';
import { fieldsOfKey, fieldsOfParameters } from '../support/training-fields.ts';
import { keptAnswer } from '../support/twin-graph-answers.ts';
import { ourStepWord, stepCaseOf, type StepsCase } from '../support/twin-steps.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const chain = stepCaseOf(Buffer.from(bytesOf('steps.json')).toString('utf8'), ['step-0.proof', 'step-1.proof'].map(bytesOf)); // prettier-ignore
/** One step by itself: on public tokens, or of a corpus. */
const alone = ([0, 1] as const).map((i): StepsCase => {
  const first = i === 0 ? chain.first : chain.steps[0]!.after;
  return { ...chain, first, written: i === 1, batches: [chain.batches[i]!], steps: [chain.steps[i]!] };
}) as [StepsCase, StepsCase];

/** A third, with rotary positions, momentum and gradients that are cut off; a fourth, with biases. */
const others: readonly StepsCase[] = [keptAnswer(bytesOf), keptAnswer(bytesOf, 'biased')];

const counted = { cases: 0, refused: 0, surprises: 0 };
function refusedAs(name: string, code: string, codes: readonly string[]): void {
  counted.cases++;
  if (codes.includes(code)) counted.refused++;
  else counted.surprises++;
  expect([name, code, codes.includes(code)]).toEqual([name, code, true]);
}
const seen: string[] = [];

/** Changes of a field: where a proof is looked at, that takes long, and there are fewer in a short run. */
function check(name: string, changed: readonly StepsCase[]): void {
  seen.push(name);
  const { codes, bound } = expectedOf(name, STEP_FIELDS);
  changed.slice(0, cases(bound ? 1 : 3, 9)).forEach((own, way) => {
    refusedAs(`${name}, ${way}`, ourStepWord(own), bound ? [...codes, ...BOUND] : codes);
  });
}

test('SND-1: every field of keys and parameters, bytes of the proof', { timeout: 600_000 }, () => {
  const [step, hidden] = alone;
  const [own] = step.steps;
  const parts = [
    ['first', step.first, (first: Uint8Array) => ({ ...step, first })],
    ['after', own!.after, (after: Uint8Array) => ({ ...step, steps: [{ ...own!, after }] })],
    ['corpus', hidden.corpus!, (corpus: Uint8Array) => ({ ...hidden, corpus })],
  ] as const;
  for (const [part, bytes, of] of parts) {
    for (const field of fieldsOfKey(bytes)) {
      check(field.name.replace('key/', `${part}/`), changesOf(bytes, field, 6).map(([, changed]) => of(changed))); // prettier-ignore
    }
  }
  const { parameters, proof } = own!;
  for (const field of fieldsOfParameters(parameters)) {
    const changed = changesOf(parameters, field, 6);
    check(field.name, changed.map(([, set]) => ({ ...step, steps: [{ ...own!, parameters: set }] }))); // prettier-ignore
  }
  const lengths = [proof.slice(0, -1), Uint8Array.from([...proof, 0]), proof.slice(0, 40)];
  const places = [0, 500, proof.length >> 1, proof.length - 1];
  const bits = places.map((at) => proof.map((x, i) => (i === at ? x ^ 1 : x)));
  for (const changed of [...lengths, ...bits])
    check('proof', [{ ...step, steps: [{ ...own!, proof: changed }] }]);
});

test('SND-1: every number of a graph, a plan and a batch', { timeout: 600_000 }, () => {
  for (const [i, of] of [...alone, ...others].entries()) {
    const graph = JSON.parse(of.graph) as unknown;
    const plan = { ...of.plan, norms: undefined }; // of norms there are none, and the plan has no other place for it
    const [batch] = of.batches;
    const numbers = (value: unknown): string[] =>
      leavesOf(value).filter((path) => typeof at(value, path) === 'number');
    const changed = (value: unknown, path: string): unknown[] =>
      [1, -1, 2 ** 20].map((by) => put(value, path, (at(value, path) as number) + by));
    for (const path of numbers(batch)) {
      // Nothing in the first graph looks from one row to another: where sequences begin among them may be the same program, and the same claim.
      const others = changed(batch, path).filter((own) => !path.startsWith('starts/') || programOf(of, own) !== programOf(of, batch)); // prettier-ignore
      check(`batch/${path}`, others.map((own) => ({ ...of, batches: [own as PublicBatch] }))); // prettier-ignore
    }
    if (i === 1) continue; // the same graph and plan as the first
    for (const path of numbers(plan)) check(`plan/${path}`, changed(of.plan, path).map((own) => ({ ...of, plan: own as StepsCase['plan'] }))); // prettier-ignore
    for (const path of numbers(graph)) check(`graph/${path}`, changed(graph, path).map((own) => ({ ...of, graph: JSON.stringify(own) }))); // prettier-ignore
  }
  expect(unusedEntries(seen, STEP_FIELDS)).toEqual([]);
});

/** What the program of a step is, or why there is none. */
function programOf({ graph, plan }: StepsCase, batch: unknown): string {
  try {
    return Buffer.from(programDigest(koalaBear, graphStepProgram(parseGraph(graph), plan, batch as PublicBatch))).toString('hex'); // prettier-ignore
  } catch (error) {
    return String(error);
  }
}

/** What stands at a path, and a copy with something else there. */
function at(value: unknown, path: string): unknown {
  return path.split('/').reduce((of, name) => (of as Record<string, unknown>)[name], value);
}
function put(value: unknown, path: string, x: number): unknown {
  const copy = structuredClone(value);
  const names = path.split('/');
  const last = names.pop() as string;
  const of = names.reduce((own, name) => (own as Record<string, unknown>)[name], copy);
  (of as Record<string, unknown>)[last] = x;
  return copy;
}

describe.each([0, 1, 2, 3])('SND-1: messages of step %i', (i) => {
  const { graph, plan, first, written = false, corpus, batches, steps } = [...alone, ...others][i]!;
  const [step] = steps;
  const training = {
    graph: parseGraph(graph),
    plan,
    ...(corpus !== undefined && { corpus: decodeKey(corpus) }),
  };
  const parts = { after: decodeKey(step!.after), parameters: decodeParameters(step!.parameters) };
  const statement = stepStatement(training, [batches[0]!], { key: decodeKey(first), written }, parts);
  const messages = messagesOf(statement, step!.proof);
  test('the log covers the proof, every class is met', () => {
    expect(messages.at(-1)!.end).toBe(step!.proof.length);
    expect(unusedClasses(messages, STEP)).toEqual([]);
  });
  test(
    'a message of every class, in a long run of every label; first value, and last',
    { timeout: 600_000 },
    () => {
      const classes = STEP.map(([label]) =>
        messages.filter((own) => label.test(own.label)).at(i === 1 ? 0 : -1)!,
      );
      const labels = [...new Set(messages.map(({ label }) => label))];
      const all = labels.flatMap((label) => [messages.find((own) => own.label === label)!, messages.findLast((own) => own.label === label)!]); // prettier-ignore
      for (const message of LONG ? all : classes) {
        const last = (message.end - message.start) / sizeOf(message) - 1;
        for (const item of new Set(LONG ? [0, last] : [0])) {
          const verdict = verifyProgram(statement, bumped(step!.proof, message, item));
          const code = verdict.ok ? 'accepted' : verdict.code;
          refusedAs(`${message.label}, ${item}`, code, expectedCodes(message, item, statement, STEP));
        }
      }
    },
  );
});

test('nothing was otherwise', () => {
  tally({ property: 'SND-1 fields and messages of steps of graphs', ...counted });
  expect(counted.cases).toBeGreaterThan(200);
});
