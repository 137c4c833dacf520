/** Honest proofs of every kind, made by src/, convince the reference twin; keys and digests are the same in both. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveKey } from '../../reference/blake3.ts';
import * as twinKeys from '../../reference/key.ts';
import { verifyChain as twinChain } from '../../reference/link.ts';
import { quintic } from '../../src/field/quintic.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { encodeParameters } from '../../src/params/encoding.ts';
import { linkInstance } from '../../src/params/instance.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { S128, unsafeToyProfile } from '../../src/params/profile.ts';
import { verifyChain, type ChainLink } from '../../src/pcs/chain.ts';
import { commitGroup } from '../../src/pcs/group-prove.ts';
import { decodeKey, encodeKey, keyDigest } from '../../src/pcs/key.ts';
import { proveLink } from '../../src/pcs/link-prove.ts';
import { codeOf, linearParameters, randomCells, staticIdentity, testSource } from '../support/linear.ts';
import { twinCases } from '../support/twin-cases.ts';
import { twinField, wordOf } from '../support/twin.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { verdictOf as twinVerdictOf } from '../../reference/refusal.ts';
import { generator } from '../support/words.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
});
afterAll(() => kernels.close());

test('both verifiers accept every honest proof', () => {
  for (const { name, proofs, word, twin } of twinCases(kernels)) {
    for (const proof of proofs.slice(0, name.includes('S128') ? 1 : 2)) {
      expect([name, word(proof), twin(proof)]).toEqual([name, 'accepted', 'accepted']);
    }
  }
});

test('key derivation of any length', () => {
  for (const length of [0, 1, 36, 64, 65, 1024, 1025, 3000]) {
    const material = Uint8Array.from({ length }, (_, i) => i % 251);
    expect(deriveKey('zkdl key 1', material)).toEqual(
      new Uint8Array(blake3(material, { context: 'zkdl key 1' })),
    );
  }
});

const M = 10;
const COLUMNS = 2;
const code = codeOf(S128, M, 2 ** M);
/** A group that one proof opens. */
const carried = { ...staticIdentity(COLUMNS), lifetime: 'carried' } as const;
const layout = new Uint8Array(32).fill(9);

/** Keys of three epochs and the two links between them. */
function chain(): { keys: Uint8Array[]; links: ChainLink[] } {
  const id = staticIdentity(COLUMNS);
  const parameters = linearParameters(S128, code, [id], 1);
  const draft = completeInstance(linkInstance(COLUMNS), code, S128);
  if (draft === undefined) throw new Error('no parameters');
  const cells = randomCells(COLUMNS * 2 ** M, 5);
  const read = (first: number, count: number): Int16Array =>
    cells.subarray(first * 2 ** M, (first + count) * 2 ** M);
  const groups = [0, 1, 2].map((epoch) =>
    commitGroup(kernels, testSource(quintic, 20 + epoch), parameters, { ...id, epoch }, read, epoch),
  );
  const committed = groups.map((group) => ({ ...group.identity, cap: group.cap }));
  const keys = committed.map((group) => encodeKey({ parameters, group, layout }));
  const context = new Uint8Array(0);
  const links = [0, 1].map((i) => {
    const [older, newer] = [committed[i]!, committed[i + 1]!];
    const statement = { parameters: draft.parameters, older, newer, context };
    const proof = proveLink(kernels, statement, [groups[i]!, groups[i + 1]!], testSource(quintic, 30 + i));
    return { key: keys[i + 1]!, parameters: draft.parameters, context, proof };
  });
  return { keys, links };
}

