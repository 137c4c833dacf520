/**
 * Models whose weights are several committed groups: the rule that cuts them, keys, answers and links of them, and everything that an
 * owner can do wrong with a group: leave it out, exchange it, use it twice, take it from another code, epoch, refresh or model. Both
 * verifiers, one word.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as twin from '../../reference/model-key.ts';
import { weightGroups as twinGroups } from '../../reference/lowering.ts';
import { fileBytes, type FilePart } from '../../src/answer/bytes.ts';
import { decodeAnswer, encodeAnswer } from '../../src/answer/envelope.ts';
import {
  decodeModelKey,
  encodeModelKey,
  MAX_WEIGHT_GROUPS,
  modelDigest,
  type ModelKey,
} from '../../src/answer/key.ts';
import { decodeModelLink, encodeModelLink, verifyModelLinks, type GroupLink } from '../../src/answer/link.ts';
import { answerStatement } from '../../src/answer/verify.ts';
import { encodeGraph } from '../../src/graph/encoding.ts';
import { staticTensors, tensorsOf, weightGroups } from '../../src/graph/static-tensors.ts';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { columnCode } from '../../src/params/parameters.ts';
import { leastQueries } from '../../src/params/queries.ts';
import { encodeKey, type GroupKey } from '../../src/pcs/key.ts';
import { encodeInfo } from '../../src/quantize/model.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { smallest } from '../support/answer-models.ts';
import { cases } from '../support/long.ts';
import { dice } from '../support/graphs.ts';
import { proofError } from '../support/refusal.ts';
import { tinyLlama } from '../support/tiny-models.ts';
import { answering, bothWords, type Answering } from '../support/twin-answers.ts';
import { twinField, wordOf } from '../support/twin.ts';

/** E and U; b in two digits and D; head. */
const CELLS = 44;
const QUESTION = { prompts: [[1, 2], [3]], tokens: 2, choice: 'greedy' } as const;

let kernels: Kernels;
let model: Answering;
let other: Answering;
let key: ModelKey;
let file: Uint8Array;
let links: readonly [Uint8Array, Uint8Array];
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  model = answering(kernels, smallest(1), CELLS);
  other = answering(kernels, smallest(2), CELLS);
  key = decodeModelKey(model.key);
  file = model.answer(QUESTION);
  links = [model.link(), model.link()];
}, 600_000);
afterAll(async () => {
  model.close();
  other.close();
  await kernels.close();
});

/** A key from its parts, whatever an encoder would say to them. */
function rawKey(weights: readonly GroupKey[], groupCells = CELLS, of = key): Uint8Array<ArrayBuffer> {
  const blocks = weights.map((own): FilePart => ({ block: encodeKey(own) }));
  const head = [{ block: encodeGraph(of.graph) }, { block: encodeInfo(of.info, of.graph) }];
  return fileBytes('zkdl-mdl', 2, [...head, groupCells, ...blocks]);
}
/** The word of both verifiers on the answer, posed as one of this key. */
function posed(bytes: Uint8Array): string {
  const { statement, ...rest } = decodeAnswer(file);
  const own = encodeAnswer({ ...rest, statement: { ...statement, model: modelDigest(bytes) } });
  const [ours, theirs] = bothWords(bytes, own);
  expect(theirs).toBe(ours);
  return ours;
}
function linked(trusted: Uint8Array, ...bytes: readonly Uint8Array[]): string {
  const ours = wordOf(() => verifyModelLinks(trusted, bytes));
  expect(wordOf(() => twin.verifyModelLinks(twinField(quintic), trusted, bytes).verdict)).toBe(ours);
  return ours;
}

