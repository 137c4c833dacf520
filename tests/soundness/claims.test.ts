/**
 * PCS-1: claims that repeat, contradict, cancel or lie at special points. PCS-3: sizes and query counts at their bounds. PCS-4: one
 * column, several claims, one of them false.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { codePoint } from '../../src/code/point.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { PublicClaim } from '../../src/pcs/claim-encoding.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import type { LinearStatement } from '../../src/pcs/linear-statement.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import type { Weight } from '../../src/pcs/weight.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { S128 } from '../../src/params/profile.ts';
import {
  applyWeight,
  codeOf,
  linearParameters,
  randomCells,
  randomPoint,
  staticIdentity,
  testSource,
  proveAnyway,
} from '../support/linear.ts';
import { bump, level, withLevels } from '../support/soundness/fixtures.ts';

const [M, T, COLUMNS] = [10, 1024, 2];
const N = 2 ** M;
const identity = staticIdentity(COLUMNS);
const cells = randomCells(COLUMNS * N, 3);
cells.fill(0, N / 2, N); // the upper half of column 0

let kernels: Kernels;
let group: OwnedGroup;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  const parameters = linearParameters(S128, codeOf(S128, M, T), [identity], 1);
  const read = (first: number, count: number) => cells.subarray(first * N, (first + count) * N);
  group = commitGroup(kernels, testSource(quintic, 8), parameters, identity, read, 0);
});
afterAll(() => kernels.close());

function statementOf(claims: readonly PublicClaim[]): LinearStatement {
  const parameters = linearParameters(S128, codeOf(S128, M, T), [identity], claims.length);
  return { parameters, groups: [{ ...identity, cap: group.cap }], claims, context: new Uint8Array(0) };
}

/** The verdict on claims, proven by a prover that does not mind what is true. */
function verdict(claims: readonly PublicClaim[]): string {
  const statement = statementOf(claims);
  const result = verifyLinear(
    quintic,
    statement,
    proveAnyway(kernels, statement, [group], testSource(quintic, 9)),
  );
  return result.ok ? 'accepted' : result.code;
}

const truth = (weight: Weight): PublicClaim => ({ weight, value: applyWeight(quintic, weight, cells, M) });
const off = (claim: PublicClaim, by = 1): PublicClaim => ({ ...claim, value: bump(claim.value, by) });
const at = (point: readonly Ext[], column = 0): Weight => [
  { column, coefficient: quintic.one, factors: [{ kind: 'eq', point }] },
];
const cell = (index: number, column = 0): Weight => [
  { column, coefficient: quintic.one, factors: [{ kind: 'fixed', bits: M, index }] },
];
const bit = (b: number): Ext => (b === 1 ? quintic.one : quintic.zero);
const corner = (index: number): Ext[] => Array.from({ length: M }, (_, b) => bit((index >>> b) & 1));

