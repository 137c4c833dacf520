/** Runs of graphs whose first weights are drawn from their seed: everybody knows these, and no others begin such a run. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromDrawn } from '../../reference/drawn.ts';
import { rawWords } from '../../reference/stream.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { kernelProduct } from '../../src/graph/execute-witness.ts';
import { graphBuilder, type Graph } from '../../src/graph/index.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../src/pcs/key.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness, findViolation } from '../../src/relation/check-witness.ts';
import type { Program } from '../../src/relation/program.ts';
import { proveStoredProgram } from '../../src/relation/stored-prove.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { budgetStatus } from '../../src/store/index.ts';
import { tokensOf } from '../../src/training/backward/batch.ts';
import { checkBounds, drawnState } from '../../src/training/backward/drawn.ts';
import { commitGraphState } from '../../src/training/backward/owned.ts';
import { proveGraphSteps } from '../../src/training/backward/prove.ts';
import { partCells, stateParts } from '../../src/training/backward/state-parts.ts';
import type { GraphState } from '../../src/training/backward/state.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { stepsProgramFrom, stepStatement } from '../../src/training/backward/verify.ts';
import { stepsWitness } from '../../src/training/backward/witness.ts';
import { drawnPoint, graphPointFrom, proveRunStep, type GraphRunOwner, type OwnedGraphPoint } from '../../src/training/graph-run/prove.ts'; // prettier-ignore
import {
  decodeGraphRun,
  encodeGraphRun,
  graphRunDigest,
  type GraphRun,
} from '../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep, runStepContext } from '../../src/training/graph-run/step-file.ts';
import { batchesAt, readGraphRun, trainingOf, verifyGraphRun } from '../../src/training/graph-run/verify.ts';
import { bothRunAnswerWords, bothRunWords, boundsOf, fullTrained, graphRunner, runWord, RUN_SCHEDULE, RUN_SEED, RUN_TOKENS, type GraphRunner } from '../support/graph-runs.ts'; // prettier-ignore
import { proofError } from '../support/refusal.ts';
import { biasedTrained, smallestTrained } from '../support/trained-graphs.ts';
import { bothDigests } from '../support/twin-lowering.ts';
import { bothStackedPrograms, twinStepPlan, type Trained } from '../support/twin-steps.ts';

const BOTH = ['accepted', 'accepted'];
const trained = fullTrained();
const { graph, plan } = trained;
const drawn = { seed: RUN_SEED, ...boundsOf(graph) };

let kernels: Kernels;
let runner: GraphRunner;
let owner: GraphRunOwner;
let steps: readonly Uint8Array[];
let point: OwnedGraphPoint;
let made = 0;
const path = (): string => `${runner.corpus.group.path}-seed-${made++}`;

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  runner = graphRunner(kernels, trained);
  owner = runner.announceDrawn();
  ({ steps, point } = runner.prove(owner, [1, 2]));
}, 300_000);
afterAll(async () => {
  runner.close();
  await kernels.close();
});

const refused = (files: readonly Uint8Array[], run = owner.bytes): string => runWord(run, files);

describe('drawn weights', () => {
  test('a word w of the stream is floor(w (2a + 1) / 2^32) - a: as in bigints, within its bound, both ends there', () => {
    const wide = biasedTrained();
    const bounds = { bounds: wide.graph.weights.map((_, i) => i) };
    const state = drawnState(wide.graph, wide.plan, { seed: RUN_SEED, ...bounds });
    wide.graph.weights.forEach(({ name }, i) => {
      const entries = Array.from(state.get(name)!.weight);
      const words = rawWords(RUN_SEED, 'weights', i, entries.length);
      expect(entries).toEqual(words.map((w) => Number((w * BigInt(2 * i + 1)) >> 32n) - i));
      expect(entries.every((x) => Math.abs(x) <= i)).toBe(true);
      if (entries.length > 5 * (2 * i + 1)) expect(new Set(entries).size).toBe(2 * i + 1);
    });
    expect([...state.values()].every(({ rest }) => rest.every((x) => x === 0))).toBe(true);
  });
  test('they follow from seed and bounds: not from the corpus, the schedule, the rates', () => {
    const states = [
      owner,
      runner.announceDrawn({ ...RUN_SCHEDULE, steps: 2, rates: [{ from: 1, rate: 1 }] }),
    ].map(({ named }) => drawnPoint(named).weights.state);
    expect(states[1]).toEqual(states[0]);
    const other = runner.announceDrawn(RUN_SCHEDULE, new Uint8Array(32));
    expect(drawnPoint(other.named).weights.state).not.toEqual(states[0]);
  });
});

describe('the program of a first step', () => {
  const cases = [
    ['the smallest graph', smallestTrained()],
    ['momentum, gradients that are cut off', trained],
    ['biases of one digit and of two', biasedTrained()],
    ['biases with momentum', biasedTrained({ momentum: { shift: 3, high: 8, low: 9 } })],
  ] as const;

  function honest(of: Trained, count: number) {
    const start = { seed: RUN_SEED, ...boundsOf(of.graph) };
    const batches = batchesAt(owner.named, 0, count);
    const first = drawnState(of.graph, of.plan, start);
    let last: GraphState = first;
    const runs = batches.map((batch) => {
      const tokens = tokensOf(RUN_TOKENS, batch);
      const run = graphStep(of.graph, of.plan, last, tokens, {
        product: kernelProduct(kernels),
        hidden: true,
      });
      last = run.next;
      return run;
    });
    const { tensors, statics } = stepsWitness(of.graph, of.plan, batches, undefined, runs);
    const witness = new Map<string, ArrayLike<number>>([...tensors, ...statics, ['data/tokens', RUN_TOKENS]]);
    const program = stepsProgramFrom(of, batches, { drawn: start });
    return { start, batches, first, program, witness };
  }

  test.each(cases)('%s: honest steps satisfy it, and both sides have one', (_, of) => {
    for (const count of [1, 2]) {
      const { start, batches, first, program, witness } = honest(of, count);
      checkProgram(koalaBear, program);
      checkWitness(koalaBear, program, witness);
      const later = bothStackedPrograms(of.graph, of.plan, batches, true);
      const twin = fromDrawn(later.twin, JSON.parse(JSON.stringify(of.graph)), twinStepPlan(of.plan), start);
      const [ours, others] = bothDigests({ ours: program, twin });
      expect(others).toBe(ours);
      // What is named by a source is the same on both sides, too.
      const valuesOf = ({ tensors }: Pick<Program, 'tensors'>): unknown[] =>
        tensors.flatMap((own) => (own.kind === 'public' ? [[own.name, Array.from(own.values)]] : []));
      expect(valuesOf(twin)).toEqual(valuesOf(program));
      const publics = new Map(program.tensors.flatMap((own) => own.kind === 'public' && own.source ? [[own.name.replace(/^0\//, ''), own.values]] : [])); // prettier-ignore
      for (const part of stateParts(of.graph, of.plan).filter(({ kind }) => kind === 'weight')) {
        expect(Array.from(publics.get(part.name)!)).toEqual(Array.from(partCells(part, first)));
      }
    }
  });
  test('it has two groups, and nothing of what is zero', () => {
    const { program } = honest(trained, 2);
    const groups = program.tensors.flatMap((own) => (own.kind === 'static' ? [own.group ?? 0] : []));
    expect([...new Set(groups)].sort()).toEqual([0, 1]);
    const text = JSON.stringify({ ...program, tables: [] });
    expect(text).not.toMatch(/"0\/(rest|high|low)\//);
    expect(text).toMatch(/"0\/next\/low\//);
  });
  test('every source is another one: of each seed, weight, digit and bound', () => {
    const sources = (start: typeof drawn, of: Trained = trained): string[] =>
      stepsProgramFrom(of, batchesAt(owner.named, 0, 1), { drawn: start }).tensors.flatMap((own) =>
        own.kind === 'public' && own.source ? [Buffer.from(own.source).toString('hex')] : [],
      );
    const wide = biasedTrained();
    const all = [
      ...sources(drawn),
      ...sources({ ...drawn, seed: new Uint8Array(32) }),
      ...sources({ ...drawn, bounds: drawn.bounds.map((a) => a + 1) }),
      ...sources({ ...drawn, ...boundsOf(wide.graph) }, wide).slice(1), // E is as wide in both
    ];
    expect(new Set(all).size).toBe(all.length);
  });
  test('other weights behind it than the step wrote', () => {
    const { program, witness } = honest(trained, 1);
    for (const name of ['next/weight/E', 'next/rest/H', 'next/low/H']) {
      const cells = Array.from(witness.get(name)!);
      cells[1]!++;
      expect(findViolation(koalaBear, program, new Map([...witness, [name, cells]]))).toBeDefined();
    }
  });
});

describe('honest chains', () => {
  test('every prefix, both verifiers; an answer by what they wrote', () => {
    for (let n = 0; n <= 2; n++) {
      expect(bothRunWords({ run: owner.bytes, steps: steps.slice(0, n) })).toEqual(BOTH);
    }
    const verdict = verifyGraphRun(owner.bytes, steps, { seed: RUN_SEED, steps: 3 });
    expect(verdict).toMatchObject({ ok: true, steps: 3, complete: false });
    const answer = runner.answer(owner, point);
    expect(bothRunAnswerWords(owner.bytes, { steps }, answer)).toEqual(BOTH);
    expect(bothRunAnswerWords(owner.bytes, { steps: [] }, answer)).toEqual(['WEIGHTS', 'WEIGHTS']);
  });
  test('the weights of the definition, however steps are cut into proofs', () => {
    let state = drawnState(graph, plan, drawn);
    for (const batch of batchesAt(owner.named, 0, 3)) {
      state = graphStep(graph, plan, state, tokensOf(RUN_TOKENS, batch), { hidden: true }).next;
    }
    expect(point.weights.state).toEqual(state);
    expect(runner.prove(owner, [3]).point.weights.state).toEqual(state);
  });
  test('what it ends with begins another run', () => {
    const own = { step: 0, weights: point.weights };
    const more = runner.announceFrom(point.weights, { ...RUN_SCHEDULE, steps: 1 });
    const next = runner.next(more, own);
    expect(bothRunWords({ run: more.bytes, steps: [next.bytes] })).toEqual(BOTH);
  });
  test('the start costs nothing of any budget but the corpus', () => {
    const { queries } = runner.corpus.group.key.parameters.code;
    const before = budgetStatus(runner.home, runner.corpus.group).used;
    const { weights } = runner.next(owner, drawnPoint(owner.named)).point;
    expect(budgetStatus(runner.home, runner.corpus.group).used).toBe(before + queries);
    expect(budgetStatus(runner.home, weights.group).used).toBe(queries);
  });
});

describe('liars', () => {
  const place = () => ({ run: owner.named.digest, step: 0, count: 1, input: owner.named.digest });
  const contextOf = (of = place()) => ({
    corpus: runner.corpus,
    context: (keys: readonly GroupKey[]) => runStepContext({ ...of, output: keys.at(-2)! }),
  });

  /** A first step whose publics are other numbers under the same sources: what a proof is bound to is all the same. */
  function otherwise(change: (values: number[]) => void): Uint8Array {
    const training = trainingOf(owner.named);
    const batches = batchesAt(owner.named, 0, 1);
    const program = stepsProgramFrom(training, batches, { drawn });
    const state = drawnState(graph, plan, drawn);
    const cells = Array.from(state.get('E')!.weight);
    change(cells);
    const lied = new Map([...state, ['E', { ...state.get('E')!, weight: Int16Array.from(cells) }]]);
    const run = graphStep(graph, plan, lied, tokensOf(RUN_TOKENS, batches[0]!), { product: kernelProduct(kernels), hidden: true }); // prettier-ignore
    const { parameters } = runner.corpus.group.key;
    const next = commitGraphState(kernels, runner.home, path(), training, run.next, parameters);
    const witness = stepsWitness(graph, plan, batches, undefined, [run]);
    const tensors = program.tensors.map((own) => own.name === 'weight/E' && own.kind === 'public' ? { ...own, values: cells } : own); // prettier-ignore
    const statics = new Map([...witness.statics, ['data/tokens', RUN_TOKENS]]);
    const { proof, statement } = proveStoredProgram(kernels, runner.home, {
      program: { ...program, tensors },
      groups: [next.group, runner.corpus.group],
      witness: { tensors: witness.tensors, statics },
      context: runStepContext({ ...place(), output: next.group.key }),
    });
    next.group.close();
    return encodeGraphStep({ ...place(), output: next.group.key, parameters: statement.parameters, proof });
  }
  test('a weight off by one, under the source of the true one', { timeout: 300_000 }, () => {
    expect(bothRunWords({ run: owner.bytes, steps: [otherwise(() => undefined)] })).toEqual(BOTH);
    // A row that the batch reads, and one that it does not: an update goes on from every weight.
    for (const at of [2 * 3, 2 * 7 + 1]) {
      const [ours, twin] = bothRunWords({ run: owner.bytes, steps: [otherwise((cells) => { cells[at]!++; })] }); // prettier-ignore
      expect([at, ours === 'accepted', ours]).toEqual([at, false, twin]);
    }
  });
  test(
    'weights of another seed, of other bounds; committed ones that are the same',
    { timeout: 300_000 },
    () => {
      const training = trainingOf(owner.named);
      const batches = batchesAt(owner.named, 0, 1);
      const posed = (weights: Parameters<typeof proveGraphSteps>[3]): string => {
        const { step, next } = proveGraphSteps(kernels, runner.home, training, weights, batches, path(), contextOf()); // prettier-ignore
        next.group.close();
        const { after: output, ...proven } = step;
        const words = bothRunWords({ run: owner.bytes, steps: [encodeGraphStep({ ...place(), output, ...proven })] }); // prettier-ignore
        expect(words[1]).toBe(words[0]);
        return words[0];
      };
      const of = (start: typeof drawn) => ({ state: drawnState(graph, plan, start), drawn: start });
      expect(posed(of(drawn))).toBe('accepted');
      expect(posed(of({ ...drawn, seed: new Uint8Array(32).fill(8) }))).not.toBe('accepted');
      expect(posed(of({ ...drawn, bounds: drawn.bounds.map((a, i) => a - +(i === 1)) }))).not.toBe(
        'accepted',
      );
      const { parameters } = runner.corpus.group.key;
      const state = drawnState(graph, plan, drawn);
      const committed = commitGraphState(kernels, runner.home, path(), training, state, parameters);
      expect(posed(committed)).not.toBe('accepted');
      expect(posed({ ...committed, written: true })).not.toBe('accepted');
      committed.group.close();
    },
  );
  test('the first step of a run from committed weights, and what it reads named by a key', () => {
    const { named } = runner.announce();
    const first = decodeGraphStep(runner.prove(runner.announce(), 1).steps[0]!);
    expect(refused([encodeGraphStep(first)])).toBe('RUN step 0: step file');
    expect(refused([encodeGraphStep({ ...first, run: owner.named.digest })])).toBe(
      'WEIGHTS step 0: step file',
    );
    const own = decodeGraphStep(steps[0]!);
    const key = keyDigest(runner.start.group.keyBytes);
    expect(refused([encodeGraphStep({ ...own, input: key })])).toBe('WEIGHTS step 0: step file');
    expect(refused([encodeGraphStep({ ...own, input: named.digest })])).toBe('WEIGHTS step 0: step file');
    // A later step that says that it reads the start, which is known to all.
    const later = decodeGraphStep(steps[1]!);
    expect(refused([steps[0]!, encodeGraphStep({ ...later, input: owner.named.digest })])).toBe('WEIGHTS step 1: step file'); // prettier-ignore
    expect(refused([steps[0]!, steps[0]!])).toBe('STEP step 1: step file');
  });
  test('a later step from the weights of the seed again', { timeout: 300_000 }, () => {
    const again = { run: owner.named.digest, step: 1, count: 1, input: keyDigest(decodedKey()) };
    const { step, next } = proveGraphSteps(kernels, runner.home, trainingOf(owner.named), { state: drawnState(graph, plan, drawn), drawn }, batchesAt(owner.named, 1, 1), path(), contextOf(again)); // prettier-ignore
    next.group.close();
    const { after: output, ...proven } = step;
    const [ours, twin] = bothRunWords({ run: owner.bytes, steps: [steps[0]!, encodeGraphStep({ ...again, output, ...proven })] }); // prettier-ignore
    expect([ours === 'accepted', twin]).toEqual([false, ours]);
    // Nothing else is wrong with it.
    const statement = stepStatement(trainingOf(owner.named), batchesAt(owner.named, 1, 1), { drawn }, step, () => runStepContext({ ...again, output })); // prettier-ignore
    expect(verifyProgram(statement, step.proof).ok).toBe(true);
  });
  const decodedKey = (): Uint8Array => encodeKey(decodeGraphStep(steps[0]!).output);
  test('a run that was changed afterwards, and its step posed as that of the changed one', () => {
    const run = decodeGraphRun(owner.bytes);
    for (const over of [
      { seed: new Uint8Array(32) },
      { start: { bounds: drawn.bounds.map((a, i) => a - +(i === 0)) } },
      { start: runner.start.group.key },
    ] satisfies Partial<GraphRun>[]) {
      const other = encodeGraphRun({ ...run, ...over });
      expect(refused(steps, other)).toBe('RUN step 0: step file');
      const name = graphRunDigest(other);
      const own = { ...decodeGraphStep(steps[0]!), run: name, input: name };
      expect([over, refused([encodeGraphStep(own)], other)]).not.toEqual([over, 'ok']);
    }
  });
});

