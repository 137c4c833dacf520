/** Keys of models and links between them: spec/answers.md sections 1 and 5. */
import type { Algebra } from './algebra.ts';
import { deriveKey } from './blake3.ts';
import { equalBytes, join, u32 } from './bytes.ts';
import { endFile, openVersions, readBlock, readBytes, readU32 } from './files.ts';
import { checkSet } from './gate.ts';
import { checkGraph } from './graph-checks.ts';
import { isCanonical, parseGraph, type Graph } from './graph-file.ts';
import { decodeKey, keyDigest, type GroupKey } from './key.ts';
import { columnsOf, layOut } from './layout.ts';
import { verifyChain } from './link.ts';
import { at, range } from './lists.ts';
import { weightGroups, type StaticTensor } from './lowering.ts';
import { checkInformation } from './model-info.ts';
import { decodeParameters } from './parameter-set.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { hex } from './sequence.ts';
import { digestOfLeaves, type Leaf } from './statement.ts';

export interface ModelKey {
  readonly graph: Graph;
  /** One group, or several. */
  readonly weights: readonly GroupKey[];
  /** Cells of a group; undefined: one group holds all weights. */
  readonly most: number | undefined;
  /** The fields in front of the groups as they stand in the file, and the groups. */
  readonly head: Uint8Array;
  readonly keys: readonly Uint8Array[];
}

/** Section 1: the fields in their order, then what they say together. */
export function decodeModelKey(bytes: Uint8Array): ModelKey {
  const { from, version } = openVersions(bytes, 'zkdl-mdl', [1, 2]);
  const graphBytes = readBlock(from);
  const graph = parseGraph(graphBytes);
  checkGraph(graph);
  require(isCanonical(graph, graphBytes), 'GRAPH_FORMAT', 'canonical bytes');
  checkInformation(readBlock(from), graph);
  const most = version === 1 ? undefined : readU32(from);
  const head = bytes.slice(0, from.at);
  const groups = version === 1 ? [weightGroups(graph).flat()] : weightGroups(graph, most);
  require(version === 1 || (groups.length >= 2 && groups.length <= 256), 'KEY_LAYOUT', `${groups.length} groups`); // prettier-ignore
  const read = groups.map(() => {
    const key = readBlock(from);
    return { key, weights: decodeKey(key) };
  });
  endFile(from);
  const weights = read.map((of) => of.weights);
  groups.forEach((tensors, g) => checkLayout(tensors, at(weights, g)));
  if (version === 2) checkTogether(weights);
  return { graph, weights, most, head, keys: read.map(({ key }) => key) };
}

/** A group holds the tensors that it should. */
function checkLayout(tensors: readonly StaticTensor[], { layout, parameters, group }: GroupKey): void {
  require(equalBytes(layout, layoutDigest(tensors)), 'KEY_LAYOUT', 'layout');
  const columns = columnsOf(layOut(tensors.map(({ shape }) => shape)), parameters.code.logData);
  require(group.columns === columns && group.lifetime === 'static', 'KEY_LAYOUT', `${columns} columns`);
}

/** "Groups": labels, code, epoch, names. */
function checkTogether(weights: readonly GroupKey[]): void {
  const first = at(weights, 0);
  const names = weights.map(({ group }) => hex(group.group));
  weights.forEach((key, g) => {
    const { label, epoch } = key.group;
    const fits = label === `W${g}` && sameCode(key, first) && epoch === first.group.epoch;
    require(fits && names.indexOf(at(names, g)) === g, 'KEY_LAYOUT', `group ${g}`);
  });
}

function sameCode(a: GroupKey, b: GroupKey): boolean {
  const of = ({ parameters: { profile, code } }: GroupKey): string =>
    [profile.id, code.logData, code.padLength, code.queries].join(' ');
  return of(a) === of(b);
}

/** 32 bytes that name a model. */
export function modelDigest(bytes: Uint8Array): Uint8Array {
  return deriveKey('zkdl model key 1', bytes);
}

/** What the cells of a group mean. */
function layoutDigest(tensors: readonly StaticTensor[]): Uint8Array {
  const leaves = tensors.flatMap(({ name, shape }, i): Leaf[] => [
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
  const { head, keys } = decodeModelKey(trusted);
  const { from, version } = openVersions(bytes, 'zkdl-lnk', [2, 3]);
  const older = readBytes(from, 32);
  const count = version === 2 ? 1 : readU32(from);
  require(version === 2 || (count >= 2 && count <= 256), 'STATEMENT', `${count} groups`);
  const steps = range(count).map(() => {
    const newer = readBlock(from);
    const parameters = decodeParameters(readBlock(from));
    checkSet(parameters);
    return { newer, parameters, proof: readBlock(from) };
  });
  endFile(from);
  const digest = modelDigest(trusted);
  require(equalBytes(older, digest), 'MODEL', 'a link from another key');
  require(count === keys.length, 'LINK_IDENTITY', `${count} groups`);
  const names = steps.map(({ newer }): Uint8Array => keyDigest(newer));
  steps.forEach(({ newer, parameters, proof }, g) => {
    const which: Leaf[] = [
      ['group', 'integer', g],
      ...names.map((name, i): Leaf => [`newer-${i}`, 'digest', name]),
    ];
    const leaves: Leaf[] = count === 1 ? [['newer', 'digest', at(names, 0)]] : which;
    const context = digestOfLeaves('zkdl model link 1', [['older', 'digest', digest], ...leaves]);
    const { verdict } = verifyChain(K, at(keys, g), [{ key: newer, parameters, context, proof }]);
    if (!verdict.ok) refuse(verdict.code, 'link');
  });
  return join([head, ...steps.flatMap(({ newer }) => [u32(newer.length), newer])]);
}
