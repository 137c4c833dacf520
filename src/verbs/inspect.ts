/** The verb `inspect`: what is in a file, what a proof about it says, what is public. */
import { decodeAnswer } from '../answer/envelope.ts';
import { decodeModelKey, encodeModelKey, modelDigest } from '../answer/key.ts';
import { decodeModelLink } from '../answer/link.ts';
import type { AnswerStatement } from '../answer/statement.ts';
import { refuse } from '../errors/proof-error.ts';
import { encodeGraph, type Graph } from '../graph/index.ts';
import { encodeParameters } from '../params/encoding.ts';
import { decodeKey, type GroupKey } from '../pcs/key.ts';
import { encodeInfo, type ModelInfo } from '../quantize/index.ts';
import { loadModel } from '../quantize/node.ts';
import { weightBytes } from './costs.ts';
import { firstBytes, naming, readInput, sizeOfFile } from './files.ts';
import { groupOf, parametersOf, part, proofParts, withRest } from './inspect-parts.ts';
import type { FilePart, GroupSummary, ParameterSummary, Parts } from './inspect-parts.ts';
import { TRAINING_INSPECTORS, type TrainingInspection } from './inspect-training.ts';
import { TUNING_INSPECTORS, type TuningInspection } from './inspect-tuning.ts';
import { kindOf, MAGIC_BYTES, otherKind, type FileKind } from './kinds.ts';
import { summariseGraph, type GraphSummary } from './nodes.ts';
import { hexOf } from './verify.ts';

interface Program extends GraphSummary {
  readonly info: ModelInfo;
  readonly context: number;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; bits: number }[];
  readonly weightCount: number;
}

/** What a file holds. Digests are hexadecimal. */
export type Inspection = AnswerInspection | TrainingInspection | TuningInspection;

type AnswerInspection = Parts &
  (
    | ({ readonly kind: 'model' } & Program)
    | ({
        readonly kind: 'key';
        readonly digest: string;
        /** Cells that a group has at most; null where one holds all weights. */
        readonly groupCells: number | null;
        readonly weightsKeys: readonly GroupSummary[];
      } & Program)
    | {
        readonly kind: 'answer';
        readonly statement: Omit<AnswerStatement, 'model' | 'context' | 'revealed'> & {
          readonly model: string;
          readonly context: string;
          /** Tokens whose logits are shown, from 1. `verify` shows them with their verdict. */
          readonly logits: readonly { readonly sequence: number; readonly position: number }[];
        };
        readonly parameters: ParameterSummary;
      }
    | {
        readonly kind: 'link';
        readonly older: string;
        /** The groups of the newer weights, and the parameters of each one's link proof. */
        readonly newer: readonly GroupSummary[];
        readonly parameters: readonly ParameterSummary[];
      }
  );

/**
 * What a file of this library holds: model, key, proof or link; run, segment, step or prediction.
 *
 * @throws ProofError `FILE_*`, `FORMAT` for another file; as the decoders
 * @example
 * const inspection = inspectFile('story.key');
 */
export function inspectFile(path: string): Inspection {
  const kind = kindOf(firstBytes(path, MAGIC_BYTES));
  if (kind === 'model') return naming(path, () => inspectModel(path));
  const bytes = readInput(path);
  const inspect = kind === undefined ? undefined : INSPECTORS[kind];
  if (inspect === undefined) {
    refuse('FORMAT', path, otherKind('a model, a key, a proof, a link or a run of zkdl', bytes));
  }
  return naming(path, () => inspect(bytes));
}

/** Checkpoints are for their owner alone. */
const INSPECTORS: Readonly<Partial<Record<FileKind, (bytes: Uint8Array) => Inspection>>> = {
  key: inspectKey,
  answer: inspectAnswer,
  link: inspectLink,
  ...TRAINING_INSPECTORS,
  ...TUNING_INSPECTORS,
};

function programOf(graph: Graph, info: ModelInfo): Program {
  const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  return {
    info,
    context: graph.context,
    ...summariseGraph(graph),
    weights: graph.weights.map(({ name, shape, bits }) => ({ name, shape, bits })),
    weightCount: graph.weights.reduce((sum, { shape }) => sum + size(shape), 0),
  };
}

function inspectModel(path: string): Inspection {
  const { graph, info } = loadModel(path);
  const bytes = sizeOfFile(path);
  const parts = [
    part('graph', encodeGraph(graph).length),
    part('information', encodeInfo(info, graph).length),
    part('weights', weightBytes({ graph }), 'private'),
  ];
  return {
    kind: 'model',
    bytes,
    parts: withRest(bytes, parts),
    ...programOf(graph, info),
  };
}

function inspectKey(bytes: Uint8Array): Inspection {
  const key = decodeModelKey(bytes);
  const { graph, info, weights, groupCells } = key;
  const total = (of: (group: GroupKey) => number): number =>
    weights.reduce((sum, group) => sum + of(group), 0);
  const parts = [
    part('graph', encodeGraph(graph).length),
    part('information', encodeInfo(info, graph).length),
    part(
      'commitment: digests',
      total(({ group }) => group.cap.length),
    ),
    part(
      'commitment: parameters',
      total(({ parameters }) => encodeParameters(parameters).length),
    ),
  ];
  return {
    kind: 'key',
    bytes: bytes.length,
    digest: hexOf(modelDigest(encodeModelKey(key))),
    parts: withRest(bytes.length, parts),
    groupCells: weights.length === 1 ? null : groupCells,
    weightsKeys: weights.map(groupOf),
    ...programOf(graph, info),
  };
}

function inspectAnswer(bytes: Uint8Array): Inspection {
  const { statement, parameters, proof } = decodeAnswer(bytes);
  const { model, context, revealed = [], sequences, choice } = statement;
  const logits = revealed.map(({ sequence, position }) => ({
    sequence: sequence + 1,
    position: position + 1,
  }));
  const parts = [
    part('context', context.length),
    ...(revealed.length === 0
      ? []
      : [
          part(
            'logits',
            revealed.reduce((sum, { values }) => sum + 4 * values.length, 0),
          ),
        ]),
    ...proofParts(parameters, proof),
  ];
  return {
    kind: 'answer',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    statement: { sequences, choice, model: hexOf(model), context: hexOf(context), logits },
    parameters: parametersOf(parameters),
  };
}

function inspectLink(bytes: Uint8Array): Inspection {
  const { older, groups } = decodeModelLink(bytes);
  const parts = groups.flatMap(({ weights, parameters, proof }) => [
    part('key of the newer weights', weights.length),
    ...proofParts(parameters, proof),
  ]);
  return {
    kind: 'link',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    older: hexOf(older),
    newer: groups.map(({ weights }) => groupOf(decodeKey(weights))),
    parameters: groups.map(({ parameters }) => parametersOf(parameters)),
  };
}
