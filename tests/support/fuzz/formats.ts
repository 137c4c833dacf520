/** Fuzz targets that have one encoding: what is accepted encodes to itself. */
import { encodeAnswer, decodeAnswer, type Answer } from '../../../src/answer/envelope.ts';
import {
  decodeModelKey,
  encodeModelKey,
  modelDigest,
  weightsLayout,
  type ModelKey,
} from '../../../src/answer/key.ts';
import { decodeModelLink, encodeModelLink } from '../../../src/answer/link.ts';
import { answerStatement, verifyAnswer } from '../../../src/answer/verify.ts';
import { fileBytes } from '../../../src/answer/bytes.ts';
import { ProofError, refuse } from '../../../src/errors/proof-error.ts';
import { canonicalText, decodeGraph, encodeGraph } from '../../../src/graph/encoding.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { staticTensors } from '../../../src/graph/static-tensors.ts';
import { blake3 } from '../../../src/hash/blake3.ts';
import { completeInstance } from '../../../src/params/choose.ts';
import { decodeParameters, encodeParameters } from '../../../src/params/encoding.ts';
import { decodeKey, encodeKey, type GroupKey } from '../../../src/pcs/key.ts';
import type { Parameters } from '../../../src/params/parameters.ts';
import { chooseModelParameters } from '../../../src/prover/commit-model.ts';
import { decodeInfo, encodeInfo, decodeModel, encodeModel } from '../../../src/quantize/index.ts';
import type { QuantizedModel } from '../../../src/quantize/model.ts';
import { columnsOf, layOut } from '../../../src/relation/layout.ts';
import { programInstance } from '../../../src/relation/plan.ts';
import { decodeCounter, encodeCounter } from '../../../src/store/counter.ts';
import { frame, unframe } from '../../../src/store/frame.ts';
import { tinyQuantized } from '../quantized.ts';
import { smallKey } from '../store.ts';
import { mutateBytes, mutateValue, type Dice } from './mutate.ts';
import type { Target } from './target.ts';

const ascii = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0) & 255);
const counter = (seed: number): Uint8Array =>
  encodeCounter({
    store: new Uint8Array(16).fill(seed),
    key: new Uint8Array(32).fill(seed + 1),
    generation: seed,
    used: 40 * seed,
    positions: 40,
    purpose: 'proof',
    nonce: new Uint8Array(16).fill(3),
    previous: new Uint8Array(32),
  });

/** A file with a digest at its end: two of three mutants get one that fits. */
function sealed(context: string, seeds: readonly Uint8Array[], dense: number) {
  return (dice: Dice): Uint8Array => {
    const bytes = mutateBytes(dice, dice.pick(seeds), dice.pick(seeds), dense);
    if (bytes.length >= 32 && dice.below(3) > 0)
      bytes.set(blake3(bytes.subarray(0, -32), { context }), bytes.length - 32);
    return bytes;
  };
}

/** A key of a model that nobody committed, and an answer with a proof of zeros. */
export interface Pretended {
  readonly model: QuantizedModel;
  readonly key: ModelKey;
  readonly keyBytes: Uint8Array;
  readonly answer: Answer;
}

export function weightsOf(graph: Graph, parameters: Parameters): GroupKey {
  const columns = columnsOf(layOut(staticTensors(graph).map(({ shape }) => shape)), parameters.code.logData);
  return { ...smallKey({ columns }, parameters), layout: weightsLayout(graph.weights) };
}

export async function pretended(preset: string): Promise<Pretended> {
  const { graph, weights, info } = await tinyQuantized(preset);
  const model = { graph, weights, info };
  const { parameters } = chooseModelParameters(model, { tokens: 6 });
  const key = { graph, info, weights: [weightsOf(graph, parameters)], groupCells: Infinity };
  const keyBytes = encodeModelKey(key);
  const statement = {
    model: modelDigest(keyBytes),
    sequences: [
      { prompt: [72, 101], completion: [1, 2, 3] },
      { prompt: [7], completion: [9] },
    ],
    choice: { seed: new Uint8Array(32).fill(5), temperature: 3 },
    context: ascii('fuzz'),
  };
  const { compiled } = answerStatement(key, statement, parameters);
  const { code, profile } = parameters;
  const draft = completeInstance(
    programInstance(compiled, [key.weights[0]!.group], code.logData),
    code,
    profile,
  );
  const answer = { statement, parameters: draft!.parameters, proof: new Uint8Array(4096) };
  return { model, key, keyBytes, answer };
}

/** A key whose graph or information is changed, its other parts made to fit where they can be. */
export function keyMutant(dice: Dice, { key }: Pick<Pretended, 'key'>): Uint8Array<ArrayBuffer> {
  const inGraph = dice.below(4) > 0;
  const graph = (inGraph ? mutateValue(dice, key.graph) : key.graph) as Graph;
  const info = inGraph ? key.info : mutateValue(dice, key.info);
  const own = key.weights[0]!;
  let weights = encodeKey(own);
  try {
    const { group, layout } = weightsOf(graph, own.parameters);
    const { columns } = group;
    weights = encodeKey({ ...own, group: { ...own.group, columns }, layout });
  } catch {
    // No weights fit this graph.
  }
  const text = (value: unknown): Uint8Array => ascii(canonicalText(value) ?? '');
  return fileBytes('zkdl-mdl', 1, [{ block: text(graph) }, { block: text(info) }, { block: weights }]);
}

