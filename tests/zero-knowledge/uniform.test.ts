/**
 * ZKP-4 and ZKP-5 over the production profile, with keys as they are expanded: for fixed challenges every kind of message, and in a long run every
 * place of one, is uniform, and the same for two witnesses of one statement. The exact tests (rank, simulator) say more, of toys over formal
 * randomness. Challenges are fixed because others for every proof would spread what they multiply: a pad that is missing would not be seen.
 * Chi-square over sixteen equal parts of [0, p): 73.6 is exceeded with probability 10^-9. Keys are fixed, so a run is like any other.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { graphBuilder } from '../../src/graph/index.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import { S128 } from '../../src/params/profile.ts';
import type { MaskSource } from '../../src/random/masks.ts';
import { proveProgramBody } from '../../src/relation/prove.ts';
import { maskFrom, secretOf } from '../../src/secret/secret.ts';
import type { Ext } from '../../src/field/field.ts';
import { dice } from '../support/graphs.ts';
import { codeOf, testSource } from '../support/linear.ts';
import { cases, tally } from '../support/long.ts';
import { lowered, type Lowered } from '../support/lowered.ts';
import { programFixture, type ProgramFixture } from '../support/programs.ts';
import { viewChannel, type Written } from '../support/view.ts';
import { generator } from '../support/words.ts';

const PROOFS = cases(24, 256);
const PARTS = 16;
const LIMIT = 73.6;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
});
afterAll(() => kernels.close());

/** An embedding of ids of which nothing is shown but how many there are. */
function hiding(ids: readonly number[]): Lowered {
  const [vocabulary, width] = [11, 2];
  const g = graphBuilder({ context: 4 });
  const table = g.weight('E', [vocabulary, width], { bits: 6 });
  const graph = g.build(g.requantise('y', g.embedding('e', table, { width }), { shift: 1, bits: 6 }));
  const d = dice(9);
  const weights = { E: Int32Array.from({ length: vocabulary * width }, () => d.int(-32, 31)) };
  const pass = { rows: ids.length, tokens: ids.map(() => PRIVATE_TOKEN), starts: [0], emit: [] };
  return lowered(graph, weights, pass, {}, ids);
}

/** Rows of the group are of its commitment and no masks of these proofs; for fixed positions they are the same in all. */
const isMasked = ({ label }: Written): boolean => !/^rows\/W/.test(label);

/** Words of every kind of message of so many proofs. @param seed of the first one's key */
function words(of: ProgramFixture, seed: number, source = testSource): Map<string, number[]>[] {
  return Array.from({ length: PROOFS }, (_, i) => {
    const { statement, groups, witness } = of;
    const ch = viewChannel(quintic, { seed: 31 });
    kernels.memory.scope(() =>
      proveProgramBody(kernels, ch, statement, groups, source(quintic, seed + i), witness, false),
    );
    const found = new Map<string, number[]>();
    for (const { label, words: own } of ch.written.filter(isMasked)) {
      found.set(label, [...(found.get(label) ?? []), ...own]);
    }
    return found;
  });
}

function counts(values: Iterable<number>): number[] {
  const parts = new Array<number>(PARTS).fill(0);
  for (const x of values) parts[Math.floor((PARTS * x) / P)]!++;
  return parts;
}

