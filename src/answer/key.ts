/**
 * The key of a model: what its owner publishes once and everybody verifies with. The graph with its public integers, what is
 * said about the model (accuracy, tokenizer), and the key of the committed weights. No program: whoever verifies lowers the
 * graph with operators of his own. spec/answers.md section 1.
 */
import { refuse } from '../errors/proof-error.ts';
import { decodeGraph, encodeGraph } from '../graph/encoding.ts';
import type { Graph } from '../graph/graph.ts';
import { staticTensors } from '../graph/static-tensors.ts';
import { blake3 } from '../hash/blake3.ts';
import { decodeKey, encodeKey, type GroupKey } from '../pcs/key.ts';
import { decodeInfo, encodeInfo, type ModelInfo } from '../quantize/model.ts';
import { columnsOf, layOut } from '../relation/layout.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { fileBytes, fileReader } from './bytes.ts';

export interface ModelKey {
  readonly graph: Graph;
  readonly info: ModelInfo;
  /** The committed weights. */
  readonly weights: GroupKey;
}

export const MODEL_KEY_VERSION = 1;
const MAGIC = 'zkdl-mdl';
const STAGE = 'model key';

export function encodeModelKey({ graph, info, weights }: ModelKey): Uint8Array<ArrayBuffer> {
  return fileBytes(MAGIC, MODEL_KEY_VERSION, [
    { block: encodeGraph(graph) },
    { block: encodeInfo(info, graph) },
    { block: encodeKey(weights) },
  ]);
}

/**
 * @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `decodeGraph`, `decodeInfo`, `decodeKey`; `KEY_LAYOUT` for weights that
 *   are not those of the graph
 */
export function decodeModelKey(bytes: Uint8Array): ModelKey {
  const reader = fileReader(STAGE, bytes, MAGIC, MODEL_KEY_VERSION);
  const graph = decodeGraph(reader.block('graph'));
  const info = decodeInfo(reader.block('info'), graph);
  const weights = decodeKey(reader.block('weights'));
  reader.end();
  checkWeights(graph, weights);
  return { graph, info, weights };
}

/** The 32 bytes that name a model. @param bytes of `encodeModelKey` */
export function modelDigest(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return blake3(bytes, { context: 'zkdl model key 1' });
}

/** What the cells of a model's weights mean: names and shapes, in order. */
export function weightsLayout(graph: Graph): Uint8Array<ArrayBuffer> {
  return digestOfLeaves(
    'zkdl weights layout 1',
    staticTensors(graph).flatMap(({ name, shape }, i) => [
      { label: `tensor-${i}`, type: 'text' as const, value: name },
      ...shape.map((size, d) => ({ label: `size-${i}-${d}`, type: 'integer' as const, value: size })),
    ]),
  );
}

function checkWeights(graph: Graph, { group, layout, parameters }: GroupKey): void {
  const expected = weightsLayout(graph);
  if (expected.some((byte, i) => byte !== layout[i])) {
    refuse('KEY_LAYOUT', STAGE, "weights: expected the layout of the key's graph, got another");
  }
  const columns = columnsOf(layOut(staticTensors(graph).map(({ shape }) => shape)), parameters.code.logData);
  if (group.columns !== columns) {
    refuse('KEY_LAYOUT', STAGE, `weights: expected ${columns} columns, got ${group.columns}`);
  }
  if (group.lifetime !== 'static') refuse('KEY_LAYOUT', STAGE, 'weights: expected a static group');
}
