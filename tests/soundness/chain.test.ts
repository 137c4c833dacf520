/**
 * Chains of epochs as one object: STM-1 for every field of every key and for what a link says beside its proof, SND-1 and SND-2
 * for links within a chain, SND-3 between links. Lies that need a prover are in `stored.test.ts`.
 */
import { describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { verifyChain, type ChainLink } from '../../src/pcs/chain.ts';
import { decodeKey, encodeKey, keyDigest, type GroupKey } from '../../src/pcs/key.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { codeOf, linearParameters } from '../support/linear.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { level, withLevels } from '../support/soundness/fixtures.ts';
import { generator } from '../support/words.ts';

const { chains } = await corpus();
const { trusted, links } = chains.honest;
const [first, second] = links as [ChainLink, ChainLink];

interface Outcome {
  readonly code: string;
  readonly stage: string;
}

function outcome(key: Uint8Array, steps: readonly ChainLink[]): Outcome {
  const verdict = verifyChain(quintic, key, steps);
  return verdict.ok ? { code: 'accepted', stage: '' } : { code: verdict.code, stage: verdict.stage };
}

/** A key with fields changed, if that is a key. */
function changed(bytes: Uint8Array, change: (key: GroupKey) => Partial<GroupKey>): Uint8Array {
  const key = decodeKey(bytes);
  return encodeKey({ ...key, ...change(key) });
}

function group(change: (group: GroupKey['group']) => Partial<GroupKey['group']>) {
  return (key: GroupKey): Partial<GroupKey> => ({ group: { ...key.group, ...change(key.group) } });
}

const flip = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const FIELDS: readonly (readonly [string, (key: GroupKey) => Partial<GroupKey>])[] = [
  ['label', group(() => ({ label: 'V' }))],
  ['id', group((old) => ({ group: flip(old.group, 3) }))],
  ['epoch', group((old) => ({ epoch: old.epoch + 1 }))],
  ['high half of the epoch', group((old) => ({ epoch: old.epoch + 2 ** 32 }))],
  ['lifetime', group(() => ({ lifetime: 'carried' }))],
  ['columns', group((old) => ({ columns: old.columns + 1 }))],
  ['first byte of the cap', group((old) => ({ cap: flip(old.cap, 0) }))],
  ['last byte of the cap', group((old) => ({ cap: flip(old.cap, old.cap.length - 1) }))],
  ['half of the cap', group((old) => ({ cap: old.cap.slice(0, old.cap.length / 2) }))],
  ['layout', ({ layout }) => ({ layout: flip(layout, 31) })],
  [
    'code',
    ({ parameters, group: of }) => ({
      parameters: linearParameters(parameters.profile, codeOf(parameters.profile, 11, 2048), [of], 1),
    }),
  ],
];

describe.each([0, 1, 2])('STM-1: the key of epoch %i', (epoch) => {
  const keys = [trusted, first.key, second.key];
  test.each(FIELDS)('%s', (_, change) => {
    const [base, ...newer] = keys.map((key, e) => (e === epoch ? changed(key, change) : key));
    const steps = links.map((link, i) => ({ ...link, key: newer[i] as Uint8Array }));
    const { code, stage } = outcome(base as Uint8Array, steps);
    expect(['LINK_IDENTITY', 'LINK_CODE', 'MERKLE_ROOT', 'NON_CANONICAL', 'TRUNCATED']).toContain(code);
    expect(stage).toMatch(epoch === 2 ? /^link 1/ : /^link 0/); // the first link that has the key on a side
  });

  test('bits, one at a time: another name, or refused', () => {
    const next = generator(20 + epoch);
    const key = keys[epoch] as Uint8Array;
    const cap = 88 + 64; // behind it stand parameters of the owner's, which no proof of another program uses
    for (let run = 0; run < 40; run++) {
      const bit = next() % (8 * cap);
      const bad = key.map((byte, i) => (i === bit >>> 3 ? byte ^ (1 << (bit & 7)) : byte));
      const [base, ...newer] = keys.map((one, e) => (e === epoch ? bad : one));
      const steps = links.map((link, i) => ({ ...link, key: newer[i] as Uint8Array }));
      const { code } = outcome(base as Uint8Array, steps);
      expect([bit, code]).not.toContain('accepted');
      expect([bit, code]).not.toContain('INTERNAL');
    }
  });
});

test('what all keys of a chain name alike is part of their names, and so of what the verifier trusts', () => {
  const layout = new Uint8Array(32).fill(1);
  const renamed = [trusted, first.key, second.key].map((key) => changed(key, () => ({ layout })));
  const verdict = verifyChain(
    quintic,
    renamed[0] as Uint8Array,
    links.map((link, i) => ({ ...link, key: renamed[i + 1] as Uint8Array })),
  );
  // The cells are the same; who trusts the key of another layout asked for it by its digest.
  expect(verdict).toMatchObject({ ok: true, digest: keyDigest(renamed[2] as Uint8Array) });
  expect(keyDigest(renamed[0] as Uint8Array)).not.toEqual(keyDigest(trusted));
});

describe.each([0, 1])('STM-1: link %i', (at) => {
  const withLink = (change: Partial<ChainLink>): Outcome =>
    outcome(
      trusted,
      links.map((link, i) => (i === at ? { ...link, ...change } : link)),
    );
  const { parameters, context, proof } = links[at] as ChainLink;

  test.each<[string, Parameters]>([
    ['levels', withLevels(parameters, [level(2, 4), level(2, 4)])],
    ['the size of the pads', { ...parameters, pads: { ...parameters.pads, size: parameters.pads.size + 1 } }],
    ['queries', { ...parameters, pads: { ...parameters.pads, queries: parameters.pads.queries - 1 } }],
    ['the code', { ...parameters, code: codeOf(parameters.profile, 10, 768) }],
    ['the profile', { ...parameters, profile: { ...parameters.profile, lambda: 100 } }],
  ])('parameters: %s', (_, other) => {
    const { code, stage } = withLink({ parameters: other });
    expect(['WEAK_PARAMS', 'LINK_CODE', 'MERKLE_ROOT', 'NON_CANONICAL', 'TRUNCATED']).toContain(code);
    expect(stage).toMatch(new RegExp(`^link ${at}`));
  });
  test('context', () => {
    for (const other of [flip(context, 0), Uint8Array.of(...context, 0), new Uint8Array(0)]) {
      expect(withLink({ context: other }).code).toMatch(/MERKLE_ROOT|NON_CANONICAL/);
    }
  });
  test('SND-1, SND-2: the proof with a bit changed, cut, extended, of another link', () => {
    const next = generator(30 + at);
    for (let run = 0; run < 40; run++) {
      const bit = next() % (8 * proof.length);
      const bad = proof.map((byte, i) => (i === bit >>> 3 ? byte ^ (1 << (bit & 7)) : byte));
      const { code, stage } = withLink({ proof: bad });
      expect([bit, code]).not.toContain('accepted');
      expect([bit, code]).not.toContain('INTERNAL');
      expect(stage).toMatch(new RegExp(`^link ${at}: `));
    }
    expect(withLink({ proof: proof.subarray(0, proof.length - 1) })).toMatchObject({ code: 'TRUNCATED' });
    expect(withLink({ proof: joined(proof, Uint8Array.of(0)) })).toMatchObject({ code: 'TRAILING_BYTES' });
    for (const other of [links[1 - at]!.proof, chains.again[1 - at]!]) {
      expect(withLink({ proof: other }).code).toMatch(/MERKLE_ROOT|NON_CANONICAL/);
    }
  });
  test('SND-3: another proof of the same link is one, and a half of each is none', () => {
    const other = chains.again[at] as Uint8Array;
    expect(withLink({ proof: other }).code).toBe('accepted');
    for (const cut of [64, 256, proof.length >>> 1]) {
      const spliced = joined(proof.subarray(0, cut), other.subarray(cut));
      expect(withLink({ proof: spliced }).code).not.toBe('accepted');
    }
  });
});

test('SND-2: links left out, doubled, exchanged, followed backwards', () => {
  const refused = { code: 'LINK_IDENTITY' };
  expect(outcome(trusted, [second])).toMatchObject({ ...refused, stage: 'link 0' });
  expect(outcome(trusted, [second, first])).toMatchObject({ ...refused, stage: 'link 0' });
  expect(outcome(trusted, [first, first])).toMatchObject({ ...refused, stage: 'link 1' });
  expect(outcome(trusted, [first, second, second])).toMatchObject({ ...refused, stage: 'link 2' });
  expect(outcome(second.key, [{ ...second, key: first.key }])).toMatchObject({ ...refused, stage: 'link 0' });
  expect(outcome(first.key, [{ ...first, key: trusted }])).toMatchObject({ ...refused, stage: 'link 0' });
});

test('the digest is of the key that was checked, read once', () => {
  let reads = 0;
  const unsteady: ChainLink = {
    ...second,
    get key() {
      return reads++ === 0 ? second.key : trusted;
    },
  };
  const verdict = verifyChain(quintic, trusted, [first, unsteady]);
  expect(verdict).toMatchObject({ ok: true, epoch: 2, digest: keyDigest(second.key) });
});