describe('keys and chains', () => {
  let keys: Uint8Array[] = [];
  let links: ChainLink[] = [];
  const K = twinField(quintic);
  beforeAll(() => {
    ({ keys, links } = chain());
  });

  /** Both verdicts on a chain, as one word each. */
  const words = (trusted: Uint8Array, steps: readonly ChainLink[]): [string, string] => {
    const twin = twinChain(K, trusted, steps);
    const ours = verifyChain(quintic, trusted, steps);
    if (ours.ok) expect(twin.digest).toEqual(new Uint8Array(ours.digest));
    return [wordOf(() => ours), wordOf(() => twin.verdict)];
  };

  test('a key is read in the same way and has the same digest', () => {
    for (const bytes of keys) {
      const { parameters, group, layout: meaning } = decodeKey(bytes);
      const { name: _, ...profile } = parameters.profile;
      expect(twinKeys.decodeKey(bytes)).toEqual({
        parameters: { ...parameters, profile },
        group,
        layout: meaning,
      });
      expect(twinKeys.keyDigest(bytes)).toEqual(new Uint8Array(keyDigest(bytes)));
    }
  });

  test('400 changed keys are refused with the same codes', () => {
    const next = generator(77);
    const key = keys[2]!;
    const seen = new Set<string>();
    for (let i = 0; i < 400; i++) {
      // A byte of the head, bit by bit and then at random; parameters stand at the end; some are cut or extended.
      const at = i % 3 === 0 ? key.length - 1 - (next() % 76) : i % 56;
      const value = i < 200 ? key[at]! ^ (1 << (i % 8)) : next() & 255;
      const patched = Uint8Array.from(key, (byte, j) => (j === at ? value : byte));
      const bytes = i % 10 === 9 ? patched.slice(0, next() % key.length) : patched;
      const ours = wordOf(() => verdictOf(() => decodeKey(bytes)));
      const twin = wordOf(() => twinVerdictOf(() => twinKeys.decodeKey(bytes)));
      expect([i, twin]).toEqual([i, ours]);
      seen.add(ours);
    }
    for (const field of [
      'MAGIC',
      'VERSION',
      'LENGTH',
      'FIELD',
      'LABEL',
      'EPOCH',
      'LIFETIME',
      'COLUMNS',
      'USES',
    ]) {
      expect(seen).toContain(`KEY_${field}`);
    }
  });

  test('keys that are well formed and no group', () => {
    const key = keys[0]!;
    const { parameters } = decodeKey(key);
    const of = (change: Record<number, number>): Uint8Array =>
      Uint8Array.from(key, (byte, i) => change[i] ?? byte);
    const toy = { ...parameters, profile: { ...unsafeToyProfile(128, S128.field), name: 'toy' } };
    const short = linearParameters(S128, codeOf(S128, M, 512), [carried], 1);
    const withParameters = (set: Parameters, change: Record<number, number> = {}): Uint8Array =>
      Uint8Array.from([...of(change).subarray(0, 88 + 32), ...encodeParameters(set)]);
    const zeros = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [24 + i, 0]));
    const wide = new Uint8Array(88 + 32 * 2 ** 13 + (key.length - 120));
    wide.set(of({ 52: 13 }).subarray(0, 88));
    wide.set(key.subarray(120), 88 + 32 * 2 ** 13);
    const cases: [string, string, Uint8Array][] = [
      ['no name', 'KEY_GROUP', of(zeros)],
      ['no columns', 'KEY_COLUMNS', of({ 44: 0 })],
      ['2^24 columns', 'accepted', of({ 44: 0, 47: 1 })],
      ['2^24 + 1 columns', 'KEY_COLUMNS', of({ 44: 1, 47: 1 })],
      ['no uses', 'KEY_USES', of({ 48: 0 })],
      ['a static group used twice', 'KEY_USES', of({ 48: 2 })],
      ['a carried group used twice', 'accepted', of({ 40: 2, 48: 2 })],
      ['a carried group used too often', 'WEAK_PARAMS', of({ 40: 2, 48: 4 })],
      ['a toy', 'WEAK_PARAMS', withParameters(toy)],
      ['no room for links', 'WEAK_PARAMS', withParameters(short)],
      ['the same, carried', 'accepted', withParameters(short, { 40: 2 })],
      ['a cap wider than the tree', 'KEY_CAP', wide],
    ];
    for (const [name, code, bytes] of cases) {
      const ours = wordOf(() => verdictOf(() => void decodeKey(bytes)));
      const twin = wordOf(() => twinVerdictOf(() => void twinKeys.decodeKey(bytes)));
      expect([name, ours, twin]).toEqual([name, code, code]);
    }
  });

  test('the chain itself, and chains that are none', () => {
    const [first, second] = links as [ChainLink, ChainLink];
    expect(words(keys[0]!, [])).toEqual(['accepted', 'accepted']);
    expect(words(keys[0]!, links)).toEqual(['accepted', 'accepted']);
    const identity = ['LINK_IDENTITY', 'LINK_IDENTITY'];
    expect(words(keys[0]!, [second])).toEqual(identity);
    expect(words(keys[0]!, [first, first])).toEqual(identity);
    expect(words(keys[2]!, [first])).toEqual(identity);
    const parameters = { ...first.parameters, code: { ...code, queries: code.queries + 1 } };
    expect(words(keys[0]!, [{ ...first, parameters }])).toEqual(['LINK_CODE', 'LINK_CODE']);
    const [ours, twin] = words(keys[0]!, [{ ...first, proof: second.proof }]);
    expect([ours, twin === 'accepted']).toEqual([twin, false]);
    expect(words(keys[0]!.subarray(1), links)).toEqual(['KEY_MAGIC', 'KEY_MAGIC']);
  });
});
