/**
 * Known answers: what the twin wrote down (`npm run vectors`), the twin itself still says, and so does src/. Proofs that were made
 * once (`npm run vectors:proofs`) are accepted by both: a proof outlives the version that made it.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { algebraOf } from '../../reference/algebra.ts';
import type { CommitmentInput } from '../../reference/known-answers.ts';
import { verifyModelLinks as twinLinks } from '../../reference/model-key.ts';
import { payloadBytes, payloadElements } from '../../reference/sequence.ts';
import { verifyModelLinks } from '../../src/answer/link.ts';
import { encodeAt } from '../../src/code/encode-at.ts';
import { codePoint } from '../../src/code/point.ts';
import { encodeExts } from '../../src/field/encoding.ts';
import type { Ext } from '../../src/field/field.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { graphDigest, parseGraph } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import { leafDigest, leafFormat } from '../../src/hash/leaf.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { treeShape } from '../../src/merkle/shape.ts';
import { verifyMultiproof } from '../../src/merkle/verify.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import { decodeParameters, encodeParameters } from '../../src/params/encoding.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { tableDigestOf } from '../../src/tables/index.ts';
import { formatVectors } from '../../tools/format-vectors.ts';
import { encodeKey, keyDigest } from '../../src/pcs/key.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { decodePrediction } from '../../src/training/prediction-file.ts';
import { predictionProgram } from '../../src/training/prediction-program.ts';
import { batchRows } from '../../src/training/order.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import { bothWords } from '../support/twin-answers.ts';
import { bothGraphAnswerWords, keptAnswer } from '../support/twin-graph-answers.ts';
import { twinCases } from '../support/twin-cases.ts';
import { programTwinCases } from '../support/twin-program-cases.ts';
import { bothPredictionWords } from '../support/twin-predictions.ts';
import { bothRunAnswerWords, bothRunWords } from '../support/graph-runs.ts';
import { bothStepWords, planOfStepTwin, stepCaseOf } from '../support/twin-steps.ts';
import { bothTrainingWords, planOfTwin } from '../support/twin-training.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const jsonOf = (name: string): unknown => JSON.parse(Buffer.from(bytesOf(name)).toString('utf8'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

type Vectors = ReturnType<typeof formatVectors>;
const stored = jsonOf('format.json') as Vectors;
const K = algebraOf({ p: 2130706433n, low: [-1n, 0n, 1n, 0n, 0n] });

test('the twin still says what it wrote', { timeout: 300_000 }, () => {
  const now = JSON.parse(JSON.stringify(formatVectors())) as Vectors;
  const { encodings, parameters, commitments, tables, programs, training, predictions, steps } = stored;
  expect(now).toEqual({ encodings, parameters, commitments, tables, programs, training, predictions, steps });
});

describe('src/ says the same', () => {
  test('elements of K, parameters', () => {
    for (const { count, seed, bytes } of stored.encodings) {
      const words = payloadElements(5 * count, seed, K.p).map(Number);
      const exts = Array.from({ length: count }, (_, i) => words.slice(5 * i, 5 * i + 5) as unknown as Ext);
      expect(hex(encodeExts(exts))).toBe(bytes);
    }
    for (const { bytes, digest } of stored.parameters) {
      const encoded = Uint8Array.from(Buffer.from(bytes, 'hex'));
      expect(hex(encodeParameters(decodeParameters(encoded)))).toBe(bytes);
      expect(hex(blake3(encoded))).toBe(digest);
    }
  });

  test('commitments: codewords and caps', () => {
    for (const of of stored.commitments) {
      const rows = rowsOf(of);
      expect(rows[1]).toEqual(of.row);
      const domain = { label: of.label, epoch: of.epoch, group: payloadBytes(8, of.seed) };
      const format = leafFormat(domain, of.columns, of.logData + 2, true);
      const leaves = rows.map((row, i) => leafDigest(format, row as never, payloadBytes(16, i)));
      const cap = Uint8Array.from(Buffer.from(of.cap, 'hex'));
      const proof = { indices: rows.map((_, i) => i), leaves, siblings: new Uint8Array(0) };
      const shape = treeShape(rows.length, 2 ** of.logCap);
      verifyMultiproof(shape, cap, proof, of.label); // throws
      cap[5]! ^= 1;
      expect(() => verifyMultiproof(shape, cap, proof, of.label)).toThrow('MERKLE_ROOT');
    }
  });

  test('tables and programs', () => {
    for (const { id, digest } of stored.tables) expect([id, tableDigestOf(id)]).toEqual([id, digest]);
    for (const { name, graphText, temperature, seed, pass, graph, program, counts } of stored.programs) {
      const parsed = parseGraph(graphText);
      const choice = temperature === null ? 'greedy' : { seed: Uint8Array.from(seed), temperature };
      const own = lowerGraph(parsed, {
        ...pass,
        tokens: pass.tokens!.map((id) => id ?? PRIVATE_TOKEN),
        choice,
      });
      const { tensors, tables, virtuals, relations } = own;
      expect([name, hex(graphDigest(parsed)), hex(programDigest(koalaBear, own))]).toEqual([
        name,
        graph,
        program,
      ]);
      expect([tensors, tables, virtuals, relations].map(({ length }) => length)).toEqual(counts);
    }
  });

  test('programs of predictions and of steps of graphs', () => {
    for (const { plan, rows, seed, shown, program } of stored.predictions) {
      const inputs = shown ? Array.from(payloadBytes(rows * plan.widths[0]!, seed), (x) => x % 2 ** plan.input.bits) : undefined; // prettier-ignore
      const classes = Array.from(payloadBytes(rows, seed + 1), (x) => x % plan.widths.at(-1)!);
      const own = predictionProgram({ plan: planOfTwin(plan), inputs, classes });
      expect(hex(programDigest(koalaBear, own))).toBe(program);
    }
    for (const { graphText, plan, batch, first, program } of stored.steps) {
      const own = graphStepProgram(parseGraph(graphText), planOfStepTwin(plan), batch, !first);
      expect(hex(programDigest(koalaBear, own))).toBe(program);
    }
  });

  test('training: rows, first weights, programs', () => {
    expect(stored.training.length).toBeGreaterThan(3);
    for (const of of stored.training) {
      const { rows, weights, program, counts } = of;
      expect(trainingOf(of)).toEqual({ rows, weights, program, counts });
    }
  });
});

/** What src/ computes for the known answers of training. */
function trainingOf({ plan, first, count, seed, fromSeed }: Vectors['training'][number]) {
  const key = payloadBytes(32, seed);
  const own = planOfTwin(plan);
  const rows = batchRows(own, key, first, count);
  const initial = stateFromSeed(own, key);
  const program = trainingProgram({ plan: own, first, count, rows, ...(fromSeed && { seed: key }) });
  const { tensors, tables, virtuals, relations } = program;
  return {
    rows: Array.from(rows),
    weights: initial.map(({ weight }) => Array.from(weight)),
    program: hex(programDigest(koalaBear, program)),
    counts: [tensors, tables, virtuals, relations].map(({ length }) => length),
  };
}