describe('refused', () => {
  const run = (): GraphRun => decodeGraphRun(owner.bytes);
  const code = (bounds: readonly number[]): string =>
    proofError(() => encodeGraphRun({ ...run(), start: { bounds } })).code;
  test('bounds beyond the bits of a weight, of another number', () => {
    const most = graph.weights.map(({ bits }) => 2 ** (bits - 1) - 1);
    expect(() => encodeGraphRun({ ...run(), start: { bounds: most } })).not.toThrow();
    most.forEach((_, i) => expect(code(most.map((a, j) => a + +(i === j)))).toBe('PLAN'));
    expect(code(most.slice(1))).toBe('PLAN');
    expect(proofError(() => checkBounds(graph, { bounds: [0.5, 1] }, 'run')).detail).toMatch(/^start: E: expected a bound/); // prettier-ignore
    expect(proofError(() => checkBounds(graph, { bounds: [-1, 1] }, 'run')).code).toBe('PLAN');
  });
  test('of a wide bias 2^20 - 1 at most: a product of more is not exact', () => {
    const { graph: wide } = biasedTrained();
    const at = wide.weights.findIndex(({ bits }) => bits === 20);
    const bounds = (a: number) => ({ bounds: wide.weights.map((_, i) => (i === at ? a : 0)) });
    const wider = { ...wide, weights: wide.weights.map((own, i) => (i === at ? { ...own, bits: 28 } : own)) };
    expect(() => checkBounds(wider, bounds(2 ** 20 - 1), 'run')).not.toThrow();
    expect(proofError(() => checkBounds(wider, bounds(2 ** 20), 'run')).code).toBe('PLAN');
    expect(proofError(() => checkBounds(wide, bounds(2 ** 19), 'run')).code).toBe('PLAN');
  });
  test('more entries than a verifier draws, each once for every node that reads it', () => {
    const chain = (layers: number, width: number): Graph => {
      const g = graphBuilder({ context: 4 });
      const h = g.embedding('h', g.weight('E', [1, width], { bits: 12 }), { width });
      let x = g.requantise('x', h, { shift: 3, bits: 9 });
      const matrix = g.weight('M', [width, width], { bits: 12 });
      for (let i = 0; i < layers; i++) x = g.rounded(`y${i}`, x, matrix, { shift: 12, bits: 9 });
      return g.build(x);
    };
    const bounds = { bounds: [1, 1] };
    expect(() => checkBounds(chain(4, 2047), bounds, 'run')).not.toThrow();
    expect(proofError(() => checkBounds(chain(4, 2048), bounds, 'run')).detail).toMatch(/got 16779264$/);
    expect(proofError(() => checkBounds(chain(5, 2047), bounds, 'run')).code).toBe('PLAN');
  });
  test('a kind of start that is none', () => {
    const bytes = owner.bytes.slice();
    const at = bytes.length - 32 - 4 * graph.weights.length - 4;
    expect(bytes[at]).toBe(0);
    bytes[at] = 2;
    expect(bothRunWords({ run: bytes, steps: [] })).toEqual(['STATEMENT', 'STATEMENT']);
    bytes[at] = 1;
    const words = bothRunWords({ run: bytes, steps: [] });
    expect([words[0] === 'accepted', words[1]]).toEqual([false, words[0]]);
  });
  test('an owner at another point than the run says, before anything is spent', () => {
    const before = budgetStatus(runner.home, runner.corpus.group).used;
    const at = (own: Parameters<typeof proveRunStep>[3], of = owner): string =>
      proofError(() => proveRunStep(kernels, runner.home, of, own, path())).code;
    expect(at({ step: 0, weights: runner.start })).toBe('WEIGHTS');
    expect(at({ step: 1, weights: drawnPoint(owner.named).weights })).toBe('WEIGHTS');
    expect(at(drawnPoint(owner.named), runner.announce())).toBe('WEIGHTS');
    expect(() => drawnPoint(runner.announce().named)).toThrow(RangeError);
    expect(budgetStatus(runner.home, runner.corpus.group).used).toBe(before);
    const batch = { tokens: [1, 2], targets: [2, 3], starts: [0] };
    const weights = { state: drawnState(graph, plan, drawn), drawn };
    expect(() => proveGraphSteps(kernels, runner.home, { graph, plan }, weights, [batch], path())).toThrow(/^corpus: expected one/); // prettier-ignore
  });
  test('an owner whose drawn weights are others proves those of the run', { timeout: 300_000 }, () => {
    const other = { seed: new Uint8Array(32), ...boundsOf(graph) };
    const lied = { step: 0, weights: { state: drawnState(graph, plan, other), drawn: other } };
    const { bytes } = runner.next(owner, lied);
    expect(bothRunWords({ run: owner.bytes, steps: [bytes] })).toEqual(BOTH);
  });
  test('a run that names its start reads it again after a restart', () => {
    expect(readGraphRun(owner.bytes).run.start).toEqual(boundsOf(graph));
    expect(graphPointFrom(owner.named, 3, point.weights.group).weights.state).toEqual(point.weights.state);
  });
});
