/**
 * RNG-1 (no fallback), RNG-2 (two keys of one use differ everywhere), RNG-3 (a generator that is stuck still gives
 * different masks to different uses), and streams that never give a word twice.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Fe } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { uniformWords } from '../../src/hash/stream.ts';
import {
  freshLongTermSecret,
  freshProofKey,
  freshTreeKey,
  proofKey,
  treeKey,
  type ProofKeySources,
} from '../../src/random/keys.ts';
import { drawLedger } from '../../src/random/ledger.ts';
import { maskSource } from '../../src/random/masks.ts';
import { osBytes } from '../../src/random/os.ts';
import { mapSecret, secretOf, unwrap, type Secret } from '../../src/secret/secret.ts';
import { toys } from '../support/fields.ts';
import { hex } from '../support/transcript.ts';

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const sources: ProofKeySources = {
  longTerm: secretOf(filled(1)),
  domainDigest: filled(2),
  kind: 'open',
  counters: [
    { group: 'W', used: 211 },
    { group: 'data', used: 0 },
  ],
  witnessDigest: secretOf(filled(3)),
};
const tree = {
  longTerm: secretOf(filled(1)),
  tree: 'W',
  group: 'g',
  epoch: 1,
  codeLength: 64,
  messageLength: 20,
};
/** The first words of a key's stream, and its first salt: what a proof would show. */
function view(key: Secret<Uint8Array>): number[] {
  const masks = maskSource(
    mapSecret([key], (bytes) => bytes.slice()),
    quintic,
  );
  const salt = unwrap(masks.salts(0, 1))[0]!;
  return [...unwrap(masks.fes('mask', 0, 0, 1_000)), ...unwrap(masks.exts('pad', 0, 0, 100)).flat(), ...salt];
}

afterEach(() => vi.unstubAllGlobals());

describe('RNG-1', () => {
  test.each([
    ['no crypto', undefined],
    ['no getRandomValues', {}],
    ['another thing of that name', { getRandomValues: 7 }],
  ])('%s: throws, whatever asks', (_, crypto) => {
    vi.stubGlobal('crypto', crypto);
    expect(() => osBytes(32)).toThrow(/expected globalThis.crypto.getRandomValues/);
    expect(() => freshProofKey(sources)).toThrow(/getRandomValues/);
    expect(() => freshTreeKey(tree)).toThrow(/getRandomValues/);
    expect(() => freshLongTermSecret()).toThrow(/getRandomValues/);
  });

  test('an error of the platform is passed on', () => {
    vi.stubGlobal('crypto', {
      getRandomValues() {
        throw new Error('no entropy');
      },
    });
    expect(() => osBytes(1)).toThrow('no entropy');
  });

  test('more bytes than one call of the platform gives; every part of them fresh', () => {
    const bytes = osBytes(200_001);
    for (const at of [0, 65_536 - 32, 65_536, 131_072, 200_001 - 32]) {
      expect(new Set(bytes.subarray(at, at + 32)).size).toBeGreaterThan(8); // 32 equal-ish bytes: below 2^-100
    }
    expect(() => osBytes(-1)).toThrow(/osBytes: count: expected/);
    expect(osBytes(0).length).toBe(0);
  });
});

test('RNG-2: two keys of one use differ in every mask and salt', () => {
  const [a, b] = [view(freshProofKey(sources)), view(freshProofKey(sources))];
  const fields = 1_000 + 500;
  expect(a.slice(0, fields).filter((value, i) => value === b[i])).toEqual([]); // chance 1500 / p < 10^-6
  expect(a.slice(fields)).not.toEqual(b.slice(fields));
  expect(hex(unwrap(freshLongTermSecret()))).not.toBe(hex(unwrap(freshLongTermSecret())));
  const [t, u] = [view(freshTreeKey(tree).key), view(freshTreeKey(tree).key)];
  expect(t.slice(0, fields).filter((value, i) => value === u[i])).toEqual([]);
});

