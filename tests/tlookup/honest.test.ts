/**
 * Honest lookups over toy fields and KoalaBear: the prover of src/ sends byte for byte what the definition says, on every
 * implementation of the kernels, and all relations hold on the true columns.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { LookupProgram } from '../../src/tlookup/shape.ts';
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { TOY_FIELDS } from '../support/ext.ts';
import { balanceOf, exampleOf, exampleTable } from '../support/lookup-programs.ts';
import { denseRun, firstSeed, honestRun, lookupPlan, violations } from '../support/lookups.ts';
import { generator } from '../support/words.ts';

const F97 = TOY_FIELDS[1]!;
const toy = referenceKernels(F97);
let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

/** Tables of sizes around powers of two, of every width, ranges and dense. */
function tables(base: typeof F97.base, sizes: readonly number[]) {
  return sizes.map((rows, t) => exampleTable(base, 2 * t + 1, rows, 1 + (t % 4), t % 3 === 0));
}

/** A program drawn from a seed: 1 to 5 balances, sources around powers of two. */
function randomProgram(base: typeof F97.base, seed: number): LookupProgram {
  const next = generator(seed);
  const pick = (of: readonly number[]): number => of[next() % of.length] as number;
  const all = tables(base, [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17].slice(0, 2 + (next() % 10)));
  const balances = Array.from({ length: 1 + (next() % 5) }, () =>
    balanceOf(
      ...Array.from(
        { length: 1 + (next() % 3) },
        () => [next() % all.length, pick([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17])] as const,
      ),
    ),
  );
  return { tables: all, balances };
}

function check(kernels: readonly Kernels[], program: LookupProgram, seed: number): void {
  const K = kernels[0]!.ext;
  const { lookups, witnesses } = exampleOf(K.base, program, seed);
  firstSeed(100 * seed, (s) => {
    const first = honestRun(kernels[0]!, lookups, witnesses, s);
    const dense = denseRun(K, lookups, witnesses, s);
    expect(Buffer.from(first.proof).equals(dense.proof)).toBe(true);
    for (const k of kernels.slice(1)) {
      expect(Buffer.from(honestRun(k, lookups, witnesses, s).proof).equals(dense.proof), k.name).toBe(true);
    }
    expect(violations(K, lookups, witnesses, first, s)).toEqual([]);
  });
}

describe('one balance, one table over F_97^2', () => {
  test.each([1, 2, 3, 7, 8, 9])('%i rows', (rows) => {
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63]) {
      const program = {
        tables: [exampleTable(F97.base, 1, rows, 2, false)],
        balances: [balanceOf([0, count])],
      };
      check([toy], program, 50 * rows + count);
    }
  });
});

test.each(Array.from({ length: 40 }, (_, i) => i + 1))('random program %i over F_97^2', (seed) => {
  check([toy], randomProgram(F97.base, seed), seed);
});

test.each([1, 2, 3, 4, 5, 6])('random program %i over KoalaBear', (seed) => {
  check([referenceKernels(quintic), ...implementations], randomProgram(quintic.base, seed + 100), seed);
});

test.each([
  [2 ** 14 + 1, 2 ** 10 - 1],
  [2 ** 13 - 1, 2 ** 12 + 1],
  [100, 2 ** 14],
])('%i lookups in a table of %i rows: kernels agree', (count, rows) => {
  const table = exampleTable(quintic.base, 7, rows, 3, true);
  const small = exampleTable(quintic.base, 9, 3, 1, false);
  const program = {
    tables: [table, small],
    balances: [balanceOf([0, count], [1, 6], [0, 5]), balanceOf([1, 33]), balanceOf([0, 700])],
  };
  const { lookups, witnesses } = exampleOf(quintic.base, program, count);
  const [first, second] = implementations.map((k) => honestRun(k, lookups, witnesses, 5));
  expect(Buffer.from(first!.proof).equals(second!.proof)).toBe(true);
  expect(violations(quintic, lookups, witnesses, first!, 5)).toEqual([]);
});

test('challenges come in the order of the specification, on both sides', () => {
  const program = {
    tables: tables(F97.base, [3, 4]),
    balances: [balanceOf([0, 3]), balanceOf([1, 4]), balanceOf([0, 1])],
  };
  const { lookups, witnesses } = exampleOf(F97.base, program, 1);
  const prover: TranscriptEvent[] = [];
  const verifier: TranscriptEvent[] = [];
  const seed = firstSeed(1, (s) => {
    prover.length = 0;
    const made = honestRun(toy, lookups, witnesses, s, (event) => prover.push(event));
    violations(F97, lookups, witnesses, made, s, (event) => verifier.push(event));
    return s;
  });
  expect(seed).toBeLessThan(20);
  expect(verifier).toEqual(prover);
  const round = ['message lookup/round 2', 'challenge lookup/r 1'];
  const layer = (rounds: number): string[] => [
    'challenge lookup/lambda 1',
    ...Array.from({ length: rounds }, () => round).flat(),
    'message lookup/nodes 4',
    'challenge lookup/tau 1',
  ];
  expect(verifier.map(({ kind, label, count }) => `${kind} ${label} ${count}`)).toEqual([
    'challenge lookup/alpha 1',
    'challenge lookup/beta 2',
    'message lookup/roots 18',
    'challenge lookup/start 3',
    ...layer(3),
    ...layer(4),
    ...layer(5),
  ]);
});

test('little kernel memory: arrays outside of it, the same proof', async () => {
  const program = {
    tables: [exampleTable(quintic.base, 7, 2 ** 12, 2, true)],
    balances: [balanceOf([0, 2 ** 15 + 77]), balanceOf([0, 300])],
  };
  const { lookups, witnesses } = exampleOf(quintic.base, program, 8);
  const small = await wasmKernels({ threads: 1, memoryBytes: 2 ** 22 });
  const proof = honestRun(small, lookups, witnesses, 5).proof;
  await small.close();
  expect(Buffer.from(proof).equals(honestRun(implementations[1]!, lookups, witnesses, 5).proof)).toBe(true);
});

test('no room for trees: their lowest layers are made again, the same proofs', () => {
  const [large] = implementations as [Kernels];
  const memory = Object.create(large.memory, { capacityBytes: { value: 0 } }) as Kernels['memory'];
  for (let seed = 1; seed <= 12; seed++) {
    check([large, { ...large, memory }], randomProgram(quintic.base, seed + 300), seed);
  }
});

test('every byte of a proof is a masked element, and every pad hides one', () => {
  const program = { tables: tables(F97.base, [3, 4]), balances: [balanceOf([0, 3]), balanceOf([1, 9])] };
  const { lookups, witnesses } = exampleOf(F97.base, program, 1);
  const { exposures } = lookupPlan(lookups);
  const events: TranscriptEvent[] = [];
  const { proof } = firstSeed(1, (s) => {
    events.length = 0;
    return honestRun(toy, lookups, witnesses, s, (event) => events.push(event));
  });
  const sent = events.filter(({ kind }) => kind === 'message');
  expect(sent.every(({ type }) => type === 'exts')).toBe(true);
  expect(sent.reduce((sum, { count }) => sum + count, 0)).toBe(exposures);
  expect(proof.length).toBe(exposures * 4 * F97.degree);
});
