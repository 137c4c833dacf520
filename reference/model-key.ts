/** Keys of models and links between them: spec/answers.md sections 1 and 5. */
import type { Algebra } from './algebra.ts';
import { deriveKey } from './blake3.ts';
import { ascii, equalBytes, join, u32 } from './bytes.ts';
import { endFile, openFile, readBlock, readBytes } from './files.ts';
import { checkSet } from './gate.ts';
import { checkGraph } from './graph-checks.ts';
import { isCanonical, parseGraph, type Graph } from './graph-file.ts';
import { decodeKey, keyDigest, type GroupKey } from './key.ts';
import { columnsOf, layOut } from './layout.ts';
import { verifyChain } from './link.ts';
import { staticTensors } from './lowering.ts';
import { checkInformation } from './model-info.ts';
import { decodeParameters } from './parameter-set.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { digestOfLeaves, type Leaf } from './statement.ts';

export interface ModelKey {
  readonly graph: Graph;
  readonly weights: GroupKey;
  /** The blocks as they stand in the file: graph, information, weights. */
  readonly blocks: readonly [Uint8Array, Uint8Array, Uint8Array];
}

/** Section 1: the fields in their order, then what they say together. */
export function decodeModelKey(bytes: Uint8Array): ModelKey {
  const from = openFile(bytes, 'zkdl-mdl', 1);
  const graphBytes = readBlock(from);
  const graph = parseGraph(graphBytes);
  checkGraph(graph);
  require(isCanonical(graph, graphBytes), 'GRAPH_FORMAT', 'canonical bytes');
  const information = readBlock(from);
  checkInformation(information, graph);
  const weightBytes = readBlock(from);
  const weights = decodeKey(weightBytes);
  endFile(from);
  require(equalBytes(weights.layout, weightsLayout(graph)), 'KEY_LAYOUT', 'layout');
  const shapes = staticTensors(graph).map(({ shape }) => shape);
  const columns = columnsOf(layOut(shapes), weights.parameters.code.logData);
  const { group } = weights;
  require(group.columns === columns && group.lifetime === 'static', 'KEY_LAYOUT', `${columns} columns`);
  return { graph, weights, blocks: [graphBytes, information, weightBytes] };
}

/** 32 bytes that name a model. */
export function modelDigest(bytes: Uint8Array): Uint8Array {
  return deriveKey('zkdl model key 1', bytes);
}

/** What the cells of the weights mean. */
function weightsLayout(graph: Graph): Uint8Array {
  const leaves = staticTensors(graph).flatMap(({ name, shape }, i): Leaf[] => [
    [`tensor-${i}`, 'text', name],
    ...shape.map((size, d): Leaf => [`size-${i}-${d}`, 'integer', size]),
  ]);
  return digestOfLeaves('zkdl weights layout 1', leaves);
}

/** Section 5: follows links from a trusted key; the bytes of the last key. */
export function verifyModelLinks(
  K: Algebra,
  trusted: Uint8Array,
  links: readonly Uint8Array[],
): { readonly verdict: Verdict; readonly key: Uint8Array } {
  let key = trusted;
  const verdict = verdictOf(() => {
    decodeModelKey(trusted);
    for (const link of links) key = followLink(K, key, link);
  });
  return { verdict, key };
}

function followLink(K: Algebra, trusted: Uint8Array, bytes: Uint8Array): Uint8Array {
  const [graph, information, weights] = decodeModelKey(trusted).blocks;
  const from = openFile(bytes, 'zkdl-lnk', 2);
  const older = readBytes(from, 32);
  const newer = readBlock(from);
  const parameters = decodeParameters(readBlock(from));
  checkSet(parameters);
  const proof = readBlock(from);
  endFile(from);
  const digest = modelDigest(trusted);
  require(equalBytes(older, digest), 'MODEL', 'a link from another key');
  const context = digestOfLeaves('zkdl model link 1', [
    ['older', 'digest', digest],
    ['newer', 'digest', keyDigest(newer)],
  ]);
  const { verdict } = verifyChain(K, weights, [{ key: newer, parameters, context, proof }]);
  if (!verdict.ok) refuse(verdict.code, 'link');
  const blocks = [graph, information, newer].flatMap((block) => [u32(block.length), block]);
  return join([ascii('zkdl-mdl'), u32(1), ...blocks]);
}
