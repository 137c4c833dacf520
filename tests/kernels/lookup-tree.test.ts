/**
 * The lookup-tree kernels. KRN-1: WebAssembly equals the definition bit for bit for live prefixes and runs of units
 * around every boundary. The definition is checked against dense fractions with their dead leaves written out, and
 * whole layer sumchecks against evaluations, over toy fields.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { extWords, packExt, readExt } from '../../src/kernels/contract/layout.ts';
import type { Fractions, LeafRun } from '../../src/kernels/contract/lookup-tree.ts';
import type { Multilinear, Pair, RoundValues, Weights } from '../../src/kernels/contract/sumcheck.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { elements, extArray, TOY_FIELDS } from '../support/ext.ts';
import { dense, eachPlace, eqWeights } from '../support/kernels.ts';
import { expectSame, words } from '../support/words.ts';

const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

const [ALPHA, BETA, LAMBDA, R] = elements(4, quintic, 7) as [Ext, Ext, Ext, Ext];
const TAG = 17 as Fe;

/** Numerators of units are garbage: nobody may read them. */
function fractions(K: ExtensionField, numVars: number, live: number, units: number, seed: number): Fractions {
  return {
    p: extArray(live, K, seed),
    q: extArray(live, K, seed + 1),
    live,
    numVars,
    ...(units > 0 ? { units } : {}),
  };
}

/** Every fraction of a layer, dead ones as 0/1. */
function denseFractions(k: Kernels, x: Fractions): { readonly p: Ext[]; readonly q: Ext[] } {
  const K = k.ext;
  const inverseRadix = K.base.inverse(k.radix);
  const at = (array: Uint32Array, i: number): Ext => K.mulBase(readExt(array, i, K.degree), inverseRadix);
  const indices = Array.from({ length: 2 ** x.numVars }, (_, i) => i);
  return {
    p: indices.map((i) => (i >= x.live ? K.zero : i < (x.units ?? 0) ? K.one : at(x.p, i))),
    q: indices.map((i) => (i >= x.live ? K.one : at(x.q, i))),
  };
}

function layerAbove(K: ExtensionField, { p, q }: { p: Ext[]; q: Ext[] }): { p: Ext[]; q: Ext[] } {
  const half = p.length / 2;
  const low = p.slice(0, half);
  return {
    p: low.map((p0, i) => K.add(K.mul(p0, q[i + half] as Ext), K.mul(p[i + half] as Ext, q[i] as Ext))),
    q: low.map((_, i) => K.mul(q[i] as Ext, q[i + half] as Ext)),
  };
}

/** live and units around all boundaries of a layer of n = 2^numVars. */
function shapes(numVars: number): [live: number, units: number][] {
  const n = 2 ** numVars;
  const near = [0, 1, n / 4, n / 2, (3 * n) / 4, n].flatMap((x) => [x - 5, x - 1, x, x + 1]).map(Math.round);
  const lives = [...new Set(near)].filter((x) => x >= 0 && x <= n);
  return lives.flatMap((live) =>
    [...new Set([0, live >> 1, Math.floor((live * 4) / 5), Math.max(0, live - 5), live])].map(
      (units): [number, number] => [live, units],
    ),
  );
}

describe.each([1, 2, 3, 4, 16, 17, 4096, 10_001, 16_383, 16_385, 65_535, 65_537])('%i leaves', (n) => {
  test.each([1, 2, 3, 4])('%i columns', (count) => {
    const columns = Array.from({ length: count }, (_, k) =>
      k === 0 && n % 3 === 0 ? new Uint32Array(n).fill(P - 1) : words(n, P, n + k),
    );
    const betas = [...elements(3, quintic, n), quintic.fromLimbs(quintic.zero.map(() => P - 1))].slice(
      0,
      count,
    );
    const expected = new Uint32Array(extWords(n, 5));
    reference.lookupLeaves(expected, columns, ALPHA, betas, TAG);
    const i = n - 1;
    const tuple = betas.reduce(
      (x, beta, k) => quintic.add(x, quintic.mulBase(beta, columns[k]?.[i] as Fe)),
      quintic.fromBase(TAG),
    );
    const last = quintic.mulBase(readExt(expected, i, 5), quintic.base.inverse(reference.radix));
    expect(quintic.add(last, tuple)).toEqual(ALPHA);
    eachPlace(implementations, (k, put, what) => {
      const out = put(new Uint32Array(expected.length).fill(5));
      k.lookupLeaves(out, columns.map(put), ALPHA, betas, TAG);
      expectSame(out, expected, what);
    });
  });
  test.each([1, -1] as const)('numerators with sign %i', (sign) => {
    const multiplicities = words(n, P, n);
    const expected = new Uint32Array(extWords(n, 5));
    reference.lookupNumerators(expected, multiplicities, sign);
    const first = quintic.mulBase(readExt(expected, 0, 5), quintic.base.inverse(reference.radix));
    expect(first).toEqual(quintic.fromBase(quintic.base.fromInt(sign * (multiplicities[0] as number))));
    eachPlace(implementations, (k, put, what) => {
      const out = put(new Uint32Array(expected.length).fill(5));
      k.lookupNumerators(out, put(multiplicities), sign);
      expectSame(out, expected, what);
    });
  });
});

