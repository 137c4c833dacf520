/**
 * The sumcheck kernels. KRN-1: WebAssembly equals the definition bit for bit for all shapes of live parts, heads and
 * pads, inside and outside the kernel memory, for one thread and two. The definition is checked against tables written
 * out in full, over toy fields, through whole sumchecks.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext, ExtensionField } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { extWords, readExt } from '../../src/kernels/contract/layout.ts';
import type { BaseMultilinear, Multilinear, Pair, Weights } from '../../src/kernels/contract/sumcheck.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { elements, extArray, TOY_FIELDS } from '../support/ext.ts';
import { dense, eachPlace, eqWeights } from '../support/kernels.ts';
import { expectSame, generator, words } from '../support/words.ts';

const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

interface Shape {
  readonly numVars: number;
  readonly live: number;
  readonly head?: number;
  readonly pad?: boolean;
}

function multilinear(K: ExtensionField, s: Shape, seed: number): Multilinear {
  const [pad, value] = elements(2, K, seed + 77) as [Ext, Ext];
  return {
    words: extArray(s.live, K, seed),
    live: s.live,
    numVars: s.numVars,
    ...(s.pad === true ? { pad } : {}),
    ...(s.head === undefined ? {} : { head: { count: s.head, value } }),
  };
}

/** Equality of what two bound polynomials stand for, and zeros in the idle lanes of their last blocks. */
function expectSameMultilinear(actual: Multilinear, expected: Multilinear, what: string): void {
  const { words: x, ...shape } = actual;
  const { words: y, ...expectedShape } = expected;
  expect(shape, what).toEqual(expectedShape);
  const from = expected.head?.count ?? 0;
  if (from >= expected.live) return;
  for (let i = from; i < extWords(expected.live, 5) / 5; i++) {
    expectSame(readExt(x, i, 5), readExt(y, i, 5), `${what}[${i}]`);
  }
}

const [R] = elements(1, quintic, 99) as [Ext];

/** Live parts around every boundary of 2^numVars: quarters, halves, blocks. */
function shapes(numVars: number): Shape[] {
  const n = 2 ** numVars;
  const near = [0, 1, n / 4, n / 2, (3 * n) / 4, n].flatMap((x) => [x - 5, x - 1, x, x + 1, x + 3]);
  const lives = [...new Set(near.map(Math.round))].filter((x) => x >= 0 && x <= n);
  return lives.flatMap((live): Shape[] => [
    { numVars, live },
    { numVars, live, pad: true },
    { numVars, live, head: Math.floor((live * 2) / 3), pad: true },
    { numVars, live, head: live },
  ]);
}

describe.each([1, 2, 3, 4, 5, 7])('%i variables', (numVars) => {
  const all = shapes(numVars);
  test('bind', () => {
    all.forEach((shape, s) => {
      const a = multilinear(quintic, shape, s + 1);
      const size = extWords(2 ** (numVars - 1), 5);
      const expected = reference.bind(new Uint32Array(size), a, R);
      const values = dense(reference, a);
      const half = values.length / 2;
      expect(dense(reference, expected)).toEqual(
        values.slice(0, half).map((x, i) => {
          const difference = quintic.sub(values[i + half] as Ext, x);
          return quintic.add(x, quintic.mul(R, difference));
        }),
      );
      eachPlace(implementations, (k, put, what) => {
        const copy = { ...a, words: put(a.words) };
        const out = put(new Uint32Array(size).fill(3));
        expectSameMultilinear(k.bind(out, copy, R), expected, `${what} ${JSON.stringify(shape)}`);
        if (copy.words.length >= extWords(expected.live, 5)) {
          expectSameMultilinear(k.bind(copy.words, copy, R), expected, `${what} in place`);
        }
      });
    });
  });
  test('rounds of one pair and two, with and without weights, alone and after binding', () => {
    const next = generator(numVars);
    const pick = (): Shape => all[next() % all.length] as Shape;
    for (let trial = 0; trial < 60; trial++) {
      const full = { numVars, live: 2 ** numVars };
      const [s, t, u, v] = trial < 10 ? [full, full, full, full] : [pick(), pick(), pick(), pick()];
      const pairs: Pair[] = [
        [multilinear(quintic, s, trial + 1), multilinear(quintic, t, trial + 2)],
        [multilinear(quintic, u, trial + 3), multilinear(quintic, v, trial + 4)],
      ];
      const used = trial & 1 ? pairs.slice(0, 1) : pairs;
      const weights = trial & 2 ? eqWeights(reference, numVars - 1, trial) : undefined;
      const what = JSON.stringify([s, t, u, v]);
      const expected = reference.productRound(used, weights);
      eachPlace(implementations, (k, put, where) => {
        const placed = used.map(([a, b]): Pair => [
          { ...a, words: put(a.words) },
          { ...b, words: put(b.words) },
        ]);
        const w = weights && { ...weights, words: put(weights.words) };
        expect(k.productRound(placed, w), `${where} ${what}`).toEqual(expected);
        if (numVars < 2) return;
        const later = trial & 2 ? eqWeights(reference, numVars - 2, trial + 5) : undefined;
        const size = extWords(2 ** (numVars - 1), 5);
        const outs = used.flatMap(() => [new Uint32Array(size), new Uint32Array(size)]);
        const after = reference.bindProductRound(outs, used, R, later);
        const w2 = later && { ...later, words: put(later.words) };
        const inPlace = placed.flat().every((a) => a.words.length >= extWords(Math.min(a.live, size / 5), 5));
        const targets = placed
          .flat()
          .map((a) => (trial & 4 && inPlace ? a.words : put(new Uint32Array(size))));
        const result = k.bindProductRound(targets, placed, R, w2);
        expect(result.values, `${where} fused ${what}`).toEqual(after.values);
        result.pairs.flat().forEach((a, i) => {
          expectSameMultilinear(a, after.pairs.flat()[i] as Multilinear, `${where} fused ${i} ${what}`);
        });
      });
    }
  });
  test('base-field first rounds', () => {
    all.forEach((shape, s) => {
      const a: BaseMultilinear = { words: words(shape.live, P, s + 5), live: shape.live, numVars };
      const b = multilinear(quintic, all[(7 * s + 3) % all.length] as Shape, s + 9);
      const weights = s & 1 ? eqWeights(reference, numVars - 1, s) : undefined;
      const size = extWords(2 ** (numVars - 1), 5);
      const expected = reference.productRoundBase(a, b, weights);
      const bound = reference.bindBase(new Uint32Array(size), a, R);
      eachPlace(implementations, (k, put, what) => {
        const x = { ...a, words: put(a.words) };
        const y = { ...b, words: put(b.words) };
        const w = weights && { ...weights, words: put(weights.words) };
        expect(k.productRoundBase(x, y, w), what).toEqual(expected);
        const out = put(new Uint32Array(size).fill(9));
        expectSameMultilinear(k.bindBase(out, x, R), bound, what);
      });
    });
  });
});

