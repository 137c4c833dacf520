/**
 * LOK-1 to LOK-4 over KoalaBear, where no false statement survives by luck: each bad witness is proven by three liars. The
 * first computes honestly and is stopped by its balance; the second sends roots that balance and is stopped by the first
 * layer; the third carries its lie through every check down to the leaves, where columns and multiplicities stop it. SND-1: every element of a proof, changed alone, breaks exactly the
 * relations that name it.
 */
import { describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import { countMultiplicities } from '../../src/tlookup/multiplicities-witness.ts';
import type { LoadedLookups, LookupTable } from '../../src/tlookup/shape.ts';
import { HONEST, type Lie } from '../support/lookup-dense.ts';
import {
  balanceOf,
  cellOf,
  copyWitnesses,
  exampleOf,
  exampleTable,
  type Example,
  COUNTING,
} from '../support/lookup-programs.ts';
import { denseRun, honestRun, violations } from '../support/lookups.ts';

const K = quintic;
const P = K.base.modulus;
const reference = referenceKernels(K);

/** Makes every check of a layer hold: only the claims on the leaves are false. */
const carried: Lie = ({ stage, claimed, scalar, at0 }, values) => {
  if (stage === 'round') return [K.mul(K.sub(claimed, at0), K.inverse(scalar)), values[1]!];
  if (stage !== 'nodes') return values;
  const [p0, q1, q0] = values as [Ext, Ext, Ext];
  return [p0, q1, q0, K.mul(K.sub(claimed, K.mul(p0, q1)), K.inverse(q0))];
};

function judge(lookups: LoadedLookups, witnesses: readonly BalanceWitness[], lie: Lie, seed = 3) {
  return violations(K, lookups, witnesses, denseRun(K, lookups, witnesses, seed, lie), seed);
}

/** Roots whose fractions add up to zero in every balance, whatever they were. */
const balanced =
  ({ trees }: LoadedLookups): Lie =>
  ({ stage }, values) => {
    if (stage !== 'roots') return values;
    const sent = [...values];
    trees.forEach(({ balance }, t) => {
      const others = trees.reduce(
        (sum: Ext, tree, i) =>
          tree.balance === balance && i !== t ? K.add(sum, K.mul(sent[3 * i]!, sent[3 * i + 2]!)) : sum,
        K.zero,
      );
      if (trees[t + 1]?.balance !== balance) sent[3 * t] = K.neg(K.mul(others, sent[3 * t + 1]!));
    });
    return sent;
  };

/** All liars are stopped where they must be, and the prover of src/ does not start. */
function expectRefused({ lookups, witnesses }: Example, balance = 0): void {
  const { trees, program } = lookups;
  expect(judge(lookups, witnesses, HONEST)).toContain(trees.length + balance);
  const fix = balanced(lookups);
  expect(judge(lookups, witnesses, fix)).toEqual([trees.length + program.balances.length]);
  const late = judge(lookups, witnesses, (moment, values) => carried(moment, fix(moment, values)));
  expect(late).not.toEqual([]);
  expect(late.filter((what) => typeof what === 'number')).toEqual([]);
  expect(() => honestRun(reference, lookups, witnesses, 3)).toThrow('expected every tuple in its table');
}

function expectAccepted({ lookups, witnesses }: Example): void {
  expect(judge(lookups, witnesses, HONEST)).toEqual([]);
}

/** An example with some of its witness replaced. */
function spoilt(example: Example, change: (witnesses: BalanceWitness[]) => void): Example {
  const witnesses = copyWitnesses(example.witnesses);
  change(witnesses);
  return { ...example, witnesses };
}

function put(witness: BalanceWitness, source: number, cell: number, tuple: readonly number[]): void {
  witness.sources[source]!.forEach((column, c) => (column[cell] = tuple[c] as number));
}

describe('LOK-1: a tuple that is not in the table', () => {
  test.each([1, 2, 3, 7, 8, 9])('%i rows', (rows) => {
    const table = exampleTable(K.base, 5, rows, 2, false);
    for (const count of [1, 3, 4, 5]) {
      const honest = exampleOf(K.base, { tables: [table], balances: [balanceOf([0, count])] }, count);
      const row = count % rows;
      const tuples = [
        [0, 0], // what padding would hold
        [cellOf(table, row, 0), (cellOf(table, row, 1) + 1) % P], // one wrong entry
        [cellOf(table, row, 0) + 1, cellOf(table, row, 1)],
        [P - 1, P - 1],
      ];
      for (const tuple of tuples.slice(0, count === 4 ? 4 : 2)) {
        // Cells at both ends: the first and the last leaf of the lookups.
        const cell = count % 2 === 0 ? 0 : count - 1;
        expectRefused(spoilt(honest, ([w]) => put(w!, 0, cell, tuple)));
        // The same with the multiplicity of the row that is looked up no more put right.
        expectRefused(
          spoilt(honest, ([w]) => {
            const old = w!.sources[0]![0]![cell]!;
            const index = Array.from({ length: rows }, (_, i) => cellOf(table, i, 0)).indexOf(old);
            put(w!, 0, cell, tuple);
            w!.multiplicities[0]![index]! -= 1;
          }),
        );
      }
    }
  });

  test('one wrong entry at each row', () => {
    const table = exampleTable(K.base, 5, 9, 2, false);
    const honest = exampleOf(K.base, { tables: [table], balances: [balanceOf([0, 9])] }, 1);
    for (let row = 0; row < 9; row++) {
      const tuple = [cellOf(table, row, 0), (cellOf(table, row, 1) + P - 1) % P];
      expectRefused(spoilt(honest, ([w]) => put(w!, 0, row, tuple)));
    }
  });

  test('one false balance among true ones', () => {
    const tables = [exampleTable(K.base, 1, 3, 1, true), exampleTable(K.base, 2, 4, 2, false)];
    const balances = [balanceOf([0, 4]), balanceOf([1, 5], [0, 2]), balanceOf([1, 1])];
    const honest = exampleOf(K.base, { tables, balances }, 1);
    expectAccepted(honest);
    balances.forEach((_, b) =>
      expectRefused(
        spoilt(honest, (all) => (all[b]!.sources[0]![0]![0] = 77)),
        b,
      ),
    );
  });

  test('a surplus in one balance does not pay for another', () => {
    const table = exampleTable(K.base, 1, 4, 1, true);
    const honest = exampleOf(
      K.base,
      { tables: [table], balances: [balanceOf([0, 3]), balanceOf([0, 3])] },
      1,
    );
    const moved = spoilt(honest, ([a, b]) => {
      const row = a!.multiplicities[0]!.findIndex((count) => count > 0);
      a!.multiplicities[0]![row]! -= 1;
      b!.multiplicities[0]![row]! += 1;
    });
    expectRefused(moved);
  });
});

describe('LOK-2: multiplicities', () => {
  const table = exampleTable(K.base, 5, 5, 2, false);
  const honest = exampleOf(K.base, { tables: [table], balances: [balanceOf([0, 9])] }, 2);
  test('too many, too few, negative, shifted', () => {
    const counts = (change: (m: Uint32Array) => void): Example =>
      spoilt(honest, ([w]) => change(w!.multiplicities[0]!));
    for (let row = 0; row < 5; row++) {
      expectRefused(counts((m) => (m[row] = (m[row]! + 1) % P)));
      expectRefused(counts((m) => (m[row] = (m[row]! + P - 1) % P)));
    }
    expectRefused(counts((m) => m.set([...m.slice(1), m[0]!])));
    expectRefused(counts((m) => m.forEach((x, i) => (m[i] = (P - x) % P))));
    expectRefused(counts((m) => m.fill(0)));
  });
  test('over equal rows they may be split in any way', () => {
    const values = Uint32Array.of(4, 9, 4);
    const twice: LookupTable = { tag: 1, rows: 3, columns: [{ kind: 'dense', values }] };
    const example = exampleOf(K.base, { tables: [twice], balances: [balanceOf([0, 6])] }, 1);
    const { witnesses } = spoilt(example, ([w]) => w!.sources[0]![0]!.set([4, 4, 9, 4, 4, 9]));
    const split = (...m: number[]): Example =>
      spoilt({ ...example, witnesses }, ([w]) => w!.multiplicities[0]!.set(m));
    expectAccepted(split(4, 2, 0));
    expectAccepted(split(1, 2, 3));
    expectAccepted(split(P - 1, 2, 5));
    expectRefused(split(3, 2, 0));
  });
});

test('LOK-3: a tuple of another table, all pairs', () => {
  const tables = [0, 1, 2].map((t) => {
    const values = Uint32Array.from({ length: 4 }, (_, i) => 10 * t + i);
    return { tag: t + 1, rows: 4, columns: [{ kind: 'dense' as const, values }] };
  });
  const program = { tables, balances: [balanceOf([0, 3], [1, 3], [2, 3])] };
  const honest = exampleOf(K.base, program, 4);
  for (const [i, j] of [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => [a, b] as const))) {
    if (i === j) continue;
    const stolen = (credit: boolean): Example =>
      spoilt(honest, ([w]) => {
        const old = w!.sources[i]![0]![1]!;
        w!.sources[i]![0]![1] = 10 * j + 2;
        w!.multiplicities[i]![old - 10 * i]! -= 1;
        if (credit) w!.multiplicities[j]![2]! += 1;
      });
    expectRefused(stolen(false));
    expectRefused(stolen(true));
  }
});

