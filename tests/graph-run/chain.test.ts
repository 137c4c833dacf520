/** Runs of a graph proven and followed: honest steps verify up to any of them; changed, skipped, repeated and spliced ones do not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { Graph } from '../../src/graph/index.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../src/pcs/key.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { budgetStatus, openGroup } from '../../src/store/index.ts';
import { chooseStepParameters } from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import { verifyRunAnswer } from '../../src/training/graph-run/answer.ts';
import {
  graphPointFrom,
  proveRunStep,
  type GraphRunOwner,
  type OwnedGraphPoint,
} from '../../src/training/graph-run/prove.ts';
import {
  decodeGraphRun,
  encodeGraphRun,
  graphRunDigest,
  type GraphRun,
} from '../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep, runStepContext } from '../../src/training/graph-run/step-file.ts';
import {
  trainingOf,
  verifyGraphRun,
  type GraphRunExpectations,
} from '../../src/training/graph-run/verify.ts';
import { graphRunner, runWord, RUN_SCHEDULE, RUN_SEED, type GraphRunner } from '../support/graph-runs.ts';
import { proofError } from '../support/refusal.ts';
import { smallestTrained } from '../support/trained-graphs.ts';

let kernels: Kernels;
let runner: GraphRunner;
let owner: GraphRunOwner;
let steps: Uint8Array[];
const points: OwnedGraphPoint[] = [];

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  runner = graphRunner(kernels, smallestTrained());
  owner = runner.announce();
  points.push({ step: 0, weights: runner.start });
  steps = [0, 1, 2, 3].map((i) => {
    const { bytes, point } = runner.next(owner, points[i]!);
    points.push(point);
    return bytes;
  });
}, 300_000);
afterAll(async () => {
  runner.close();
  await kernels.close();
});

const refused = (files: readonly Uint8Array[], run = owner.bytes): string => runWord(run, files);

test('every prefix verifies, and the whole is complete', () => {
  for (let n = 0; n <= 4; n++) {
    const verdict = verifyGraphRun(owner.bytes, steps.slice(0, n));
    expect(verdict).toMatchObject({ ok: true, steps: n, complete: n === 4 });
    const weights = verdict.ok ? verdict.weights : undefined;
    // Those of the start are in the run, and nobody proved them.
    expect(weights && keyDigest(encodeKey(weights))).toEqual(n === 0 ? undefined : points[n]!.weights.group.keyDigest); // prettier-ignore
  }
});

test('a step costs one opening of the corpus and of the weights at both ends', () => {
  const { queries } = runner.corpus.group.key.parameters.code;
  expect(budgetStatus(runner.home, points[1]!.weights.group).used).toBe(2 * queries);
  expect(budgetStatus(runner.home, points[4]!.weights.group).used).toBe(queries);
});

test('expectations', () => {
  const check = (expected: GraphRunExpectations): string => {
    const verdict = verifyGraphRun(owner.bytes, steps.slice(0, 1), expected);
    return verdict.ok ? 'ok' : verdict.code;
  };
  const other = new Uint8Array(32);
  const corpus = runner.corpus.group.keyDigest;
  expect(check({ run: owner.named.digest, corpus, seed: RUN_SEED, steps: 1 })).toBe('ok');
  expect(check({ run: other })).toBe('RUN');
  expect(check({ corpus: other })).toBe('CORPUS');
  expect(check({ seed: other })).toBe('SEED');
  expect(check({ steps: 2 })).toBe('STEPS');
});

describe('the order of sequences', () => {
  test('an epoch reads every sequence once, in another order than the next one', () => {
    const read = (step: number): number[] => {
      const { at, starts, corpus } = owner.named.batch(step);
      expect([corpus, starts]).toEqual([20, [0, 3]]);
      expect(at.map((place, row) => place - at[row - (row % 3)]!)).toEqual([0, 1, 2, 0, 1, 2]);
      return [at[0]! / 3, at[3]! / 3];
    };
    const epochs = [0, 1, 2, 3].map((epoch) => [0, 1, 2].flatMap((i) => read(3 * epoch + i)));
    for (const epoch of epochs) expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
  });
  test('it follows from everything that the run says', () => {
    const order = (run: GraphRunOwner): string =>
      JSON.stringify(Array.from({ length: 12 }, (_, step) => run.named.batch(step).at));
    const all = [
      owner,
      runner.announce(RUN_SCHEDULE, new Uint8Array(32)),
      runner.announce({ ...RUN_SCHEDULE, steps: 5 }),
    ];
    expect(new Set(all.map(order)).size).toBe(3);
    expect(order(runner.announce())).toBe(order(owner));
  });
});

/** Another set of parameters for the same groups: another code. */
const graphCode = ({ parameters }: GroupKey) =>
  ({ parameters: chooseStepParameters(trainingOf(owner.named), owner.named.batch(0), 400).parameters, was: parameters }); // prettier-ignore

