/**
 * What each challenge depends on. TRS-3, TRS-4: both sides log the same events, and every byte of a proof is in them. TRS-6:
 * a bit of any message changes all later challenges and no earlier one; of the statement, all of them. The order of section 9
 * of spec/commitment.md.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { honestProof, linkSetting, settings } from '../support/soundness/fixtures.ts';
import { replay, segmentsOf, verifierLog } from '../support/soundness/layout.ts';
import { leavesOf } from '../support/soundness/leaves.ts';
import { domainOf, isLink } from '../support/soundness/statements.ts';

const { fixtures } = await corpus();
const cases = fixtures.map(({ name, statement, proofs }) => {
  const log = verifierLog(quintic, statement, proofs[0]);
  return { name, statement, proof: proofs[0], log };
});

let kernels: Kernels;
beforeAll(async () => void (kernels = await wasmKernels({ threads: 1 })));
afterAll(() => kernels.close());

test('TRS-3, TRS-4: prover and verifier log the same events, which hold every byte', () => {
  for (const setting of [...settings(kernels), linkSetting(kernels)]) {
    const { name, statement } = setting;
    const written: TranscriptEvent[] = [];
    const proof = honestProof(kernels, setting, 3, (event) => written.push(event));
    const read = verifierLog(quintic, statement, proof);
    expect([name, read]).toEqual([name, written]);
    expect(segmentsOf(read).at(-1)?.end).toBe(proof.length);
  }
});

describe.each(cases)('TRS-6: $name', ({ statement, proof, log }) => {
  const honest = replay(quintic, statement, log, proof);
  const challenges = log.flatMap(({ kind }, i) => (kind === 'challenge' ? [i] : []));

  test('replaying the log gives the states of the verifier', () => {
    expect(honest.states).toEqual(log.map(({ state }) => Buffer.from(state).toString('hex')));
  });

  test('one bit of each message and of each opening', () => {
    let at = 0;
    log.forEach((event, i) => {
      const [start, end] = [at, at + event.bytes];
      if (event.kind !== 'message' && event.kind !== 'opening') return;
      at = end;
      if (event.bytes === 0) return;
      const word = end - start >= 8 ? start + 4 : start; // any word, low bit: stays canonical for p odd
      const flipped = proof.slice();
      flipped[word] = (flipped[word] as number) ^ 1;
      const { states } = replay(quintic, statement, log, flipped);
      const changed = challenges.map((c) => states[c] !== honest.states[c]);
      const expected = challenges.map((c) => event.kind === 'message' && c > i);
      expect([event.label, changed]).toEqual([event.label, expected]);
    });
    expect(at).toBe(proof.length);
  });

  test('each leaf of the statement', () => {
    for (const { name, statement: other } of leavesOf(statement)) {
      const domain = domainOf(quintic, other);
      const { states } = replay(quintic, statement, log, proof, domain);
      expect([name, states.some((state, i) => state === honest.states[i])]).toEqual([name, false]);
    }
  });
});

/** Challenge, and what stands above it: the last event that must precede it, and none of what must follow. */
const ORDER: readonly (readonly [challenge: string, after: readonly string[], before: readonly string[]])[] =
  [
    ['merge/b', ['root/AM', 'root/PAD'], ['merge/round']],
    ['link/r', ['root/AM', 'root/PAD'], ['open/y']],
    ['open/rho', ['open/y', 'open/y-mask'], ['open/a', 'open/inner-root']],
    ['open/positions', ['open/a', 'open/inner-root'], ['rows/AM', 'whir/round']],
    ['open/eta', ['open/positions'], ['whir/round']],
    ['pads/gamma', ['whir/final', 'rows/G1'], ['pads/sums']],
    ['pads/chi', ['whir/final', 'rows/G1'], ['pads/sums']],
    ['pads/delta', ['pads/sums'], ['pads/revealed']],
    ['pads/positions', ['pads/revealed'], ['rows/PAD']],
  ];

describe.each(cases)('order of challenges: $name', ({ statement, log }) => {
  const all = (label: string): number[] => log.flatMap((event, i) => (event.label === label ? [i] : []));

  const other = isLink(statement) ? 'merge/b' : 'link/r';
  test('a challenge of the other kind of proof is not drawn', () => expect(all(other)).toEqual([]));

  test.each(ORDER.filter(([label]) => label !== other))('%s', (challenge, after, before) => {
    const at = all(challenge);
    expect(at.length).toBe(1);
    for (const label of after) expect(Math.max(...all(label))).toBeLessThan(at[0] as number);
    for (const label of before) expect(Math.min(...all(label))).toBeGreaterThan(at[0] as number);
  });

  test('rounds: each challenge directly behind its message', () => {
    for (const [round, r] of [
      ['merge/round', 'merge/r'],
      ['whir/round', 'whir/gamma'],
    ] as const) {
      expect(all(r)).toEqual(all(round).map((i) => i + 1));
    }
  });

  test('positions of an oracle behind the root of the next, or the whole last vector', () => {
    const bound = [...all('whir/root'), ...all('whir/final')];
    expect(all('whir/positions')).toEqual(bound.map((i) => i + 1));
    expect(bound.length).toBe(statement.parameters.levels.length);
    const eta = all('whir/eta');
    expect(eta.length).toBe(bound.length - 1);
    eta.forEach((i, j) => expect(log[i - 1]?.label).toBe(`rows/G${j + 1}/siblings`));
  });
});
