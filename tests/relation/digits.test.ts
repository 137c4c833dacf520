/**
 * Rule R1 by exhaustion: over small fields an accepted program has at most one witness for every accumulator, and a refused one
 * really has two.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primeField } from '../../src/field/prime-field.ts';
import { checkProgram, checkStructure } from '../../src/relation/check.ts';
import { findViolation } from '../../src/relation/check-witness.ts';
import { decomposesOnce } from '../../src/relation/decompose.ts';
import { digitProgram, witnessCounts, type ToyDigit } from '../support/digit-programs.ts';
import { refusal } from '../support/refusal.ts';

const signed = (bits: number): Pick<ToyDigit, 'min' | 'max'> => ({
  min: -(2 ** (bits - 1)),
  max: 2 ** (bits - 1) - 1,
});

describe.each([97, 257])('over F_%i', (p) => {
  const base = primeField(p);
  const most = Math.floor(Math.log2(p));

  test('rounding: B + s bits up to log2 p, one more gives some accumulator two results', () => {
    for (const s of p === 97 ? [1, 2, 3] : [2]) {
      const [good, bad] = [most - s, most - s + 1].map((bits) => {
        const digits = [{ coefficient: 2 ** s, ...signed(bits) }];
        return { digits, program: digitProgram(2 ** s, digits, 2 ** (s - 1)) };
      });
      expect(() => checkProgram(base, good!.program)).not.toThrow();
      const counts = witnessCounts(base, good!.program, good!.digits);
      expect(Math.max(...counts)).toBe(1);
      expect(counts.reduce((a, b) => a + b)).toBe(2 ** most);
      checkStructure(base, bad!.program);
      expect(refusal(() => checkProgram(base, bad!.program))).toBe('PROGRAM_RANGE');
      expect(Math.max(...witnessCounts(base, bad!.program, bad!.digits))).toBe(2);
    }
  });

  test('two digits over a range, and a digit in the gaps of a list', () => {
    const chain = [
      { coefficient: 4, min: 0, max: 3 },
      { coefficient: 16, min: -2, max: 1 },
    ];
    const program = digitProgram(4, chain, 3);
    expect(() => checkProgram(base, program)).not.toThrow();
    expect(Math.max(...witnessCounts(base, program, chain))).toBe(1);
    // r + 16 w for r < 2, w < 4: the digit t < 8 stands between.
    const values = [0, 1, 16, 17, 32, 33, 48, 49];
    const between = [{ coefficient: 2, min: 0, max: 7 }];
    const softmax = digitProgram(values, between);
    expect(() => checkProgram(base, softmax)).not.toThrow();
    const counts = witnessCounts(base, softmax, between);
    expect(Math.max(...counts)).toBe(1);
    expect(counts.reduce((a, b) => a + b)).toBe(64);
    const wider = [{ coefficient: 2, min: 0, max: 8 }];
    const overlapping = digitProgram(values, wider);
    expect(refusal(() => checkProgram(base, overlapping))).toBe('PROGRAM_RANGE');
    expect(Math.max(...witnessCounts(base, overlapping, wider))).toBe(2);
  });

  test('a quotient without a range check has a result for every remainder', () => {
    const digits = [{ coefficient: 8, ...signed(3) }];
    const { tensors, tables, relations, ...rest } = digitProgram(8, digits);
    const open = {
      ...rest,
      tensors: tensors.map((tensor) =>
        tensor.kind === 'witness' ? { kind: tensor.kind, name: tensor.name, shape: tensor.shape } : tensor,
      ),
      tables: tables.slice(0, 1),
      relations: relations.slice(0, 1),
    };
    expect(refusal(() => checkProgram(base, open))).toBe('PROGRAM_RANGE');
    const all = Array.from({ length: p }, (_, y) => y).filter((y) => {
      const witness = new Map([
        ['a', [5]],
        ['d0', [y]],
      ]);
      return findViolation(base, open, witness) === undefined;
    });
    expect(all.length).toBe(8);
  });
});

describe('the decision', () => {
  const base = primeField(97);
  const digit = fc.record({
    coefficient: fc.integer({ min: 1, max: 48 }),
    count: fc.integer({ min: 1, max: 9 }),
  });
  /** The sums modulo p, with repetition. */
  const sums = (
    values: readonly number[],
    digits: readonly { coefficient: number; count: number }[],
  ): number[] =>
    digits
      .reduce(
        (all, { coefficient, count }) =>
          all.flatMap((x) => Array.from({ length: count }, (_, i) => x + coefficient * i)),
        [...values],
      )
      .map((x) => ((x % 97) + 97) % 97);
  const distinct = (list: readonly number[]): boolean => new Set(list).size === list.length;

  test('never accepts two sums of one residue; over a range with one digit it errs nowhere', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(digit, { maxLength: 3 }), (length, digits) => {
        const values = Array.from({ length }, (_, i) => i);
        const once = distinct(sums(values, digits));
        const decided = decomposesOnce(base, { kind: 'interval', length }, digits);
        if (decided) accepted++;
        expect(!decided || once).toBe(true);
        // One digit whose sums do not go around: the conditions are necessary as well.
        const [only] = digits;
        const span = length + (only === undefined ? 0 : only.coefficient * (only.count - 1));
        if (digits.length <= 1 && span <= 97) expect(decided).toBe(once);
      }),
      { seed: 4, numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  test('over lists it accepts no collision either, and accepts many', () => {
    let accepted = 0;
    const list = fc.uniqueArray(fc.integer({ min: -48, max: 48 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(list, fc.array(digit, { maxLength: 2 }), (unsorted, digits) => {
        const values = Int32Array.from(unsorted).sort();
        const once = distinct(sums([...values], digits));
        const decided = decomposesOnce(base, { kind: 'list', values }, digits);
        if (decided) accepted++;
        expect(!decided || once).toBe(true);
        const span = values[values.length - 1]! - values[0]! + 1;
        const reach = digits.reduce((sum, { coefficient, count }) => sum + coefficient * (count - 1), span);
        if (digits.length <= 1 && reach <= 97) expect(decided).toBe(once);
      }),
      { seed: 5, numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test('the bound is p itself', () => {
    expect(decomposesOnce(base, { kind: 'interval', length: 97 }, [])).toBe(true);
    expect(decomposesOnce(base, { kind: 'interval', length: 8 }, [{ coefficient: 8, count: 12 }])).toBe(true);
    expect(decomposesOnce(base, { kind: 'interval', length: 9 }, [{ coefficient: 44, count: 3 }])).toBe(true);
    expect(decomposesOnce(base, { kind: 'interval', length: 10 }, [{ coefficient: 44, count: 3 }])).toBe(
      false,
    );
  });
});