let lies = 0;
/** A step as a liar proves it: on another batch, from other weights, under this run's name. */
function lied(
  step: number,
  batch: ReturnType<typeof owner.named.batch>,
  weights = points[step]!.weights,
): Uint8Array {
  const input = keyDigest(weights.group.keyBytes);
  const place = { run: owner.named.digest, step, count: 1, input };
  const training = trainingOf(owner.named);
  const path = `${runner.corpus.group.path}-lie-${lies++}`;
  const made = proveGraphStep(kernels, runner.home, training, weights, batch, path, {
    corpus: runner.corpus,
    context: ([, output]) => runStepContext({ ...place, output: output! }),
  });
  made.next.group.close();
  const { after: output, parameters, proof } = made.step;
  return encodeGraphStep({ ...place, output, parameters, proof });
}

describe('the chain', () => {
  test('a wrong batch, one of another step, one twice: with good proofs of them', () => {
    const { at, ...batch } = owner.named.batch(0);
    const honest = lied(0, { ...batch, at });
    expect(refused([honest])).toBe('ok');
    // One token further: other rows of the corpus.
    expect(refused([lied(0, { ...batch, at: at.map((i) => i + 1) })])).toMatch(
      /^[A-Z_]+ step 0: (?!step file)/,
    );
    expect(refused([lied(0, owner.named.batch(1))])).toMatch(/^[A-Z_]+ step 0: (?!step file)/);
    const again = lied(1, owner.named.batch(0));
    expect(refused([steps[0]!, again])).toMatch(/^[A-Z_]+ step 1: (?!step file)/);
    // Its sequences in another order: another program.
    const swapped = [...at.slice(3), ...at.slice(0, 3)];
    expect(refused([lied(0, { ...batch, at: swapped })])).toMatch(/^[A-Z_]+ step 0: (?!step file)/);
  });
  test('a skipped, a repeated, a reordered step', () => {
    const [a, b, c, d] = steps as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    expect(refused([a, c])).toBe('STEP step 1: step file');
    expect(refused([b])).toBe('STEP step 0: step file');
    expect(refused([a, a])).toBe('STEP step 1: step file');
    expect(refused([b, a])).toBe('STEP step 0: step file');
    expect(refused([a, b, c, d, d])).toBe('STEP step 4: step file');
    // One that says that it is behind the last one.
    const more = { ...decodeGraphStep(d), step: 4, input: points[4]!.weights.group.keyDigest };
    expect(refused([a, b, c, d, encodeGraphStep(more)])).toBe('STEP step 4: step file');
  });
  test('a step that says that it is another one', () => {
    const moved = decodeGraphStep(steps[2]!);
    expect(refused([steps[0]!, encodeGraphStep({ ...moved, step: 1 })])).toBe('WEIGHTS step 1: step file');
    const input = points[1]!.weights.group.keyDigest;
    expect(refused([steps[0]!, encodeGraphStep({ ...moved, step: 1, input })])).toMatch(/^[A-Z_]+ step 1/);
    // The same batch an epoch later, under another number: the proof is bound to the number.
    const first = decodeGraphStep(steps[0]!);
    const { bytes } = runner.announce({ ...RUN_SCHEDULE, steps: 9 });
    expect(refused([steps[0]!], bytes)).toBe('RUN step 0: step file');
    expect(refused([encodeGraphStep({ ...first, step: 1 })])).toBe('STEP step 0: step file');
  });
  test('two runs spliced: same graph, plan, corpus and start, another seed', () => {
    const other = runner.announce(RUN_SCHEDULE, new Uint8Array(32).fill(9));
    const foreign = runner.prove(other, 2);
    expect(verifyGraphRun(other.bytes, foreign.steps)).toMatchObject({ ok: true, steps: 2 });
    expect(refused(foreign.steps)).toBe('RUN step 0: step file');
    expect(refused([steps[0]!, foreign.steps[1]!])).toBe('RUN step 1: step file');
    const named = { ...decodeGraphStep(foreign.steps[1]!), run: owner.named.digest };
    expect(refused([steps[0]!, encodeGraphStep(named)])).toBe('WEIGHTS step 1: step file');
    const posed = encodeGraphStep({ ...named, input: points[1]!.weights.group.keyDigest });
    expect(refused([steps[0]!, posed])).toMatch(/^[A-Z_]+ step 1: (?!step file)/);
    // A first step reads the weights that both runs start from.
    const first = { ...decodeGraphStep(foreign.steps[0]!), run: owner.named.digest };
    expect(refused([encodeGraphStep(first)])).toMatch(/^[A-Z_]+ step 0: (?!step file)/);
    const written = { ...decodeGraphStep(steps[0]!), output: foreign.point.weights.group.key };
    expect(refused([encodeGraphStep(written)])).toMatch(/^[A-Z_]+ step 0: (?!step file)/);
  });
  test('a run that was changed afterwards, and its steps posed as those of the changed one', () => {
    const run = decodeGraphRun(owner.bytes);
    const changed = (over: Partial<GraphRun>): Uint8Array => encodeGraphRun({ ...run, ...over });
    const { plan, graph } = run;
    for (const over of [
      { plan: { ...plan, rate: 2 } },
      { plan: { ...plan, ratePlaces: 7 } },
      { plan: { ...plan, gradient: { ...plan.gradient, bits: 11 } } },
      { plan: { ...plan, gradient: { ...plan.gradient, guard: 1 } } },
      { plan: { ...plan, norms: 12 } },
      { steps: 5 },
      { batch: 1 },
      { length: 2 },
      { seed: new Uint8Array(32) },
      { graph: { ...graph, context: 5 } },
    ]) {
      const other = changed(over);
      expect([over, refused(steps, other)]).toEqual([over, 'RUN step 0: step file']);
      const { run: _, ...file } = decodeGraphStep(steps[0]!);
      const posed = encodeGraphStep({ ...file, run: graphRunDigest(other) });
      expect([over, refused([posed], other)]).not.toEqual([over, 'ok']);
    }
  });
  test('groups that are none of a run', () => {
    const run = decodeGraphRun(owner.bytes);
    const code = (over: Partial<GraphRun>): string =>
      proofError(() => encodeGraphRun({ ...run, ...over })).code;
    const group = (key: GroupKey, change: object): GroupKey => ({
      ...key,
      group: { ...key.group, ...change },
    });
    const start = run.start as GroupKey;
    expect(code({ corpus: start })).toBe('KEY_LAYOUT');
    expect(code({ start: run.corpus })).toBe('KEY_LAYOUT');
    expect(code({ tokens: 21 })).toBe('KEY_LAYOUT');
    expect(code({ corpus: group(run.corpus, { label: 'X' }) })).toBe('KEY_LAYOUT');
    expect(code({ start: group(start, { columns: start.group.columns + 1 }) })).toBe('KEY_LAYOUT');
    expect(code({ plan: { ...run.plan, low: 14, ratePlaces: 5 } })).toBe('KEY_LAYOUT');
    const { parameters } = graphCode(start);
    expect(code({ start: { ...start, parameters } })).toBe('KEY_LAYOUT');
    const file = decodeGraphStep(steps[0]!);
    const written = (output: GroupKey): string => refused([encodeGraphStep({ ...file, output })]);
    expect(written(run.corpus)).toBe('KEY_LAYOUT step 0: weights after');
    expect(written({ ...file.output, parameters })).toBe('STATEMENT step 0: step');
    expect(refused([encodeGraphStep({ ...file, parameters })])).toBe('STATEMENT step 0: step');
  });
  test('another key of the same commitment to the written weights', () => {
    const file = decodeGraphStep(steps[0]!);
    const { code, profile } = file.output.parameters;
    const { parameters } = completeInstance(linkInstance(file.output.group.columns), code, profile)!;
    const output = { ...file.output, parameters };
    expect(encodeKey(output)).not.toEqual(encodeKey(file.output));
    expect(refused([encodeGraphStep({ ...file, output })])).toMatch(/^[A-Z_]+ step 0: (?!step file)/);
  });
  test('a run whose numbers a graph or a corpus does not have', () => {
    const run = decodeGraphRun(owner.bytes);
    const said = (over: Partial<GraphRun>): string => {
      const { code, detail } = proofError(() => encodeGraphRun({ ...run, ...over }));
      return `${code} ${detail}`;
    };
    expect(said({ steps: 0 })).toBe('PLAN steps: expected an integer in [1, 2147483647], got 0');
    expect(said({ steps: 2 ** 31 })).toMatch(/^PLAN steps/);
    expect(said({ length: 0 })).toBe('PLAN length: expected an integer in [1, 4], got 0');
    expect(said({ length: 5 })).toMatch(/^PLAN length/);
    expect(said({ batch: 0 })).toBe('PLAN batch: expected an integer in [1, 6], got 0');
    expect(said({ batch: 7 })).toMatch(/^PLAN batch/);
    expect(said({ tokens: 3 })).toMatch(/^PLAN sequences of the corpus/);
    expect(said({ tokens: 0 })).toMatch(/^PLAN sequences of the corpus/);
    expect(said({ tokens: 2 ** 32 - 1, length: 1 })).toMatch(/^PLAN sequences of the corpus/);
    expect(said({ plan: { ...run.plan, rate: 0 } })).toMatch(/^PLAN rate/);
    expect(() => encodeGraphRun({ ...run, steps: 2 ** 32 })).toThrow(RangeError);
    // Rows of all nodes: 2^18; an epoch is drawn whole.
    const many = Math.floor(2 ** 18 / run.graph.nodes.length / 4);
    expect(said({ tokens: 2 ** 22 + 1, length: 4, batch: many + 1 })).toBe(`PLAN batch: expected an integer in [1, ${many}], got ${many + 1}`); // prettier-ignore
    expect(said({ tokens: 2 ** 20 + 2, length: 1, batch: 1 })).toMatch(/^PLAN sequences of the corpus/);
    expect(said({ tokens: 2 ** 20 + 1, length: 1, batch: 1 })).toMatch(/^KEY_LAYOUT/);
  });
  test('a graph with two embeddings, whose private ids nothing ties to each other', () => {
    const { graph, plan, ...run } = decodeGraphRun(owner.bytes);
    const [embedding] = graph.nodes as [Extract<Graph['nodes'][number], { op: 'embedding' }>];
    const nodes = [embedding, { ...embedding, name: 'h2' }, ...graph.nodes.slice(1)];
    const own = proofError(() => encodeGraphRun({ ...run, plan, graph: { ...graph, nodes } }));
    expect(`${own.code} ${own.detail}`).toBe('PLAN graph: expected one embedding, got 2');
  });
});