test('LOK-4: membership is not a permutation; with multiplicities fixed to one it is', () => {
  const table = exampleTable(K.base, 1, 5, 2, false);
  const example = exampleOf(K.base, { tables: [table], balances: [balanceOf([0, 5])] }, 1);
  const rows = (order: readonly number[], ones: boolean): Example =>
    spoilt(example, (all) => {
      const w = all[0]!;
      order.forEach((row, cell) => put(w, 0, cell, [cellOf(table, row, 0), cellOf(table, row, 1)]));
      w.multiplicities[0]!.set(
        ones ? [1, 1, 1, 1, 1] : countMultiplicities(COUNTING, example.lookups, 0, w.sources)[0]!,
      );
    });
  expectAccepted(rows([3, 1, 4, 0, 2], true));
  expectAccepted(rows([0, 1, 2, 3, 3], false));
  expectRefused(rows([0, 1, 2, 3, 3], true));
});

test('committed columns other than those proven', () => {
  const table = exampleTable(K.base, 1, 3, 2, false);
  const { lookups, witnesses } = exampleOf(K.base, { tables: [table], balances: [balanceOf([0, 5])] }, 1);
  const run = honestRun(reference, lookups, witnesses, 3);
  const against = (change: (w: BalanceWitness) => void) => {
    const other = copyWitnesses(witnesses);
    change(other[0]!);
    return violations(K, lookups, other, run, 3);
  };
  expect(against(() => {})).toEqual([]);
  for (let cell = 0; cell < 5; cell++) {
    expect(against((w) => (w.sources[0]![1]![cell]! += 1))).toEqual(['columns']);
  }
  for (let row = 0; row < 3; row++) {
    expect(against((w) => (w.multiplicities[0]![row]! += 1))).toEqual(['multiplicities']);
  }
});

