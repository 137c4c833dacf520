/**
 * SND-4 and the base of SND-5: stored honest proofs are accepted, every stored lie is refused by the check that it was
 * written for. `npm run mutants` runs this file on verifiers with one check deleted.
 */
import { describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { verifyChain } from '../../src/pcs/chain.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { codeOfVerdict, verifyStatement } from '../support/soundness/statements.ts';

const { fixtures, lies, chains } = await corpus();

test.each(fixtures)('honest: $name', ({ statement, proofs }) => {
  for (const proof of proofs) expect(verifyStatement(quintic, statement, proof)).toEqual({ ok: true });
});

test('honest: a chain of three epochs', () => {
  const { trusted, links } = chains.honest;
  for (const n of [0, 1, 2]) {
    expect(verifyChain(quintic, trusted, links.slice(0, n))).toMatchObject({ ok: true, epoch: n });
  }
});

describe('lies', () => {
  test.each(lies)('$name: $code', ({ statement, proof, code }) => {
    const verdict = verifyStatement(quintic, statement, proof);
    expect(code.split('|')).toContain(codeOfVerdict(verdict));
  });
  test.each(chains.lies)('chain: $name: $code', ({ trusted, links, code, stage }) => {
    expect(verifyChain(quintic, trusted, links)).toMatchObject({ ok: false, code, stage });
  });
});

describe.each(fixtures)('bytes of a stored proof: $name', ({ statement, proofs }) => {
  const code = (proof: Uint8Array): string => codeOfVerdict(verifyStatement(quintic, statement, proof));
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
      expect(verifyStatement(quintic, statement, proof)).toEqual({ ok: true });
    },
  );
  test.for(chains.lies.filter(({ code, alone }) => alone && code === deleted))(
    'alone: chain: $name',
    ({ trusted, links }) => {
      expect(verifyChain(quintic, trusted, links)).toMatchObject({ ok: true });
    },
  );
});
