/**
 * DIF-1: mutated proofs, changed statements, and lies with live challenges. The verifier of src/ and the reference twin give
 * the same verdict and, where they refuse, the same code. A failure names the seed.
 */
import type { LinearStatement } from '../../src/pcs/linear-statement.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { cases as casesOf, tally } from '../support/long.ts';
import { mutate, segmentsOfProof } from '../support/proof-mutations.ts';
import type { Segment } from '../support/soundness/layout.ts';
import { proveLie } from '../support/soundness/liar.ts';
import { strategies } from '../support/soundness/strategies.ts';
import { linearSetting, quinticRecipes, twinCases, type TwinCase } from '../support/twin-cases.ts';
import { linearWord, twinLinearWord } from '../support/twin.ts';

const MUTANTS = casesOf(500, 6000);
/** Every so many mutants one of the proof over S128, which takes the twin as long as thirty others. */
const RARE = 50;

let kernels: Kernels;
let cases: TwinCase[] = [];
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  cases = twinCases(kernels);
});
afterAll(async () => {
  tally({ property: 'DIF-1 openings, links, lookups', ...counted });
  await kernels.close();
});

const isLarge = ({ name }: TwinCase): boolean => name.includes('S128');
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
  const prepared = cases.map((of) => ({
    of,
    segments: [of.proofs[0], of.proofs[1]].map((proof) => segmentsOfProof(of, proof!)) as [
      Segment[],
      Segment[],
    ],
  }));
  const small = prepared.filter(({ of }) => !isLarge(of));
  const large = prepared.filter(({ of }) => isLarge(of));
  for (let seed = 0; seed < MUTANTS; seed++) {
    const from = seed % RARE === 0 ? large : small;
    const { of, segments } = from[seed % from.length]!;
    const foreign = cases[(seed + 1 + (seed % 5)) % cases.length]!.proofs[0]!;
    const modulus = of.name.includes('F_97') ? 97 : koalaBear.modulus;
    const { name, proof } = mutate(of, segments, foreign, modulus, seed);
    agree(`${of.name}, ${name}`, of.word(proof), of.twin(proof));
  }
});

test('changed statements', () => {
  for (const of of cases) {
    const { name, proofs, changes, word, twin } = of;
    changes.forEach((change, i) => {
      // Over S128 the gate is another one; the rest of a statement is tried over toys.
      if (isLarge(of) && !change.startsWith('parameters')) return;
      agree(`${name}, ${change}`, word(proofs[0]!, i), twin(proofs[0]!, i));
    });
    if (!isLarge(of)) expect(word(proofs[0]!, changes.indexOf('nothing'))).toBe('accepted');
  }
});

test('lies with live challenges', () => {
  const { ext: field } = kernels;
  quinticRecipes(kernels).forEach((recipe, r) => {
    strategies(linearSetting(kernels, recipe, 900 + r)).forEach((lie, i) => {
      const proof = proveLie(kernels, lie, 50 + i);
      const claimed = lie.claimed as LinearStatement; // every recipe here is a linear opening
      agree(
        `${recipe.name}, ${lie.name}`,
        linearWord(field, claimed, proof),
        twinLinearWord(field, claimed, proof),
      );
    });
  });
});

test('every refusal of the specification was met', () => {
  const proofCodes = ['WEAK_PARAMS', 'TRUNCATED', 'NON_CANONICAL', 'MERKLE_ROOT', 'FINAL_QUERY', 'FINAL_SUM'];
  const padCodes = ['PAD_LINEAR', 'PAD_PRODUCT', 'PAD_QUERY', 'TRAILING_BYTES'];
  const lookupCodes = ['LOOKUP_TABLE', 'LOOKUP_SHAPE', 'LOOKUP_COUNT', 'LOOKUP_SIZE'];
  const expected = [...proofCodes, ...padCodes, ...lookupCodes, 'accepted', 'malformed'];
  expect([...verdicts.keys()].sort()).toEqual(expected.sort());
});