/** @param verdict of a verifier */
function throwVerdict(verdict: { readonly ok: boolean }): undefined {
  if (verdict.ok) throw new Error('fuzz: a proof that nobody made was accepted');
  const { code, stage, detail } = verdict as unknown as ProofError;
  refuse(code, stage, detail);
}

/** Keys, statements, graphs, parameters, model files, files of the store. */
export async function formatTargets(): Promise<Target[]> {
  const models = [await pretended('tiny-llama'), await pretended('tiny-gpt2')];
  const [one, two] = models as [Pretended, Pretended];
  const graphs = models.map(({ key }) => encodeGraph(key.graph));
  const groupKeys = models.map(({ key }) => encodeKey(key.weights[0]!));
  const parameters = models.flatMap(({ key, answer }) =>
    [key.weights[0]!.parameters, answer.parameters].map(encodeParameters),
  );
  const answers = [
    encodeAnswer(one.answer),
    encodeAnswer({ ...two.answer, statement: { ...two.answer.statement, choice: 'greedy' } }),
  ];
  const infos = [encodeInfo(one.key.info, one.key.graph)];
  const links = models.map(({ key, answer }) => {
    const older = new Uint8Array(32).fill(4);
    const { parameters, proof } = answer;
    return encodeModelLink({ older, groups: [{ weights: encodeKey(key.weights[0]!), parameters, proof }] });
  });
  const files = models.map(({ model }) => encodeModel(model));
  const counters = [counter(1), counter(7)];
  const frames = [frame('counter', ascii('some body')), frame('counter', new Uint8Array(0))];
  const parsed = (dice: Dice, bytes: readonly Uint8Array[]): Uint8Array =>
    ascii(canonicalText(mutateValue(dice, JSON.parse(String.fromCharCode(...dice.pick(bytes))))) ?? '');
  const text = (bytes: readonly Uint8Array[]) => (dice: Dice) =>
    dice.below(2) === 0 ? parsed(dice, bytes) : mutateBytes(dice, dice.pick(bytes), dice.pick(bytes));
  return [
    {
      name: 'parameters',
      seeds: parameters,
      cases: 600,
      read: (bytes) => encodeParameters(decodeParameters(bytes)),
    },
    { name: 'group-key', seeds: groupKeys, cases: 600, read: (bytes) => encodeKey(decodeKey(bytes)) },
    {
      name: 'graph',
      seeds: graphs,
      cases: 500,
      mutant: text(graphs),
      read: (bytes) => encodeGraph(decodeGraph(bytes)),
    },
    {
      name: 'model-info',
      seeds: infos,
      cases: 500,
      mutant: text(infos),
      read: (bytes) => encodeInfo(decodeInfo(bytes, one.key.graph), one.key.graph),
    },
    {
      name: 'model-key',
      seeds: models.map(({ keyBytes }) => keyBytes),
      cases: 400,
      dense: 4096,
      mutant: (dice) =>
        dice.below(3) > 0
          ? keyMutant(dice, dice.pick(models))
          : mutateBytes(dice, one.keyBytes, two.keyBytes, 64),
      read: (bytes) => encodeModelKey(decodeModelKey(bytes)),
    },
    {
      name: 'answer-file',
      seeds: answers,
      cases: 600,
      dense: 300,
      read: (bytes) => encodeAnswer(decodeAnswer(bytes)),
    },
    {
      name: 'model-link',
      seeds: links,
      cases: 400,
      dense: 400,
      read: (bytes) => encodeModelLink(decodeModelLink(bytes)),
    },
    {
      name: 'model-file',
      seeds: files,
      cases: 150,
      mutant: sealed('zkdl model file 1', files, 3000),
      read: (bytes) => encodeModel(decodeModel(bytes)),
    },
    {
      name: 'store-frame',
      seeds: frames,
      cases: 400,
      mutant: sealed('zkdl state file 1', frames, 60),
      read: (bytes) => frame('counter', unframe('file', 'counter', bytes).body),
    },
    {
      name: 'store-counter',
      seeds: counters,
      cases: 400,
      mutant: sealed('zkdl state file 1', counters, 200),
      read: (bytes) => encodeCounter(decodeCounter('file', bytes)),
    },
    {
      // A stranger's statement against a key that is trusted.
      name: 'answer-verifier',
      seeds: answers.slice(0, 1),
      cases: 40,
      dense: 140,
      read: (bytes) => throwVerdict(verifyAnswer(one.keyBytes, bytes)),
    },
    {
      // A stranger's key, and an answer about that key: graphs of any kind are lowered.
      name: 'key-verifier',
      seeds: [one.keyBytes],
      cases: 60,
      mutant: (dice) => keyMutant(dice, dice.pick(models)),
      read: (bytes) => {
        const { answer } = one;
        const statement = { ...answer.statement, model: modelDigest(bytes) };
        return throwVerdict(verifyAnswer(bytes, encodeAnswer({ ...answer, statement })));
      },
    },
  ];
}
