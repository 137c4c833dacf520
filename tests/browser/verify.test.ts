/**
 * The verifier in a browser: the same bytes, the same verdicts as in Node, from the files that npm ships and nothing else.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { wasmKernels } from '../../src/kernels/index.ts';
import { encodeParameters } from '../../src/params/encoding.ts';
import { S128 } from '../../src/params/profile.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import { verifyProgramClaim, type ProgramClaim } from '../../src/relation/verify-program.ts';
import { findChromium, HOW_TO_INSTALL, runPage } from '../support/chromium.ts';
import { codeOf, testSource } from '../support/linear.ts';
import { allCases } from '../support/program-cases.ts';
import { programFixture } from '../support/programs.ts';

const kernels = await wasmKernels({ threads: 1 });
afterAll(() => kernels.close());

const chromium = findChromium();
if (chromium === undefined) console.warn(`tests/browser: skipped: ${HOW_TO_INSTALL}`);

/** JSON of a value with bytes in it. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, x: unknown) =>
    ArrayBuffer.isView(x) ? { array: x.constructor.name, items: [...(x as Uint8Array)] } : x,
  );
}

/** The page: reads claims and proofs, verifies each with the shipped verifier, writes the verdicts. */
const PAGE = `<!doctype html><pre id="verdict"></pre><script type="module">
import { quintic, verifyProgramClaim } from '/verifier/index.js';
const arrays = { Uint8Array, Uint32Array, Int32Array, Int16Array };
const revive = (_, x) => (x && x.array ? arrays[x.array].from(x.items) : x);
const { claim, proofs } = JSON.parse(await (await fetch('/claims.json')).text(), revive);
const verdicts = proofs.map((proof) => verifyProgramClaim(proof, { field: quintic, ...claim }));
document.getElementById('verdict').textContent = JSON.stringify(verdicts);
</script>`;

describe.skipIf(chromium === undefined)('headless Chromium', () => {
  it('accepts what Node accepts and refuses what Node refuses', async () => {
    const of = allCases()[2]!.make();
    const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), of);
    const { statement, groups, witness } = fixture;
    const proof = proveProgram(kernels, statement, groups, testSource(kernels.ext, 8), witness);
    const claim: Omit<ProgramClaim, 'field'> = {
      parameters: encodeParameters(statement.parameters),
      program: of.program,
      groups: statement.groups,
      context: statement.context,
    };
    const changed = proof.slice();
    changed[100] = changed[100]! ^ 1;
    const proofs = [proof, changed, proof.slice(0, -1), new Uint8Array(0)];
    const here = proofs.map((bytes) => verifyProgramClaim(bytes, { field: kernels.ext, ...claim }));
    expect(here.map(({ ok }) => ok)).toEqual([true, false, false, false]);
    const pages = { '/page.html': PAGE, '/claims.json': toJson({ claim, proofs }) };
    const there = JSON.parse(await runPage(chromium!, 'dist', pages, '/page.html')) as unknown;
    expect(there).toEqual(here);
  }, 180_000);
});