describe('the rule', () => {
  const { graph } = smallest(1);
  const names = (cells?: number): string[][] =>
    weightGroups(graph, cells).map((own) => own.map(({ name }) => name));
  test('takes weights in order while they fit, both digits of a vector with each other, and one that never fits alone', () => {
    expect(names()).toEqual([['E', 'U', 'b', 'D', 'head']]);
    expect(names(98)).toEqual([['E', 'U', 'b', 'D', 'head']]);
    expect(names(97)).toEqual([['E', 'U', 'b', 'D'], ['head']]);
    expect(names(44)).toEqual([['E', 'U'], ['b', 'D'], ['head']]);
    expect(names(43)).toEqual([['E'], ['U', 'b'], ['D'], ['head']]);
    for (const alone of [1, 23]) expect(names(alone)).toEqual([['E'], ['U'], ['b'], ['D'], ['head']].slice(0)); // prettier-ignore
  });
  test('leaves no tensor out and takes none twice, as its twin does, whatever the number', () => {
    const { graph: deep } = tinyLlama({ seed: 1, layers: 5 });
    for (const of of [graph, deep]) {
      for (let cells = 1; cells < 900; cells += 7) {
        const tensors = staticTensors(of, cells);
        expect(tensors.map(({ name }) => name)).toEqual(tensorsOf(of.weights).map(({ name }) => name));
        const ours = weightGroups(of, cells).map((own) => tensorsOf(own));
        expect(twinGroups(of as never, cells)).toEqual(ours);
        expect(tensors.map((tensor) => tensor.group ?? 0)).toEqual(
          ours.flatMap((own, g) => own.map(() => g)),
        );
      }
    }
  });
});

