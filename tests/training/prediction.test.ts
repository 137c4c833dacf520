/** Predictions by weights of a run: every relation has a liar whom nothing else stops; custody from the run to the class holds or is refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { encodeKey, keyDigest } from '../../src/pcs/key.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness, findViolation } from '../../src/relation/check-witness.ts';
import { proveProgramBody } from '../../src/relation/prove.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { budgetStatus, openHome, type Home, type StoredGroup } from '../../src/store/index.ts';
import { chooseTrainingParameters, commitDataset } from '../../src/training/commit.ts';
import { layerCount, layerShape, sumShift, type TrainingPlan } from '../../src/training/plan.ts';
import { classesOf } from '../../src/training/prediction.ts';
import { decodePrediction, encodePrediction } from '../../src/training/prediction-file.ts';
import { predictionProgram } from '../../src/training/prediction-program.ts';
import { provePrediction } from '../../src/training/prove-prediction.ts';
import {
  announceRun,
  proveSegment,
  startPoint,
  type OwnedPoint,
  type TrainingOwner,
} from '../../src/training/prove-segment.ts';
import { STATE_KINDS, stateFromSeed, type TrainingState } from '../../src/training/state.ts';
import { forward } from '../../src/training/step.ts';
import {
  predictionStatement,
  verifyPrediction,
  type PredictionExpectations,
} from '../../src/training/verify-prediction.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { testSource } from '../support/linear.ts';
import { proofError } from '../support/refusal.ts';
import { NARROW, NARROW_MOMENTUM, SEED, SMALL, smallData } from './small.ts';

const P = 2130706433n;
/** The residue of least absolute value, by its definition. */
const bal = (x: bigint): bigint => {
  const r = ((x % P) + P) % P;
  return r > P / 2n ? r - P : r;
};

interface Story {
  readonly plan: TrainingPlan;
  readonly state: TrainingState;
  readonly inputs: readonly number[];
  readonly hidden: boolean;
  /** Changes a tensor before anything is computed from it. */
  readonly lie: (name: string, values: bigint[]) => void;
  /** The class that is claimed of a row, given the true ones. */
  readonly claim: (classes: Uint16Array) => Uint16Array;
}

/** The pass in bigints, with its lies; program and witness. */
function tell({ plan, state, inputs, hidden, lie, claim }: Story) {
  const rows = inputs.length / plan.widths[0]!;
  const witness = new Map<string, ArrayLike<number>>();
  let x = inputs.map(BigInt);
  for (let layer = 0; layer < layerCount(plan); layer++) {
    if (layer > 0 || hidden) witness.set(`x/${layer}`, x.map(Number));
    const [outputs, columns] = layerShape(plan, layer);
    const { input, activation } = plan.formats;
    const one = 2n ** BigInt((layer === 0 ? input : activation).fraction);
    const shift = BigInt(sumShift(plan, layer));
    const y: bigint[] = [];
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outputs; o++) {
        const w = (k: number): bigint => BigInt(state[layer]!.weight[o * columns + k]!);
        let sum = one * w(columns - 1);
        for (let k = 0; k < columns - 1; k++) sum += w(k) * x[r * (columns - 1) + k]!;
        y.push((bal(sum) + (1n << (shift - 1n))) >> shift);
      }
    }
    lie(`y/${layer}`, y);
    witness.set(`y/${layer}`, y.map(Number));
    const top = 2n ** BigInt(activation.bits) - 1n;
    x = y.map((v) => (v < 0n ? 0n : v > top ? top : v));
    lie(`x/${layer + 1}`, x);
  }
  const logits = Int32Array.from(witness.get(`y/${layerCount(plan) - 1}`)!);
  const classes = claim(classesOf(plan, logits));
  state.forEach((own, layer) => STATE_KINDS.forEach((kind) => witness.set(`${kind}/${layer}`, own[kind])));
  return { program: predictionProgram({ plan, inputs: hidden ? undefined : inputs, classes }), witness };
}

/** The one relation that a story violates. */
function caught(story: Story): string | undefined {
  const { program, witness } = tell(story);
  checkProgram(koalaBear, program);
  const violation = findViolation(koalaBear, program, witness);
  if (violation === undefined) return undefined;
  const relations = program.relations.filter(({ name }) => name !== violation.relation);
  checkWitness(koalaBear, { ...program, relations }, witness);
  return violation.relation;
}

