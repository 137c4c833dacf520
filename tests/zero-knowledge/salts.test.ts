/**
 * Salts: digests of leaves that were not opened show nothing. The strongest opener knows the row and asks whether it is the
 * one; over F_97 it can also try all rows of a narrow leaf. It has the salts that proofs show, and zero.
 */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { leafDigest } from '../../src/hash/leaf.ts';
import { rawWords, saltStream } from '../../src/hash/stream.ts';
import { referenceKernels, type Kernels } from '../../src/kernels/index.ts';
import { treeFormat } from '../../src/merkle/rows-verify.ts';
import { siblingPositions } from '../../src/merkle/shape.ts';
import { columnCode } from '../../src/params/parameters.ts';
import type { TreeSalts } from '../../src/pcs/commit.ts';
import { drawSalts, OWN_SALTS_AT } from '../../src/pcs/masks-prove.ts';
import { mapSecret } from '../../src/secret/secret.ts';
import { padTree } from '../../src/pads/proof-verify.ts';
import { groupTree, ownTree } from '../../src/pcs/opening.ts';
import { releasedValue } from '../../src/secret/released.ts';
import { runProof, type Scenario } from '../support/hiding.ts';
import { testSource } from '../support/linear.ts';
import { groupOf, proofsAt, SMALL, toyField } from '../support/scenarios.ts';
import { seededCells, seededWords } from '../support/verified.ts';
import { viewChannel } from '../support/view.ts';

const field = toyField('F_97^2');
const scenario: Scenario = {
  kernels: referenceKernels(field),
  code: SMALL,
  groups: [groupOf('W', 1)],
  proofs: proofsAt([[3, 9]], [0]),
};

/** What the opener finds about unopened leaves of W, by trying every row with every salt it knows. */
function bruteForce(
  attacked: Scenario,
): { readonly index: number; readonly found: number; readonly true: number }[] {
  const [proof] = attacked.proofs as [(typeof attacked.proofs)[0]];
  const channel = viewChannel(field, proof.challenges);
  const ch: typeof channel = { ...channel, writeOpeningBytes: () => {} };
  const { groups, parameters } = runProof(attacked, proof, seededWords(3, 97), seededCells(4, 97), ch);
  const [group] = groups as [(typeof groups)[0]];
  const opened = group.open([3, 9]).salts as Uint32Array;
  const known = [new Uint32Array(4), opened.slice(0, 4), opened.slice(4)];
  const salts = [...new Map(known.map((salt) => [salt.join(), new Uint8Array(salt.buffer)])).values()];
  const tree = groupTree(parameters, { ...group.identity, cap: group.cap });
  const sent = channel.digests.filter(({ label }) => label === 'rows/W/siblings');
  const found: { index: number; found: number; true: number }[] = [];
  siblingPositions(tree.shape, [3, 9]).forEach(({ layer, index }, k) => {
    if (layer > 0) return;
    const actual = group.open([index]).values[0] as number;
    for (let value = 0; value < 97; value++) {
      for (const salt of salts) {
        const digest = Buffer.from(leafDigest(treeFormat(tree), [value], salt)).toString('hex');
        if (digest === sent[k]?.hex) found.push({ index, found: value, true: actual });
      }
    }
  });
  return found;
}

describe('a narrow leaf', () => {
  test('is not found', () => {
    expect(bruteForce(scenario)).toEqual([]);
  });

  test('is found without salts, and is the row: two more positions are open', () => {
    const unsalted = (kernels: Kernels): Kernels => ({ ...kernels, expandWords: (out) => void out.fill(0) });
    const found = bruteForce({ ...scenario, plantKernels: unsalted });
    expect(found.map(({ index }) => index)).toEqual([2, 8]);
    for (const leaf of found) expect(leaf.found).toBe(leaf.true);
  });

  test('is found with one salt for the whole tree', () => {
    const oneSalt = (kernels: Kernels): Kernels => ({
      ...kernels,
      expandWords: (out) => out.forEach((_, i) => (out[i] = 77 + (i % 4))),
    });
    expect(bruteForce({ ...scenario, plantKernels: oneSalt }).map(({ index }) => index)).toEqual([2, 8]);
  });
});

test('salts show nothing of their key to whoever prints them', () => {
  const salts = drawSalts(testSource(field, 4), 0, 8);
  expect(() => JSON.stringify(salts)).toThrow('no conversion');
  expect(() => structuredClone(salts)).toThrow();
  expect(inspect(salts, { depth: 5, showHidden: true })).not.toMatch(/key|label/);
});

