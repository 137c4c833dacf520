/**
 * ZKP-9: weights with a pattern that occurs nowhere else are proven and mishandled; neither the pattern nor a key shows in
 * what leaves the prover: proof, key material of the group, messages of errors, messages to workers.
 */
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { P } from '../../src/field/koalabear.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { S128 } from '../../src/params/profile.ts';
import { commitGroup } from '../../src/pcs/group-prove.ts';
import { proveLinear } from '../../src/pcs/linear-prove.ts';
import type { LinearStatement } from '../../src/pcs/linear-statement.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import { maskSource } from '../../src/random/masks.ts';
import { secretOf } from '../../src/secret/secret.ts';
import { codeOf, linearFixture } from '../support/linear.ts';
import { applyWeight, linearParameters } from '../support/linear.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { proveLink } from '../../src/pcs/link-prove.ts';
import { verifyLink } from '../../src/pcs/link-verify.ts';

/** An int16, and its negative. */
const CANARY = 0x5ea7;
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 ^ (i * 29));

let kernels: Kernels;
const sent = vi.spyOn(Worker.prototype, 'postMessage');
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 2 });
});
afterAll(async () => {
  await kernels.close();
  sent.mockRestore();
});

/** Byte patterns that would be the weights or a key: as words of F, as neighbouring int16s, as half of a key. */
function patterns(): Buffer[] {
  const word = (x: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(x);
    return bytes;
  };
  const montgomery = Number((BigInt(CANARY) << 32n) % BigInt(P));
  const int16 = Buffer.from(Int16Array.of(CANARY, -CANARY).buffer);
  const other = Buffer.from(Int16Array.of(-CANARY, CANARY).buffer);
  return [
    word(CANARY),
    word(P - CANARY),
    word(montgomery),
    word(P - montgomery),
    int16,
    other,
    Buffer.from(KEY.slice(0, 8)),
  ];
}

function hits(bytes: Uint8Array): number[] {
  return patterns().map((pattern) => Buffer.from(bytes).indexOf(pattern));
}

/** The same in text: decimal, hexadecimal, lists of bytes. */
function textHits(text: string): string[] {
  const needles = [CANARY, P - CANARY].flatMap((x) => [String(x), x.toString(16)]);
  needles.push(Buffer.from(KEY.slice(0, 4)).toString('hex'), [...KEY.slice(0, 4)].join(','));
  return needles.filter((needle) => text.includes(needle));
}

/** Everything that an error says of itself. */
function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const { message, stack } = error as Error;
    return `${message}\n${JSON.stringify(error)}\n${String(stack)}`;
  }
  throw new Error('expected an error');
}

test('the search finds what is there', () => {
  const cells = Int16Array.from({ length: 8 }, (_, i) => (i % 2 ? CANARY : -CANARY));
  expect(hits(new Uint8Array(cells.buffer)).filter((at) => at >= 0).length).toBe(2);
  expect(hits(Uint8Array.from([1, 2, 3, ...KEY])).at(-1)).toBe(3);
  expect(textHits(`expected 0, got ${CANARY}`)).toEqual([String(CANARY)]);
});

