/** Several steps of a graph in one proof: what one writes the next one reads; chains verify however steps are cut into proofs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { kernelProduct } from '../../src/graph/execute-witness.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../src/pcs/key.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness, findViolation } from '../../src/relation/check-witness.ts';
import type { Program } from '../../src/relation/program.ts';
import { budgetStatus } from '../../src/store/index.ts';
import { tokensOf, type CorpusBatch } from '../../src/training/backward/batch.ts';
import { graphStepProgram, graphStepsProgram } from '../../src/training/backward/program.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { stepsWitness } from '../../src/training/backward/witness.ts';
import { proveGraphSteps } from '../../src/training/backward/prove.ts';
import {
  graphPointFrom,
  proveRunStep,
  type GraphRunOwner,
  type OwnedGraphPoint,
  type ProvenRunStep,
} from '../../src/training/graph-run/prove.ts';
import {
  decodeGraphRun,
  encodeGraphRun,
  graphRateAt,
  mostStacked,
} from '../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep, runStepContext } from '../../src/training/graph-run/step-file.ts';
import { batchesAt, readGraphRun, trainingOf, verifyGraphRun } from '../../src/training/graph-run/verify.ts';
import { bothRunWords, fullTrained, graphRunner, runWord, RUN_SCHEDULE, RUN_TOKENS, type GraphRunner } from '../support/graph-runs.ts'; // prettier-ignore
import { proofError } from '../support/refusal.ts';

let kernels: Kernels;
let runner: GraphRunner;
let owner: GraphRunOwner;
let made = 0;
const trained = fullTrained();

const next = (point: OwnedGraphPoint, count: number, of = owner): ProvenRunStep => {
  const path = `${runner.corpus.group.path}-stacked-${made++}`;
  const proven = proveRunStep(kernels, runner.home, of, point, path, { count, answers: 4 });
  opened.push(proven.point);
  return proven;
};
const opened: OwnedGraphPoint[] = [];
let start: OwnedGraphPoint;
/** One step, then three. */
let one: ProvenRunStep;
let three: ProvenRunStep;

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  runner = graphRunner(kernels, trained);
  owner = runner.announce();
  start = { step: 0, weights: runner.start };
  one = next(start, 1);
  three = next(one.point, 3);
}, 300_000);
afterAll(async () => {
  for (const { weights } of opened) weights.group.close();
  runner.close();
  await kernels.close();
});

const refused = (files: readonly Uint8Array[], run = owner.bytes): string => runWord(run, files);