describe("a proof's own trees: does an unopened leaf hold the row that the opener has in mind?", () => {
  /** Digests of layer 0 that the opener recognises, by tree, given all codewords and the salts of opened leaves. */
  function recognised(attacked: Scenario): Record<string, number> {
    const codewords = new Map<number, Uint32Array>();
    const keep = (columns: number, words: Uint32Array): void => void codewords.set(columns, words.slice());
    const spy = (kernels: Kernels): Kernels => ({
      ...kernels,
      encode(out, message, shape) {
        kernels.encode(out, message, shape);
        if (!codewords.has(shape.columns)) keep(shape.columns, out); // PAD comes before the oracles of its width
      },
      encodeCoset(out, message, shape, coset) {
        kernels.encodeCoset(out, message, shape, coset);
        const whole = codewords.get(shape.columns) ?? new Uint32Array(4 * out.length);
        whole.set(out, coset * out.length);
        keep(shape.columns, whole);
      },
    });
    const [proof] = attacked.proofs as [(typeof attacked.proofs)[0]];
    const salts = new Set(['00'.repeat(16)]);
    const channel = viewChannel(field, proof.challenges);
    const ch: typeof channel = {
      ...channel,
      writeOpeningBytes: (_, bytes) => {
        const all = Buffer.from(releasedValue(bytes));
        for (let at = 0; at < all.length; at += 16) salts.add(all.subarray(at, at + 16).toString('hex'));
      },
    };
    const plantKernels = (kernels: Kernels) => spy(attacked.plantKernels?.(kernels) ?? kernels);
    const { parameters } = runProof(
      { ...attacked, plantKernels },
      proof,
      seededWords(3, 97),
      seededCells(4, 97),
      ch,
    );
    if (attacked.plantKernels === undefined) expect(salts.size).toBeGreaterThan(4); // two rows of each tree, and zero
    const trees = [ownTree(field, parameters, proof.ownColumns), padTree(field, parameters.pads)];
    return Object.fromEntries(
      trees.map((tree) => {
        const words = codewords.get(tree.words) as Uint32Array;
        const label = `rows/${tree.domain.label}/siblings`;
        const sent = new Set(channel.digests.filter((one) => one.label === label).map(({ hex }) => hex));
        let count = 0;
        for (let i = 0; i < 2 ** tree.shape.logLeaves; i++) {
          const row = [...words.subarray(i * tree.words, (i + 1) * tree.words)];
          const known = [...salts].some((salt) =>
            sent.has(
              Buffer.from(leafDigest(treeFormat(tree), row, Buffer.from(salt, 'hex'))).toString('hex'),
            ),
          );
          if (known) count++;
        }
        return [tree.domain.label, count];
      }),
    );
  }
  const own: Scenario = { ...scenario, proofs: proofsAt([[3, 9]], [0], 3) };
  const link: Scenario = {
    ...scenario,
    groups: [groupOf('W@0', 1), groupOf('W@1', 1, { epoch: 1 })],
    proofs: [{ ...proofsAt([[3, 9]], [0, 1])[0]!, link: true }],
  };
  const unsalted = (kernels: Kernels): Kernels => ({ ...kernels, expandWords: (out) => void out.fill(0) });

  test.each<[string, Scenario]>([
    ['columns of its own', own],
    ['a link', link],
  ])('%s: no leaf; without salts, the neighbours of the opened ones', (_, attacked) => {
    expect(recognised(attacked)).toEqual({ AM: 0, PAD: 0 });
    const found = recognised({ ...attacked, plantKernels: unsalted });
    expect(found['AM']).toBe(2);
    expect(found['PAD']).toBeGreaterThan(0);
  });
});

test('all salts of a proof and of its groups are different, 16 bytes each', () => {
  const proof = testSource(field, 1);
  const n0 = columnCode(SMALL).length;
  const nH = 32;
  const saltsOf = (words: Uint32Array): string[] =>
    Array.from({ length: words.length / 4 }, (_, i) => words.slice(4 * i, 4 * i + 4).join());
  const drawnSalts = ({ stream, at }: TreeSalts): string[] => {
    let salts: string[] = [];
    mapSecret([stream], (words) => (salts = saltsOf(rawWords(words, at, 4 * n0))));
    return salts;
  };
  const drawn = drawSalts(proof, OWN_SALTS_AT, n0);
  const own = drawnSalts(drawn);
  let pad: string[] = [];
  mapSecret([drawn.stream], ({ key }) => (pad = saltsOf(rawWords(saltStream(key), 0, 4 * nH))));
  proof.salts(0, nH); // disjoint from the own tree's, or the ledger would refuse
  const groups = [2, 3].map((seed) => drawnSalts(drawSalts(testSource(field, seed), 0, n0)));
  const all = [...own, ...pad, ...groups.flat()];
  expect(new Set(all).size).toBe(3 * n0 + nH);
  for (const salt of all) expect(salt.split(',').filter((word) => word === '0').length).toBe(0);
});
