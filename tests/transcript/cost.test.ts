/** What the transcript costs, in compressions of BLAKE3: counts, because they do not jitter. */
import { expect, test, vi } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { publicRandom } from '../../src/secret/released.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { testDomain } from '../support/transcript.ts';

const counter = vi.hoisted(() => ({ compressions: 0 }));
vi.mock('../../src/hash/compress.ts', async (original) => {
  const real = await original<typeof import('../../src/hash/compress.ts')>();
  const compress: typeof real.compress = (...args) => {
    counter.compressions++;
    real.compress(...args);
  };
  return { ...real, compress };
});

function cost(run: () => unknown): number {
  const before = counter.compressions;
  run();
  return counter.compressions - before;
}

test('entries of at most 64 bytes take one compression, on both sides', () => {
  const two = publicRandom([quintic.one, quintic.one], 'a test');
  const prover = proverChannel(testDomain(quintic));
  expect(cost(() => prover.writeExts('sumcheck/round!!', two))).toBe(1); // 8 + 16 + 40 bytes
  expect(cost(() => prover.writeExts('sumcheck/round!!!', two))).toBe(2);
  expect(cost(() => prover.challengeExt('x'.repeat(56)))).toBe(1);
  expect(cost(() => prover.challengeExt('x'.repeat(57)))).toBe(2);
  expect(cost(() => prover.writeDigests('root', publicRandom([new Uint8Array(32)], 'a test')))).toBe(1);
  const verifier = verifierChannel(testDomain(quintic), prover.finish());
  expect(cost(() => verifier.readExts('sumcheck/round!!', 2))).toBe(1);
  expect(cost(() => verifier.readExts('sumcheck/round!!!', 2))).toBe(2);
  expect(cost(() => verifier.challengeExt('x'.repeat(56)))).toBe(1);
});

test('3,000 rounds of sumcheck take 6,000; 211 positions 14; a domain 9', () => {
  const prover = proverChannel(testDomain(quintic));
  const round = publicRandom([quintic.one, quintic.one], 'a test');
  for (let i = 0; i < 3_000; i++) prover.writeExts('sumcheck/round', round);
  for (let i = 0; i < 3_000; i++) prover.challengeExt('sumcheck/r');
  const proof = prover.finish();
  const domain = cost(() => verifierChannel(testDomain(quintic), proof));
  const verifier = verifierChannel(testDomain(quintic), proof);
  const rounds = cost(() => {
    for (let i = 0; i < 3_000; i++) verifier.readExts('sumcheck/round', 2);
    for (let i = 0; i < 3_000; i++) verifier.challengeExt('sumcheck/r');
  });
  expect(rounds).toBe(6_000); // one challenge in 2^21 draws more words than a block holds, none of these
  expect(cost(() => verifier.challengePositions('Q0', 211, 22))).toBe(Math.ceil((32 + 4 * 211) / 64));
  expect(domain).toBe(9);
});