describe.each([1, 3, 4, 257, 4096, 16_385, 65_537])(
  'a round over runs of %i leaves that are not written out',
  (n) => {
    test.each([
      [1, 1, 1, 1],
      [2, 1, 4, 3],
      [4, 4, 4, 4],
    ])('of %i, %i, %i and %i columns', (...counts) => {
      const runs = counts.map((count, k) => ({
        constant: elements(1, quintic, n + k)[0]!,
        betas:
          k === 0
            ? [quintic.fromLimbs(quintic.zero.map(() => P - 1)), ...elements(count - 1, quintic, n)]
            : elements(count, quintic, n + 10 * k),
      })) as unknown as [LeafRun, LeafRun, LeafRun, LeafRun];
      const columns = counts.flatMap((count, k) =>
        Array.from({ length: count }, (_, c) =>
          c === 0 && k < 2 ? new Uint32Array(n).fill(P - 1) : words(n, P, 100 * k + c + n),
        ),
      );
      const weights = extArray(n, quintic, n + 5);
      // The definition: leaves written out, a round of the pair that they are.
      const halves = [0, 2].map((first): Multilinear => {
        const plain = [first, first + 1].flatMap((r) =>
          Array.from({ length: n }, (_, i) => {
            const before = counts.slice(0, r).reduce((sum, count) => sum + count, 0);
            const { constant, betas } = runs[r]!;
            return betas.reduce(
              (x, beta, k) => quintic.sub(x, quintic.mulBase(beta, columns[before + k]![i] as Fe)),
              constant,
            );
          }),
        );
        const low = plain.slice(0, n);
        const size = 2 ** Math.ceil(Math.log2(n));
        const rest = new Array<Ext>(size - n).fill(quintic.zero);
        const montgomery = [...low, ...rest, ...plain.slice(n), ...rest].map((x) =>
          quintic.mulBase(x, reference.radix),
        );
        return {
          words: packExt(montgomery, quintic),
          live: 2 * size,
          numVars: 1 + Math.log2(size),
        };
      }) as [Multilinear, Multilinear];
      const size = 2 ** Math.ceil(Math.log2(n));
      const all = new Uint32Array(extWords(size, 5));
      all.set(weights);
      const expected = reference.productRound([halves], { words: all, total: quintic.zero });
      expect(reference.leafRound(columns, runs, weights)).toEqual(expected);
      eachPlace(implementations, (k, put, what) => {
        expect(k.leafRound(columns.map(put), runs, put(weights)), what).toEqual(expected);
      });
    });
  },
);