describe('a key of several groups', () => {
  test('is accepted with its answer, has one encoding and version 2; of one group it has version 1', () => {
    expect(bothWords(model.key, file)).toEqual(['accepted', 'accepted']);
    expect(key.weights.map(({ group }) => group.label)).toEqual(['W0', 'W1', 'W2']);
    expect(encodeModelKey(key)).toEqual(model.key);
    expect(rawKey(key.weights)).toEqual(model.key);
    expect([model.key[8], decodeModelKey(model.key).groupCells]).toEqual([2, CELLS]);
    const fewer = (): Uint8Array => encodeModelKey({ ...key, weights: key.weights.slice(1) });
    expect(fewer).toThrow('weights: expected 3 groups, got 2');
  });

  const change = (g: number, of: Partial<GroupKey['group']>): GroupKey[] =>
    key.weights.map((own, i) => (i === g ? { ...own, group: { ...own.group, ...of } } : own));
  const code = (weights: readonly GroupKey[], cells?: number): [string, string] => {
    const bytes = rawKey(weights, cells);
    const refusal = proofError(() => decodeModelKey(bytes));
    expect(posed(bytes)).toBe(refusal.code);
    return [refusal.code, refusal.detail];
  };
  const layout = (what: RegExp): unknown[] => ['KEY_LAYOUT', expect.stringMatching(what) as unknown];

  test('with a group left out, added, exchanged or twice is refused', () => {
    const [a, b, c] = key.weights as [GroupKey, GroupKey, GroupKey];
    expect(code([a, b])[0]).toBe('LENGTH');
    expect(code([a, b, c, c])[0]).toBe('LENGTH');
    expect(code([b, a, c])).toEqual(layout(/weights 0: .*layout/));
    expect(code([a, a, c])).toEqual(layout(/weights 1: .*layout/));
    expect(code([a, c, b])).toEqual(layout(/weights 1: .*layout/));
  });
  test('each check by the liar that it alone refuses', () => {
    const [a, b, c] = key.weights as [GroupKey, GroupKey, GroupKey];
    const last = key.weights.length - 1;
    expect(code(change(last, { columns: c.group.columns + 1 }))).toEqual(layout(/weights 2: .*columns/));
    expect(code(change(last, { lifetime: 'carried' }))).toEqual(layout(/weights 2: .*static/));
    expect(code(change(1, { label: 'W' }))).toEqual(layout(/weights 1: .*label W1/));
    expect(code(change(1, { label: 'W2' }))).toEqual(layout(/weights 1: .*label W1/));
    expect(code(change(1, { epoch: 1 }))).toEqual(layout(/weights 1: .*epoch/));
    expect(code(change(last, { group: a.group.group }))).toEqual(layout(/weights 2: .*name/));
    // Parameters that stand by themselves, of a code with more pads.
    const { code: own, profile } = b.parameters;
    const longer = { ...own, padLength: 2 * own.padLength };
    const queries = leastQueries(columnCode(longer), profile.lambda)!;
    const instance = linkInstance(b.group.columns);
    const { parameters } = completeInstance(instance, { ...longer, queries }, profile)!;
    expect(code([a, { ...b, parameters }, c])).toEqual(layout(/weights 1: .*profile and column code/));
    expect(code(change(1, {}), 97)[0]).toBe('LENGTH'); // two groups by the rule
    expect(code(key.weights, 98)).toEqual(layout(/expected 2 to 256 groups, got 1/));
    expect(code(key.weights, 43)[0]).toBe('LENGTH');
    expect(code(key.weights, 2 ** 32 - 1)).toEqual(layout(/got 1/));
  });
  test('of more groups than a key may have is refused before any is read', () => {
    const { graph } = tinyLlama({ seed: 1, layers: 40 });
    expect(weightGroups(graph, 1).length).toBeGreaterThan(MAX_WEIGHT_GROUPS);
    const info = { ...key.info, vocab: 40 };
    expect(proofError(() => decodeModelKey(rawKey([], 1, { ...key, graph, info }))).detail).toMatch(
      new RegExp(`expected 2 to ${MAX_WEIGHT_GROUPS} groups`),
    );
  });
  test('SND-1: any field of any group changed', { timeout: 600_000 }, () => {
    const words = new Set<string>();
    const lengths = key.weights.map((own) => encodeKey(own).length);
    const starts = lengths.map(
      (_, g) => model.key.length - lengths.slice(g).reduce((a, b) => a + b, 4 * (2 - g)),
    );
    const last = cases(24, 3000);
    for (let seed = 0; seed < last; seed++) {
      const d = dice(seed);
      const g = d.int(0, 2);
      // In front of the cap, in the cap, in the parameters; the cells of a group.
      const at = d.pick([
        d.int(-4, 87),
        d.int(-4, 87),
        d.int(88, lengths[g]! - 1),
        lengths[g]! - d.int(1, 60),
      ]);
      const place = seed === 0 ? starts[0]! - 8 : starts[g]! + at;
      const bytes = model.key.map((byte, i) => (i === place ? byte ^ (1 << d.int(0, 7)) : byte));
      const word = posed(bytes);
      expect([seed, word]).not.toEqual([seed, 'accepted']);
      words.add(word);
    }
    expect(words.size).toBeGreaterThan(2);
  });
});

