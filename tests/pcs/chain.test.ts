/** Chains of epochs: followed link by link, named by epoch and digest, refused at the first link that is not one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { verifyChain, type ChainLink } from '../../src/pcs/chain.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { encodeKey, keyDigest } from '../../src/pcs/key.ts';
import { proveLink } from '../../src/pcs/link-prove.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { S128 } from '../../src/params/profile.ts';
import { codeOf, linearParameters, randomCells, staticIdentity, testSource } from '../support/linear.ts';

const M = 10;
const COLUMNS = 3;
const layout = new Uint8Array(32).fill(9);
const identity = staticIdentity(COLUMNS);
const code = codeOf(S128, M, 2 ** M);
const parameters = linearParameters(S128, code, [identity], 1);
const context = new Uint8Array(0);

let k: Kernels;
let groups: OwnedGroup[] = [];
let keys: Uint8Array[] = [];
let links: ChainLink[] = [];

beforeAll(async () => {
  k = await wasmKernels({ threads: 1 });
  const draft = completeInstance(linkInstance(COLUMNS), code, S128);
  if (draft === undefined) throw new Error('no parameters');
  const cells = randomCells(COLUMNS * 2 ** M, 5);
  const read = (first: number, count: number): Int16Array =>
    cells.subarray(first * 2 ** M, (first + count) * 2 ** M);
  groups = [0, 1, 2].map((epoch) =>
    commitGroup(k, testSource(quintic, 20 + epoch), parameters, { ...identity, epoch }, read, 1),
  );
  const committed = groups.map((group) => ({ ...group.identity, cap: group.cap }));
  keys = committed.map((group) => encodeKey({ parameters, group, layout }));
  links = [0, 1].map((i) => {
    const statement = {
      parameters: draft.parameters,
      older: committed[i]!,
      newer: committed[i + 1]!,
      context,
    };
    const proof = proveLink(k, statement, [groups[i]!, groups[i + 1]!], testSource(quintic, 30 + i));
    return { key: keys[i + 1]!, parameters: draft.parameters, context, proof };
  });
});
afterAll(() => k.close());

test('a chain of no link, one and two ends at the epoch that it names', () => {
  for (const n of [0, 1, 2]) {
    const verdict = verifyChain(quintic, keys[0]!, links.slice(0, n));
    expect(verdict).toMatchObject({ ok: true, epoch: n });
    expect(verdict.ok && verdict.digest).toEqual(keyDigest(keys[n]!));
  }
});

test('links out of order, left out or repeated are refused by name', () => {
  const refused = { ok: false, code: 'LINK_IDENTITY' };
  expect(verifyChain(quintic, keys[0]!, [links[1]!])).toMatchObject({ ...refused, stage: 'link 0' });
  expect(verifyChain(quintic, keys[0]!, [links[0]!, links[0]!])).toMatchObject({
    ...refused,
    stage: 'link 1',
  });
  expect(verifyChain(quintic, keys[2]!, [links[0]!])).toMatchObject(refused);
});

test('a key of other cells, layout or code behind a proof of these is refused', () => {
  const group = { ...groups[1]!.identity, cap: groups[1]!.cap };
  const swap = (key: Uint8Array): ChainLink[] => [{ ...links[0]!, key }];
  const otherLayout = encodeKey({ parameters, group, layout: new Uint8Array(32) });
  expect(verifyChain(quintic, keys[0]!, swap(otherLayout))).toMatchObject({
    ok: false,
    code: 'LINK_IDENTITY',
  });
  const otherCap = encodeKey({ parameters, group: { ...group, cap: groups[0]!.cap }, layout });
  expect(verifyChain(quintic, keys[0]!, swap(otherCap))).toMatchObject({
    ok: false,
    stage: expect.stringMatching(/^link 0: rows/),
  });
  const small = codeOf(S128, M, 2 ** (M - 1));
  const weaker = completeInstance(linkInstance(COLUMNS), small, S128);
  const link = { ...links[0]!, parameters: weaker!.parameters };
  expect(verifyChain(quintic, keys[0]!, [link])).toMatchObject({ ok: false, code: 'LINK_CODE' });
});

test('any bytes are a verdict', () => {
  expect(verifyChain(quintic, new Uint8Array(3), [])).toMatchObject({ ok: false });
  expect(verifyChain(quintic, keys[0]!, [{ ...links[0]!, key: new Uint8Array(0) }])).toMatchObject({
    ok: false,
  });
  expect(verifyChain(quintic, keys[0]!, [{ ...links[0]!, proof: new Uint8Array(5) }])).toMatchObject({
    ok: false,
    code: 'TRUNCATED',
  });
});