describe('RNG-3: a stuck generator', () => {
  const stuck = { getRandomValues: (bytes: Uint8Array) => bytes.fill(0) };
  const variants: Record<string, ProofKeySources> = {
    'long-term secret': { ...sources, longTerm: secretOf(filled(9)) },
    'longer secret': { ...sources, longTerm: secretOf(new Uint8Array(33).fill(1)) },
    statement: { ...sources, domainDigest: filled(9) },
    kind: { ...sources, kind: 'refresh' },
    'a counter': { ...sources, counters: [{ group: 'W', used: 212 }, sources.counters[1]!] },
    'a group': { ...sources, counters: [{ group: 'V', used: 211 }, sources.counters[1]!] },
    'the order of groups': { ...sources, counters: [...sources.counters].reverse() },
    'fewer groups': { ...sources, counters: sources.counters.slice(0, 1) },
    witness: { ...sources, witnessDigest: secretOf(filled(9)) },
  };

  test.each(Object.entries(variants))('another %s gives other masks', (_, other) => {
    vi.stubGlobal('crypto', stuck);
    const [a, b] = [view(freshProofKey(sources)), view(freshProofKey(other))];
    expect(a.slice(0, 1_500).filter((value, i) => value === b[i]).length).toBe(0);
    expect(a.slice(1_500)).not.toEqual(b.slice(1_500));
  });

  test('the same use gives the same masks: a repeated proof reveals nothing new', () => {
    vi.stubGlobal('crypto', stuck);
    expect(view(freshProofKey(sources))).toEqual(view(freshProofKey(sources)));
    expect(view(freshProofKey(sources))).toEqual(view(proofKey(secretOf(filled(0)), sources)));
  });

  test('trees are told apart by everything that names them', () => {
    vi.stubGlobal('crypto', stuck);
    const trees = [
      tree,
      { ...tree, longTerm: secretOf(filled(9)) },
      { ...tree, tree: 'AM' },
      { ...tree, group: 'h' },
      { ...tree, epoch: 2 },
      { ...tree, codeLength: 128 },
      { ...tree, messageLength: 21 },
    ];
    const keys = trees.map((t) => hex(unwrap(freshTreeKey(t).key)));
    expect(new Set(keys).size).toBe(trees.length);
  });

  test('the bytes stored with a tree give its key again', () => {
    const { key, fresh } = freshTreeKey(tree);
    expect(hex(unwrap(treeKey(fresh, tree)))).toBe(hex(unwrap(key)));
  });

  test('sources of the wrong size are named, not shown', () => {
    expect(() => proofKey(secretOf(new Uint8Array(31)), sources)).toThrow('fresh: expected 32 bytes, got 31');
    const short = { ...sources, longTerm: secretOf(new Uint8Array(16).fill(77)) };
    expect(() => freshProofKey(short)).toThrow(/^longTerm: expected at least 32 bytes, got 16$/);
    expect(() => freshProofKey({ ...sources, domainDigest: new Uint8Array(3) })).toThrow(/domain: payload/);
  });
});

