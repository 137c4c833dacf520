/** QNT-4: slopes of activation functions are those of the functions, to the last bit but where a double cannot say. */
import { describe, expect, it } from 'vitest';
import { column, parseTableId, tableOf } from '../../src/tables/index.ts';
import { slopeEntries, SLOPE_FRACTION } from '../../src/tables/slope.ts';
import { floatSlope } from './float.ts';

const parametersOf = (id: string) => {
  const form = parseTableId(id);
  if (form?.kind !== 'activation') throw new Error(id);
  return form.activation;
};

describe('slopes', () => {
  it.each([
    'silu-12-r3',
    'silu-12-r5',
    'gelu-tanh-12-r4',
    'gelu-tanh-10-r8',
    'gelu-erf-12-r3',
    'gelu-erf-12-r5',
  ])('%s', (id) => {
    const own = parametersOf(id);
    const slopes = slopeEntries(own);
    const half = 2 ** (own.bits - 1);
    let worst = 0;
    slopes.forEach((slope, i) => {
      const x = (i - half) * 2 ** (own.range! + 1 - own.bits);
      worst = Math.max(worst, Math.abs(slope - 2 ** SLOPE_FRACTION * floatSlope(own.kind, x)));
    });
    expect(worst).toBeLessThanOrEqual(0.5 + 1e-8);
    expect(worst).toBeGreaterThan(0.49); // compared with the right function, rounded to these places
  });

  it('relu: none at zero', () => {
    const slopes = slopeEntries({ kind: 'relu', bits: 4 });
    expect([...slopes]).toEqual([
      ...new Array<number>(9).fill(0),
      ...new Array<number>(7).fill(2 ** SLOPE_FRACTION),
    ]);
  });

  it('have no keys beyond their range', () => {
    expect(() => slopeEntries({ kind: 'silu', bits: 4, range: 4 })).toThrow(
      'range: expected at most bits - 1 = 3, got 4',
    );
  });

  it('are the slopes of the tables that the forward pass reads', () => {
    for (const id of ['silu-12-r4', 'gelu-tanh-12-r4', 'gelu-erf-12-r4']) {
      const y = column(tableOf(id), 'y');
      const slopes = slopeEntries(parametersOf(id));
      // y has steps of 2^-10, x of 2^-7: over 2^7 keys a difference errs by 2^-10, and by the curvature
      for (let i = 64; i + 64 < y.length; i += 37) {
        const difference = (y[i + 64]! - y[i - 64]!) / 2 ** 10;
        expect(Math.abs(difference - slopes[i]! / 2 ** SLOPE_FRACTION)).toBeLessThan(0.06);
      }
    }
  });
});