const honest = (plan: TrainingPlan = SMALL, rows = 3): Story => ({
  plan,
  state: stateFromSeed(plan, SEED),
  inputs: [...smallData(plan).inputs.subarray(0, rows * plan.widths[0]!)],
  hidden: false,
  lie: () => undefined,
  claim: (classes) => classes,
});
const about =
  (name: string, cell: number, by: bigint): Story['lie'] =>
  (own, values) => {
    if (own === name) values[cell] = values[cell]! + by;
  };

describe('relations', () => {
  test.each([SMALL, NARROW, NARROW_MOMENTUM])('the honest story passes, hidden or not (plan %#)', (plan) => {
    expect(caught(honest(plan))).toBeUndefined();
    expect(caught({ ...honest(plan), hidden: true })).toBeUndefined();
  });
  test.each<[string, number, bigint, string]>([
    ['y/0', 2, 1n, 'y/0/remainder'],
    ['y/1', 4, -1n, 'y/1/remainder'],
    ['y/2', 5, 1n, 'y/2/remainder'],
    ['x/1', 3, 1n, 'x/1/clamp'],
    ['x/2', 7, 1n, 'x/2/clamp'],
  ])('%s, cell %i, by %i', (name, cell, by, relation) => {
    expect(caught({ ...honest(), lie: about(name, cell, by) })).toBe(relation);
  });
  test('a hidden input beyond its bits', () => {
    const { inputs, ...story } = honest();
    const changed = inputs.map((x, i) => (i === 4 ? 256 : x));
    expect(caught({ ...story, inputs: changed, hidden: true })).toBe('x/0/range');
  });
  test('another class, whichever', () => {
    for (let by = 1; by < 4; by++) {
      const claim = (classes: Uint16Array): Uint16Array =>
        classes.map((own, r) => (r === 1 ? (own + by) % 4 : own));
      expect(caught({ ...honest(), claim })).toBe('class/lead');
    }
  });
  test('of equal logits the first', () => {
    const state = honest().state.map((own) => ({ ...own, weight: own.weight.map(() => 0) }));
    expect(caught({ ...honest(), state })).toBeUndefined();
    expect([...classesOf(SMALL, new Int32Array(8))]).toEqual([0, 0]);
    expect(caught({ ...honest(), state, claim: () => Uint16Array.of(0, 1, 0) })).toBe('class/lead');
  });
  test('a logit beyond its bits', () => {
    const plan = { ...SMALL, widths: [40, 4] };
    const weight = new Int16Array(4 * 41);
    weight.fill(2 ** 14 - 1, 0, 40);
    const state = [{ weight, rest: new Int16Array(4 * 41) }];
    const story = { ...honest(plan), state, inputs: new Array<number>(40).fill(255) };
    expect(caught(story)).toBe('y/0/range');
    expect(proofError(() => forward(plan, state, Int32Array.from(story.inputs))).code).toBe('UNPROVABLE');
  });
  test.each<[string, Partial<Parameters<typeof predictionProgram>[0]>, RegExp]>([
    ['no row', { classes: [] }, /rows: expected 1 to/],
    ['too many rows', { classes: new Array<number>(4097).fill(0) }, /rows: expected 1 to 4096/],
    [
      'more logits than a verifier goes through',
      {
        plan: { ...SMALL, widths: [1, 2 ** 13] },
        inputs: undefined,
        classes: new Array<number>(513).fill(0),
      },
      /rows: expected 1 to 512, got 513/,
    ],
    ['a class that the plan does not have', { classes: [0, 4, 1] }, /classes: row 1: .* below 4/],
    ['a class that is no integer', { classes: [0, 1.5, 1] }, /classes: row 1/],
    ['fewer inputs', { inputs: [1, 2, 3] }, /inputs: expected 18, got 3/],
    [
      'an input beyond its bits',
      { inputs: new Array<number>(18).fill(256) },
      /row 0, column 0: .* \[0, 256\)/,
    ],
    ['a negative input', { inputs: new Array<number>(18).fill(0).fill(-1, 8, 9) }, /row 1, column 2/],
  ])('refused: %s', (_, change, message) => {
    const { plan, inputs } = honest();
    const error = proofError(() => predictionProgram({ plan, inputs, classes: [0, 1, 2], ...change }));
    expect(error.code).toBe('PREDICTION');
    expect(error.detail).toMatch(message);
  });
});

