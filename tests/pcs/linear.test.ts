/** Linear openings: honest proofs verify, on reference kernels and WebAssembly, with equal bytes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { proveLinear } from '../../src/pcs/linear-prove.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import { S128 } from '../../src/params/profile.ts';
import { codeOf, linearFixture, testSource } from '../support/linear.ts';

let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

describe('an honest proof verifies', () => {
  test.each([
    [10, 1024, 1, 0],
    [10, 1024, 3, 3],
    [11, 1024, 17, 0],
    [12, 1024, 35, 5],
  ])('m = %i, t = %i, %i columns, cap 2^%i', (m, t, columns, logCap) => {
    const proofs = [...implementations, ...(m === 10 ? [referenceKernels(quintic)] : [])].map((k) => {
      const { statement, groups } = linearFixture(k, S128, codeOf(S128, m, t), columns, 1, logCap);
      const proof = proveLinear(k, statement, groups, testSource(quintic, 2));
      expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
      return Buffer.from(proof).toString('base64');
    });
    expect(new Set(proofs).size).toBe(1);
  });
});
