/**
 * SND-4 for the pad proof, with products: each way to lie about a pad is refused by its check. SND-8: a value that nothing
 * constrains, or a plan that is not followed, ends the proof with an error of the program.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { affineAlgebra } from '../../src/pads/affine.ts';
import { createPadLedger } from '../../src/pads/ledger.ts';
import { createPadPlanner } from '../../src/pads/plan.ts';
import { verifyPadProof } from '../../src/pads/proof-verify.ts';
import { leastPadQueries } from '../../src/params/queries.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { randomPoint } from '../support/linear.ts';
import {
  PAD_A,
  PAD_AB,
  PAD_B,
  PAD_C,
  PAD_CC,
  PAD_D,
  PAD_STAR,
  padSession,
  SESSION_PADS,
  sessionPlan,
  type PadLie,
} from '../support/soundness/pad-session.ts';
import { testDomain } from '../support/transcript.ts';

const field = quintic;
const logCodeword = 10;
const parameters = {
  size: SESSION_PADS,
  logCodeword,
  queries: leastPadQueries(SESSION_PADS, logCodeword, 128) as number,
};
const [a, b, e] = randomPoint(field, 3, 77) as [Ext, Ext, Ext];
const c = field.mul(a, b);
const d = field.square(c);
const TRUE = [a, b, c, d];

let kernels: Kernels;
beforeAll(async () => void (kernels = await wasmKernels({ threads: 1 })));
afterAll(() => kernels.close());

const codeOf = (lie: PadLie): string => {
  const { verdict } = padSession(kernels, parameters, lie);
  return verdict.ok ? 'accepted' : verdict.code;
};
const add = (values: readonly Ext[], index: number, by: Ext): Ext[] =>
  values.map((x, i) => (i === index ? field.add(x, by) : x));

test('the truth is accepted', () => {
  expect(codeOf({ values: TRUE })).toBe('accepted');
  expect(codeOf({ values: [field.zero, b, field.zero, field.zero] })).toBe('accepted');
});

describe('PAD_LINEAR', () => {
  test.each([0, 1, 2, 3])('value %i wrong', (i) => {
    expect(codeOf({ values: add(TRUE, i, e) })).toBe('PAD_LINEAR');
  });
  test('a false product and the beta that fits a guessed Delta', () => {
    const hook: PadLie['hook'] = (label, values) => (label === 'pads/sums' ? add(values, 0, e) : undefined);
    expect(codeOf({ values: add(TRUE, PAD_D, e), hook })).toBe('PAD_LINEAR');
  });
  test('two values under one pad: the second message hides under the pad of the first', () => {
    let masks: readonly Ext[] = [];
    const pads = (h: readonly Ext[]): readonly Ext[] => (masks = h);
    const hook: PadLie['hook'] = (label, values) =>
      label === 'values'
        ? add(values, PAD_B, field.sub(masks[PAD_A] as Ext, masks[PAD_B] as Ext))
        : undefined;
    expect(codeOf({ values: TRUE, pads, hook })).toBe('PAD_LINEAR');
  });
});

describe('PAD_PRODUCT', () => {
  /** The pad of a product wrong by e, and the value that the relation then asks for: every affine form vanishes. */
  const wrongProduct = (index: number): PadLie =>
    index === PAD_AB
      ? { values: [a, b, field.add(c, e), field.square(field.add(c, e))], pads: (h) => add(h, PAD_AB, e) }
      : { values: [a, b, c, field.add(d, e)], pads: (h) => add(h, PAD_CC, e) };

  test.each([PAD_AB, PAD_CC])('product pad %i wrong', (index) => {
    expect(codeOf(wrongProduct(index))).toBe('PAD_PRODUCT');
  });
  test.each([PAD_AB, PAD_CC])('product pad %i wrong, U and V solved for two guesses of Delta', (index) => {
    const [s, t] = [field.one, e];
    const hook: PadLie['hook'] = (label, values, _nth, seen) => {
      if (label !== 'pads/sums') return undefined;
      const chi = seen.exts('pads/chi')[index - PAD_AB] as Ext;
      const k = field.neg(field.mul(chi, e)); // the check's coefficient of Delta^2
      return add(add(values, 1, field.neg(field.mul(k, field.mul(s, t)))), 2, field.mul(k, field.add(s, t)));
    };
    expect(codeOf({ ...wrongProduct(index), hook })).toBe('PAD_PRODUCT');
  });
  test.each([
    [1, 'U'],
    [2, 'V'],
  ])('element %i of the sums wrong: %s', (i) => {
    const hook: PadLie['hook'] = (label, values) => (label === 'pads/sums' ? add(values, i, e) : undefined);
    expect(codeOf({ values: TRUE, hook })).toBe('PAD_PRODUCT');
  });
  test('the star moved in x', () => {
    const hook: PadLie['hook'] = (label, values) =>
      label === 'pads/revealed' ? add(values, PAD_STAR, e) : undefined;
    expect(codeOf({ values: TRUE, hook })).toBe('PAD_PRODUCT');
  });
});