describe('PCS-1', () => {
  test('a claim twice', () => {
    const claim = truth(at(randomPoint(quintic, M, 1)));
    expect(verdict([claim, claim])).toBe('accepted');
    expect(verdict([off(claim), off(claim)])).toBe('PAD_LINEAR');
  });
  test('two claims on one cell, one of them false, in either order', () => {
    const claim = truth(cell(5, 1));
    expect(verdict([claim, off(claim)])).toBe('PAD_LINEAR');
    expect(verdict([off(claim), claim])).toBe('PAD_LINEAR');
    expect(verdict([claim, off(truth(at(corner(5), 1)))])).toBe('PAD_LINEAR');
  });
  test('two false claims whose errors cancel', () => {
    const [a, b] = [truth(cell(5)), truth(at(randomPoint(quintic, M, 2), 1))];
    const minusOne = quintic.neg(quintic.one);
    expect(verdict([off(a), { ...b, value: quintic.add(b.value, minusOne) }])).toBe('PAD_LINEAR');
  });
  test('values of two claims exchanged', () => {
    const [a, b] = [truth(cell(1)), truth(cell(2))];
    expect(verdict([a, b])).toBe('accepted');
    expect(
      verdict([
        { ...a, value: b.value },
        { ...b, value: a.value },
      ]),
    ).toBe('PAD_LINEAR');
  });
  test('a column for the other, a claim on nothing', () => {
    expect(verdict([{ ...truth(cell(7, 0)), weight: cell(7, 1) }])).toBe('PAD_LINEAR');
    expect(verdict([{ weight: [], value: quintic.zero }])).toBe('accepted');
    expect(verdict([{ weight: [], value: quintic.one }])).toBe('PAD_LINEAR');
  });
  test('corners and mixed points of a column whose upper half is zero: no claim falls out of the equations', () => {
    const random = randomPoint(quintic, M, 4);
    const mixed = (b: number): Ext[] => [...random.slice(0, M - 1), bit(b)];
    const points = [0, 1, N / 2 - 1, N / 2, N - 1].map(corner).concat([mixed(0), mixed(1)]);
    const claims = points.map((point) => truth(at(point)));
    expect(claims[3]?.value).toEqual(quintic.zero);
    expect(verdict(claims)).toBe('accepted');
    for (const i of [0, 3, 4, 5, 6]) {
      expect([i, verdict([off(claims[i] as PublicClaim)])]).toEqual([i, 'PAD_LINEAR']);
    }
  });
  test('the value of a column as a polynomial at a point of the code', () => {
    for (const row of [0, 1, 4095]) {
      const x = codePoint(quintic.base, M + 2, row);
      let power = quintic.one;
      const values = Array.from({ length: N }, () => {
        const value = power;
        power = quintic.mulBase(power, x);
        return value;
      });
      const claim = truth([{ column: 1, coefficient: quintic.one, factors: [{ kind: 'dense', values }] }]);
      if (row === 1) expect(verdict([claim])).toBe('accepted');
      expect(verdict([off(claim)])).toBe('PAD_LINEAR');
    }
  });
});

describe('PCS-4: what reads a column twice reads the same', () => {
  const one = quintic.one;
  const point = randomPoint(quintic, M, 31);
  const kinds: Record<string, (column: number) => Weight> = {
    eq: (column) => at(point, column),
    fixed: (column) => cell(77, column),
    dense: (column) => [
      {
        column,
        coefficient: one,
        factors: [
          { kind: 'dense', values: randomPoint(quintic, 8, 32) },
          { kind: 'eq', point: point.slice(3) },
        ],
      },
    ],
    sparse: (column) => [
      {
        column,
        coefficient: one,
        factors: [
          { kind: 'sparse', bits: 4, entries: [[3, one], [9, one]] }, // prettier-ignore
          { kind: 'eq', point: point.slice(4) },
        ],
      },
    ],
    both: (column) => [...at(point, column), ...cell(5, 1 - column)],
  };

  /** The verdict on claims about a column of the group and one of the proof's own, which holds the same cells. */
  function verdictWithOwn(claims: readonly PublicClaim[], ownCells: Uint32Array): string {
    const columns = 1;
    const parameters = linearParameters(S128, codeOf(S128, M, T), [identity], claims.length, columns);
    const statement = { ...statementOf(claims), parameters, ownColumns: columns };
    const proof = proveAnyway(kernels, statement, [group], testSource(quintic, 12), ownCells);
    const result = verifyLinear(quintic, statement, proof);
    return result.ok ? 'accepted' : result.code;
  }
  /** Column 1 of the group, again as column 2, the proof's own. */
  const copy = (weight: Weight): Weight => weight.map((term) => ({ ...term, column: 2 }));
  const words = Uint32Array.from(cells.subarray(N), (x) => quintic.base.fromInt(x));

  test('each of five readers lied to in turn', () => {
    const claims = Object.values(kinds).map((kind) => truth(kind(1)));
    expect(verdict(claims)).toBe('accepted');
    claims.forEach((_, i) => {
      const lied = claims.map((claim, j) => (i === j ? off(claim, 5) : claim));
      expect([i, verdict(lied)]).toEqual([i, 'PAD_LINEAR']);
    });
  });

  test('two readers lied to by amounts that cancel, every pair', () => {
    const claims = Object.values(kinds).map((kind) => truth(kind(1)));
    claims.forEach((_, i) => {
      const j = (i + 1) % claims.length;
      const lied = claims.map((claim, k) => (k === i ? off(claim, 1) : k === j ? off(claim, -1) : claim));
      expect([i, verdict(lied)]).toEqual([i, 'PAD_LINEAR']);
    });
  });

  test('a column of the group and its copy among the own ones: each reader of either lied to in turn', () => {
    const pairs = ['eq', 'dense', 'sparse'].flatMap((name) => {
      const claim = truth(kinds[name]!(1));
      return [claim, { ...claim, weight: copy(claim.weight) }];
    });
    expect(verdictWithOwn(pairs, words)).toBe('accepted');
    pairs.forEach((_, i) => {
      const lied = pairs.map((claim, j) => (i === j ? off(claim, 5) : claim));
      expect([i, verdictWithOwn(lied, words)]).toEqual([i, 'PAD_LINEAR']);
    });
  });

  test('a copy that differs in one cell is no copy, whatever reads it', () => {
    const moved = words.slice();
    moved[77] = quintic.base.add(quintic.base.fe(moved[77] as number), quintic.base.one);
    for (const name of ['eq', 'fixed', 'dense']) {
      const claim = truth(kinds[name]!(1));
      const both = [claim, { ...claim, weight: copy(claim.weight) }];
      expect([name, verdictWithOwn(both, words)]).toEqual([name, 'accepted']);
      expect([name, verdictWithOwn(both, moved)]).toEqual([name, 'PAD_LINEAR']);
    }
  });
});

