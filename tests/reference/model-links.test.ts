/**
 * DIF-6: links of models. Both verifiers come by a link to one key, and give one code for links of which a field, a byte of the proof or
 * the length is changed, and for links in another order.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyModelLinks as twinLinks } from '../../reference/model-key.ts';
import { decodeModelLink, encodeModelLink, verifyModelLinks, type GroupLink } from '../../src/answer/link.ts';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { smallest } from '../support/answer-models.ts';
import { dice, type Dice } from '../support/graphs.ts';
import { cases, tally } from '../support/long.ts';
import { answering } from '../support/twin-answers.ts';
import { twinField, wordOf } from '../support/twin.ts';

const MUTANTS = cases(32, 1000);

let kernels: Kernels;
let key: Uint8Array;
let link: Uint8Array;
let foreign: Uint8Array;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  const models = [smallest(1), smallest(2)].map((of) => answering(kernels, of));
  key = models[0]!.key;
  link = models[0]!.link();
  foreign = models[1]!.link();
  for (const model of models) model.close();
}, 120_000);
afterAll(() => kernels.close());

function both(trusted: Uint8Array, links: readonly Uint8Array[]): [string, string] {
  return [
    wordOf(() => verifyModelLinks(trusted, links)),
    wordOf(() => twinLinks(twinField(quintic), trusted, links).verdict),
  ];
}

test('honest: one key, and no way but forward', () => {
  expect(both(key, [])).toEqual(['accepted', 'accepted']);
  expect(both(key, [link])).toEqual(['accepted', 'accepted']);
  const ours = verifyModelLinks(key, [link]);
  const twin = twinLinks(twinField(quintic), key, [link]);
  expect(ours.ok && Buffer.from(ours.key).equals(twin.key)).toBe(true);
  expect(both(twin.key, [link])).toEqual(['MODEL', 'MODEL']);
  expect(both(key, [link, link])).toEqual(['MODEL', 'MODEL']);
  expect(both(key, [foreign])).toEqual(['MODEL', 'MODEL']);
});

const flipped = (bytes: Uint8Array, at: number, d: Dice): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ (1 << d.int(0, 7)) : byte));

/** A number or byte in front of the cap of the newer weights, of its cap, of its parameters. */
function changedKey(weights: Uint8Array, d: Dice): Uint8Array {
  return flipped(weights, d.pick([d.int(0, 87), d.int(8, 55), d.int(88, weights.length - 1), weights.length - d.int(1, 60)]), d); // prettier-ignore
}

function mutantOf(seed: number): readonly [name: string, bytes: Uint8Array] {
  const d = dice(seed);
  const own = decodeModelLink(link);
  const other = decodeModelLink(foreign);
  const [mine, theirs] = [own.groups[0]!, other.groups[0]!];
  const changed = (name: string, change: Partial<GroupLink>): [string, Uint8Array] => [
    name,
    encodeModelLink({ older: own.older, groups: [{ ...mine, ...change }] }),
  ];
  switch (seed % 6) {
    case 0:
      return ['head', flipped(link, d.int(0, 47), d)];
    case 1:
    case 2:
      return changed('newer weights', { weights: changedKey(mine.weights, d) });
    case 3:
      return ['length', d.int(0, 3) === 0 ? Uint8Array.from([...link, 0]) : link.slice(0, d.int(0, link.length - 1))]; // prettier-ignore
    case 4:
      return d.pick([
        changed('proof of another model', { proof: theirs.proof }),
        changed('weights of another model', { weights: theirs.weights }),
        changed('posed as its own', theirs),
        changed('no proof', { proof: new Uint8Array(0) }),
        ['parameters', flipped(link, link.length - mine.proof.length - d.int(5, 90), d)],
      ]);
    default:
      return changed('proof byte', { proof: flipped(mine.proof, d.int(0, mine.proof.length - 1), d) });
  }
}

test(`${MUTANTS} changed links`, { timeout: 120_000 + 4000 * MUTANTS }, () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < MUTANTS; seed++) {
    const [name, mutant] = mutantOf(seed);
    const [ours, twin] = both(key, [mutant]);
    expect([seed, name, twin]).toEqual([seed, name, ours]);
    expect([seed, name, ours === 'accepted']).toEqual([seed, name, Buffer.from(mutant).equals(link)]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  const refused = MUTANTS - (seen.get('accepted') ?? 0);
  tally({ property: 'verdicts of the twin on changed links of models', cases: MUTANTS, refused, surprises: 0 }); // prettier-ignore
  expect(seen.size).toBeGreaterThan(6);
});
