/** Linear openings: honest proofs verify, on reference kernels and WebAssembly, with equal bytes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { Ext } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { proveLinear, proveLinearBody } from '../../src/pcs/linear-prove.ts';
import { linearDomain, linearInstance } from '../../src/pcs/linear-statement.ts';
import type { Weight } from '../../src/pcs/weight.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { words } from '../support/words.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import { S128 } from '../../src/params/profile.ts';
import { applyWeight, codeOf, linearFixture, randomPoint, testSource } from '../support/linear.ts';

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

test('columns of the proof itself stand behind those of the groups', () => {
  const [k] = implementations as [Kernels];
  const m = 10;
  const { statement, groups, cells } = linearFixture(k, S128, codeOf(S128, m, 1024), 2);
  const own = words(3 * 2 ** m, P, 8);
  const ownColumns = 3;
  const point = randomPoint(quintic, m, 4);
  // One claim across both: a committed column and an own one; one on a single own cell.
  const weights: Weight[] = [
    [0, 4].map((column) => ({ column, coefficient: point[column] as Ext, factors: [{ kind: 'eq', point }] })),
    [{ column: 3, coefficient: quintic.one, factors: [{ kind: 'fixed', bits: m, index: 77 }] }],
  ];
  const all = Int32Array.from(
    [...cells, ...own].map((x) => quintic.base.toBalanced(quintic.base.fromInt(x))),
  );
  const claims = weights.map((weight) => ({ weight, value: applyWeight(quintic, weight, all, m) }));
  const shape = { ...statement, claims, ownColumns };
  const parameters = completeInstance(linearInstance(shape), statement.parameters.code, S128)!.parameters;
  const full = { ...shape, parameters };
  const proof = proveLinear(k, full, groups, testSource(quintic, 5), undefined, own);
  expect(verifyLinear(quintic, full, proof)).toEqual({ ok: true });

  const fewer = { ...full, ownColumns: 2 };
  expect(() => verifyLinear(quintic, fewer, proof)).toThrow('column: expected an integer below 4, got 4');
  const more = { ...full, ownColumns: 4 };
  expect(verifyLinear(quintic, more, proof).ok).toBe(false);
  expect(() => proveLinear(k, full, groups, testSource(quintic, 6))).toThrow(
    'ownCells: expected 3072 words, got 0',
  );
  const changed = own.slice();
  changed[2 ** m + 77]! = (changed[2 ** m + 77]! + 1) % P;
  expect(() => proveLinear(k, full, groups, testSource(quintic, 7), undefined, changed)).toThrow(
    'SELF_CHECK',
  );
  const ch = proverChannel(linearDomain(quintic, full));
  k.memory.scope(() => proveLinearBody(k, ch, full, groups, testSource(quintic, 8), false, changed));
  expect(verifyLinear(quintic, full, ch.finish())).toMatchObject({ ok: false, code: 'PAD_LINEAR' });
});