describe('PCS-3: numbers of the parameters', () => {
  const claims = [{ weight: cell(3), value: quintic.zero }];
  const codes = (parameters: Parameters): string => {
    const statement = { ...statementOf(claims), parameters };
    const result = verifyLinear(quintic, statement, new Uint8Array(200_000));
    return result.ok ? 'accepted' : result.code;
  };
  test('one query more or less, another lambda, another field, another rate', () => {
    const { parameters } = statementOf(claims);
    const { code, levels, pads, profile } = parameters;
    expect(codes(parameters)).toBe('MERKLE_ROOT');
    const first = levels[0]!;
    for (const by of [-1, 1]) {
      expect(codes({ ...parameters, code: { ...code, queries: code.queries + by } })).toBe('WEAK_PARAMS');
      expect(codes({ ...parameters, pads: { ...pads, queries: pads.queries + by } })).toBe('WEAK_PARAMS');
      expect(codes({ ...parameters, pads: { ...pads, size: pads.size + by } })).toBe('WEAK_PARAMS');
      expect(codes({ ...parameters, logFinal: parameters.logFinal + by })).toBe('WEAK_PARAMS');
      for (const change of [
        { queries: first.queries + by },
        { logFold: first.logFold + by },
        { logInverseRate: first.logInverseRate + by },
      ]) {
        expect(codes({ ...parameters, levels: [{ ...first, ...change }] })).toBe('WEAK_PARAMS');
      }
    }
    expect(codes({ ...parameters, levels: [] })).toBe('WEAK_PARAMS');
    expect(codes({ ...parameters, profile: { ...profile, lambda: 127 } })).toBe('WEAK_PARAMS');
    expect(codes({ ...parameters, profile: { ...profile, id: 0xffff_ffff } })).toBe('WEAK_PARAMS');
  });
  test('the last vector at its bound, and twice as long', () => {
    const own = { ...identity, columns: 1 };
    const sized = (m: number, t: number): Parameters =>
      withLevels(linearParameters(S128, codeOf(S128, m, t), [own], 1), [level(1, 2)]);
    const at12 = sized(12, 4096);
    expect(at12.logFinal).toBe(12);
    const read = (): Int16Array => new Int16Array(2 ** 12);
    const committed = commitGroup(kernels, testSource(quintic, 1), at12, own, read, 0);
    const statement = {
      parameters: at12,
      groups: [{ ...own, cap: committed.cap }],
      claims: [{ weight: [], value: quintic.zero }],
      context: new Uint8Array(0),
    };
    const proof = proveAnyway(kernels, statement, [committed], testSource(quintic, 2));
    expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
    const longer = verifyLinear(quintic, { ...statement, parameters: sized(13, 8192) }, proof);
    expect(longer).toMatchObject({ ok: false, code: 'WEAK_PARAMS' });
  });
});
