/**
 * DIF-1 for programs: the verifier of src/ and the reference twin, written apart from spec/programs.md and
 * spec/program-proofs.md, compute the same digests, layouts and balances, and give the same verdicts. A failure names the seed.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programDigest as twinDigest } from '../../reference/program.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { S128 } from '../../src/params/profile.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { programDigest } from '../../src/relation/digest.ts';
import type { Program } from '../../src/relation/program.ts';
import { exampleProgram, exampleWitness } from '../support/example-programs.ts';
import { codeOf } from '../support/linear.ts';
import { cases as casesOf, LONG, tally } from '../support/long.ts';
import { argmaxCase, attentionCase, privateTokensCase } from '../support/lowered-cases.ts';
import { allCases } from '../support/program-cases.ts';
import { programFixture, type ProgramCase, type ProgramFixture } from '../support/programs.ts';
import { mutate, segmentsOfProof } from '../support/proof-mutations.ts';
import { randomProgram } from '../support/random-programs.ts';
import { satisfiedProgram } from '../support/satisfied-programs.ts';
import type { Segment } from '../support/soundness/layout.ts';
import { caseOf, lookupsAlone } from '../support/soundness/program-fixtures.ts';
import { proveProgramLie } from '../support/soundness/program-liar.ts';
import { liesOf, programTwinCases, toyFixture, type ProgramTwinCase } from '../support/twin-program-cases.ts';
import {
  programWord,
  proofsOf,
  structureOf,
  twinProgramWord,
  twinRelations,
  twinStructureOf,
} from '../support/twin-program.ts';

const MUTANTS = casesOf(500, 5000);

let kernels: Kernels;
let cases: ProgramTwinCase[] = [];
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  cases = programTwinCases(kernels);
});
afterAll(async () => {
  tally({ property: 'DIF-1 programs', ...counted });
  await kernels.close();
});

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

test('digests, balances and layouts of others', () => {
  const others = [exampleProgram(), lookupsAlone().program, ...allCases().map(({ make }) => make().program)];
  others.forEach(agreeOnStructure);
});

/** An honest proof; what both verifiers say. */
function bothOf(fixture: ProgramFixture): string[] {
  const [proof] = proofsOf(kernels, fixture, 1) as [Uint8Array];
  return [programWord(fixture.statement, proof), twinProgramWord(fixture.statement, proof)];
}

test('random programs that hold: both accept', () => {
  let seed = 0;
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const of = satisfiedProgram(quintic.base, randomProgram(gen), ++seed);
      expect([seed, ...bothOf(toyFixture(kernels, of, 7))]).toEqual([seed, 'accepted', 'accepted']);
    }),
    { numRuns: Math.ceil(MUTANTS / 32), seed: 12, endOnFailure: true },
  );
});

test('over S128: both accept', () => {
  const of = caseOf(exampleProgram(), exampleWitness());
  const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), of);
  expect(bothOf(fixture)).toEqual(['accepted', 'accepted']);
});

/** A graph lowered, over columns that its tables fill. */
function agreeOnLowered(of: ProgramCase): void {
  agreeOnStructure(of.program);
  expect(bothOf(toyFixture(kernels, of, 12))).toEqual(['accepted', 'accepted']);
}

test('attention, lowered: both accept', () => agreeOnLowered(attentionCase({ seed: 3, rows: 3, bits: 4 })));

test('private ids, lowered: both accept', () => agreeOnLowered(privateTokensCase()));

test.runIf(LONG)('a choice, lowered: both accept', () => {
  const of = { seed: 4, logits: 'rounded', rows: 2, vocabulary: 3, width: 2 } as const;
  agreeOnLowered(argmaxCase(of));
});

/** How often each verdict was given. */
const verdicts = new Map<string, number>();

/** Pairs of verdicts, and those that are no pair. */
const counted = { cases: 0, refused: 0, surprises: 0 };

function agree(name: string, ours: string, twin: string): void {
  counted.cases++;
  if (twin !== ours) counted.surprises++;
  else if (ours !== 'accepted') counted.refused++;
  expect([name, twin]).toEqual([name, ours]);
  verdicts.set(ours, (verdicts.get(ours) ?? 0) + 1);
}

test(`${MUTANTS} mutated proofs`, () => {
  const [small, lookups, example, views] = cases.map((of): Prepared => {
    const segments = of.proofs.map((proof) => segmentsOfProof(of, proof)) as [Segment[], Segment[]];
    return { of, segments };
  });
  // The twin takes a proof without products a third of the time of the others.
  const turns = [small, lookups, lookups, example, lookups, lookups, views, lookups, lookups];
  for (let seed = 0; seed < MUTANTS; seed++) {
    const { of, segments } = turns[seed % turns.length] as Prepared;
    const foreign = cases[(seed + 1) % cases.length]!.proofs[0]!;
    const { name, proof } = mutate(of, segments, foreign, koalaBear.modulus, seed);
    agree(`${of.name}, ${name}`, of.word(proof), of.twin(proof));
  }
});

interface Prepared {
  readonly of: ProgramTwinCase;
  readonly segments: readonly [Segment[], Segment[]];
}

test('changed statements', () => {
  const [of] = cases as [ProgramTwinCase];
  of.changes.forEach((change, i) => agree(change, of.word(of.proofs[0]!, i), of.twin(of.proofs[0]!, i)));
  expect(of.word(of.proofs[0]!, of.changes.indexOf('nothing'))).toBe('accepted');
  expect(of.changes.filter((change) => change.startsWith('program')).length).toBeGreaterThan(100);
});

test('lies with live challenges', () => {
  const [{ fixture }] = cases as [ProgramTwinCase];
  const { statement } = fixture;
  liesOf(fixture).forEach(({ name, lie }, i) => {
    const proof = proveProgramLie(kernels, lie, 70 + i);
    const ours = programWord(statement, proof);
    agree(name, ours, twinProgramWord(statement, proof));
    expect([name, ours]).not.toEqual([name, 'accepted']);
  });
});

test('every refusal of the specification was met', () => {
  const codes = ['WEAK_PARAMS', 'TRUNCATED', 'NON_CANONICAL', 'MERKLE_ROOT', 'FINAL_QUERY', 'FINAL_SUM'];
  const padCodes = ['PAD_LINEAR', 'PAD_PRODUCT', 'PAD_QUERY', 'TRAILING_BYTES'];
  expect([...verdicts.keys()].sort()).toEqual([...codes, ...padCodes, 'accepted', 'malformed'].sort());
});
