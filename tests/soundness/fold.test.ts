/**
 * SND-6 for folds: the inner argument over F_17^2, 16 cells folded to 8 and to 4, against provers that cheat in a fold, as well
 * as one can: a level that is not the fold of the level below, a last vector with the right weighted sum and wrong
 * values, one with the right values and the wrong sum, and a first oracle half-way between two vectors. Over the field of the
 * library the same lies, against the whole opening, are in `stored.test.ts`.
 *
 * Challenges are hashes of a run's number: every count is the same each time.
 */
import { describe, expect, test } from 'vitest';
import { codePoint } from '../../src/code/point.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { Ext, Fe } from '../../src/field/field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { levelGeometry } from '../../src/params/parameters.ts';
import { eqTable } from '../../src/sumcheck/eq.ts';
import type { WhirParameters } from '../../src/pcs/whir/verify.ts';
import { randomPoint } from '../support/linear.ts';
import { vanishing } from '../support/soundness/bends.ts';
import { dot, foldSession, type FoldCheat } from '../support/soundness/fold-cheat.ts';
import { testDomain } from '../support/transcript.ts';

const field = extensionField(primeField(17), [-3, 0]);
const K = 17 ** 2;
const kernels = referenceKernels(field);
const vector = randomPoint(field, 16, 5);
const point = randomPoint(field, 4, 6);
const error = randomPoint(field, 1, 7)[0] as Ext;

/** m = 3, t = 8: G_1 has 2 columns of 8 cells on 16 points, G_2 has 2 of 4 on 8. */
function parametersOf(queries: number): WhirParameters {
  const level = { logFold: 1, logInverseRate: 1, queries };
  return { code: { logData: 3, padLength: 8, queries: 1 }, levels: [level, level], logFinal: 2 };
}

function run(i: number, queries: number, cheat: FoldCheat) {
  const statementDigest = new Uint8Array(32);
  new DataView(statementDigest.buffer).setUint32(0, i);
  const domain = testDomain(field, { statementDigest });
  const { verdict, positions } = foldSession(kernels, parametersOf(queries), domain, vector, point, cheat);
  return { code: verdict.ok ? 'accepted' : verdict.code, positions };
}

/** The best change of a vector: it vanishes at as many positions as a polynomial can, and closes the gap. */
function closing(j: number, form: readonly Ext[], gap: Ext): { by: Ext[]; hidden: Set<number> } {
  const { logColumn, logCodeword } = levelGeometry(parametersOf(1))[j]!;
  const hidden = Array.from({ length: 2 ** logColumn - 1 }, (_, i) => i);
  const poly = vanishing(
    hidden.map((i) => codePoint(field.base, logCodeword, i)),
    field.base,
  );
  const whole = form.map((_, i) => field.fromBase(poly[i] as Fe));
  const weight = dot(field, whole, form);
  // Where the form does not see the change, nothing is closed: one run in 289.
  const scale = field.isZero(weight) ? field.zero : field.mul(gap, field.inverse(weight));
  return { by: whole.map((x) => field.mul(scale, x)), hidden: new Set(hidden) };
}

const plus = (a: readonly Ext[], b: readonly Ext[]): Ext[] => a.map((x, i) => field.add(x, b[i] as Ext));

/** sqrt of runs * rate * (1 - rate). */
const sigma = (runs: number, rate: number): number => Math.sqrt(runs * rate * (1 - rate));

/**
 * Runs a cheat that wins where all queries of an oracle fall on `hidden`, and otherwise by luck with a challenge in K alone.
 *
 * @param lucky values of a challenge, at most, that make good for wrong queries
 */
function expectRate(
  runs: number,
  queries: number,
  j: number,
  hidden: ReadonlySet<number>,
  lucky: number,
  cheat: FoldCheat,
): { accepted: number; codes: Set<string> } {
  const codes = new Set<string>();
  let [accepted, byLuck, onHidden] = [0, 0, 0];
  for (let i = 0; i < runs; i++) {
    const { code, positions } = run(i, queries, cheat);
    const hit = positions[j]!.every((position) => hidden.has(position));
    if (hit) onHidden++;
    if (code === 'accepted') accepted++;
    else codes.add(code);
    if (code === 'accepted' && !hit) byLuck++;
    if (hit && code !== 'accepted') byLuck++; // the form did not see the change, or a challenge spoiled it
  }
  const size = 2 ** levelGeometry(parametersOf(queries))[j]!.logCodeword;
  const rate = (hidden.size / size) ** queries;
  expect(Math.abs(onHidden - runs * rate)).toBeLessThan(5 * sigma(runs, rate));
  expect(byLuck).toBeLessThan(runs * (lucky / K) + 5 * sigma(runs, lucky / K));
  return { accepted, codes };
}