test.each([2 ** 14 - 1, 2 ** 14 + 1, 2 ** 16 - 1, 2 ** 16 + 1, 49_200, 2 ** 16])('large: %i live', (live) => {
  const numVars = Math.ceil(Math.log2(live));
  const pairs: Pair[] = [1, 3].map((seed): Pair => [
    multilinear(quintic, { numVars, live }, seed),
    multilinear(quintic, { numVars, live, pad: true }, seed + 1),
  ]);
  const weights = eqWeights(implementations[0] as Kernels, numVars - 1, 8);
  const later = eqWeights(implementations[0] as Kernels, numVars - 2, 9);
  const size = extWords(2 ** (numVars - 1), 5);
  for (const [used, w, w2] of [
    [pairs, weights, later],
    [pairs.slice(0, 1), weights, later],
    [pairs.slice(0, 1), undefined, undefined],
  ] as const) {
    const expected = reference.productRound(used, w);
    const outs = used.flatMap(() => [new Uint32Array(size), new Uint32Array(size)]);
    const after = reference.bindProductRound(outs, used, R, w2);
    eachPlace(implementations, (k, put, what) => {
      const placed = used.map(([a, b]): Pair => [
        { ...a, words: put(a.words) },
        { ...b, words: put(b.words) },
      ]);
      expect(k.productRound(placed, w && { ...w, words: put(w.words) }), what).toEqual(expected);
      const targets = placed.flat().map((a) => a.words);
      const result = k.bindProductRound(targets, placed, R, w2 && { ...w2, words: put(w2.words) });
      expect(result.values, what).toEqual(after.values);
      result.pairs
        .flat()
        .forEach((a, i) => expectSameMultilinear(a, after.pairs.flat()[i] as Multilinear, what));
    });
  }
});

/** eq of a point and a Boolean or other point. */
function eq(K: ExtensionField, x: readonly Ext[], y: readonly Ext[]): Ext {
  return x.reduce((product: Ext, xi, i) => {
    const both = K.mul(xi, y[i] as Ext);
    const sum = K.add(xi, y[i] as Ext);
    return K.mul(product, K.add(K.sub(K.one, sum), K.add(both, both)));
  }, K.one);
}

