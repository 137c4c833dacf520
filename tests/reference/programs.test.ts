/**
 * DIF-1 for programs: the verifier of src/ and the reference twin, written apart from spec/programs.md and
 * spec/program-proofs.md, compute the same digests, layouts and balances, and give the same verdicts. A failure names the seed.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { programDigest as twinDigest } from '../../reference/program.ts';
import { quintic } from '../../src/field/quintic.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { allCases } from '../support/program-cases.ts';
import { randomProgram } from '../support/random-programs.ts';
import { structureOf, twinRelations, twinStructureOf } from '../support/twin-program.ts';
import type { Program } from '../../src/relation/program.ts';

/** Digest, balances and layouts. */
function agreeOnStructure(program: Program): void {
  const digest = twinDigest(BigInt(quintic.base.modulus), twinRelations(program));
  expect(digest).toEqual(new Uint8Array(programDigest(quintic.base, program)));
  expect(twinStructureOf(program)).toEqual(structureOf(compileProgram(quintic, program)));
}

test('digests, balances and layouts of random programs', () => {
  fc.assert(
    fc.property(fc.gen(), (gen) => agreeOnStructure(randomProgram(gen))),
    { numRuns: 100, seed: 11 },
  );
});

test.each(allCases())('digest, balances and layout: $name', ({ make }) => agreeOnStructure(make().program));