describe.each([1, 2, 3, 4, 5, 7])('a layer of 2^%i fractions', (numVars) => {
  test.each(shapes(numVars))('%i live, %i units', (live, units) => {
    const x = fractions(quintic, numVars, live, units, live + units + 1);
    const size = extWords(2 ** (numVars - 1), 5);
    const above = reference.fractionLayer(new Uint32Array(size), new Uint32Array(size), x);
    expect(denseFractions(reference, above)).toEqual(layerAbove(quintic, denseFractions(reference, x)));
    // Weights cover what is written out and no more.
    const written = Math.min(live, 2 ** (numVars - 2));
    const pairs = reference.layerPairs(new Uint32Array(size), x, LAMBDA);
    const sides = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)] as const;
    const leafPairs = reference.leafPairs(...sides, x, LAMBDA);
    // A layer over no variables has a sum but no round.
    const round =
      numVars > 1 ? reference.productRound(pairs, eqWeights(reference, numVars - 2, 21, written)) : undefined;
    eachPlace(implementations, (k, put, what) => {
      const y: Fractions = { ...x, p: put(x.p), q: put(x.q) };
      const outs = [put(new Uint32Array(size).fill(3)), put(new Uint32Array(size).fill(4))] as const;
      const result = k.fractionLayer(...outs, y);
      expect(denseFractions(k, result), what).toEqual(denseFractions(reference, above));
      expect(result.live, what).toBe(above.live);
      const merged = k.layerPairs(put(new Uint32Array(size)), y, LAMBDA);
      expect(
        merged.flat().map((a) => dense(k, a)),
        what,
      ).toEqual(pairs.flat().map((a) => dense(k, a)));
      if (round !== undefined) {
        expect(k.productRound(merged, eqWeights(k, numVars - 2, 21, written)), what).toEqual(round);
      }
      const targets = [0, 1, 2].map((v) => put(new Uint32Array(size).fill(v))) as [
        Uint32Array,
        Uint32Array,
        Uint32Array,
      ];
      const shifted = k.leafPairs(...targets, y, LAMBDA);
      expect(
        shifted.flat().map((a) => dense(k, a)),
        what,
      ).toEqual(leafPairs.flat().map((a) => dense(k, a)));
      if (round !== undefined) {
        expect(k.productRound(shifted, eqWeights(k, numVars - 2, 21, written)), what).toEqual(round);
      }
      // In place: merged tables over the halves that they replace, the layer above over the lower halves.
      if (numVars > 2 && live > 2 ** (numVars - 1)) {
        const [z, upper] = [{ ...y, p: y.p.slice(), q: y.q.slice() }, 5 * 2 ** (numVars - 1)];
        const over = k.layerPairs(z.p.subarray(upper), z, LAMBDA);
        expect(
          over.flat().map((a) => dense(k, a)),
          what,
        ).toEqual(pairs.flat().map((a) => dense(k, a)));
        const leaf = k.leafPairs(y.q, y.q.subarray(upper), targets[2], y, LAMBDA);
        expect(
          leaf.flat().map((a) => dense(k, a)),
          what,
        ).toEqual(leafPairs.flat().map((a) => dense(k, a)));
        y.q.set(x.q);
      }
      if (x.p.length >= size) {
        expect(denseFractions(k, k.fractionLayer(y.p, y.q, y)), `${what} in place`).toEqual(
          denseFractions(reference, above),
        );
      }
    });
  });
});

test.each([
  [2 ** 14 - 1, 2 ** 14 - 1],
  [2 ** 14 + 1, 2 ** 13],
  [2 ** 16, 2 ** 16],
  [2 ** 16 - 1, 60_001],
  [49_155, 49_155],
])('a whole layer sumcheck of %i fractions, %i of them units', (live, units) => {
  const numVars = Math.ceil(Math.log2(live));
  const x = fractions(quintic, numVars, live, units, live);
  const size = extWords(2 ** (numVars - 1), 5);
  const run = (k: Kernels, put: (a: Uint32Array) => Uint32Array, leaf: boolean): RoundValues[] => {
    const y: Fractions = { ...x, p: put(x.p), q: put(x.q) };
    const [out0, out1, outP] = [0, 1, 2].map(() => put(new Uint32Array(size))) as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    let pairs: readonly Pair[] = leaf
      ? k.leafPairs(out0, out1, outP, y, LAMBDA)
      : k.layerPairs(out1, y, LAMBDA);
    const rounds: RoundValues[] = [];
    const outs = [0, 1, 2, 3].map(() => put(new Uint32Array(size)));
    const weights = (n: number): Weights => {
      const w = eqWeights(k, n, n + 3);
      return { ...w, words: put(w.words) };
    };
    rounds.push(k.productRound(pairs, weights(numVars - 2)));
    for (let n = numVars - 1; n >= 2; n--) {
      const next = k.bindProductRound(outs, pairs, R, weights(n - 2));
      rounds.push(next.values);
      pairs = next.pairs;
    }
    return rounds;
  };
  const expected = run(reference, (a) => a.slice(), false);
  eachPlace(implementations, (k, put, what) => {
    expect(run(k, put, false), `${what} layer`).toEqual(expected);
    expect(run(k, put, true), `${what} leaf`).toEqual(expected);
  });
});

/** sum over x of eq(point, x) values[x] */
function evaluate(K: ExtensionField, values: readonly Ext[], point: readonly Ext[]): Ext {
  let table = values;
  for (let j = point.length - 1; j >= 0; j--) {
    const half = table.length / 2;
    const r = point[j] as Ext;
    table = table.slice(0, half).map((low, i) => K.add(low, K.mul(r, K.sub(table[i + half] as Ext, low))));
  }
  return table[0] as Ext;
}