describe('an answer', () => {
  test('of other weights in a group, or of another cut, is none of this key', () => {
    const theirs = decodeModelKey(other.key).weights;
    for (let g = 0; g < 3; g++) {
      const mixed = key.weights.map((own, i) =>
        i === g ? { ...theirs[g]!, group: { ...theirs[g]!.group } } : own,
      );
      expect(['MERKLE_ROOT', 'NON_CANONICAL']).toContain(posed(rawKey(mixed)));
    }
    expect(bothWords(other.key, file)).toEqual(['MODEL', 'MODEL']);
  });
  test('whose statement exchanges two groups, or cuts elsewhere, is refused', () => {
    const { statement, parameters, proof } = decodeAnswer(file);
    const honest = answerStatement(key, statement, parameters);
    expect(verifyProgram(honest, proof)).toEqual({ ok: true });
    const [a, b, c] = honest.groups as [never, never, never];
    expect(verifyProgram({ ...honest, groups: [b, a, c] }, proof)).toMatchObject({ ok: false });
    // The same columns under a rule of another number: another program.
    const cells = 45;
    expect(weightGroups(key.graph, cells)).toEqual(weightGroups(key.graph, CELLS));
    expect(posed(rawKey(key.weights, cells))).not.toBe('accepted');
  });
  test('of weights that are read anew whenever they are asked for is proven like any other', () => {
    const { weights, ...rest } = smallest(1);
    const asked = new Map<string, number>();
    const get = (name: string): Int16Array | Int32Array | undefined => {
      asked.set(name, (asked.get(name) ?? 0) + 1);
      return weights.get(name)?.slice();
    };
    const large = answering(kernels, { ...rest, weights: { get, checked: true } }, CELLS);
    expect(Math.max(...asked.values())).toBe(1); // a commitment reads each weight once
    expect(bothWords(large.key, large.answer(QUESTION))).toEqual(['accepted', 'accepted']);
    large.close();
  });
  test('by an owner who leaves a relation out is refused', () => {
    const less = model.answerWithout(QUESTION, (name) => name.startsWith('x:remainder'));
    const [ours, theirs] = bothWords(model.key, less);
    expect(theirs).toBe(ours);
    expect(ours).not.toBe('accepted');
  });
});

describe('a link', () => {
  const stepsOf = (bytes: Uint8Array): readonly GroupLink[] => decodeModelLink(bytes).groups;
  const withSteps = (groups: readonly GroupLink[]): Uint8Array =>
    encodeModelLink({ older: modelDigest(model.key), groups });

  test('leads to the next key of all groups, and to it alone', () => {
    expect(links[0][8]).toBe(3);
    expect(encodeModelLink(decodeModelLink(links[0]))).toEqual(links[0]);
    expect(linked(model.key, links[0])).toBe('accepted');
    const newer = verifyModelLinks(model.key, [links[0]]);
    const theirs = twin.verifyModelLinks(twinField(quintic), model.key, [links[0]]);
    if (!newer.ok) throw new Error(newer.code);
    expect(newer.key).toEqual(theirs.key);
    expect(decodeModelKey(newer.key).weights.map(({ group }) => group.epoch)).toEqual([1, 1, 1]);
    expect(linked(newer.key, links[0])).toBe('MODEL');
    expect(bothWords(newer.key, file)).toEqual(['MODEL', 'MODEL']);
  });
  test('with a group left out, twice, exchanged, or of another refresh is refused', () => {
    const [mine, again] = links.map(stepsOf) as [GroupLink[], GroupLink[]];
    const [a, b, c] = mine as [GroupLink, GroupLink, GroupLink];
    expect(linked(model.key, withSteps([a, b, c]))).toBe('accepted');
    expect(linked(model.key, withSteps([a, b]))).toBe('LINK_IDENTITY');
    expect(linked(model.key, withSteps([a]))).toBe('LINK_IDENTITY');
    expect(linked(model.key, withSteps([a, b, c, c]))).toBe('LINK_IDENTITY');
    // The steps are bound to the groups beside them, in their order.
    for (const steps of [
      [a, c, b],
      [a, a, c],
      [b, a, c],
    ]) {
      expect(linked(model.key, withSteps(steps))).not.toBe('accepted');
    }
    // A step of another refresh is good for its group, and bound to the groups beside it.
    expect(linked(model.key, withSteps([a, b, again[2]!]))).not.toBe('accepted');
    expect(linked(model.key, links[1])).toBe('accepted');
    expect(linked(other.key, links[0])).toBe('MODEL');
  });
  test('has as many groups as it says, and several', () => {
    const raw = (count: number): Uint8Array =>
      fileBytes('zkdl-lnk', 3, [modelDigest(model.key), count, { block: new Uint8Array(8) }]);
    for (const count of [0, 1, MAX_WEIGHT_GROUPS + 1])
      expect(linked(model.key, raw(count))).toBe('STATEMENT');
    expect(linked(model.key, raw(2))).toBe('LENGTH');
  });
});