describe('PAD_QUERY', () => {
  test('x off the line where no relation looks', () => {
    for (let i = SESSION_PADS; i < SESSION_PADS + parameters.queries; i += 50) {
      const hook: PadLie['hook'] = (label, values) =>
        label === 'pads/revealed' ? add(values, i, e) : undefined;
      expect(codeOf({ values: TRUE, hook })).toBe('PAD_QUERY');
    }
  });
  test('a false value, x moved until the linear check holds', () => {
    // d stands in relation 1 alone, h_d with coefficient 1: a step of x_d makes up for Delta times the same step of d.
    const hook: PadLie['hook'] = (label, values, _nth, seen) => {
      if (label !== 'pads/revealed') return undefined;
      return add(values, PAD_D, field.mul(seen.exts('pads/delta')[0] as Ext, e));
    };
    expect(codeOf({ values: add(TRUE, PAD_D, e), hook })).toBe('PAD_QUERY');
  });
  test.each([1, 2, 3])('every row of PAD with index divisible by %i wrong', (step) => {
    const bent: Kernels = {
      ...kernels,
      encode(out, message, shape) {
        kernels.encode(out, message, shape);
        for (let row = 0; row < 2 ** shape.logN; row += step) out[row * shape.columns] = row;
      },
    };
    expect(codeOf({ values: TRUE, kernels: bent })).toBe('PAD_QUERY');
  });
});

describe('SND-8: the ledger', () => {
  const algebra = affineAlgebra(field);
  const ledgerOf = () => createPadLedger(algebra, sessionPlan());
  const record = (ledger: ReturnType<typeof ledgerOf>, count: number) =>
    Array.from({ length: count }, () => ledger.record(field.one));

  test('too few values, too many values', () => {
    const few = ledgerOf();
    record(few, 3);
    expect(() => few.finish()).toThrow('expected 4 sent values, got 3');
    const many = ledgerOf();
    record(many, 4);
    expect(() => many.record(field.one)).toThrow('got one more');
  });
  test('a product that was not planned, a product that is missing', () => {
    const ledger = ledgerOf();
    const [x, y, z] = record(ledger, 4);
    expect(() => ledger.multiply(y!, x!)).toThrow('product 0');
    expect(() => ledger.multiply(x!, z!)).toThrow('product 0');
    expect(() => ledger.multiply(z!, y!)).toThrow('product 0');
    ledger.assertZero(ledger.multiply(x!, y!));
    expect(() => ledger.multiply(x!, z!)).toThrow('product 1');
    expect(() => ledger.finish()).toThrow('expected 2 products, got 1');
    ledger.multiply(z!, z!);
    expect(() => ledger.multiply(z!, z!)).toThrow('product 2');
  });
  test('a value that no constraint mentions; a constraint behind the end', () => {
    const ledger = ledgerOf();
    const [x, y, z, w] = record(ledger, 4);
    ledger.assertZero(ledger.multiply(x!, y!));
    ledger.assertZero(ledger.multiply(z!, z!));
    expect(() => ledger.finish()).toThrow(`pad ${PAD_D} occurs in no constraint`);
    expect(() => ledger.assertZero(algebra.value(w!))).toThrow('after finish');
    expect([PAD_A, PAD_B, PAD_C]).toEqual([x!.index, y!.index, z!.index]);
  });
  test('a plan multiplies only what it sends', () => {
    const planner = createPadPlanner();
    planner.send(2);
    for (const index of [-1, 2, 0.5]) expect(() => planner.multiply(0, index)).toThrow(RangeError);
  });
  test('parameters of another plan', () => {
    const ledger = ledgerOf();
    const [x, y, z, w] = record(ledger, 4);
    ledger.assertZero(ledger.multiply(x!, y!));
    ledger.assertZero(algebra.sub(ledger.multiply(z!, z!), algebra.value(w!)));
    const relations = ledger.finish();
    for (const size of [SESSION_PADS - 1, SESSION_PADS + 1]) {
      const ch = verifierChannel(testDomain(field), new Uint8Array(2 ** 14));
      expect(() => verifyPadProof(ch, { ...parameters, size }, new Uint8Array(32), relations)).toThrow(
        'size: expected 7',
      );
    }
  });
});
