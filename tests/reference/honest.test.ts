/** Honest proofs of every kind, made by src/, convince the reference twin; its keys and digests are those of src/. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeKey as twinDecodeKey, keyDigest as twinKeyDigest } from '../../reference/key.ts';
import { verifyChain as twinChain } from '../../reference/link.ts';
import { lookupProgramDigest as twinProgramDigest } from '../../reference/lookup-program.ts';
import { deriveKey } from '../../reference/blake3.ts';
import { ascii } from '../../reference/bytes.ts';
import { quintic } from '../../src/field/quintic.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { S128 } from '../../src/params/profile.ts';
import { verifyChain, type ChainLink } from '../../src/pcs/chain.ts';
import { commitGroup } from '../../src/pcs/group-prove.ts';
import { decodeKey, encodeKey, keyDigest } from '../../src/pcs/key.ts';
import { proveLink } from '../../src/pcs/link-prove.ts';
import { lookupProgramDigest } from '../../src/tlookup/digest.ts';
import { loadLookups } from '../../src/tlookup/shape.ts';
import { codeOf, linearParameters, randomCells, staticIdentity, testSource } from '../support/linear.ts';
import { balanceOf, exampleTable } from '../support/lookup-programs.ts';
import { refusal } from '../support/refusal.ts';
import { twinCases, type TwinCase } from '../support/twin-cases.ts';
import { twinField, twinProgram, wordOf } from '../support/twin.ts';
import { generator } from '../support/words.ts';

let kernels: Kernels;
let cases: TwinCase[] = [];
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  cases = twinCases(kernels);
});
afterAll(() => kernels.close());

test('both verifiers accept every honest proof', () => {
  for (const { name, proofs, word, twin } of cases) {
    expect(proofs).toHaveLength(2);
    for (const proof of proofs)
      expect([name, word(proof), twin(proof)]).toEqual([name, 'accepted', 'accepted']);
  }
});