/** All rows of the codewords of a commitment. */
function rowsOf({ columns, logData, padLength, seed }: CommitmentInput): number[][] {
  const log = logData + 2;
  const points = Array.from({ length: 2 ** log }, (_, row) => codePoint(koalaBear, log, row));
  const codewords = Array.from({ length: columns }, (_, l) => {
    const coefficients = payloadElements(2 ** logData + padLength, seed + l, K.p);
    const message = coefficients.map((x) => quintic.fromBase(koalaBear.fromInt(Number(x))));
    return encodeAt(quintic, message, points).map((value) => value[0] as number);
  });
  return points.map((_, row) => codewords.map((codeword) => codeword[row] as number));
}

describe('proofs that were kept', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await wasmKernels({ threads: 1 });
  });
  afterAll(() => kernels.close());

  test('a whole answer, and the link to the next epoch of its key', () => {
    const [key, file, link] = ['answer.key', 'answer.zkp', 'answer.link'].map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array]; // prettier-ignore
    const hiding = bytesOf('answer-private.zkp');
    for (const of of [file, hiding]) expect(bothWords(key, of)).toEqual(['accepted', 'accepted']);
    const ours = verifyModelLinks(key, [link]);
    const twin = twinLinks(K, key, [link]);
    expect([ours.ok, twin.verdict.ok]).toEqual([true, true]);
    if (ours.ok) expect(hex(twin.key)).toBe(hex(ours.key));
    // A proof about the older key is none about the newer one, and a link leads on from its own key alone.
    expect(bothWords(twin.key, file)).toEqual(['MODEL', 'MODEL']);
    const again = twinLinks(K, key, [link, link]).verdict;
    expect([again.ok || again.code, verifyModelLinks(key, [link, link]).ok]).toEqual(['MODEL', false]);
  });

  test('predictions, about public and hidden inputs', { timeout: 300_000 }, () => {
    const [run, shown, hidden] = ['prediction.run', 'prediction.prd', 'prediction-hidden.prd'].map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array]; // prettier-ignore
    const weights = keyDigest(encodeKey(decodePrediction(shown).weights));
    for (const file of [shown, hidden]) {
      expect(bothPredictionWords(run, { weights }, file)).toEqual(['accepted', 'accepted']);
    }
  });

  test('two steps of a graph, on public tokens and on those of a corpus', { timeout: 300_000 }, () => {
    const text = Buffer.from(bytesOf('steps.json')).toString('utf8');
    const chain = stepCaseOf(text, ['step-0.proof', 'step-1.proof'].map(bytesOf));
    expect(bothStepWords(chain)).toEqual(['accepted', 'accepted']);
  });

  test(
    'a step with rotary positions, momentum and gradients cut off, and an answer by its weights',
    { timeout: 300_000 },
    () => {
      const kept = keptAnswer(bytesOf);
      expect(kept.plan).toMatchObject({ momentum: { shift: 3 }, gradient: { guard: 4 } });
      expect(bothGraphAnswerWords(kept)).toEqual(['accepted', 'accepted']);
      expect(bothGraphAnswerWords({ ...kept, batches: [], steps: [] })).toEqual(['WEIGHTS', 'WEIGHTS']);
    },
  );

  test(
    'a step with biases of one digit and of two, and an answer by its weights',
    { timeout: 300_000 },
    () => {
      const kept = keptAnswer(bytesOf, 'biased');
      expect(kept.graph).toMatch(/"bias":"b".*"bias":"c"/s);
      expect(bothGraphAnswerWords(kept)).toEqual(['accepted', 'accepted']);
      expect(bothGraphAnswerWords({ ...kept, batches: [], steps: [] })).toEqual(['WEIGHTS', 'WEIGHTS']);
    },
  );

  test(
    'a run of a graph, three steps of it in two proofs, and an answer by what they wrote',
    { timeout: 300_000 },
    () => {
      const steps = ['tuning-0.step', 'tuning-1.step'].map(bytesOf);
      const run = bytesOf('tuning.run');
      expect(bothRunWords({ run, steps }, { steps: 3 })).toEqual(['accepted', 'accepted']);
      expect(bothRunAnswerWords(run, { steps }, bytesOf('tuning.zkp'))).toEqual(['accepted', 'accepted']);
    },
  );

  test('two steps in one proof of a run of a graph from weights of the seed', { timeout: 300_000 }, () => {
    const steps = [bytesOf('tuning-drawn-0.step')];
    expect(bothRunWords({ run: bytesOf('tuning-drawn.run'), steps }, { steps: 2 })).toEqual(['accepted', 'accepted']); // prettier-ignore
  });

  test('an answer of a model in two groups, and the link to the next epoch of all of them', () => {
    const [key, file, link] = ['groups.key', 'groups.zkp', 'groups.link'].map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array]; // prettier-ignore
    expect(bothWords(key, file)).toEqual(['accepted', 'accepted']);
    const ours = verifyModelLinks(key, [link]);
    const twin = twinLinks(K, key, [link]);
    expect([ours.ok, twin.verdict.ok]).toEqual([true, true]);
    if (ours.ok) expect(hex(twin.key)).toBe(hex(ours.key));
    expect(bothWords(twin.key, file)).toEqual(['MODEL', 'MODEL']);
    expect(bothWords(bytesOf('answer.key'), file)).toEqual(['MODEL', 'MODEL']);
  });

  test('a run of training in periods, and both of its segments', { timeout: 300_000 }, () => {
    const names = ['training-periods.run', 'training-periods-0.seg', 'training-periods-1.seg'];
    const [run, first, second] = names.map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array];
    expect(bothTrainingWords(run, [first, second], { steps: 5 })).toEqual(['accepted', 'accepted']);
    expect(bothTrainingWords(run, [second])).toEqual(['STEP', 'STEP']);
  });

  test('a run of training with momentum, and all of its segments', { timeout: 300_000 }, () => {
    const names = ['training-0.seg', 'training-1.seg', 'training-2.seg'];
    const [first, second, third] = names.map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array];
    const run = bytesOf('training.run');
    expect(bothTrainingWords(run, [first, second, third], { steps: 4 })).toEqual(['accepted', 'accepted']);
    expect(bothTrainingWords(run, [second])).toEqual(['STEP', 'STEP']);
    expect(bothTrainingWords(run, [first, first])).toEqual(['STEP', 'STEP']);
  });

  test('linear openings, links, lookups, programs over toy parameters', () => {
    const cases = new Map([...twinCases(kernels), ...programTwinCases(kernels)].map((of) => [of.name, of]));
    const { proofs } = jsonOf('proofs.json') as { proofs: { name: string; proof: string }[] };
    expect(proofs.length).toBe(cases.size - 1); // S128 is the answer
    for (const { name, proof } of proofs) {
      const { word, twin } = cases.get(name)!;
      const bytes = Uint8Array.from(Buffer.from(proof, 'base64'));
      expect([name, word(bytes), twin(bytes)]).toEqual([name, 'accepted', 'accepted']);
    }
  });
});
