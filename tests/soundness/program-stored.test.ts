/**
 * SND-4 for programs, and the base of SND-5: stored honest proofs are accepted, by those who compiled the program before and by
 * those who check everything; every stored lie is refused.
 */
import { describe, expect, test } from 'vitest';
import { corpus } from '../support/soundness/corpus.ts';
import { verifyClaim, verifyStored } from '../support/soundness/program-statements.ts';
import { codeOfVerdict } from '../support/soundness/statements.ts';

const { programs, programLies } = await corpus();

test.each(programs)('honest: $name', ({ statement, proofs }) => {
  for (const proof of proofs) {
    expect(verifyStored(statement, proof)).toEqual({ ok: true });
    expect(verifyClaim(statement, proof)).toEqual({ ok: true });
  }
});

describe('lies', () => {
  test.each(programLies)('$name', ({ statement, proof, code }) => {
    expect(codeOfVerdict(verifyStored(statement, proof))).toBe(code);
  });
});

test.each(programs)('bytes of a stored proof: $name: cut, extended', ({ statement, proofs }) => {
  const code = (proof: Uint8Array): string => codeOfVerdict(verifyStored(statement, proof));
  expect(code(proofs[0].subarray(0, proofs[0].length - 1))).toBe('TRUNCATED');
  expect(code(new Uint8Array([...proofs[0], 0]))).toBe('TRAILING_BYTES');
});