test(
  'a corpus of one sequence, which every step of every run reads: a proof is of its run and its number alone',
  { timeout: 300_000 },
  () => {
    const single = graphRunner(kernels, smallestTrained(), Int16Array.of(3, 1, 5, 5));
    try {
      const schedule = { length: 3, batch: 1, steps: 3 };
      const [one, other] = [RUN_SEED, new Uint8Array(32)].map((seed) => single.announce(schedule, seed)) as [GraphRunOwner, GraphRunOwner]; // prettier-ignore
      expect(one.named.batch(0)).toEqual(other.named.batch(2));
      const { steps: first, point } = single.prove(one, 1);
      expect(verifyGraphRun(one.bytes, first)).toMatchObject({ ok: true, steps: 1 });
      const posed = { ...decodeGraphStep(first[0]!), run: other.named.digest };
      expect(refused([encodeGraphStep(posed)], other.bytes)).toMatch(/^[A-Z_]+ step 0: (?!step file)/);
      const third = decodeGraphStep(single.next(one, { ...point, step: 2 }).bytes);
      expect(refused([...first, encodeGraphStep(third)], one.bytes)).toBe('STEP step 1: step file');
      expect(refused([...first, encodeGraphStep({ ...third, step: 1 })], one.bytes)).toMatch(/^[A-Z_]+ step 1: (?!step file)/); // prettier-ignore
      const second = single.next(one, point).bytes;
      expect(verifyGraphRun(one.bytes, [...first, second])).toMatchObject({ ok: true, steps: 2 });
    } finally {
      single.close();
    }
  },
);

