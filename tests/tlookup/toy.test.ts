/**
 * Errors counted in small fields: what a challenge can do for a liar, by enumeration. LOK-2: p copies of one wrong tuple.
 * LOK-6: denominators that vanish.
 */
import { describe, expect, test } from 'vitest';
import type { Ext, ExtensionField } from '../../src/field/field.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { eqIndex } from '../../src/sumcheck/eq.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import { roundWeights } from '../../src/tlookup/layer.ts';
import { layOut } from '../../src/tlookup/layout.ts';
import { loadLookups, logCeil, type LoadedLookups, type LookupProgram } from '../../src/tlookup/shape.ts';
import { refusal } from '../support/refusal.ts';
import { TOY_FIELDS } from '../support/ext.ts';
import { denseLeaves, HONEST, sumOfFractions } from '../support/lookup-dense.ts';
import { balanceOf, copyWitnesses, exampleOf, exampleTable } from '../support/lookup-programs.ts';
import { denseRun, honestRun, violations } from '../support/lookups.ts';

const [F7, F97, PRIME97] = TOY_FIELDS as [ExtensionField, ExtensionField, ExtensionField];

/** Every element of a toy field. */
function all(K: ExtensionField): Ext[] {
  const p = K.base.modulus;
  return Array.from({ length: p ** K.degree }, (_, i) =>
    K.fromLimbs(K.zero.map((_x, j) => Math.floor(i / p ** j) % p)),
  );
}

/** A program as it would be if nobody had checked it. */
function unchecked(program: LookupProgram): LoadedLookups {
  const trees = program.balances.flatMap((balance, b) => layOut(program.tables, balance, b));
  return {
    program,
    trees,
    width: Math.max(...program.tables.map(({ columns }) => columns.length)),
    logForest: logCeil(trees.length),
    logLeaves: Math.max(...trees.map(({ depth }) => depth)),
  };
}

describe('LOK-2: copies of one wrong tuple in F_7', () => {
  const table = { tag: 1, rows: 2, columns: [{ kind: 'range' as const, first: 2 }] };
  const copies = (count: number): { program: LookupProgram; witnesses: BalanceWitness[] } => ({
    program: { tables: [table], balances: [balanceOf([0, count])] },
    witnesses: [{ sources: [[new Uint32Array(count).fill(5)]], multiplicities: [Uint32Array.of(0, 0)] }],
  });
  const vanishing = (count: number): number => {
    const { program, witnesses } = copies(count);
    return all(F7).filter((alpha) => {
      const { p, q } = denseLeaves(F7, unchecked(program), witnesses, alpha, [F7.one]);
      return F7.isZero(sumOfFractions(F7, p.flat(), q.flat()).p);
    }).length;
  };
  test('seven of them cancel for every alpha, six for those that hit a denominator', () => {
    expect(vanishing(7)).toBe(49);
    expect(vanishing(6)).toBe(3);
  });
  test('the loader refuses what could cancel', () => {
    expect(refusal(() => loadLookups(F7.base, copies(7).program))).toBe('LOOKUP_COUNT');
    expect(loadLookups(F7.base, copies(6).program).logLeaves).toBe(3);
  });
  test('without the loader the argument accepts them', () => {
    const { program, witnesses } = copies(97);
    const lookups = unchecked({ ...program, tables: [{ ...table, rows: 2 }] });
    expect(violations(F97, lookups, witnesses, denseRun(F97, lookups, witnesses, 1, HONEST), 1)).toEqual([]);
    expect(refusal(() => loadLookups(F97.base, program))).toBe('LOOKUP_COUNT');
  });
});