test('the truth is always accepted', () => {
  for (let i = 0; i < 50; i++) expect(run(i, 3, { error: field.zero }).code).toBe('accepted');
});

describe('a level that is not the fold of the level below, with the right weighted sum', () => {
  test.each([1, 2, 3])('%i queries: accepted as often as they see nothing, (7/16)^q', (queries) => {
    const runs = 1000;
    const { hidden } = closing(0, eqTable(field, point.slice(0, 3)), error);
    const cheat: FoldCheat = {
      error,
      fold: (j, v, form, gap) => (j === 0 ? plus(v, closing(0, form, gap).by) : [...v]),
    };
    const { accepted, codes } = expectRate(runs, queries, 0, hidden, queries + 3, cheat);
    expect([...codes]).toEqual(['FINAL_SUM']);
    // delta = (1 - 1/2)/2: what is proven.
    const bound = (3 / 4) ** queries;
    expect(accepted).toBeLessThan(runs * bound + 5 * sigma(runs, bound));
  });
});

describe('a last vector with the right weighted sum and wrong values', () => {
  test.each([1, 2, 3])('%i queries: accepted as often as they see nothing, (3/8)^q', (queries) => {
    const runs = 1000;
    const { hidden } = closing(1, eqTable(field, point.slice(0, 2)), error);
    const cheat: FoldCheat = {
      error,
      fold: (j, v, form, gap) => (j === 1 ? plus(v, closing(1, form, gap).by) : [...v]),
    };
    const { codes } = expectRate(runs, queries, 1, hidden, 4, cheat);
    expect([...codes]).toEqual(expect.arrayContaining(['FINAL_QUERY']));
    expect([...codes].filter((code) => code !== 'FINAL_QUERY' && code !== 'FINAL_SUM')).toEqual([]);
  });
});

describe('a last vector with the right values and the wrong weighted sum', () => {
  const runs = 2500;
  /** Errors of a round whose polynomial vanishes at two elements: k (X - s)(X - t). */
  const [s, t] = randomPoint(field, 2, 9) as [Ext, Ext];
  const round = (gap: Ext): readonly [Ext, Ext] => {
    const atZero = field.mul(s, t);
    const atOne = field.mul(field.sub(field.one, s), field.sub(field.one, t));
    const k = field.mul(gap, field.inverse(field.add(atZero, atOne)));
    return [field.mul(k, atZero), k];
  };

  test('accepted as often as a round forgets the error: 1 - (1 - 2/|K|)^2', () => {
    let accepted = 0;
    const codes = new Set<string>();
    for (let i = 0; i < runs; i++) {
      const { code } = run(i, 1, { error, round });
      if (code === 'accepted') accepted++;
      else codes.add(code);
    }
    expect([...codes]).toEqual(['FINAL_SUM']);
    const rate = 1 - (1 - 2 / K) ** 2;
    expect(Math.abs(accepted - runs * rate)).toBeLessThan(5 * sigma(runs, rate));
    expect(accepted).toBeGreaterThan((runs * rate) / 3);
  });

  test('more queries do not help, and do not hurt: all of them are right', () => {
    const codes = new Set(Array.from({ length: 50 }, (_, i) => run(i, 6, { error }).code));
    expect([...codes]).toEqual(['FINAL_SUM']);
  });
});

describe('a first oracle as near to a vector of the right sum as it can be while it decodes to another', () => {
  // Two columns of degree below 8 on 16 points: distance 9, decoding up to 4. The difference vanishes at 7 positions; of the other
  // nine the vector keeps five.
  const { by, hidden } = closing(0, eqTable(field, point.slice(0, 3)), field.one);
  const form = eqTable(field, point);
  const whole = [...by, ...by.map(() => field.zero)];
  const scale = field.mul(error, field.inverse(dot(field, whole, form)));
  const twin = plus(
    vector,
    whole.map((x) => field.mul(scale, x)),
  );
  const positions = [7, 8, 9, 10];
  const seen = new Set([...hidden, ...positions]);

  test('the claim is true of the twin, false of what the oracle decodes to', () => {
    expect(dot(field, twin, form)).toEqual(field.add(dot(field, vector, form), error));
    expect(seen.size).toBe(11); // of 16: five rows are the vector's alone, and four the twin's
  });

  test.each([1, 2, 4])('%i queries: accepted as often as (11/16)^q, within the bound (3/4)^q', (queries) => {
    const runs = 1000;
    const cheat: FoldCheat = { error, twin: { vector: twin, positions } };
    const { accepted, codes } = expectRate(runs, queries, 0, seen, queries + 1, cheat);
    expect([...codes]).toEqual(['FINAL_SUM']);
    const bound = (3 / 4) ** queries;
    expect(accepted).toBeLessThan(runs * bound + 5 * sigma(runs, bound));
    expect(accepted).toBeGreaterThan((runs * bound) / 3);
  });
});