describe('bytes', () => {
  test('a changed byte anywhere is refused', () => {
    const bytes = steps[0]!;
    const places = Array.from({ length: 8 }, (_, i) => Math.floor((bytes.length * (i + 1)) / 9));
    for (const i of [0, 8, 12, 44, 48, 80, 90, 200, ...places, bytes.length - 1]) {
      const changed = bytes.slice();
      changed[i] = changed[i]! ^ 1;
      expect([i, refused([changed])]).not.toEqual([i, 'ok']);
    }
    for (let i = 0; i < owner.bytes.length; i += 37) {
      const changed = owner.bytes.slice();
      changed[i] = changed[i]! ^ 1;
      expect([i, refused(steps.slice(0, 1), changed)]).not.toEqual([i, 'ok']);
    }
  });
  test('cut short, longer, and no bytes at all', () => {
    for (const length of [0, 7, 60, steps[0]!.length - 1]) {
      expect(refused([steps[0]!.slice(0, length)])).toMatch(/^(FORMAT|LENGTH) step 0/);
    }
    expect(refused([Uint8Array.from([...steps[0]!, 0])])).toBe('LENGTH step 0: step file');
    expect(refused([null as unknown as Uint8Array])).toBe('FORMAT step 0');
    expect(refused(null as unknown as Uint8Array[])).toBe('FORMAT steps');
    for (const length of [0, 7, 11, 50, 1000, owner.bytes.length - 1]) {
      expect(refused(steps, owner.bytes.slice(0, length))).toMatch(/^(FORMAT|LENGTH|KEY_LENGTH) /);
    }
    expect(refused(steps, Uint8Array.from([...owner.bytes, 0]))).toBe('LENGTH graph run');
    expect(refused(steps, 'run' as unknown as Uint8Array)).toBe('FORMAT run');
  });
});

