/**
 * TRS-6 on a toy transcript: one bit flipped in each message changes every later challenge and no earlier one; in each
 * part of the statement, all of them; in an opening, none (root and positions fix it). TRS-8: challenges are
 * uniform, and the test sees the two classical ways in which they are not.
 */
import { describe, expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import type { Fe } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { createChain, TAG } from '../../src/transcript/chain.ts';
import { enclosingBits, sampleFe } from '../../src/transcript/sample.ts';
import { domainDigest, statementDigest } from '../../src/transcript/statement.ts';
import { toys } from '../support/fields.ts';
import { hex, prove, testDomain, verify, type ScriptStep } from '../support/transcript.ts';

const ones = (n: number): number[] => new Array<number>(n).fill(1);

/** Message, challenge, message, challenge, ..: every type of message once, openings in between. */
function script(d: number): ScriptStep[] {
  const messages: ScriptStep[] = [
    { do: 'digests', label: 'root', data: ones(32) },
    { do: 'exts', label: 'round', data: ones(2 * d) },
    { do: 'open', of: 'fes', label: 'leaf', data: ones(8) },
    { do: 'fes', label: 'values', data: ones(7) },
    { do: 'open', of: 'digests', label: 'siblings', data: ones(64) },
    { do: 'bytes', label: 'note', data: ones(9) },
    { do: 'exts', label: 'final', data: ones(d) },
  ];
  return messages.flatMap((message, i): ScriptStep[] => [
    message,
    { do: 'challengeExts', label: `r${i}`, count: 12 },
  ]);
}

describe.each([['koalabear', quintic] as const, ...toys.map(({ name, field }) => [name, field] as const)])(
  'dependence matrix over %s',
  (_, field) => {
    const domain = testDomain(field);
    const steps = script(field.degree);
    const honest = prove(domain, steps);
    const sent = honest.events.filter(({ kind }) => kind !== 'challenge');

    test('each byte of each message, one bit at a time', () => {
      let [accepted, start] = [0, 0];
      for (const [m, event] of sent.entries()) {
        for (let at = start; at < start + event.bytes; at++) {
          for (let bit = 0; bit < 8; bit++) {
            const flipped = honest.proof.slice();
            flipped[at]! ^= 1 << bit;
            const challenges = challengesOf(() => verify(domain, steps, flipped).challenges);
            if (challenges === undefined) continue;
            accepted++;
            const changed = challenges.map((values, c) => values.join() !== honest.challenges[c]!.join());
            expect(changed).toEqual(changed.map((_, c) => event.kind === 'message' && c >= m));
          }
        }
        start += event.bytes;
      }
      expect(start).toBe(honest.proof.length);
      expect(accepted).toBeGreaterThan(honest.proof.length);
    });

    test('each part of the domain', () => {
      const other = new Uint8Array(32).fill(1);
      other[31] = 2;
      for (const change of [
        { protocol: 'zkdm' },
        { kind: 'tesu' },
        { formatVersion: 0 },
        { parametersDigest: other },
        { statementDigest: other },
      ]) {
        const { challenges } = verify(testDomain(field, change), steps, honest.proof);
        expect(challenges.some((values, c) => values.join() === honest.challenges[c]!.join())).toBe(false);
      }
    });
  },
);

/** The challenges, or undefined for a flip that leaves no canonical element. */
function challengesOf<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProofError && error.code === 'NON_CANONICAL') return undefined;
    throw error;
  }
}

describe('TRS-8', () => {
  const SAMPLES = 1_000_000;
  const BUCKETS = 64;
  /** The 1 - 10^-6 quantile of chi-square with 63 degrees of freedom. */
  const LIMIT = 131.5;

  function chiSquare(values: ArrayLike<number>, range: number): number {
    const counts = new Float64Array(BUCKETS);
    for (let i = 0; i < values.length; i++) counts[Math.floor((BUCKETS * values[i]!) / range)]!++;
    const expected = values.length / BUCKETS;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  }
  const words = (): (() => number) =>
    createChain('trs-8').squeeze({ tag: TAG.challengeFes, label: 'c', itemBytes: 4, count: SAMPLES });

  test('10^6 elements of F in 64 buckets; refused words', () => {
    const steps: ScriptStep[] = [{ do: 'challengeFes', label: 'c', count: SAMPLES }];
    const { challenges, events } = prove(testDomain(quintic), steps);
    expect(challenges[0]!.length).toBe(SAMPLES);
    expect(chiSquare(challenges[0]!, P)).toBeLessThan(LIMIT);
    const drawn = events[0]!.words;
    const sigma = Math.sqrt((drawn * (1 - 2 ** -7)) / 2 ** 7);
    expect(Math.abs(drawn - SAMPLES - drawn / 2 ** 7)).toBeLessThan(5 * sigma);
  });

  test('10^6 limbs of elements of K, and 10^6 positions', () => {
    const { challenges } = prove(testDomain(quintic), [
      { do: 'challengeExts', label: 'c', count: SAMPLES / 5 },
      { do: 'challengePositions', label: 'q', count: SAMPLES, logSize: 22 },
    ]);
    expect(chiSquare(challenges[0]!, P)).toBeLessThan(LIMIT);
    for (let j = 0; j < 5; j++) {
      expect(
        chiSquare(
          challenges[0]!.filter((_, i) => i % 5 === j),
          P,
        ),
      ).toBeLessThan(LIMIT);
    }
    expect(chiSquare(challenges[1]!, 2 ** 22)).toBeLessThan(LIMIT);
  });

  test('a reduction modulo p instead of a rejection is seen', () => {
    const next = words();
    const of32 = Float64Array.from({ length: SAMPLES }, () => next() % P);
    const of31 = Float64Array.from({ length: SAMPLES }, () => (next() >>> 1) % P);
    expect(chiSquare(of32, P)).toBeGreaterThan(10 * LIMIT);
    expect(chiSquare(of31, P)).toBeGreaterThan(10 * LIMIT);
  });

  test('exact over toy fields: each word below the modulus is its own value, the others are drawn again', () => {
    for (const { field } of toys) {
      const p = field.base.modulus;
      const bits = enclosingBits(p);
      expect(2 ** bits >= p && 2 ** (bits - 1) < p).toBe(true);
      for (let word = 0; word < 2 ** bits; word++) {
        const script = [2 ** 32 - 2 ** bits + word, 5]; // the high bits of a word do not matter
        const value = sampleFe(() => script.shift() as number, field.base);
        expect([word, value]).toEqual([word, word < p ? word : (5 as Fe)]);
      }
    }
  });
});

test('a statement digest is bound through the domain', () => {
  const leaf = (value: number) => statementDigest([{ label: 'epoch', type: 'integer', value }]);
  const states = [1, 2].map((value) =>
    hex(domainDigest(testDomain(quintic, { statementDigest: leaf(value) }))),
  );
  expect(states[0]).not.toBe(states[1]);
});
