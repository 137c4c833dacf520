/** Products of hidden values: each one of a list is checked, however long the list is. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { affineAlgebra, type MaskedValue } from '../../src/pads/affine.ts';
import { createPadLedger, type PadLedger } from '../../src/pads/ledger.ts';
import { createProverPads } from '../../src/pads/pads-prove.ts';
import { createPadPlanner, padCount, productIndex } from '../../src/pads/plan.ts';
import { commitPads, provePads } from '../../src/pads/proof-prove.ts';
import { verifyPadProof } from '../../src/pads/proof-verify.ts';
import { leastPadQueries } from '../../src/params/queries.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { writeRoot } from '../../src/pcs/whir/prove.ts';
import { mapSecret } from '../../src/secret/secret.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { randomPoint, testSource } from '../support/linear.ts';
import { testDomain } from '../support/transcript.ts';

const field = quintic;
const e = randomPoint(field, 1, 78)[0] as Ext;

let kernels: Kernels;
beforeAll(async () => void (kernels = await wasmKernels({ threads: 1 })));
afterAll(() => kernels.close());

describe('every product of a list of any length', () => {
  // 1, 2, 3, 5 and 6 products, squares among them: a list cut to a power of two would lose some.
  test.each([1, 2, 3, 5, 6])('of %i products each wrong in turn', (count) => {
    const values = randomPoint(field, 4, 90);
    const all = [[0, 1], [2, 2], [1, 3], [0, 0], [3, 2], [3, 3]] as const; // prettier-ignore
    const products = all.slice(0, count);
    const planner = createPadPlanner();
    planner.send(values.length);
    for (const [x, y] of products) planner.multiply(x, y);
    const plan = planner.plan();
    const size = padCount(plan);
    const numbers = { size, logCodeword: 10, queries: leastPadQueries(size, 10, 128) as number };
    const verdict = (wrong: number): string => {
      const domain = testDomain(field);
      const ch = proverChannel(domain);
      const source = testSource(field, 5);
      const honest = createProverPads(source, plan);
      const h = mapSecret([honest.h], (pads) =>
        pads.map((x, i) => (wrong >= 0 && i === productIndex(plan, wrong) ? field.add(x, e) : x)),
      );
      const pads = { ...honest, h };
      const committed = commitPads(kernels, source, numbers, pads);
      writeRoot(ch, 'root', committed.rows);
      const sent = pads.send(ch, 'values', values);
      // The pad of product k is off by e, and so is the value that is claimed for it: every form vanishes.
      const state = (ledger: PadLedger, known: readonly MaskedValue[]): void =>
        products.forEach(([x, y], k) => {
          const product = ledger.multiply(known[x] as MaskedValue, known[y] as MaskedValue);
          const value = field.mul(values[x] as Ext, values[y] as Ext);
          const claimed = k === wrong ? field.add(value, e) : value;
          ledger.assertZero(ledger.algebra.sub(product, ledger.algebra.constant(claimed)));
        });
      const rest = (ledger: PadLedger, known: readonly MaskedValue[]): void =>
        known.forEach((one, i) => {
          const { algebra } = ledger;
          ledger.assertZero(algebra.sub(algebra.value(one), algebra.constant(values[i] as Ext)));
        });
      state(pads.ledger, sent);
      rest(pads.ledger, sent);
      provePads(kernels, ch, committed, pads.ledger.finish(), false);
      const proof = ch.finish();
      const result = verdictOf(() => {
        const reader = verifierChannel(domain, proof);
        const ledger = createPadLedger(affineAlgebra(field), plan);
        const root = reader.readDigest('root');
        const known = reader.readExts('values', values.length).map((masked) => ledger.record(masked));
        state(ledger, known);
        rest(ledger, known);
        verifyPadProof(reader, numbers, root, ledger.finish());
        reader.finish();
      });
      return result.ok ? 'accepted' : result.code;
    };
    expect(verdict(-1)).toBe('accepted');
    for (let k = 0; k < count; k++) expect([k, verdict(k)]).toEqual([k, 'PAD_PRODUCT']);
  });
});