describe.each(TOY_FIELDS.map((K) => [K.name, K] as const))('trees over %s', (_, K) => {
  const k = referenceKernels(K);
  test('the root is the sum of the leaves, for every live prefix', () => {
    for (let live = 0; live <= 8; live++) {
      let x = fractions(K, 3, live, live >> 1, live + 1);
      const { p, q } = denseFractions(k, x);
      while (x.numVars > 0) {
        const size = extWords(2 ** (x.numVars - 1), K.degree);
        x = k.fractionLayer(new Uint32Array(size), new Uint32Array(size), x);
      }
      const root = denseFractions(k, x);
      expect(root.q[0]).toEqual(q.reduce(K.mul, K.one));
      // p_root = sum of p_i * product of the other q_j: true also where a denominator is zero.
      const sum = p.reduce((s: Ext, pi, i) => {
        const others = q.reduce((m: Ext, qj, j) => (i === j ? m : K.mul(m, qj)), K.one);
        return K.add(s, K.mul(pi, others));
      }, K.zero);
      expect(root.p[0]).toEqual(sum);
    }
  });

  test.each(['layer', 'leaf'])('%s sumchecks end in evaluations of the dense layer', (kind) => {
    for (let live = 1; live <= 16; live++) {
      for (const units of [0, live >> 1, live]) {
        const x = fractions(K, 4, live, units, 3 * live + units);
        const { p, q } = denseFractions(k, x);
        const rest = elements(6, K, live + 9);
        const lambda = elements(20, K, live + 31).find((e) => !K.isZero(e)) as Ext;
        const z = rest.slice(0, 3);
        const challenges = rest.slice(3);
        const size = extWords(8, K.degree);
        const outs = Array.from({ length: 4 }, () => new Uint32Array(size));
        const [out0, out1, outP] = outs as [Uint32Array, Uint32Array, Uint32Array];
        let pairs: readonly Pair[] =
          kind === 'leaf' ? k.leafPairs(out0, out1, outP, x, lambda) : k.layerPairs(out1, x, lambda);
        const node = (p0: Ext, q0: Ext, p1: Ext, q1: Ext): Ext =>
          K.add(K.add(K.mul(p0, q1), K.mul(p1, q0)), K.mul(lambda, K.mul(q0, q1)));
        const tables = [p.slice(0, 8), q.slice(0, 8), p.slice(8), q.slice(8)] as const;
        const nodes = tables[0].map((_p, i) =>
          node(tables[0][i] as Ext, tables[1][i] as Ext, tables[2][i] as Ext, tables[3][i] as Ext),
        );
        let claim = evaluate(K, nodes, z);
        for (let j = 2; j >= 0; j--) {
          const weights: Weights = { words: new Uint32Array(extWords(2 ** j, K.degree)), total: K.one };
          k.eqTable(weights.words, z.slice(0, j), K.one);
          const { at0, atInfinity } = k.productRound(pairs, weights);
          // claim = (1 - z_j) t(0) + z_j t(1); t(1) is not divided out but computed from bound arrays at 1.
          const fresh = (): Uint32Array => new Uint32Array(extWords(2 ** j, K.degree));
          const bind = (r: Ext): Pair[] =>
            pairs.map((pair) => pair.map((a) => k.bind(fresh(), a, r)) as unknown as Pair);
          const total = (bound: Pair[]): Ext =>
            Array.from({ length: 2 ** j }, (_x, i) =>
              bound.reduce(
                (s: Ext, [a, b]) => K.add(s, K.mul(dense(k, a)[i] as Ext, dense(k, b)[i] as Ext)),
                K.zero,
              ),
            ).reduce((s: Ext, v, i) => K.add(s, K.mul(readExt(weights.words, i, K.degree), v)), K.zero);
          const at1 = total(bind(K.one));
          expect(total(bind(K.zero))).toEqual(at0);
          const zj = z[j] as Ext;
          expect(K.add(K.mul(K.sub(K.one, zj), at0), K.mul(zj, at1))).toEqual(claim);
          const r = challenges[j] as Ext;
          const slope = K.sub(K.sub(at1, at0), atInfinity);
          claim = K.add(at0, K.mul(r, K.add(slope, K.mul(r, atInfinity))));
          pairs = bind(r);
        }
        const [p0, q0, p1, q1] = tables.map((table) => evaluate(K, table, challenges)) as [
          Ext,
          Ext,
          Ext,
          Ext,
        ];
        expect(claim).toEqual(node(p0, q0, p1, q1));
        const [[a, b], [c, e]] = pairs as [Pair, Pair];
        const ends = [a, b, c, e].map((m) => dense(k, m)[0]);
        const mu = K.inverse(lambda);
        expect(ends).toEqual(
          kind === 'layer'
            ? [p0, q1, q0, K.add(p1, K.mul(lambda, q1))]
            : [p0, K.neg(K.mul(mu, p1)), K.add(q0, K.mul(mu, p0)), K.add(p1, K.mul(lambda, q1))],
        );
      }
    }
  });
});

