/** The verb `inspect`: what is in a file, what a proof about it says, what is public. */
import { decodeAnswer } from '../answer/envelope.ts';
import { decodeModelKey, encodeModelKey, modelDigest } from '../answer/key.ts';
import { decodeModelLink } from '../answer/link.ts';
import type { AnswerStatement } from '../answer/statement.ts';
import { refuse } from '../errors/proof-error.ts';
import { encodeGraph, type Graph } from '../graph/index.ts';
import { budget } from '../params/index.ts';
import { encodeParameters } from '../params/encoding.ts';
import type { Parameters } from '../params/parameters.ts';
import { decodeKey, encodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
import { decodeModel, encodeInfo, type ModelInfo } from '../quantize/index.ts';
import { naming, readInput } from './files.ts';
import { kindOf, otherKind, type FileKind } from './kinds.ts';
import { summariseGraph, type GraphSummary } from './nodes.ts';
import { hexOf } from './verify.ts';

/** A part of a file. */
export interface FilePart {
  readonly name: string;
  readonly bytes: number;
  readonly access: 'public' | 'private';
}

interface Program extends GraphSummary {
  readonly info: ModelInfo;
  readonly context: number;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; bits: number }[];
  readonly weightCount: number;
}

/** What a file holds. Digests are hexadecimal. */
export type Inspection = { readonly bytes: number; readonly parts: readonly FilePart[] } & (
  | ({ readonly kind: 'model' } & Program)
  | ({ readonly kind: 'key'; readonly digest: string; readonly weightsKey: GroupSummary } & Program)
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
      readonly newer: GroupSummary;
      readonly parameters: ParameterSummary;
    }
);

/** A committed group by its key. */
export interface GroupSummary {
  readonly digest: string;
  readonly group: string;
  readonly epoch: number;
  readonly columns: number;
  readonly rows: number;
  /** Proofs that one epoch allows. */
  readonly proofs: number;
  readonly parameters: ParameterSummary;
}

export interface ParameterSummary {
  readonly profile: string;
  readonly logData: number;
  readonly padLength: number;
  readonly queries: number;
  readonly levels: number;
  readonly pads: number;
}

/**
 * What a file of this library holds: model, key, proof or link.
 *
 * @throws ProofError `FILE_*`, `FORMAT` for another file; as the decoders
 * @example
 * const inspection = inspectFile('story.key');
 */
export function inspectFile(path: string): Inspection {
  const bytes = readInput(path);
  const kind = kindOf(bytes);
  if (kind === undefined) {
    refuse('FORMAT', path, otherKind('a model, a key, a proof or a link of zkdl', bytes));
  }
  return naming(path, () => INSPECTORS[kind](bytes));
}

const INSPECTORS: Readonly<Record<FileKind, (bytes: Uint8Array) => Inspection>> = {
  model: inspectModel,
  key: inspectKey,
  answer: inspectAnswer,
  link: inspectLink,
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

function part(name: string, bytes: number, access: FilePart['access'] = 'public'): FilePart {
  return { name, bytes, access };
}

/** Adds what the parts leave of the file. */
function withRest(bytes: number, parts: readonly FilePart[]): readonly FilePart[] {
  const rest = bytes - parts.reduce((sum, { bytes: of }) => sum + of, 0);
  return [...parts, part('magic, versions, lengths', rest)];
}

function inspectModel(bytes: Uint8Array): Inspection {
  const { graph, info, weights } = decodeModel(bytes);
  const stored = [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const parts = [
    part('graph', encodeGraph(graph).length),
    part('information', encodeInfo(info, graph).length),
    part('weights', stored, 'private'),
  ];
  return {
    kind: 'model',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    ...programOf(graph, info),
  };
}

function inspectKey(bytes: Uint8Array): Inspection {
  const { graph, info, weights } = decodeModelKey(bytes);
  const parts = [
    part('graph', encodeGraph(graph).length),
    part('information', encodeInfo(info, graph).length),
    part('commitment: digests', weights.group.cap.length),
    part('commitment: parameters', encodeParameters(weights.parameters).length),
  ];
  return {
    kind: 'key',
    bytes: bytes.length,
    digest: hexOf(modelDigest(encodeModelKey({ graph, info, weights }))),
    parts: withRest(bytes.length, parts),
    weightsKey: groupOf(weights),
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
    part('parameters', encodeParameters(parameters).length),
    part('proof', proof.length),
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
  const { older, weights, parameters, proof } = decodeModelLink(bytes);
  const parts = [
    part('key of the newer weights', weights.length),
    part('parameters', encodeParameters(parameters).length),
    part('proof', proof.length),
  ];
  return {
    kind: 'link',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    older: hexOf(older),
    newer: groupOf(decodeKey(weights)),
    parameters: parametersOf(parameters),
  };
}

function groupOf(key: GroupKey): GroupSummary {
  const { group, parameters } = key;
  const { firstEpoch, laterEpochs } = budget(parameters.code);
  return {
    digest: hexOf(keyDigest(encodeKey(key))),
    group: hexOf(group.group),
    epoch: group.epoch,
    columns: group.columns,
    rows: 2 ** parameters.code.logData,
    proofs: group.epoch === 0 ? firstEpoch : laterEpochs,
    parameters: parametersOf(parameters),
  };
}

function parametersOf({ profile, code, levels, pads }: Parameters): ParameterSummary {
  return { profile: profile.name, ...code, levels: levels.length, pads: pads.size };
}
