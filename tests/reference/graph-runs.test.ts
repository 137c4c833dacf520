/**
 * DIF-10: runs of training graphs. Both verifiers, each with its own decoder, order of sequences and program, accept an honest run, each of its first
 * steps and an answer by what it wrote, and give one code for changed runs, steps, lists of steps and answers.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { batchOf } from '../../reference/graph-run.ts';
import { decodeGraphRun as twinRun, decodeStep as twinStep } from '../../reference/graph-run-file.ts';
import { verdictOf as twinVerdict } from '../../reference/refusal.ts';
import { keyDigest } from '../../src/pcs/key.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { batchesOf } from '../../src/training/graph-run/order.ts';
import { decodeGraphRun, graphRunDigest } from '../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep } from '../../src/training/graph-run/step-file.ts';
import { readGraphRun } from '../../src/training/graph-run/verify.ts';
import { dice, type Dice } from '../support/graphs.ts';
import { bothRunAnswerWords, bothRunWords, RUN_SEED, type RunCase } from '../support/graph-runs.ts';
import { fieldsOfGraphRun, fieldsOfGraphStep, posedStep } from '../support/graph-run-fields.ts';
import { cases, tally } from '../support/long.ts';
import { changedField, type Field } from '../support/training-fields.ts';
import { wordOf } from '../support/twin.ts';

const MUTANTS = cases(48, 1200);
const BOTH = ['accepted', 'accepted'];
const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const run = bytesOf('tuning.run');
const steps = ['tuning-0.step', 'tuning-1.step'].map(bytesOf) as [Uint8Array, Uint8Array];
const file = bytesOf('tuning.zkp');
const [first, second] = steps;

/** The key of what a step wrote, as it stands in its file. */
function writtenBy(step: Uint8Array): Uint8Array {
  const own = fieldsOfGraphStep(step).filter(({ name }) => name.startsWith('output/'));
  return step.subarray(own[0]!.end, own.at(-1)!.end);
}

describe('both accept', { timeout: 300_000 }, () => {
  test('every prefix of the steps, and what a caller expects', () => {
    for (let n = 0; n <= 2; n++) expect(bothRunWords({ run, steps: steps.slice(0, n) })).toEqual(BOTH);
    const agreed = { run: graphRunDigest(run), seed: RUN_SEED, steps: 3 };
    expect(bothRunWords({ run, steps }, agreed)).toEqual(BOTH);
    const other = new Uint8Array(32);
    for (const [expected, code] of [
      [{ run: other }, 'RUN'],
      [{ corpus: other }, 'CORPUS'],
      [{ seed: other }, 'SEED'],
      [{ steps: 4 }, 'STEPS'],
    ] as const) {
      expect(bothRunWords({ run, steps }, expected)).toEqual([code, code]);
    }
  });
  test('an answer by what the second file wrote, with all files and with the one', () => {
    expect(bothRunAnswerWords(run, { steps }, file, { prompts: [[1, 2]] })).toEqual(BOTH);
    const weights = keyDigest(writtenBy(second));
    expect(bothRunAnswerWords(run, { step: second, weights }, file)).toEqual(BOTH);
    const refused = [
      [{ steps: [first] }, 'WEIGHTS'],
      [{ steps: [] }, 'WEIGHTS'],
      [{ steps: [second] }, 'STEP'],
      [{ step: first, weights }, 'WEIGHTS'],
      [{ step: first, weights: keyDigest(writtenBy(first)) }, 'WEIGHTS'],
      [{ step: first.map((byte, i) => (i === 12 ? byte ^ 1 : byte)), weights }, 'RUN'],
      [{ step: second.map((byte, i) => (i === 44 ? 9 : byte)), weights }, 'STEP'],
      [{ step: second.map((byte, i) => (i === 48 ? 4 : byte)), weights }, 'STEP'],
      [{ step: second.map((byte, i) => (i === 48 ? 0 : byte)), weights }, 'STEP'],
      [{ step: second.slice(0, -1), weights }, 'LENGTH'],
    ] as const;
    for (const [custody, code] of refused) {
      expect(bothRunAnswerWords(run, custody, file)).toEqual([code, code]);
    }
    expect(bothRunAnswerWords(run, { steps }, file, { prompts: [[1, 3]] })).toEqual(['PROMPT', 'PROMPT']);
    expect(bothRunAnswerWords(run, { steps }, file.slice(0, -1))).toEqual(['LENGTH', 'LENGTH']);
  });
});