describe('bad arguments', () => {
  const out = new Uint32Array(20);
  const x: Fractions = { p: new Uint32Array(40), q: new Uint32Array(40), live: 8, numVars: 3 };
  const column = new Uint32Array(4);
  const five = Array.from({ length: 5 }, () => column);
  const run = (...betas: Ext[]): LeafRun => ({ constant: ALPHA, betas });
  const four = (a: LeafRun): [LeafRun, LeafRun, LeafRun, LeafRun] => [a, run(BETA), run(BETA), run(BETA)];
  const CALLS: [string, (k: Kernels) => void, string][] = [
    [
      'a run without columns',
      (k) => k.leafRound([column, column, column], four(run()), out),
      'runs[0].betas.length: expected an integer in [1, 4], got 0',
    ],
    [
      'a run of five columns',
      (k) => k.leafRound([...five, column, column, column], four(run(...five.map(() => BETA))), out),
      'runs[0].betas.length: expected an integer in [1, 4], got 5',
    ],
    [
      'fewer columns than runs have',
      (k) => k.leafRound([column, column, column, column], four(run(BETA, BETA)), out),
      'columns.length: expected an integer in [5, 5], got 4',
    ],
    [
      'a longer column in a round',
      (k) => k.leafRound([column, column, column, out], four(run(BETA)), out),
      'columns[3]: expected 4 items, got 20',
    ],
    [
      'weights',
      (k) => k.leafRound([column, column, column, column], four(run(BETA)), column),
      'weights: expected at least 20 items, got 4',
    ],
    [
      'no column',
      (k) => k.lookupLeaves(out, [], ALPHA, [], TAG),
      'columns.length: expected an integer in [1, 4], got 0',
    ],
    [
      'five columns',
      (k) =>
        k.lookupLeaves(
          out,
          five,
          ALPHA,
          five.map(() => BETA),
          TAG,
        ),
      'columns.length: expected',
    ],
    [
      'betas',
      (k) => k.lookupLeaves(out, [column], ALPHA, [], TAG),
      'betas.length: expected an integer in [1, 1], got 0',
    ],
    [
      'lengths',
      (k) => k.lookupLeaves(out, [column, out], ALPHA, [BETA, BETA], TAG),
      'columns[1]: expected 4 items, got 20',
    ],
    [
      'out of leaves',
      (k) => k.lookupLeaves(out, [out], ALPHA, [BETA], TAG),
      'out: expected at least 100 items, got 20',
    ],
    [
      'tag',
      (k) => k.lookupLeaves(out, [column], ALPHA, [BETA], P as Fe),
      `expected an integer in [0, ${P}), got another`,
    ],
    [
      'numerators',
      (k) => k.lookupNumerators(out, new Uint32Array(5), 1),
      'out: expected at least 40 items, got 20',
    ],
    [
      'live',
      (k) => k.fractionLayer(out, out, { ...x, live: 9 }),
      'x.live: expected an integer in [0, 8], got 9',
    ],
    [
      'units',
      (k) => k.fractionLayer(out, out, { ...x, units: 9 }),
      'x.units: expected an integer in [0, 8], got 9',
    ],
    [
      'q',
      (k) => k.fractionLayer(out, out, { ...x, q: out }),
      'x.q.words: expected at least 40 items, got 20',
    ],
    ['outQ', (k) => k.fractionLayer(out, out.subarray(1), x), 'outQ: expected at least 20 items, got 19'],
    [
      'root',
      (k) => k.fractionLayer(out, out, { ...x, numVars: 0 }),
      'x.numVars: expected an integer in [1, 31], got 0',
    ],
    ['merged', (k) => k.layerPairs(out.subarray(1), x, LAMBDA), 'out: expected at least 20 items, got 19'],
    [
      'lambda',
      (k) => k.leafPairs(out, out, out, x, quintic.zero),
      'lambda: expected a non-zero element, got 0',
    ],
  ];
  test.each(CALLS)('%s', (_, call, message) => {
    for (const k of [reference, ...implementations]) {
      expect(() => call(k)).toThrow(RangeError);
      expect(() => call(k)).toThrow(message);
    }
  });
});