test('what an owner cannot prove, before anything is spent', () => {
  const before = budgetStatus(runner.home, runner.corpus.group).used;
  const path = `${runner.corpus.group.path}-none`;
  const prove = (of: GraphRunOwner, point: OwnedGraphPoint): string =>
    proofError(() => proveRunStep(kernels, runner.home, of, point, path)).code;
  const posed = { tokens: runner.corpus.tokens, group: points[1]!.weights.group };
  expect(prove({ ...owner, corpus: posed }, points[0]!)).toBe('CORPUS');
  expect(prove(owner, points[4]!)).toBe('STEP');
  expect(prove(owner, { step: 0, weights: points[1]!.weights })).toBe('WEIGHTS');
  expect(budgetStatus(runner.home, runner.corpus.group).used).toBe(before);
});

test('an owner goes on after a restart', () => {
  const again = openGroup(kernels, runner.home, points[1]!.weights.group.path);
  try {
    const point = graphPointFrom(owner.named, 1, again);
    expect(point.weights.state).toEqual(points[1]!.weights.state);
    const next = runner.next(owner, point);
    expect(verifyGraphRun(owner.bytes, [steps[0]!, next.bytes])).toMatchObject({ ok: true, steps: 2 });
  } finally {
    again.close();
  }
});

describe('answers', () => {
  let file: Uint8Array;
  beforeAll(() => {
    file = runner.answer(owner, points[2]!);
  }, 300_000);
  const told = (...args: Parameters<typeof verifyRunAnswer>): string => {
    const verdict = verifyRunAnswer(...args);
    return verdict.ok ? `step ${verdict.step}` : verdict.code;
  };

  test('by weights that a step wrote, from the run on', () => {
    const verdict = verifyRunAnswer(owner.bytes, { steps }, file, { prompts: [[1, 2]] });
    expect(verdict).toMatchObject({ ok: true, step: 2, run: owner.named.digest });
    expect(verdict.ok && verdict.weights).toEqual(points[2]!.weights.group.keyDigest);
    expect(told(owner.bytes, { steps: steps.slice(0, 2) }, file)).toBe('step 2');
    const weights = points[2]!.weights.group.keyDigest;
    expect(told(owner.bytes, { step: steps[1]!, weights }, file)).toBe('step undefined');
  });
  test('by weights that these steps did not write', () => {
    expect(told(owner.bytes, { steps: steps.slice(0, 1) }, file)).toBe('WEIGHTS');
    expect(told(owner.bytes, { steps: [] }, file)).toBe('WEIGHTS');
    expect(told(owner.bytes, { steps: steps.slice(1) }, file)).toBe('STEP');
    const weights = points[1]!.weights.group.keyDigest;
    expect(told(owner.bytes, { step: steps[0]!, weights }, file)).toBe('WEIGHTS');
    expect(told(owner.bytes, { step: steps[1]!, weights }, file)).toBe('WEIGHTS');
    const other = runner.announce(RUN_SCHEDULE, new Uint8Array(32));
    expect(told(other.bytes, { steps }, file)).toBe('RUN');
    expect(told(other.bytes, { step: steps[1]!, weights }, file)).toBe('RUN');
    const beyond = encodeGraphStep({ ...decodeGraphStep(steps[1]!), step: 4 });
    expect(told(owner.bytes, { step: beyond, weights: points[2]!.weights.group.keyDigest }, file)).toBe(
      'STEP',
    );
    // How many steps are behind its weights is part of what an answer is about.
    const moved = encodeGraphStep({ ...decodeGraphStep(steps[1]!), step: 2 });
    expect(told(owner.bytes, { step: moved, weights: points[2]!.weights.group.keyDigest }, file)).toBe(
      'WEIGHTS',
    );
  });
  test('expectations and bytes', () => {
    const custody = { steps: steps.slice(0, 2) };
    expect(told(owner.bytes, custody, file, { prompts: [[1, 3]] })).toBe('PROMPT');
    expect(told(owner.bytes, custody, file, { completions: [[9, 9]] })).toBe('COMPLETION');
    expect(told(owner.bytes, custody, file, { context: Uint8Array.of(1) })).toBe('CONTEXT');
    expect(told(owner.bytes, custody, file, { corpus: new Uint8Array(32) })).toBe('CORPUS');
    expect(told(owner.bytes, custody, file.slice(0, -1))).toBe('LENGTH');
    expect(told(owner.bytes, custody, steps[0]!)).toBe('FORMAT');
    expect(told(owner.bytes, custody, null as unknown as Uint8Array)).toBe('FORMAT');
    expect(told(null as unknown as Uint8Array, custody, file)).toBe('FORMAT');
  });
});
