/**
 * SND-4 and the base of SND-5: stored honest proofs are accepted, every stored lie is refused by the check that it was
 * written for. `npm run mutants` runs this file on verifiers with one check deleted.
 */
import { describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import { corpus } from '../support/soundness/corpus.ts';

const { fixtures, lies } = await corpus();

test.each(fixtures)('honest: $name', ({ statement, proofs }) => {
  for (const proof of proofs) expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
});

describe('lies', () => {
  test.each(lies)('$name: $code', ({ statement, proof, code }) => {
    const verdict = verifyLinear(quintic, statement, proof);
    expect(code.split('|')).toContain(verdict.ok ? 'accepted' : verdict.code);
  });
});