test('one order of sequences, for corpora and batches of many sizes', () => {
  for (let seed = 0; seed < 60; seed++) {
    const d = dice(seed);
    const length = d.int(1, 9);
    const tokens = d.int(length + 1, 400);
    const batch = d.int(1, Math.floor((tokens - 1) / length));
    const order = Uint8Array.from({ length: 32 }, () => d.int(0, 255));
    const sizes = { tokens, length, batch };
    const ours = batchesOf({ ...sizes, steps: 1 }, order);
    for (const step of [0, 1, 2, 7, d.int(0, 1000)]) {
      expect([sizes, step, batchOf({ ...sizes, order }, step)]).toEqual([sizes, step, ours(step)]);
      expect(Math.max(...ours(step).at)).toBeLessThan(tokens - 1);
    }
  }
});

test('schedules at their bounds: one code of both decoders', () => {
  const fields = new Map(fieldsOfGraphRun(run).map((field) => [field.name, field]));
  const { graph } = decodeGraphRun(run);
  const rows = Math.floor(2 ** 18 / graph.nodes.length / 4);
  const seen = new Map<string, number>();
  for (const [tokens, length, batch, number] of [
    ...[0, 1, 2, 3, 4, 20].flatMap((n) => [1, 2, 3].map((t) => [n, t, 1, 4])),
    ...[0, 1, 4, 5].map((t) => [20, t, 1, 4]),
    ...[0, 1, 6, 7].map((b) => [20, 3, b, 4]),
    ...[0, 1, 2, 3, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1].map((n) => [20, 3, 2, n]),
    ...[2 ** 20 + 1, 2 ** 20 + 2, 2 ** 32 - 1].map((n) => [n, 1, 1, 4]),
    ...[rows, rows + 1, 2 ** 20].map((b) => [2 ** 22 + 1, 4, b, 4]),
  ] as [number, number, number, number][]) {
    const changed = run.slice();
    const view = new DataView(changed.buffer);
    Object.entries({ tokens, length, batch, steps: number }).forEach(([name, x]) => view.setUint32(fields.get(name)!.start, x, true)); // prettier-ignore
    const ours = wordOf(() => verdictOf(() => void decodeGraphRun(changed)));
    const twin = wordOf(() => twinVerdict(() => void twinRun(changed)));
    expect([tokens, length, batch, number, twin]).toEqual([tokens, length, batch, number, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  expect([...seen.keys()].sort()).toEqual(['KEY_LAYOUT', 'PLAN', 'accepted']);
});

test(
  'a run from its seed: every prefix, and one code for each changed number of its start',
  { timeout: 300_000 },
  () => {
    const [drawn, own] = [bytesOf('tuning-drawn.run'), bytesOf('tuning-drawn-0.step')];
    for (const all of [[], [own]]) expect(bothRunWords({ run: drawn, steps: all })).toEqual(BOTH);
    const fields = fieldsOfGraphRun(drawn).filter(({ name }) => /^(start|seed)/.test(name));
    expect(fields.length).toBeGreaterThan(5);
    const seen = new Set<string>();
    fields.forEach((field, i) => {
      for (let way = 0; way < 6; way++) {
        const changed = changedField(drawn, field, way);
        if (Buffer.from(changed).equals(drawn)) continue;
        const [ours, twin] = bothRunWords({ run: changed, steps: [own] });
        expect([field.name, way, twin]).toEqual([field.name, way, ours]);
        seen.add(ours);
        if (way !== i % 6) continue;
        const { run: name, ...posed } = decodeGraphStep(posedStep(changed, own));
        const step = encodeGraphStep({ ...posed, run: name, input: name });
        const words = bothRunWords({ run: changed, steps: [step] });
        expect([field.name, way, words[1], words[0] === 'accepted']).toEqual([
          field.name,
          way,
          words[0],
          false,
        ]);
      }
    });
    for (const code of ['PLAN', 'RUN', 'STATEMENT']) expect([...seen]).toContain(code);
  },
);

interface Mutant extends RunCase {
  readonly name: string;
}

function mutantOf(seed: number, d: Dice): Mutant {
  const which = d.int(0, 1);
  const own = steps[which]!;
  const as = (name: string, by: readonly Uint8Array[]): Mutant => ({
    name,
    run,
    steps: steps.flatMap((step, i) => (i === which ? by : [step])),
  });
  const heads = fieldsOfGraphStep(own).filter(({ name }) => name !== 'proof');
  const field = d.pick(fieldsOfGraphRun(run));
  const changed = changedField(run, field, d.int(0, 5));
  const short = (bytes: Uint8Array): Uint8Array =>
    d.int(0, 3) === 0 ? Uint8Array.from([...bytes, 0]) : bytes.slice(0, d.int(0, bytes.length - 1));
  switch (seed % 8) {
    case 0:
      return { name: `run: ${field.name}`, run: changed, steps };
    case 1:
    case 2: {
      // What stands before the keys: plan and sizes.
      const numbers = fieldsOfGraphRun(run).filter(({ name }) => !/^(corpus|start|magic|version)/.test(name));
      const number = d.pick(numbers);
      const other = changedField(run, number, d.int(0, 5));
      return {
        name: `run: ${number.name}, posed`,
        run: other,
        steps: steps.map((step) => posedStep(other, step)),
      };
    }
    case 3:
    case 4: {
      const head = d.pick(heads);
      return as(`step ${which}: ${head.name}`, [changedField(own, head, d.int(0, 5))]);
    }
    case 5:
      return d.int(0, 1) === 0 ? as('length', [short(own)]) : { name: 'run: length', run: short(run), steps };
    case 6:
      return d.pick<() => Mutant>([
        () => as('left out', []),
        () => as('twice', [own, own]),
        () => ({ name: 'reversed', run, steps: [second, first] }),
        () => as('a step posed as another', [changedField(own, heads.find(({ name }) => name === 'step') as Field, d.int(0, 5))]), // prettier-ignore
      ])();
    default: {
      const { proof: bytes, ...file } = decodeGraphStep(own);
      const at = d.int(0, bytes.length - 1);
      const told = (name: string, other: Uint8Array): Mutant =>
        as(`step ${which}: proof, ${name}`, [encodeGraphStep({ ...file, proof: other })]);
      const flipped = (byte: number, bit: number): Uint8Array =>
        bytes.map((x, i) => (i === byte ? x ^ (1 << bit) : x));
      // Most bytes of a proof are of opened rows: changes that are refused elsewhere have turns of their own.
      const ways = [
        () => told(`byte ${at}`, flipped(at, d.int(0, 7))),
        () => told(`top of the number at ${at}`, flipped(at | 3, 7)),
        () => told('another length', short(bytes)),
      ] as const;
      return ways[Math.floor(seed / 8) % 3]!();
    }
  }
}

test(`${MUTANTS} changed runs and steps: one code`, { timeout: 300_000 + 6000 * MUTANTS }, () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < MUTANTS; seed++) {
    const mutant = mutantOf(seed, dice(seed));
    const [ours, twin] = bothRunWords(mutant);
    expect([seed, mutant.name, twin]).toEqual([seed, mutant.name, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
    // A number that is set to what it is changes nothing.
    const same = mutant.steps.length === steps.length && [mutant.run, ...mutant.steps].every((bytes, i) => Buffer.from(bytes).equals([run, ...steps][i]!)); // prettier-ignore
    if (ours === 'accepted' && !same) expect([seed, mutant.name]).toEqual([seed, 'left out']);
  }
  const refused = MUTANTS - (seen.get('accepted') ?? 0);
  tally({
    property: 'verdicts of the twin on changed runs of graphs',
    cases: MUTANTS,
    refused,
    surprises: 0,
  });
  expect(seen.size).toBeGreaterThan(10);
});

test('every field of a run and of a step: one code of both decoders', { timeout: 300_000 }, () => {
  const words = (bytes: Uint8Array, ours: (b: Uint8Array) => unknown, twin: (b: Uint8Array) => unknown) => [
    wordOf(() => verdictOf(() => void ours(bytes))),
    wordOf(() => twinVerdict(() => void twin(bytes))),
  ];
  const seen = new Set<string>();
  const same = (name: string, [ours, twin]: string[]): void => {
    expect([name, twin]).toEqual([name, ours]);
    seen.add(ours!);
  };
  for (const field of fieldsOfGraphRun(run)) {
    for (let way = 0; way < cases(3, 6); way++) {
      same(field.name, words(changedField(run, field, way), readGraphRun, twinRun));
    }
  }
  for (const field of fieldsOfGraphStep(first)) {
    for (let way = 0; way < cases(3, 6); way++) {
      same(field.name, words(changedField(first, field, way), decodeGraphStep, twinStep));
    }
  }
  expect(words(run, decodeGraphRun, twinRun)).toEqual(BOTH);
  expect(seen.size).toBeGreaterThan(10);
});
