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
