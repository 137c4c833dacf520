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

describe('bytes of a stored proof', () => {
  const { statement, proofs } = fixtures[0]!;
  const code = (proof: Uint8Array): string => {
    const verdict = verifyLinear(quintic, statement, proof);
    return verdict.ok ? 'accepted' : verdict.code;
  };
  const { length } = proofs[0];
  test('cut, extended, with a word of p or more', () => {
    expect(code(proofs[0].subarray(0, length - 1))).toBe('TRUNCATED');
    expect(code(proofs[0].subarray(0, 31))).toBe('TRUNCATED');
    expect(code(new Uint8Array([...proofs[0], 0]))).toBe('TRAILING_BYTES');
    const high = proofs[0].slice();
    high.fill(255, 64, 68);
    expect(code(high)).toBe('NON_CANONICAL');
  });
});

/**
 * Set by `npm run mutants` to the code of the deleted check: lies that only this check stops are now accepted, or another
 * check would hide that it is missing.
 */
const deleted = process.env['ZKDL_DELETED_CHECK'];
describe.runIf(deleted !== undefined)('without the check', () => {
  test.for(lies.filter(({ code, alone }) => alone && code === deleted))(
    'alone: $name',
    ({ statement, proof }) => {
      expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
    },
  );
});
