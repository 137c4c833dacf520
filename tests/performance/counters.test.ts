/**
 * How much work a proof of a small model is: exact, whatever the machine. Another number is no fault, but a decision:
 * `npx vitest run tests/performance/counters.test.ts --update=all` writes the new ones (`-u FILE` takes the file for
 * its value, runs all tests and writes all of them anew), and the change shows in review.
 */
import { afterAll, expect, it } from 'vitest';
import { traced } from '../../bench/traced.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { S128 } from '../../src/params/profile.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { codeOf, testSource } from '../support/linear.ts';
import type { Lowered } from '../support/lowered.ts';
import { withChoices } from '../support/lowered-cases.ts';
import { programFixture } from '../support/programs.ts';
import { tinyLlama, tinyTokens } from '../support/tiny-models.ts';

const plain = await wasmKernels({ threads: 2 });
afterAll(() => plain.close());

/** Dimensions that are no powers of two, several sequences, choices at few rows: what large models have. */
function twoLayers(): Lowered {
  const { graph, weights } = tinyLlama({ seed: 2, width: 24, headDim: 6, inner: 40, vocabulary: 70 });
  const tokens = tinyTokens(12, 70, 3);
  return withChoices(graph, weights, { rows: 12, tokens, starts: [0, 5], emit: [8, 11] });
}

/** Sizes of the program and work of its proof, with masks that are the same every time. */
function countersOf(made: Lowered) {
  const { statement, groups } = programFixture(plain, S128, codeOf(S128, 12, 2 ** 10), made);
  const trace = traced(plain);
  const proof = proveProgram(trace.kernels, statement, groups, testSource(plain.ext, 5), made.witness);
  expect(verifyProgram(statement, proof)).toEqual({ ok: true });
  const { relations, own, lookups, productVars } = statement.compiled;
  return {
    relations: relations.length,
    ownCells: own.cells,
    lookups: lookups?.lookups.trees.map(({ live }) => live),
    productVars,
    proofBytes: proof.length,
    kernels: trace.workByKernel(),
  };
}

it('proofs of a small model are as much work as they were', async () => {
  const counters = countersOf(twoLayers());
  await expect(`${JSON.stringify(counters, null, 2)}\n`).toMatchFileSnapshot('../vectors/counters.json');
}, 240_000);