describe('errors of single challenges over F_97^2, counted', () => {
  test('alpha: a false balance of N leaves vanishes, or hits a denominator, at most 2N times', () => {
    const table = exampleTable(F97.base, 1, 3, 1, false);
    const example = exampleOf(F97.base, { tables: [table], balances: [balanceOf([0, 5])] }, 1);
    const witnesses = copyWitnesses(example.witnesses);
    witnesses[0]!.sources[0]![0]![2] = 90;
    const counted = all(F97).map((alpha) => {
      const { p, q } = denseLeaves(F97, example.lookups, witnesses, alpha, [F97.one]);
      const root = sumOfFractions(F97, p.flat(), q.flat());
      return { p: F97.isZero(root.p), q: F97.isZero(root.q) };
    });
    expect(counted.filter(({ p }) => p).length).toBeLessThanOrEqual(16);
    expect(counted.filter(({ p, q }) => p && !q).length).toBeLessThanOrEqual(7);
    expect(counted.filter(({ q }) => q).length).toBeGreaterThan(0);
  });
  test('z: one wrong root of four is missed by 193 of 9409 points over F_97', () => {
    const points = all(F97).map((z) => z.map((x) => PRIME97.fromBase(x)));
    for (let root = 0; root < 4; root++) {
      expect(points.filter((z) => PRIME97.isZero(eqIndex(PRIME97, z, root))).length).toBe(193);
    }
  });
  test('r: a false claim becomes true for at most two challenges, for every coordinate z, 0 and 1 included', () => {
    const K = PRIME97;
    const elements = all(K);
    const lead = K.fromLimbs([11]);
    const [at0, difference] = [K.fromLimbs([5]), K.fromLimbs([40])];
    const true_ = (r: Ext): Ext => K.add(at0, K.mul(r, K.add(K.sub(difference, lead), K.mul(r, lead))));
    for (const z of [0, 1, 2, 48, 96].map((x) => K.fromLimbs([x]))) {
      const claim = K.add(at0, K.mul(z, difference));
      for (const error of elements.slice(1).filter((_, i) => i % 5 === 0)) {
        const false_ = K.add(claim, error);
        for (const shift of elements.filter((_, i) => i % 3 === 0)) {
          const sent = K.add(difference, shift);
          const lucky = elements.filter((r) => {
            const [wDifference, wLead] = roundWeights(K, z, r);
            const next = K.add(false_, K.add(K.mul(wDifference, sent), K.mul(wLead, lead)));
            return K.equals(next, true_(r));
          });
          if (lucky.length > 2) throw new Error(`z = ${z}, error ${error}, shift ${shift}: ${lucky.length}`);
        }
        // And the honest messages never carry a false claim over.
        const [wDifference, wLead] = roundWeights(K, z, error);
        const kept = K.add(claim, K.add(K.mul(wDifference, difference), K.mul(wLead, lead)));
        expect(kept).toEqual(true_(error));
      }
    }
  });
});

describe('LOK-6: vanishing denominators', () => {
  const table = exampleTable(F97.base, 1, 3, 1, false);
  const { lookups, witnesses } = exampleOf(F97.base, { tables: [table], balances: [balanceOf([0, 5])] }, 1);
  test('the one check that is left is q u = 1', () => {
    const pair = exampleTable(F7.base, 1, 2, 1, false);
    const tiny = exampleOf(F7.base, { tables: [pair], balances: [balanceOf([0, 3])] }, 1);
    const wrong = copyWitnesses(tiny.witnesses);
    wrong[0]!.sources[0]![0]!.set([6, 6, 6]);
    wrong[0]!.multiplicities[0]!.fill(0);
    let found = 0;
    for (let seed = 0; seed < 200; seed++) {
      const broken = violations(F7, tiny.lookups, wrong, denseRun(F7, tiny.lookups, wrong, seed), seed);
      // Two zero denominators make p = q = 0: then the balance, every layer and both leaf claims hold.
      if (broken.length === 1 && broken[0] === 0) found++;
    }
    expect(found).toBeGreaterThan(0);
  });
  test('an honest prover starts again, for the three reasons it may, and what it finishes verifies', () => {
    const k = referenceKernels(F7);
    const small = exampleTable(F7.base, 1, 2, 1, false);
    const tiny = exampleOf(F7.base, { tables: [small], balances: [balanceOf([0, 3]), balanceOf([0, 2])] }, 1);
    const reasons = new Map<string, number>();
    for (let seed = 0; seed < 250; seed++) {
      try {
        const run = honestRun(k, tiny.lookups, tiny.witnesses, seed);
        expect(violations(F7, tiny.lookups, tiny.witnesses, run, seed)).toEqual([]);
        reasons.set('none', (reasons.get('none') ?? 0) + 1);
      } catch (error) {
        const { message } = error as Error;
        const reason = ['denominators', 'lambda', 'coordinate'].find((word) => message.includes(word));
        if (reason === undefined || !message.startsWith('lookup: ')) throw error;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    expect([...reasons.keys()].sort()).toEqual(['coordinate', 'denominators', 'lambda', 'none']);
  });
  test('a wrong sum is accepted about as often as the bound says', () => {
    const wrong = copyWitnesses(witnesses);
    wrong[0]!.sources[0]![0]![2] = 90;
    let accepted = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const run = denseRun(F97, lookups, wrong, seed);
      if (violations(F97, lookups, wrong, run, seed).length === 0) accepted++;
    }
    // 2N/|K| and six rounds of 2/|K|, three taus and lambdas: 34/9409, so 4 of 1000; 14 is five deviations more.
    expect(accepted).toBeLessThanOrEqual(14);
  });
});
