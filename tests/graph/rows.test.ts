/** Weights and rows that a checked graph cannot be run on: refused by name, without their values. */
import { describe, expect, test } from 'vitest';
import { execute, graphBuilder, integerSession, type WeightData } from '../../src/graph/index.ts';
import { graph, weights } from '../support/graph-liars.ts';
import { refusal } from '../support/refusal.ts';

describe('weights and rows', () => {
  const of = (name: string) => weights[name] as WeightData;
  test('weights of another length, missing, or wider than declared', () => {
    const session = (change: (name: string) => WeightData | undefined) => () =>
      integerSession(graph, (name) => (change(name) ?? of(name)) as WeightData);
    expect(refusal(session((n) => (n === 'l1.v.w' ? new Int16Array(3) : undefined)))).toBe('WEIGHT');
    const wide = Int16Array.from(of('E'));
    wide[7] = 8192;
    expect(refusal(session((n) => (n === 'E' ? wide : undefined)))).toBe('WEIGHT');
    expect(session((n) => (n === 'E' ? wide : undefined))).toThrow('WEIGHT at E: entry 7: expected 14 bits');
    expect(refusal(() => integerSession(graph, () => undefined as unknown as WeightData))).toBe('WEIGHT');
  });
  test('refusals of values never tell the value', () => {
    const g = graphBuilder({ context: 4 });
    const built = g.build(
      g.requantise('y', g.input('x', { width: 2, bits: 20 }), { shift: 1, bits: 8, guard: 0 }),
    );
    const run = () => execute(built, () => new Int8Array(0), { inputs: { x: [1, 4242] } });
    expect(run).toThrow('UNPROVABLE at y: row 0, column 1: expected a quotient of 8 bits');
  });
  test('rows that do not fit the inputs are a mistake of the caller', () => {
    const g = graphBuilder({ context: 4 });
    const built = g.build(
      g.add('y', g.input('a', { width: 2, bits: 8 }), g.input('b', { width: 2, bits: 8 })),
    );
    const run = (inputs: Record<string, number[]>) => () =>
      execute(built, () => new Int8Array(0), { inputs });
    expect(run({ a: [1, 2] })).toThrow(RangeError);
    expect(run({ a: [1, 2], b: [1, 2, 3, 4] })).toThrow(RangeError);
    expect(run({ a: [1, 2, 3], b: [1, 2, 3] })).toThrow(RangeError);
    expect(run({ a: [1, 1.5], b: [1, 2] })).toThrow(RangeError);
    expect(run({ a: [1, 2 ** 32], b: [1, 2] })).toThrow(RangeError);
    expect(run({ a: [NaN, 1], b: [1, 2] })).toThrow(RangeError);
    expect(refusal(run({ a: [1, 128], b: [1, 2] }))).toBe('UNPROVABLE');
  });
});