describe('custody', () => {
  let kernels: Kernels;
  let folder: string;
  let home: Home;
  let group: StoredGroup;
  let owner: TrainingOwner;
  const segments: Uint8Array[] = [];
  const points: OwnedPoint[] = [];
  const opened: StoredGroup[] = [];
  const data = smallData(NARROW);
  const inputs = Int16Array.from(data.inputs.subarray(0, 24));
  const context = new TextEncoder().encode('request 7');
  let answer: Uint8Array<ArrayBuffer>;
  let hidden: Uint8Array<ArrayBuffer>;
  let classes: Uint16Array;
  let made = 0;
  const path = (): string => join(folder, `group-${made++}`);

  beforeAll(async () => {
    kernels = await wasmKernels({ threads: 1 });
    folder = mkdtempSync(join(tmpdir(), 'zkdl-prediction-'));
    home = openHome(join(folder, 'home'));
    const { parameters } = chooseTrainingParameters(NARROW, { steps: 4, minProofs: 20 });
    group = commitDataset(kernels, home, path(), NARROW, data, parameters);
    owner = announceRun(NARROW, data, group, SEED);
    points.push(startPoint(owner));
    opened.push(group);
    for (const [i, count] of [2, 4].entries()) {
      const uses = i === 0 ? 3 : 6;
      const next = proveSegment(kernels, home, owner, points[i]!, count, path(), undefined, uses);
      segments.push(next.bytes);
      points.push(next.point);
      opened.push(next.point.group!);
    }
    const last = points[2]!.group!;
    ({ bytes: answer, classes } = provePrediction(kernels, home, owner.named, last, { inputs, context }));
    ({ bytes: hidden } = provePrediction(kernels, home, owner.named, last, { inputs, hideInputs: true }));
  }, 300_000);
  afterAll(async () => {
    for (const one of opened) one.close();
    rmSync(folder, { recursive: true });
    await kernels.close();
  });

  const verdict = (bytes: Uint8Array, expected: PredictionExpectations = {}, custody = segments) =>
    verifyPrediction(owner.bytes, custody, bytes, expected);
  const refused = (bytes: Uint8Array, expected: PredictionExpectations = {}, custody = segments): string => {
    const result = verdict(bytes, expected, custody);
    return result.ok ? 'ok' : `${result.code} ${result.stage}`;
  };

  test('the weights behind six proven steps name the classes that they compute', () => {
    const { logits } = forward(NARROW, points[2]!.state, Int32Array.from(inputs));
    expect(classes).toEqual(classesOf(NARROW, logits));
    const weights = points[2]!.group!.keyDigest;
    const shown = { ok: true, run: owner.named.digest, step: 6, weights, classes, context };
    expect(verdict(answer, { inputs, context, run: owner.named.digest })).toMatchObject(shown);
    expect(verdict(hidden)).toMatchObject({ ok: true, inputs: undefined, classes, step: 6 });
  });
  test('whoever knows the weights needs no segments; nothing is said of steps then', () => {
    const { keyDigest: weights } = points[2]!.group!;
    expect(verifyPrediction(owner.bytes, { weights }, answer)).toMatchObject({ ok: true, step: undefined });
    const other = points[1]!.group!.keyDigest;
    expect(verifyPrediction(owner.bytes, { weights: other }, answer)).toMatchObject({ code: 'WEIGHTS' });
    const none = { weights: 'x' as unknown as Uint8Array };
    expect(verifyPrediction(owner.bytes, none, answer)).toMatchObject({ code: 'FORMAT', stage: 'weights' });
  });
  test('hidden inputs stand nowhere in the file', () => {
    const spelled = Buffer.from(Uint16Array.from(inputs).buffer);
    expect(Buffer.from(answer).includes(spelled)).toBe(true);
    expect(Buffer.from(hidden).includes(spelled.subarray(0, 16))).toBe(false);
  });
  test('weights that no segment wrote, or one that is not shown; segments of which one is refused', () => {
    expect(refused(answer, {}, segments.slice(0, 1))).toBe('WEIGHTS prediction file');
    expect(refused(answer, {}, [])).toBe('WEIGHTS prediction file');
    expect(refused(answer, {}, [...segments].reverse())).toBe('STEP segment 0: segment file');
    expect(refused(answer, {}, null as unknown as Uint8Array[])).toBe('FORMAT segments');
    const earlier = { ...decodePrediction(answer), weights: points[1]!.group!.key };
    expect(refused(encodePrediction(earlier))).toMatch(/^[A-Z_]+ (?!prediction)/);
  });
  test('weights that a run starts from are none that it wrote', () => {
    const next = announceRun(NARROW, data, group, SEED, points[2]!.group!);
    const moved = encodePrediction({ ...decodePrediction(answer), run: next.named.digest });
    expect(verifyPrediction(next.bytes, [], moved)).toMatchObject({ code: 'WEIGHTS' });
  });
  test('weights of an earlier point of the chain', () => {
    const first = provePrediction(kernels, home, owner.named, points[1]!.group!, { inputs });
    expect(verdict(first.bytes)).toMatchObject({ ok: true, step: 2 });
  });
  test('another run, dataset, seed, context, other inputs than the caller expects', () => {
    const other = new Uint8Array(32);
    expect(refused(answer, { run: other })).toBe('RUN run');
    expect(refused(answer, { dataset: other })).toBe('DATASET run');
    expect(refused(answer, { seed: other })).toBe('SEED run');
    expect(refused(answer, { context: other })).toBe('CONTEXT prediction file');
    expect(refused(answer, { inputs: inputs.map((x, i) => (i === 3 ? x ^ 1 : x)) })).toBe(
      'INPUTS prediction file',
    );
    expect(refused(answer, { inputs: inputs.slice(6) })).toBe('INPUTS prediction file');
    expect(refused(answer, { inputs: Uint8Array.of(...inputs, ...inputs.slice(0, 6)) })).toBe(
      'INPUTS prediction file',
    );
    expect(refused(hidden, { inputs })).toBe('INPUTS prediction file');
    const second = announceRun(NARROW, data, group, new Uint8Array(32).fill(9));
    const moved = encodePrediction({ ...decodePrediction(answer), run: second.named.digest });
    expect(refused(moved)).toBe('RUN prediction file');
    const weights = points[2]!.group!.keyDigest;
    expect(verifyPrediction(second.bytes, { weights }, answer)).toMatchObject({ code: 'RUN' });
    // the same weights under a run that did not make them: the proof is about its own run
    expect(verifyPrediction(second.bytes, { weights }, moved).ok).toBe(false);
  });
  test('a changed class, input, context, row; inputs shown that were hidden, and the reverse', () => {
    const file = decodePrediction(answer);
    const changed = (change: Partial<typeof file>): string =>
      refused(encodePrediction({ ...file, ...change }));
    expect(changed({})).toBe('ok');
    for (let by = 1; by < 4; by++) {
      expect(changed({ classes: classes.map((own, i) => (i === 2 ? (own + by) % 4 : own)) })).not.toBe('ok');
    }
    expect(changed({ classes: classes.map((own, i) => (i === 2 ? 4 : own)) })).toBe('PREDICTION prediction');
    expect(changed({ classes: classes.slice(1) })).toBe('PREDICTION prediction');
    const other = Uint16Array.from(inputs, (x, i) => (i === 7 ? x ^ 1 : x));
    expect(changed({ inputs: other })).not.toBe('ok');
    expect(changed({ inputs: Uint16Array.from(inputs, (x, i) => (i === 7 ? 16 : x)) })).toBe(
      'PREDICTION prediction',
    );
    expect(changed({ inputs: undefined })).not.toBe('ok');
    expect(changed({ context: new Uint8Array(0) })).not.toBe('ok');
    const secret = decodePrediction(hidden);
    expect(refused(encodePrediction({ ...secret, inputs: Uint16Array.from(inputs) }))).not.toBe('ok');
  });
  test('weights of another kind, parameters of another code', () => {
    const file = decodePrediction(answer);
    expect(refused(encodePrediction({ ...file, weights: group.key }))).toBe('WEIGHTS prediction file');
    const { keyDigest: data } = group;
    const posed = encodePrediction({ ...file, weights: group.key });
    expect(verifyPrediction(owner.bytes, { weights: data }, posed)).toMatchObject({ code: 'KEY_LAYOUT' });
    const { parameters } = chooseTrainingParameters(NARROW, { steps: 4, minProofs: 400 });
    expect(refused(encodePrediction({ ...file, parameters }))).toBe('STATEMENT prediction file');
  });
  test('a key of the weights that is another one of the same commitment', () => {
    const file = decodePrediction(answer);
    const { parameters } = file;
    expect(parameters.code).toEqual(file.weights.parameters.code);
    const other = { ...file.weights, parameters };
    const weights = keyDigest(encodeKey(other));
    expect(weights).not.toEqual(points[2]!.group!.keyDigest);
    // Whoever trusts this key: the proof is about all of the other one.
    const posed = verifyPrediction(owner.bytes, { weights }, encodePrediction({ ...file, weights: other }));
    expect(posed.ok).toBe(false);
    expect(posed).not.toMatchObject({ code: 'WEIGHTS' });
    expect(posed).not.toMatchObject({ code: 'STATEMENT' });
  });
  test('a changed byte anywhere, cut short, longer, no bytes at all', () => {
    const weights = points[2]!.group!.keyDigest;
    for (let i = 0; i < 24; i++) {
      const bytes = answer.slice();
      const at = i < 12 ? 4 * i : Math.floor(((i - 11) * bytes.length) / 13);
      bytes[at] = bytes[at]! ^ 1;
      expect([at, verifyPrediction(owner.bytes, { weights }, bytes).ok]).toEqual([at, false]);
    }
    for (const length of [0, 7, 60, 3000, answer.length - 1]) {
      expect(refused(answer.slice(0, length))).not.toBe('ok');
    }
    expect(refused(Buffer.concat([answer, Buffer.alloc(1)]))).toBe('LENGTH prediction file');
    expect(refused(null as unknown as Uint8Array)).toBe('FORMAT prediction');
    expect(verifyPrediction('x' as unknown as Uint8Array, segments, answer)).toMatchObject({ stage: 'run' });
    expect(verifyPrediction(owner.bytes.slice(0, 50), segments, answer).ok).toBe(false);
  });
  test('a list of odd length, a kind of inputs that is none', () => {
    const key = 12 + 32;
    const at = key + 4 + new DataView(answer.buffer).getUint32(key, true);
    const kind = answer.slice();
    kind[at] = 2;
    expect(refused(kind)).toBe('FORMAT prediction file');
    const odd = answer.slice();
    new DataView(odd.buffer).setUint32(at + 4, 2 * inputs.length - 1, true);
    expect(verdict(odd)).toMatchObject({
      code: 'LENGTH',
      detail: expect.stringContaining('two bytes each') as string,
    });
  });
  test('an owner is refused before anything is spent', () => {
    const last = points[2]!.group!;
    const before = budgetStatus(home, last).used;
    const ask = (asked: Int16Array, of: StoredGroup = last): string =>
      proofError(() => provePrediction(kernels, home, owner.named, of, { inputs: asked })).code;
    expect(ask(inputs.slice(1))).toBe('PREDICTION');
    expect(ask(inputs.slice(0, 0))).toBe('PREDICTION');
    expect(ask(inputs.map(() => 16))).toBe('PREDICTION');
    expect(ask(inputs, group)).toBe('KEY_LAYOUT');
    expect(budgetStatus(home, last).used).toBe(before);
  });
  test('weights make as many predictions as they were committed for', () => {
    const last = points[2]!.group!;
    // committed for six: one wrote them, two are above
    for (let left = budgetStatus(home, last).proofsLeft; left > 0; left--) {
      provePrediction(kernels, home, owner.named, last, { inputs });
    }
    expect(budgetStatus(home, last).used).toBe(6 * last.key.parameters.code.queries);
    const again = (): unknown => provePrediction(kernels, home, owner.named, last, { inputs });
    expect(proofError(again).code).toBe('BUDGET_SPENT');
    expect(() => proveSegment(kernels, home, owner, points[1]!, 1, path(), undefined, 2 ** 20)).toThrow(
      /uses: expected at most/,
    );
  });
  test('a prover who does not look at what he proves', () => {
    const forged = (claim: Story['claim'], lie: Story['lie'] = () => undefined): string => {
      const story = { ...honest(NARROW, 4), state: points[2]!.state, claim, lie };
      const { program, witness } = tell(story);
      const own = classesOf(NARROW, Int32Array.from(witness.get('y/2')!));
      const file = { ...decodePrediction(answer), classes: claim(own) };
      const statement = predictionStatement(owner.named, file);
      const ch = proverChannel(programDomain(statement));
      const tensors = new Map(
        program.tensors
          .filter(({ kind }) => kind === 'witness')
          .map(({ name }) => [name, Int32Array.from(witness.get(name)!)] as const),
      );
      kernels.memory.secretScope(() =>
        proveProgramBody(
          kernels,
          ch,
          statement,
          [points[2]!.group!.owned],
          testSource(kernels.ext, made++),
          { tensors },
          false,
        ),
      );
      return refused(encodePrediction({ ...file, proof: ch.finish() }));
    };
    expect(forged((own) => own)).toBe('ok');
    // What is false shows as a row that its table does not have: not even a liar knows how often it occurs.
    const none = /expected a row of table/;
    expect(() => forged((own) => own.map((c, r) => (r === 0 ? (c + 1) % 4 : c)))).toThrow(none);
    expect(() => forged((own) => own, about('x/1', 2, 1n))).toThrow(none);
    expect(() => forged((own) => own, about('y/2', 2, 1n))).toThrow(none);
  });
});
