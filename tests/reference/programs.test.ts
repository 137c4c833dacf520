/**
 * DIF-1 for programs: the verifier of src/ and the reference twin, written apart from spec/programs.md and
 * spec/program-proofs.md, compute the same digests, layouts and balances, and give the same verdicts. A failure names the seed.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programDigest as twinDigest } from '../../reference/program.ts';
import { quintic } from '../../src/field/quintic.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { allCases } from '../support/program-cases.ts';
import { randomProgram } from '../support/random-programs.ts';
import { satisfiedProgram } from '../support/satisfied-programs.ts';
import { toyProfile } from '../support/twin-cases.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { codeOf } from '../support/linear.ts';
import {
  programWord,
  provenCase,
  twinProgramWord,
  structureOf,
  twinRelations,
  twinStructureOf,
} from '../support/twin-program.ts';
import type { Program } from '../../src/relation/program.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
});
afterAll(() => kernels.close());

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

test('random programs that hold: both accept', () => {
  const seen = new Set<string>();
  let seed = 0;
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const of = satisfiedProgram(quintic.base, gen, ++seed);
      const { statement, proofs } = provenCase(
        kernels,
        toyProfile(kernels, 3),
        codeOf(toyProfile(kernels, 3), 7, 64),
        of,
        1,
      );
      const words = [programWord(statement, proofs[0]!), twinProgramWord(statement, proofs[0]!)];
      expect([seed, ...words]).toEqual([seed, 'accepted', 'accepted']);
    }),
    { numRuns: 25, seed: 12, endOnFailure: true },
  );
});
