/** Provers with a witness that violates one relation: nobody accepts, whatever cell is wrong. */
import { afterAll, describe, expect, it } from 'vitest';
import { wasmKernels } from '../../src/kernels/index.ts';
import { S128 } from '../../src/params/profile.ts';
import { proveProgram, proveProgramBody } from '../../src/relation/prove.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { allCases } from '../support/program-cases.ts';
import { codeOf, testSource } from '../support/linear.ts';
import { programFixture, type ProgramFixture } from '../support/programs.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import type { RowMajor } from '../../src/relation/cells-prove.ts';

const kernels = await wasmKernels({ threads: 2 });
afterAll(() => kernels.close());

const fixtures = new Map<string, ProgramFixture>();
function fixtureOf(name: string, make: () => ProgramFixture): ProgramFixture {
  const known = fixtures.get(name) ?? make();
  fixtures.set(name, known);
  return known;
}

/** Every witness tensor of every case, with its first, last and some middle cell raised by one. */
const spoilt = allCases().flatMap(({ name, make }) =>
  [...make().witness.tensors].flatMap(([tensor, cells]) =>
    [...new Set([0, Math.floor(cells.length / 2), cells.length - 1])].map(
      (cell) => [name, tensor, cell, make] as const,
    ),
  ),
);

describe('a cell that is off by one', () => {
  it.each(spoilt)('%s: %s[%i]', (name, tensor, cell, make) => {
    const fixture = fixtureOf(name, () => programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), make()));
    const tensors = new Map(fixture.witness.tensors);
    const wrong: RowMajor = tensors.get(tensor)!.slice();
    wrong[cell] = wrong[cell]! + 1;
    tensors.set(tensor, wrong);
    const source = testSource(kernels.ext, 5);
    const { statement, groups } = fixture;
    let refused: unknown;
    try {
      proveProgram(kernels, statement, groups, source, { tensors });
    } catch (error) {
      refused = error;
    }
    // A lookup's own prover cannot even count; everything else is refused by the pad proof's self-check.
    const code = refused instanceof RangeError ? 'RangeError' : (refused as ProofError | undefined)?.code;
    expect(['RangeError', 'SELF_CHECK']).toContain(code);
    if (code === 'RangeError') return;
    const ch = proverChannel(programDomain(statement));
    kernels.memory.scope(() =>
      proveProgramBody(kernels, ch, statement, groups, testSource(kernels.ext, 6), { tensors }, false),
    );
    const verdict = verifyProgram(statement, ch.finish());
    expect(verdict).toMatchObject({ ok: false, code: 'PAD_LINEAR' });
  });
});
