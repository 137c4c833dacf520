import { afterAll, describe, expect, it } from 'vitest';
import { S128 } from '../../src/params/profile.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { allCases } from '../support/program-cases.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { codeOf, testSource } from '../support/linear.ts';
import { programFixture } from '../support/programs.ts';

const kernels = await wasmKernels({ threads: 2 });
afterAll(() => kernels.close());

describe('honest proofs of programs verify', () => {
  it.each(allCases())('$name', ({ make }) => {
    const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), make());
    const proof = proveProgram(
      kernels,
      fixture.statement,
      fixture.groups,
      testSource(kernels.ext, 5),
      fixture.witness,
    );
    expect(verifyProgram(fixture.statement, proof)).toEqual({ ok: true });
  });
});