describe('the program of several steps', () => {
  const { graph, plan, state } = trained;
  /** Programs of steps behind one another, and what honest ones commit. */
  function stacked(
    count: number,
    written = false,
  ): { program: Program; witness: Map<string, ArrayLike<number>> } {
    const batches = batchesAt(owner.named, 0, count);
    let last = state;
    const runs = batches.map((batch) => {
      const tokens = tokensOf(RUN_TOKENS, batch);
      const run = graphStep(graph, plan, last, tokens, { product: kernelProduct(kernels), hidden: true });
      last = run.next;
      return run;
    });
    const { tensors, statics } = stepsWitness(graph, plan, batches, state, runs);
    const witness = new Map<string, ArrayLike<number>>([...tensors, ...statics, ['data/tokens', RUN_TOKENS]]);
    return { program: graphStepsProgram(graph, plan, batches, written), witness };
  }

  test.each([1, 2, 3])('%i honest steps satisfy it', (count) => {
    for (const written of [false, true]) {
      const { program, witness } = stacked(count, written);
      checkProgram(koalaBear, program);
      checkWitness(koalaBear, program, witness);
    }
  });
  test('of one step it is that step', () => {
    const [batch] = batchesAt(owner.named, 0, 1) as [CorpusBatch];
    expect(stacked(1).program).toEqual(graphStepProgram(graph, plan, batch));
    expect(() => graphStepsProgram(graph, plan, [])).toThrow(RangeError);
  });
  test('every step has the relations of its own program, and tables are there once', () => {
    const { program } = stacked(3);
    const names = batchesAt(owner.named, 0, 3).flatMap((batch, i) =>
      graphStepProgram(graph, plan, batch, i > 0).relations.map(({ name }) => `${i}/${name}`),
    );
    expect(program.relations.map(({ name }) => name)).toEqual(names);
    expect(new Set(program.tables.map(({ name }) => name)).size).toBe(program.tables.length);
    const groups = program.tensors.flatMap((own) =>
      own.kind === 'static' ? [`${own.group ?? 0} ${own.name}`] : [],
    );
    expect(groups.filter((name) => name.startsWith('2 '))).toEqual(['2 data/tokens']);
    expect(groups.filter((name) => !/^(0 0\/(?!next\/)|1 2\/next\/|2 data)/.test(name))).toEqual([]);
  });

  /** All cells of one kind of tensors between steps, changed in one: the relation that says so, if any. */
  function caught(name: string, at: number, by: number): string | undefined {
    const { program, witness } = stacked(3);
    const cells = Array.from(witness.get(name)!);
    cells[at] = cells[at]! + by;
    return findViolation(koalaBear, program, new Map([...witness, [name, cells]]))?.relation;
  }
  test.each(['0/next/rest/H', '1/next/rest/H', '0/next/weight/E', '1/next/low/H', '0/next/high/E'])(
    '%s is what the step before wrote, and no other',
    (name) => {
      expect(stacked(3).program.tensors.find((own) => own.name === name)?.kind).toBe('witness');
      expect(caught(name, 1, 1)).toMatch(/^[0-2]\//);
    },
  );
  test('weights between steps that are the same, written otherwise', () => {
    const { program, witness } = stacked(2);
    const [weight, rest] = ['0/next/weight/H', '0/next/rest/H'].map((name) => Array.from(witness.get(name)!)) as [number[], number[]]; // prettier-ignore
    weight[2]!++;
    rest[2]! -= 2 ** plan.low;
    const other = new Map([...witness, ['0/next/weight/H', weight], ['0/next/rest/H', rest]] as const);
    const violations = new Set<string>();
    let own: Program = program;
    for (
      let found = findViolation(koalaBear, own, other);
      found;
      found = findViolation(koalaBear, own, other)
    ) {
      violations.add(found.relation);
      own = { ...own, relations: own.relations.filter(({ name }) => name !== found!.relation) };
    }
    expect([...violations]).toContain('0/next/rest/H/range');
  });
});

describe('honest chains', () => {
  test('one step and three of them verify, and both verifiers say so', () => {
    expect(verifyGraphRun(owner.bytes, [one.bytes, three.bytes], { steps: 4 })).toMatchObject({
      ok: true,
      complete: true,
    });
    expect(bothRunWords({ run: owner.bytes, steps: [one.bytes, three.bytes] })).toEqual([
      'accepted',
      'accepted',
    ]);
  });
  test('they come to the weights to which single steps come', () => {
    const { point } = runner.prove(owner, 4);
    expect(three.point.weights.state).toEqual(point.weights.state);
    expect(three.point.step).toBe(4);
  });
  test('a proof of three steps costs one opening of the corpus, and one commitment', () => {
    const { queries } = runner.corpus.group.key.parameters.code;
    expect(budgetStatus(runner.home, one.point.weights.group).used).toBe(2 * queries);
    expect(budgetStatus(runner.home, three.point.weights.group).used).toBe(queries);
  });
  test('answers by what they wrote', () => {
    const answer = runner.answer(owner, three.point);
    expect(answer.length).toBeGreaterThan(1000);
    expect(graphPointFrom(owner.named, 4, three.point.weights.group).weights.state).toEqual(
      three.point.weights.state,
    );
  });
});

describe('a rate that changes', () => {
  const schedule = { ...RUN_SCHEDULE, rates: [{ from: 1, rate: 1 }, { from: 3, rate: 2 }] }; // prettier-ignore
  test('every step moves weights at its own, within a proof too', () => {
    const changing = runner.announce(schedule);
    expect([0, 1, 2, 3].map((step) => graphRateAt(changing.named.run, step))).toEqual([3, 1, 1, 2]);
    const { bytes, point } = next(start, 4, changing);
    expect(verifyGraphRun(changing.bytes, [bytes], { steps: 4 })).toMatchObject({ ok: true, complete: true });
    expect(bothRunWords({ run: changing.bytes, steps: [bytes] })).toEqual(['accepted', 'accepted']);
    const { graph, plan } = trained;
    let state = trained.state;
    batchesAt(changing.named, 0, 4).forEach((batch, i) => {
      const tokens = tokensOf(RUN_TOKENS, { ...batch, rate: [3, 1, 1, 2][i]! });
      state = graphStep(graph, plan, state, tokens, { hidden: true }).next;
    });
    expect(point.weights.state).toEqual(state);
  });
  test('a step at the rate of another one is refused', () => {
    const [at1, at2] = [RUN_SCHEDULE, { ...RUN_SCHEDULE, rates: [{ from: 1, rate: 1 }] }].map((own) => runner.announce(own)); // prettier-ignore
    const batches = (of: GraphRunOwner): CorpusBatch[] => batchesAt(of.named, 0, 2);
    // The rows of the one at the rates of the other.
    const rows = batches(at2!).map(({ at, starts, corpus }) => ({ at, starts, corpus }));
    const place = {
      run: at2!.named.digest,
      step: 0,
      count: 2,
      input: keyDigest(runner.start.group.keyBytes),
    };
    const lied = (own: readonly CorpusBatch[]): string => {
      const path = `${runner.corpus.group.path}-rate-${made++}`;
      const proven = proveGraphSteps(kernels, runner.home, trainingOf(at1!.named), runner.start, own, path, {
        corpus: runner.corpus,
        context: ([, output]: readonly GroupKey[]) => runStepContext({ ...place, output: output! }),
      });
      proven.next.group.close();
      const { after: output, parameters, proof } = proven.step;
      return refused([encodeGraphStep({ ...place, output, parameters, proof })], at2!.bytes);
    };
    expect(lied(batches(at2!))).toBe('ok');
    expect(lied(rows)).toMatch(/^[A-Z_]+ step 0: (?!step file)/);
  });
  test('numbers that a run does not have', () => {
    const said = (rates: readonly { from: number; rate: number }[]): string => {
      const { code, detail } = proofError(() => runner.announce({ ...RUN_SCHEDULE, rates }));
      return `${code} ${detail}`;
    };
    expect(said([{ from: 0, rate: 2 }])).toBe('PLAN rates[0].from: expected an integer in [1, 3], got 0');
    expect(said([{ from: 4, rate: 2 }])).toBe('PLAN rates[0].from: expected an integer in [1, 3], got 4');
    expect(said([{ from: 2, rate: 2 }, { from: 2, rate: 3 }])).toMatch(/^PLAN rates\[1\]\.from/); // prettier-ignore
    expect(said([{ from: 2, rate: 0 }])).toMatch(/^PLAN rate/);
    expect(said([{ from: 2, rate: 1025 }])).toMatch(/^PLAN rate/);
    const many = Array.from({ length: 4097 }, (_, i) => ({ from: i + 1, rate: 1 }));
    expect(said(many)).toBe('PLAN rates: expected at most 4096, got 4097');
  });
});

describe('refused', () => {
  const changed = (bytes: Uint8Array, over: object): Uint8Array =>
    encodeGraphStep({ ...decodeGraphStep(bytes), ...over });
  test('another number of steps, a skipped and a repeated file', () => {
    expect(refused([one.bytes, changed(three.bytes, { count: 2 })])).toMatch(
      /^[A-Z_]+ step 1: (?!step file)/,
    );
    expect(refused([one.bytes, changed(three.bytes, { count: 4 })])).toBe('STEP step 1: step file');
    expect(refused([changed(one.bytes, { count: 0 })])).toBe('STEP step 0: step file');
    expect(refused([changed(one.bytes, { count: 2 ** 32 - 1 })])).toBe('STEP step 0: step file');
    expect(refused([three.bytes])).toBe('STEP step 0: step file');
    expect(refused([one.bytes, three.bytes, three.bytes])).toBe('STEP step 2: step file');
  });
  test('more steps than a pass has rows for: before a program is made', () => {
    const { run } = owner.named;
    expect(mostStacked(run)).toBe(64);
    const long = encodeGraphRun({ ...decodeGraphRun(owner.bytes), steps: 2 ** 31 - 1 });
    const named = readGraphRun(long);
    const { code, detail } = proofError(() => proveRunStep(kernels, runner.home, { ...owner, named, bytes: long }, start, 'nowhere', { count: 65 })); // prettier-ignore
    expect(`${code} ${detail}`).toBe('STEP count: expected 1 to 64, got 65');
    expect(refused([changed(one.bytes, { run: named.digest, count: 65 })], long)).toBe(
      'STEP step 0: step file',
    );
  });
  test('batches in another order, one twice, one of another step: with good proofs of them', () => {
    const [a, b, c] = batchesAt(owner.named, 1, 3) as [CorpusBatch, CorpusBatch, CorpusBatch];
    const lied = (batches: readonly CorpusBatch[]): string => {
      const input = keyDigest(one.point.weights.group.keyBytes);
      const place = { run: owner.named.digest, step: 1, count: 3, input };
      const { group: corpus } = runner.corpus;
      const path = `${corpus.path}-lie-${made++}`;
      const proven = proveGraphSteps(kernels, runner.home, trainingOf(owner.named), { ...one.point.weights, written: true }, batches, path, {
        corpus: runner.corpus,
        context: ([, output]: readonly GroupKey[]) => runStepContext({ ...place, output: output! }),
      }); // prettier-ignore
      proven.next.group.close();
      const { after: output, parameters, proof } = proven.step;
      return refused([one.bytes, encodeGraphStep({ ...place, output, parameters, proof })]);
    };
    expect(lied([a, b, c])).toBe('ok');
    for (const batches of [
      [b, a, c],
      [a, a, c],
      [a, b, batchesAt(owner.named, 4, 1)[0]!],
    ]) {
      expect(lied(batches)).toMatch(/^[A-Z_]+ step 1: (?!step file)/);
    }
  });
  test('the same steps proven under another number of the run', () => {
    const other = runner.announce({ ...RUN_SCHEDULE, steps: 5 });
    expect(refused([one.bytes, three.bytes], other.bytes)).toBe('RUN step 0: step file');
    const posed = [one.bytes, three.bytes].map((bytes) => changed(bytes, { run: other.named.digest }));
    expect(refused(posed, other.bytes)).toMatch(/^[A-Z_]+ step 0/);
  });
  test('weights that were written are those of the last step, under their own key', () => {
    const file = decodeGraphStep(three.bytes);
    expect(encodeKey(file.output)).toEqual(three.point.weights.group.keyBytes);
    expect(refused([one.bytes, changed(three.bytes, { output: one.point.weights.group.key })])).toMatch(
      /^[A-Z_]+ step 1: (?!step file)/,
    );
  });
});
