/** DIF-1: mutated proofs and statements, and lies with live challenges: src/ and the reference twin say the same. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { proveLie } from '../support/soundness/liar.ts';
import { strategies } from '../support/soundness/strategies.ts';
import { linearSetting, quinticRecipes, twinCases, type TwinCase } from '../support/twin-cases.ts';
import { linearWord, twinLinearWord } from '../support/twin.ts';
import { mutate, segmentsOfProof } from '../support/proof-mutations.ts';

const MUTANTS = 500;

let kernels: Kernels;
let cases: TwinCase[] = [];
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  cases = twinCases(kernels);
});
afterAll(() => kernels.close());

/** How often each verdict was given. */
const seen = new Map<string, number>();

function agree(name: string, ours: string, twin: string): void {
  expect([name, twin]).toEqual([name, ours]);
  seen.set(ours, (seen.get(ours) ?? 0) + 1);
}

test(`${MUTANTS} mutated proofs`, () => {
  const prepared = cases.map((of) => ({
    of,
    segments: [0, 1].map((i) => segmentsOfProof(of, of.proofs[i]!)) as [never, never],
  }));
  for (let seed = 0; seed < MUTANTS; seed++) {
    const { of, segments } = prepared[seed % cases.length]!;
    const foreign = cases[(seed + 1 + (seed % 5)) % cases.length]!.proofs[0]!;
    const modulus = of.name.includes('F_97') ? 97 : 2130706433;
    const { name, proof } = mutate(of, segments, foreign, modulus, seed);
    agree(`${of.name}, ${name}`, of.word(proof), of.twin(proof));
  }
  console.log(JSON.stringify([...seen]));
});

test('changed statements', () => {
  for (const { name, proofs, changes, word, twin } of cases) {
    changes.forEach((change, i) => agree(`${name}, ${change}`, word(proofs[0]!, i), twin(proofs[0]!, i)));
  }
  console.log(JSON.stringify([...seen]));
});

test('lies with live challenges', () => {
  quinticRecipes(kernels).forEach((recipe, r) => {
    const setting = linearSetting(kernels, recipe, 900 + r);
    strategies(setting).forEach((lie, i) => {
      const proof = proveLie(kernels, lie, 50 + i);
      const field = kernels.ext;
      agree(
        `${recipe.name}, ${lie.name}`,
        linearWord(field, lie.claimed, proof),
        twinLinearWord(field, lie.claimed, proof),
      );
    });
  });
  console.log(JSON.stringify([...seen]));
});
