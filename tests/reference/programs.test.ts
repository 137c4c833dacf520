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
import { programTwinCases, type ProgramTwinCase } from '../support/twin-program-cases.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { mutate, segmentsOfProof } from '../support/proof-mutations.ts';
import type { Segment } from '../support/soundness/layout.ts';
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
let cases: ProgramTwinCase[] = [];
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  cases = programTwinCases(kernels);
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
      const of = satisfiedProgram(quintic.base, randomProgram(gen), ++seed);
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

/** More for a long run. */
const MUTANTS = Number(process.env['ZKDL_MUTANTS'] ?? 500);
/** Every so many mutants one of the larger programs. */
const RARE = 8;

/** How often each verdict was given. */
const verdicts = new Map<string, number>();

function agree(name: string, ours: string, twin: string): void {
  expect([name, twin]).toEqual([name, ours]);
  verdicts.set(ours, (verdicts.get(ours) ?? 0) + 1);
}

test(`${MUTANTS} mutated proofs`, () => {
  const prepared = cases.map((of) => ({
    of,
    segments: of.proofs.map((proof) => segmentsOfProof(of, proof)) as [Segment[], Segment[]],
  }));
  for (let seed = 0; seed < MUTANTS; seed++) {
    const from = seed % RARE === 0 ? prepared.slice(2) : prepared.slice(0, 2);
    const { of, segments } = from[(seed >> 3) % 2]!;
    const foreign = cases[(seed + 1) % cases.length]!.proofs[0]!;
    const { name, proof } = mutate(of, segments, foreign, koalaBear.modulus, seed);
    agree(`${of.name}, ${name}`, of.word(proof), of.twin(proof));
  }
});

test('changed statements', () => {
  const [of] = cases as [ProgramTwinCase];
  of.changes.forEach((change, i) => agree(change, of.word(of.proofs[0]!, i), of.twin(of.proofs[0]!, i)));
  expect(of.changes.filter((change) => change.startsWith('program')).length).toBeGreaterThan(100);
});

test('every refusal of the specification was met', () => {
  console.log(verdicts);
});