test('canaries in weights and keys show nowhere', () => {
  const { statement: example, groups } = linearFixture(kernels, S128, codeOf(S128, 10, 1024), 2);
  const { parameters, claims } = example;
  const { identity } = groups[0] as (typeof groups)[0];
  const n = 2 ** parameters.code.logData;
  const cells = Int16Array.from({ length: 2 * n }, (_, i) => (i % 2 ? CANARY : -CANARY));
  const read = (first: number, count: number) => cells.subarray(first * n, (first + count) * n);
  const source = (byte: number) =>
    maskSource(secretOf<Uint8Array>(Uint8Array.from(KEY, (x, i) => (i === 31 ? byte : x))), quintic);
  const group = commitGroup(kernels, source(1), parameters, identity, read, 2);
  const statement: LinearStatement = {
    ...example,
    groups: [{ ...identity, cap: group.cap }],
    // Claims with values that are public anyway would show cells: the claim of a single cell is left out.
    claims: claims
      .filter(({ weight }) => weight[0]?.factors[0]?.kind !== 'fixed')
      .map(({ weight }) => ({ weight, value: applyWeight(quintic, weight, cells, parameters.code.logData) })),
  };
  expect(hits(group.cap)).toEqual(patterns().map(() => -1));

  const proof = proveLinear(kernels, { ...statement, parameters }, [group], source(2));
  expect(hits(proof)).toEqual(patterns().map(() => -1));

  // The same cells as a column of the proof's own, and through a link to the next epoch.
  const ownCells = Uint32Array.from(cells.subarray(0, n), (x) => quintic.base.fromInt(x));
  const [some] = statement.claims as [(typeof statement.claims)[0]];
  const weight = [{ ...some.weight[0]!, column: 2 }];
  const value = applyWeight(quintic, weight, Int32Array.from([...cells, ...ownCells]), 10);
  const ownClaims = [...statement.claims, { weight, value }];
  const ownParameters = linearParameters(S128, parameters.code, [identity], ownClaims.length, 1);
  const own = { ...statement, parameters: ownParameters, ownColumns: 1, claims: ownClaims };
  const ownProof = proveLinear(kernels, own, [group], source(11), undefined, ownCells);
  expect(verifyLinear(quintic, own, ownProof)).toEqual({ ok: true });
  expect(hits(ownProof)).toEqual(patterns().map(() => -1));
  const linked = completeInstance(linkInstance(2), parameters.code, S128)!.parameters;
  const next = commitGroup(kernels, source(12), linked, { ...identity, epoch: 1 }, read, 2);
  const [older, newer] = [group, next].map((one) => ({ ...one.identity, cap: one.cap }));
  const link = { parameters: linked, older: older!, newer: newer!, context: new Uint8Array(0) };
  const linkProof = proveLink(kernels, link, [group, next], source(13));
  expect(verifyLink(quintic, link, linkProof)).toEqual({ ok: true });
  expect(hits(linkProof)).toEqual(patterns().map(() => -1));

  const [claim] = statement.claims as [(typeof claims)[0]];
  const [term] = claim.weight as [(typeof claim.weight)[0]];
  const texts = [
    messageOf(() => proveLinear(kernels, { ...statement, groups: [] }, [group], source(3))),
    messageOf(() => proveLinear(kernels, statement, [], source(4))),
    messageOf(() =>
      proveLinear(
        kernels,
        { ...statement, claims: [{ ...claim, weight: [{ ...term, column: 9 }] }] },
        [group],
        source(5),
      ),
    ),
    messageOf(() =>
      proveLinear(
        kernels,
        statement,
        [{ ...group, source: { ...group.source, data: () => cells.slice(1) } }],
        source(6),
      ),
    ),
    messageOf(() =>
      proveLinear(
        kernels,
        statement,
        [{ ...group, source: { ...group.source, data: () => new Int16Array(3).fill(CANARY) } }],
        source(7),
      ),
    ),
    messageOf(() =>
      proveLinear(
        kernels,
        statement,
        [{ ...group, open: () => ({ ...group.open([1, 2]), values: cells.slice() as never }) }],
        source(8),
      ),
    ),
    messageOf(() =>
      commitGroup(kernels, source(9), parameters, { ...identity, columns: 3 }, () => cells.slice(0, 7), 0),
    ),
    messageOf(() =>
      commitGroup(kernels, source(9), parameters, { ...identity, label: 'too long a label' }, read, 0),
    ),
    messageOf(() => proveLinear(kernels, own, [group], source(14), undefined, ownCells.subarray(1))),
    messageOf(() => {
      const wrong = ownCells.map((x, i) => (i === 3 ? CANARY + 1 : x));
      proveLinear(kernels, own, [group], source(15), undefined, wrong);
    }),
    messageOf(() => {
      const moved = commitGroup(
        kernels,
        source(16),
        linked,
        { ...identity, epoch: 1 },
        (first, count) => cells.slice(first * n, (first + count) * n).map((x) => (x === CANARY ? x : x + 1)),
        2,
      );
      const other = { ...link, newer: { ...moved.identity, cap: moved.cap } };
      proveLink(kernels, other, [group, moved], source(17));
    }),
    messageOf(() => JSON.stringify(source(10).exts('pad', 0, 0, 1))),
    messageOf(() => `${String(secretOf(cells))}`),
    messageOf(() => structuredClone(secretOf(cells))),
  ];
  for (const text of texts) expect(textHits(text)).toEqual([]);

  const verdicts = [0, 40, 1000, proof.length - 1].map((at) => {
    const bad = proof.slice();
    bad[at] = (bad[at] as number) ^ 1;
    return JSON.stringify(verifyLinear(quintic, statement, bad));
  });
  for (const text of verdicts) expect(textHits(text)).toEqual([]);
  expect(verdicts.every((text) => text.includes('"ok":false'))).toBe(true);

  // Workers are given the shared memory when they start; nothing is posted to them afterwards.
  expect(sent.mock.calls).toEqual([]);
});