/** Of uniform counts. */
function spread(own: readonly number[]): number {
  const expected = own.reduce((a, b) => a + b) / PARTS;
  return own.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

/** Of two lists of counts that are of one distribution. */
function difference(a: readonly number[], b: readonly number[]): number {
  const [all, other] = [a, b].map((own) => own.reduce((x, y) => x + y)) as [number, number];
  const share = all / (all + other);
  return a.reduce((sum, n, i) => {
    const both = n + b[i]!;
    return both === 0 ? sum : sum + (n - both * share) ** 2 / (both * share * (1 - share));
  }, 0);
}

/** All words of a label, and those at one place of it, where every proof has it. */
function groupsOf(proofs: readonly Map<string, number[]>[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const label of proofs[0]!.keys()) {
    const lists = proofs.map((own) => own.get(label)!);
    found.set(
      label,
      lists.flatMap((own) => [...own]),
    );
    if (PROOFS < PARTS * 8) continue;
    const least = Math.min(...lists.map(({ length }) => length));
    for (let place = 0; place < least; place++) {
      found.set(
        `${label} ${place}`,
        lists.map((own) => own[place]!),
      );
    }
  }
  return found;
}

/** A source whose pads of messages are zero: a planted leak. */
function bare(...args: Parameters<typeof testSource>): MaskSource {
  const source = testSource(...args);
  return {
    ...source,
    exts(label, id, at, count) {
      const drawn = source.exts(label, id, at, count);
      if (label !== 'pad') return drawn;
      return maskFrom(secretOf<readonly Ext[]>(new Array<Ext>(count).fill(quintic.zero)));
    },
  };
}

describe('words of proofs', () => {
  const WITNESSES = [[7, 10], [0, 3]]; // prettier-ignore
  let views: Map<string, number[]>[][];
  let fixtures: ProgramFixture[];
  beforeAll(() => {
    fixtures = WITNESSES.map((ids) => programFixture(kernels, S128, codeOf(S128, 10, 1024), hiding(ids)));
    views = fixtures.map((of, w) => words(of, 1000 * (w + 1)));
  }, 1_200_000);

  test('one statement, two witnesses, every kind of message', () => {
    const [one, other] = fixtures as [ProgramFixture, ProgramFixture];
    expect(other.statement.groups).toEqual(one.statement.groups);
    expect(other.witness.tensors).not.toEqual(one.witness.tensors);
    const labels = [...views[0]![0]!.keys()];
    for (const label of [
      'lookup/roots',
      'lookup/round',
      'product/sum',
      'product/round',
      'open/y',
      'open/a',
      'whir/round',
      'whir/final',
      'rows/AM',
      'rows/PAD',
      'pads/sums',
      'pads/revealed',
    ]) {
      expect([label, labels.includes(label)]).toEqual([label, true]);
    }
  });

  test('ZKP-4: uniform in [0, p)', { timeout: 1_200_000 }, () => {
    let checked = 0;
    for (const proofs of views) {
      for (const [name, values] of groupsOf(proofs)) {
        if (values.length < 8 * PARTS) continue;
        expect([name, spread(counts(values)) < LIMIT]).toEqual([name, true]);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(20);
    tally({ property: 'ZKP-4 uniform messages', cases: checked, refused: 0, surprises: 0 });
  });

  test('ZKP-5: the same for both witnesses, and random combinations of them', { timeout: 1_200_000 }, () => {
    const [one, other] = views.map(groupsOf) as [Map<string, number[]>, Map<string, number[]>];
    let checked = 0;
    for (const [name, values] of one) {
      const own = other.get(name);
      if (own === undefined || Math.min(values.length, own.length) < 8 * PARTS) continue;
      expect([name, difference(counts(values), counts(own)) < LIMIT]).toEqual([name, true]);
      checked++;
    }
    // Sums over places with random signs: what no single word shows.
    const next = generator(77);
    const fixed = [...views[0]![0]!].filter(([label]) => !label.startsWith('rows/')).map(([label]) => label);
    for (let i = 0; i < cases(20, 1000) && PROOFS >= 8; i++) {
      const signs = fixed.map((label) => Array.from(views[0]![0]!.get(label)!, () => (next() % 3) - 1));
      const sums = views.map((proofs) =>
        proofs.map((own) => {
          const sum = fixed.reduce(
            (all, label, l) => own.get(label)!.reduce((x, y, j) => x + signs[l]![j]! * y, all),
            0,
          );
          return ((sum % P) + P) % P; // below 2^31 times a few thousand: exact
        }),
      ) as [number[], number[]];
      expect(difference(counts(sums[0]), counts(sums[1]))).toBeLessThan(LIMIT);
      checked++;
    }
    tally({ property: 'ZKP-5 two witnesses', cases: checked, refused: 0, surprises: 0 });
  });

  test('planted: messages without their pads are seen by both', { timeout: 1_200_000 }, () => {
    const [one, other] = fixtures.map((of, w) => groupsOf(words(of, 5000 * (w + 1), bare))) as [
      Map<string, number[]>,
      Map<string, number[]>,
    ];
    const labels = [...one].filter(([, own]) => own.length >= 8 * PARTS).map(([label]) => label);
    const uneven = labels.filter((label) => spread(counts(one.get(label)!)) > LIMIT);
    const apart = labels.filter(
      (label) => difference(counts(one.get(label)!), counts(other.get(label)!)) > LIMIT,
    );
    for (const seen of [uneven, apart]) {
      expect(seen).toEqual(
        expect.arrayContaining(['lookup/round', 'lookup/nodes', 'product/round', 'open/y']),
      );
      expect(seen).not.toContain('rows/AM');
    }
  });
});
