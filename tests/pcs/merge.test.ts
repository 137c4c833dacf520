/** The merge: its messages are those of the sum over all cells, wherever the bits are cut; where they are cut. */
import { afterAll, describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic as K } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels } from '../../src/kernels/index.ts';
import { affineAlgebra } from '../../src/pads/affine.ts';
import { arraySource } from '../../src/pcs/columns.ts';
import { chooseLowBits } from '../../src/pcs/merge-products-prove.ts';
import { mergeOracle } from '../../src/pcs/merge-prove.ts';
import type { Claim } from '../../src/pcs/opening.ts';
import { expandFactor, type Factor, type Term } from '../../src/pcs/weight.ts';
import { generator } from '../support/words.ts';

const P = K.base.modulus;
const wasm = await wasmKernels({ threads: 2 });
afterAll(() => wasm.close());

const next = generator(23);
const below = (n: number): number => next() % n;
const element = (): Ext => K.fromLimbs(Array.from({ length: 5 }, () => below(P)));
const elements = (n: number): Ext[] => Array.from({ length: n }, element);
const claimOf = (weight: readonly Term[]): Claim => ({ weight, value: affineAlgebra(K).constant(K.zero) });

const VARS = 6;
const COLUMNS = 7;
/** Factors of VARS bits: products over bits, places, and vectors across every cut. */
const FACTORS: readonly (() => Factor[])[] = [
  () => [{ kind: 'eq', point: elements(VARS) }],
  () => [
    { kind: 'eq', point: elements(3) },
    { kind: 'fixed', bits: 3, index: below(8) },
  ],
  () => [
    { kind: 'fixed', bits: 1, index: below(2) },
    { kind: 'pairs', pairs: [1, 2, 3, 4].map(() => [element(), element()] as const) },
    { kind: 'fixed', bits: 1, index: below(2) },
  ],
  () => [{ kind: 'dense', values: elements(2 ** VARS) }],
  () => [
    { kind: 'sparse', bits: 4, entries: [1, 6, 7].map((i) => [i, element()] as const) },
    { kind: 'eq', point: elements(2) },
  ],
];

/** sum_l f_l W_l where the variables from `bound.length` down are bound, the others summed: h(0) and the coefficient of X^2. */
function directRound(columns: readonly Ext[][], weights: readonly Ext[][]): [Ext, Ext] {
  let [at0, lead] = [K.zero, K.zero];
  columns.forEach((f, l) => {
    const w = weights[l]!;
    const half = f.length / 2;
    for (let i = 0; i < half; i++) {
      at0 = K.add(at0, K.mul(f[i]!, w[i]!));
      lead = K.add(lead, K.mul(K.sub(f[i + half]!, f[i]!), K.sub(w[i + half]!, w[i]!)));
    }
  });
  return [at0, lead];
}

function bound(vector: readonly Ext[], r: Ext): Ext[] {
  const half = vector.length / 2;
  return Array.from({ length: half }, (_, i) =>
    K.add(vector[i]!, K.mul(r, K.sub(vector[i + half]!, vector[i]!))),
  );
}

describe.each(['wasm', 'reference'] as const)('%s', (name) => {
  const kernels = name === 'wasm' ? wasm : referenceKernels(K);
  const cells = Uint32Array.from({ length: COLUMNS * 2 ** VARS }, () => below(P));
  const terms = Array.from({ length: 30 }, (_, i): Term => ({
    column: i < 12 ? 2 : below(COLUMNS - 1), // one that is read often, one that nobody reads
    coefficient: element(),
    factors: (FACTORS[i % FACTORS.length] as () => Factor[])(),
  }));
  const claims = [claimOf(terms.slice(0, 17)), claimOf(terms.slice(17))];
  const powers = elements(2);
  const challenges = elements(VARS);

  test.each([0, 1, 2, 3, 4, 5, 6])('cut behind %i bits', (low) => {
    let f = Array.from({ length: COLUMNS }, (_, l) =>
      Array.from(cells.subarray(l * 2 ** VARS, (l + 1) * 2 ** VARS), (x) => K.fromBase(K.base.fe(x))),
    );
    let w = f.map((column) => column.map(() => K.zero));
    claims.forEach(({ weight }, j) =>
      weight.forEach(({ column, coefficient, factors }) => {
        const values = factors.reduce(
          (all: Ext[], factor) => expandFactor(K, factor).flatMap((y) => all.map((x) => K.mul(x, y))),
          [K.mul(powers[j]!, coefficient)],
        );
        w[column] = w[column]!.map((x, i) => K.add(x, values[i]!));
      }),
    );
    kernels.memory.scope(() => {
      const source = arraySource(COLUMNS, cells, 0, new Uint32Array(0));
      const oracle = mergeOracle(kernels, [source], claims, powers, VARS, low);
      for (const r of challenges) {
        expect(oracle.message()).toEqual(directRound(f, w));
        oracle.bind(r);
        [f, w] = [f, w].map((vectors) => vectors.map((vector) => bound(vector, r))) as [Ext[][], Ext[][]];
      }
      expect(oracle.values()).toEqual(f.map(([value]) => value));
    });
  });
});

describe('the cut', () => {
  /** A tensor of rows of 768: pieces of 512 and 256 columns, both at one point. */
  const rows = (columns: number): Claim => {
    const point = elements(9);
    const terms = Array.from({ length: columns }, (_, column) =>
      Array.from({ length: 16 }, (_, place): Term[] =>
        [9, 8].map((bits) => ({
          column,
          coefficient: element(),
          factors: [
            { kind: 'eq', point: point.slice(0, bits) },
            { kind: 'eq', point: elements(16 - bits) },
            { kind: 'fixed', bits: 4, index: place },
          ],
        })),
      ),
    );
    return claimOf(terms.flat(2));
  };

  test('is behind the shorter pieces where that saves passes, else in the middle', () => {
    expect(chooseLowBits(wasm, [rows(40)], 20)).toBe(8);
    expect(chooseLowBits(wasm, [rows(1)], 20)).toBe(10); // too little to save
    const few = Array.from({ length: 119 }, (_, column): Term => ({
      column,
      coefficient: K.one,
      factors: [{ kind: 'eq', point: elements(20) }],
    }));
    expect(chooseLowBits(wasm, [claimOf(few)], 20)).toBe(10);
    expect(chooseLowBits(wasm, [], 7)).toBe(3);
  });
});