describe.each(TOY_FIELDS.map((K) => [K.name, K] as const))('a whole sumcheck over %s', (_, K) => {
  const k = referenceKernels(K);
  const sum = (values: Ext[]): Ext => values.reduce(K.add, K.zero);
  /** t(r) from t(0), t(1) = claim - t(0) and t(infinity). */
  const at = (claim: Ext, at0: Ext, lead: Ext, r: Ext): Ext => {
    const slope = K.sub(K.sub(claim, K.add(at0, at0)), lead);
    return K.add(at0, K.mul(r, K.add(slope, K.mul(r, lead))));
  };
  test.each([1, 2, 3, 4])('%i variables, all live parts', (numVars) => {
    for (let live = 0; live <= 2 ** numVars; live++) {
      const a = multilinear(K, { numVars, live, pad: true }, live + 1);
      const b = multilinear(
        K,
        { numVars, live: 2 ** numVars - live, head: (2 ** numVars - live) >> 1 },
        live + 2,
      );
      const challenges = elements(numVars, K, live + 50);
      let pairs: readonly Pair[] = [[a, b]];
      const values = dense(k, a).map((x, i) => K.mul(x, dense(k, b)[i] as Ext));
      let claim = sum(values);
      let round = k.productRound(pairs);
      for (let j = numVars - 1; j >= 0; j--) {
        const r = challenges[j] as Ext;
        claim = at(claim, round.at0, round.atInfinity, r);
        const outs = [0, 1].map(() => new Uint32Array(extWords(2 ** j, K.degree)));
        if (j === 0) {
          pairs = [pairs[0]!.map((x, s) => k.bind(outs[s] as Uint32Array, x, r)) as unknown as Pair];
        } else {
          const next = k.bindProductRound(outs, pairs, r);
          pairs = next.pairs;
          round = next.values;
        }
      }
      const evaluate = (x: Multilinear): Ext =>
        sum(
          dense(k, x).map((value, i) => {
            const point = challenges.map((_, j) => ((i >> j) & 1 ? K.one : K.zero));
            return K.mul(value, eq(K, challenges, point));
          }),
        );
      const [[x, y]] = pairs as [Pair];
      expect(dense(k, x)).toEqual([evaluate(a)]);
      expect(dense(k, y)).toEqual([evaluate(b)]);
      expect(claim).toEqual(K.mul(evaluate(a), evaluate(b)));
    }
  });
  test('weighted values are those of tables written out in full', () => {
    for (let live = 0; live <= 8; live++) {
      const a = multilinear(K, { numVars: 3, live, pad: true }, live + 1);
      const b = multilinear(K, { numVars: 3, live, pad: true, head: live >> 1 }, live + 2);
      const weights = eqWeights(k, 2, live);
      const prefix = weights.words.subarray(0, extWords(Math.min(live, 4), K.degree));
      const [x, y] = [dense(k, a), dense(k, b)];
      const w = Array.from({ length: 4 }, (_, i) => readExt(weights.words, i, K.degree));
      const term = (f: (i: number) => Ext): Ext => sum(w.map((wi, i) => K.mul(wi, f(i))));
      expect(k.productRound([[a, b]], { ...weights, words: prefix })).toEqual({
        at0: term((i) => K.mul(x[i] as Ext, y[i] as Ext)),
        atInfinity: term((i) =>
          K.mul(K.sub(x[i + 4] as Ext, x[i] as Ext), K.sub(y[i + 4] as Ext, y[i] as Ext)),
        ),
      });
    }
  });
});

describe('bad arguments', () => {
  const a: Multilinear = { words: new Uint32Array(20), live: 4, numVars: 2 };
  const out = new Uint32Array(20);
  const weights: Weights = { words: out, total: quintic.one };
  const CALLS: [string, (k: Kernels) => void, string][] = [
    [
      'no variable',
      (k) => k.bind(out, { ...a, numVars: 0 }, R),
      'a.numVars: expected an integer in [1, 31], got 0',
    ],
    ['live', (k) => k.bind(out, { ...a, live: 5 }, R), 'a.live: expected an integer in [0, 4], got 5'],
    [
      'words',
      (k) => k.bind(out, { ...a, numVars: 3, live: 5 }, R),
      'a.words: expected at least 40 items, got 20',
    ],
    ['out', (k) => k.bind(out.subarray(1), a, R), 'out: expected at least 20 items, got 19'],
    [
      'head',
      (k) => k.bind(out, { ...a, head: { count: 5, value: R } }, R),
      'a.head.count: expected an integer in [0, 4]',
    ],
    ['pad', (k) => k.bind(out, { ...a, pad: [] }, R), 'limbs: expected 5 limbs, got 0'],
    ['challenge', (k) => k.bind(out, a, R.slice(1)), 'limbs: expected 5 limbs, got 4'],
    [
      'base words',
      (k) => k.bindBase(out, { words: out, live: 21, numVars: 5 }, R),
      'a.words: expected at least 21',
    ],
    ['no pair', (k) => k.productRound([]), 'pairs.length: expected an integer in [1, 2], got 0'],
    [
      'variables',
      (k) => k.productRound([[a, { ...a, numVars: 3 }]]),
      'pairs[0][1].numVars: expected an integer in [2, 2]',
    ],
    [
      'weights',
      (k) => k.productRound([[a, a]], { ...weights, words: out.subarray(1) }),
      'weights.words: expected at least 20',
    ],
    [
      'outs',
      (k) => k.bindProductRound([out], [[a, a]], R),
      'outs.length: expected an integer in [2, 2], got 1',
    ],
    ['outs[1]', (k) => k.bindProductRound([out, out.subarray(1)], [[a, a]], R), 'out'],
    [
      'last variable',
      (k) => k.bindProductRound([out, out], [[{ ...a, numVars: 1, live: 1 }, a]], R),
      'numVars',
    ],
  ];
  test.each(CALLS)('%s', (_, call, message) => {
    for (const k of [reference, ...implementations]) {
      expect(() => call(k)).toThrow(RangeError);
      expect(() => call(k)).toThrow(message);
    }
  });
});