describe('streams', () => {
  const key = (byte: number): Secret<Uint8Array> => secretOf(filled(byte));

  test('draws are the words of the stream at their positions, over every field', () => {
    for (const { field } of [{ field: quintic }, ...toys]) {
      const masks = maskSource(key(5), field);
      const d = field.degree;
      const words = (label: string, at: number, count: number): Fe[] =>
        uniformWords(field.base, { key: filled(5), label, id: 7 }, at, count);
      expect(unwrap(masks.fes('a', 7, 30, 40))).toEqual(words('a', 30, 40));
      expect(unwrap(masks.exts('b', 7, 3, 4)).flat()).toEqual(words('b', 3 * d, 4 * d));
      expect(unwrap(masks.again.exts('b', 7, 4, 2)).flat()).toEqual(words('b', 4 * d, 2 * d));
      expect(unwrap(masks.again.fes('a', 7, 69, 1))).toEqual(words('a', 69, 1));
      expect(unwrap(masks.stream('c', 7, 0, 9))).toEqual({ key: filled(5), label: 'c', id: 7 });
    }
  });

  test('a word is given once, whichever way it is asked for', () => {
    const masks = maskSource(key(6), quintic);
    masks.exts('pad', 0, 0, 2); // words 0..9
    expect(() => masks.fes('pad', 0, 9, 1)).toThrow(
      'stream pad/0: expected unused words, got [9, 10), drawn before',
    );
    expect(() => masks.stream('pad', 0, 5, 100)).toThrow(/unused words/);
    expect(() => masks.exts('pad', 0, 1, 1)).toThrow(/unused words/);
    masks.exts('pad', 0, 2, 1);
    masks.exts('pad', 1, 0, 2);
    masks.fes('pads', 0, 0, 2);
    masks.salts(0, 10);
    expect(() => masks.salts(9, 1)).toThrow(/stream salt\/0/);
    expect(() => masks.fes('salt', 0, 39, 1)).toThrow(/unused words/);
    expect(() => masks.again.fes('pad', 0, 14, 2)).toThrow(/expected words drawn before, got \[14, 16\)/);
    expect(() => masks.again.salts(10, 1)).toThrow(/drawn before/);
    expect(masks.drawn()).toEqual([
      { label: 'pad', id: 0, from: 0, to: 15 },
      { label: 'pad', id: 1, from: 0, to: 10 },
      { label: 'pads', id: 0, from: 0, to: 2 },
      { label: 'salt', id: 0, from: 0, to: 40 },
    ]);
  });

  test('a key has one source', () => {
    const one = key(7);
    maskSource(one, quintic);
    expect(() => maskSource(one, quintic)).toThrow(/expected a key without a source/);
  });

  test('the ledger accepts a draw exactly if none of its words was drawn', () => {
    const draw = fc.record({
      label: fc.constantFrom('a', 'b'),
      id: fc.nat({ max: 1 }),
      from: fc.nat({ max: 40 }),
      length: fc.nat({ max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(draw, { maxLength: 40, size: 'max' }), (draws) => {
        const ledger = drawLedger();
        const used = new Set<string>();
        for (const { label, id, from, length } of draws) {
          const interval = { label, id, from, to: from + length };
          const words = Array.from({ length }, (_, i) => `${label}/${id}/${from + i}`);
          const fresh = words.every((word) => !used.has(word));
          const known = words.every((word) => used.has(word));
          expect(accepts(() => ledger.requireClaimed(interval))).toBe(known);
          expect(accepts(() => ledger.claim(interval))).toBe(fresh);
          if (fresh) words.forEach((word) => used.add(word));
        }
        const listed = ledger
          .intervals()
          .flatMap(({ label, id, from, to }) =>
            Array.from({ length: to - from }, (_, i) => `${label}/${id}/${from + i}`),
          );
        expect([...listed].sort()).toEqual([...used].sort());
      }),
      { numRuns: 500 },
    );
    expect(() => drawLedger().claim({ label: 'a', id: 0, from: 3, to: 2 })).toThrow(RangeError);
    expect(() => drawLedger().claim({ label: 'a', id: 0, from: -1, to: 2 })).toThrow(RangeError);
  });

  test('streams of different labels, ids and keys do not meet', () => {
    const streams = [
      [8, 'a', 0],
      [8, 'a', 1],
      [8, 'b', 0],
      [9, 'a', 0],
    ].map(([byte, label, id]) => {
      const masks = maskSource(key(byte as number), quintic);
      return unwrap(masks.fes(label as string, id as number, 0, 2_000));
    });
    for (let i = 0; i < streams.length; i++) {
      for (let j = 0; j < i; j++) {
        expect(streams[i]!.filter((word, k) => word === streams[j]![k]).length).toBeLessThan(3);
      }
    }
  });

  test('masks are uniform: chi-square of 64 buckets and of the residues that a reduction favours', () => {
    const words = unwrap(maskSource(key(10), quintic).fes('mask', 0, 0, 200_000));
    const counts = new Float64Array(64);
    for (const word of words) counts[Math.floor((64 * word) / P)]!++;
    const expected = words.length / 64;
    const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(statistic).toBeLessThan(131.5); // 63 degrees of freedom, 10^-6
    const low = words.filter((word) => word < 2 ** 24).length;
    const mean = (words.length * 2 ** 24) / P;
    expect(Math.abs(low - mean)).toBeLessThan(5 * Math.sqrt(mean)); // u32 mod p: half as many again; mod 2^31: twice
  });
});

function accepts(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