describe('SND-1: every element of a proof', () => {
  const tables = [exampleTable(K.base, 1, 3, 2, false), exampleTable(K.base, 2, 2, 1, true)];
  const balances = [balanceOf([0, 4]), balanceOf([1, 3]), balanceOf([0, 2], [1, 1])];
  const { lookups, witnesses } = exampleOf(K.base, { tables, balances }, 1);
  const roots = lookups.trees.length + lookups.program.balances.length;
  const last = lookups.logLeaves - 1;
  const changed = (stage: string, layer: number, round: number, at: number, by: (x: Ext) => Ext) =>
    judge(lookups, witnesses, (moment, values) =>
      moment.stage === stage && moment.layer === layer && moment.round === round
        ? values.map((x, i) => (i === at ? by(x) : x))
        : values,
    );
  const changes: [string, (x: Ext) => Ext][] = [
    ['one more', (x) => K.add(x, K.one)],
    ['zero', () => K.zero],
    ['negative', (x) => K.neg(x)],
    ['limbs rotated', (x) => [...x.slice(1), x[0]!]],
  ];
  test.each(changes)('%s', (_, by) => {
    lookups.trees.forEach(({ balance }, t) => {
      const sum = lookups.trees.length + balance;
      expect(changed('roots', -1, 0, 3 * t, by)).toEqual([sum, roots]);
      expect(changed('roots', -1, 0, 3 * t + 1, by)).toEqual([t, roots]);
      expect(changed('roots', -1, 0, 3 * t + 2, by)).toEqual([t, sum]);
    });
    for (let layer = 0; layer <= last; layer++) {
      const own = roots + layer;
      for (let round = 0; round < layer + lookups.logForest; round++) {
        for (const at of [0, 1]) expect(changed('round', layer, round, at, by)).toEqual([own]);
      }
      const rounds = layer + lookups.logForest;
      const next = (p: boolean, q: boolean): unknown[] =>
        layer < last ? [own + 1] : [...(q ? ['columns'] : []), ...(p ? ['multiplicities'] : [])];
      expect(changed('nodes', layer, rounds, 0, by)).toEqual([own, ...next(true, false)]);
      expect(changed('nodes', layer, rounds, 1, by)).toEqual([own, ...next(true, true)]);
      expect(changed('nodes', layer, rounds, 2, by)).toEqual([own, ...next(false, true)]);
      expect(changed('nodes', layer, rounds, 3, by)).toEqual([own, ...next(true, false)]);
    }
  });
  test('nodes that satisfy their own layer are stopped by the next', () => {
    for (let layer = 0; layer <= last; layer++) {
      const found = judge(lookups, witnesses, (moment, values) => {
        if (moment.stage !== 'nodes' || moment.layer !== layer) return values;
        const [p0, q1, q0, c] = values as [Ext, Ext, Ext, Ext];
        return [K.add(p0, q0), q1, q0, K.sub(c, q1)]; // (p0 + q0) q1 + q0 (c - q1) = p0 q1 + q0 c
      });
      expect(found).toEqual(layer < last ? [roots + layer + 1] : ['multiplicities']);
    }
  });
});
