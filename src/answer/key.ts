/**
 * The key of a model: what its owner publishes once and everybody verifies with. The graph with its public integers, what is
 * said about the model (accuracy, tokenizer), and the keys of the committed weights: one group, or several, which a rule of the
 * verifier cuts. No program: whoever verifies lowers the graph with operators of his own. spec/answers.md section 1.
 */
import { refuse } from '../errors/proof-error.ts';
import { decodeGraph, encodeGraph } from '../graph/encoding.ts';
import type { Graph } from '../graph/graph.ts';
import { tensorsOf, weightGroups } from '../graph/static-tensors.ts';
import { blake3 } from '../hash/blake3.ts';
import { sameBytes } from '../hash/words.ts';
import type { WeightDeclaration } from '../ops/operator.ts';
import { sameColumnCode } from '../params/parameters.ts';
import { decodeKey, encodeKey, type GroupKey } from '../pcs/key.ts';
import { decodeInfo, encodeInfo, type ModelInfo } from '../quantize/model.ts';
import { columnsOf, layOut } from '../relation/layout.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { fileBytes, fileReader } from './bytes.ts';

export interface ModelKey {
  readonly graph: Graph;
  readonly info: ModelInfo;
  /** The committed weights: one group, or those of `weightGroups(graph, groupCells)` in their order. */
  readonly weights: readonly GroupKey[];
  /** Cells that a group has at most, unless one weight alone has more. Infinity: one group holds all weights. */
  readonly groupCells: number;
}

/** Version 1: one group. Version 2: several. */
export const MODEL_KEY_VERSIONS = [1, 2] as const;
/** Most groups of a key: each has a tree that every proof opens. */
export const MAX_WEIGHT_GROUPS = 256;
const MAGIC = 'zkdl-mdl';
const STAGE = 'model key';

/** @throws RangeError for another number of groups than the rule gives */
export function encodeModelKey({ graph, info, weights, groupCells }: ModelKey): Uint8Array<ArrayBuffer> {
  const parts = [{ block: encodeGraph(graph) }, { block: encodeInfo(info, graph) }];
  const expected = weightGroups(graph, groupCells).length;
  if (weights.length !== expected) {
    throw new RangeError(`weights: expected ${expected} groups, got ${weights.length}`);
  }
  const keys = weights.map((key) => ({ block: encodeKey(key) }));
  return weights.length === 1
    ? fileBytes(MAGIC, 1, [...parts, ...keys])
    : fileBytes(MAGIC, 2, [...parts, groupCells, ...keys]);
}

/**
 * @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `decodeGraph`, `decodeInfo`, `decodeKey`; `KEY_LAYOUT` for weights that
 *   are not those of the graph
 */
export function decodeModelKey(bytes: Uint8Array): ModelKey {
  const reader = fileReader(STAGE, bytes, MAGIC, MODEL_KEY_VERSIONS);
  const graph = decodeGraph(reader.block('graph'));
  const info = decodeInfo(reader.block('info'), graph);
  if (reader.version === 1) {
    const weights = decodeKey(reader.block('weights'));
    reader.end();
    checkGroup(graph.weights, weights, 'weights');
    return { graph, info, weights: [weights], groupCells: Infinity };
  }
  const groupCells = reader.u32('cells of a group');
  const groups = groupsOf(graph, groupCells);
  // As many keys as the rule has groups: their number is nobody's claim.
  const weights = groups.map((_, g) => decodeKey(reader.block(`weights ${g}`)));
  reader.end();
  groups.forEach((own, g) => checkGroup(own, weights[g] as GroupKey, `weights ${g}`));
  checkTogether(weights);
  return { graph, info, weights, groupCells };
}

/** The 32 bytes that name a model. @param bytes of `encodeModelKey` */
export function modelDigest(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return blake3(bytes, { context: 'zkdl model key 1' });
}

/** What the cells of a group mean: names and shapes of its tensors, in order. */
export function weightsLayout(weights: readonly WeightDeclaration[]): Uint8Array<ArrayBuffer> {
  return digestOfLeaves(
    'zkdl weights layout 1',
    tensorsOf(weights).flatMap(({ name, shape }, i) => [
      { label: `tensor-${i}`, type: 'text' as const, value: name },
      ...shape.map((size, d) => ({ label: `size-${i}-${d}`, type: 'integer' as const, value: size })),
    ]),
  );
}

/** The label of a group among several. One group alone has the label that its owner gave it. */
export function groupLabel(g: number): string {
  return `W${g}`;
}

/** @throws ProofError `KEY_LAYOUT` for a number that makes one group, or too many */
function groupsOf(graph: Graph, groupCells: number): (readonly WeightDeclaration[])[] {
  const groups = weightGroups(graph, groupCells);
  if (groups.length < 2 || groups.length > MAX_WEIGHT_GROUPS) {
    refuse('KEY_LAYOUT', STAGE, `weights: expected 2 to ${MAX_WEIGHT_GROUPS} groups, got ${groups.length}`);
  }
  return groups;
}

function checkGroup(
  own: readonly WeightDeclaration[],
  { group, layout, parameters }: GroupKey,
  name: string,
): void {
  if (!sameBytes(weightsLayout(own), layout)) {
    refuse('KEY_LAYOUT', STAGE, `${name}: expected the layout of the key's graph, got another`);
  }
  const columns = columnsOf(layOut(tensorsOf(own).map(({ shape }) => shape)), parameters.code.logData);
  if (group.columns !== columns) {
    refuse('KEY_LAYOUT', STAGE, `${name}: expected ${columns} columns, got ${group.columns}`);
  }
  if (group.lifetime !== 'static') refuse('KEY_LAYOUT', STAGE, `${name}: expected a static group`);
}

/** Several groups of one model: over one code, of one epoch, each with its own label and name. */
function checkTogether(weights: readonly GroupKey[]): void {
  const [first] = weights as readonly [GroupKey];
  const names = new Set<string>();
  weights.forEach(({ group, parameters }, g) => {
    const wrong = (expected: string): never =>
      refuse('KEY_LAYOUT', STAGE, `weights ${g}: expected ${expected}`);
    if (group.label !== groupLabel(g)) wrong(`the label ${groupLabel(g)}`);
    if (!sameColumnCode(parameters, first.parameters)) wrong('profile and column code of the first group');
    if (group.epoch !== first.group.epoch) wrong('the epoch of the first group');
    if (names.size === names.add(group.group.join()).size) wrong('a name of its own');
  });
}
