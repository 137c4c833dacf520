/** Ranges that a graph proves: up to the edge of the field, and by lookups of a whole tensor. */
import { describe, expect, test } from 'vitest';
import {
  checkGraph,
  execute,
  graphBuilder,
  type GraphBuilder,
  type TensorHandle,
} from '../../src/graph/index.ts';
import { refusal } from '../support/refusal.ts';

describe('the edge of the field', () => {
  const build = (use: (g: GraphBuilder, x: TensorHandle) => TensorHandle) => () => {
    const g = graphBuilder({ context: 4 });
    return g.build(use(g, g.input('x', { width: 4, bits: 16 })));
  };
  test('means: 2 d (max + 1) at (p-1)/2', () => {
    const mean = (width: number) => () => {
      const g = graphBuilder({ context: 4 });
      return g.build(g.centre('y', g.input('x', { width, bits: 16 })));
    };
    expect(mean(16255)().nodes.length).toBe(2); // 2 * 16255 * 32769 = 1,065,320,190
    expect(refusal(mean(16256))).toBe('GRAPH_RANGE');
  });
  test('sums, products and scales at (p-1)/2', () => {
    const scaled = (power: number) => build((g, x) => g.scale('y', x, power));
    expect(scaled(14)().nodes.length).toBe(2); // 2^15 2^14 = 2^29
    expect(refusal(scaled(15))).toBe('GRAPH_RANGE');
    const product = (bits: number) => build((g, x) => g.product('y', x, g.input('z', { width: 4, bits })));
    expect(product(15)().nodes.length).toBe(3);
    expect(refusal(product(16))).toBe('GRAPH_RANGE');
    const sum = (power: number) =>
      build((g, x) =>
        g.add('y', g.scale('a', x, 14), g.scale('b', g.input('z', { width: 4, bits: 16 }), power)),
      );
    expect(sum(13)().nodes.length).toBe(5);
    expect(refusal(sum(14))).toBe('GRAPH_RANGE');
  });
});

describe('a lookup that checks a whole tensor proves its range for others; on emitted rows alone it does not', () => {
  const residual = (wholeTensor: boolean) => () => {
    const g = graphBuilder({ context: 4 });
    const h = g.embedding('h', g.weight('E', [5, 4], { bits: 16 }), { width: 4 });
    g.rmsnorm('n', wholeTensor ? h : g.emit('e', h), { bits: 16, epsilon: 1 });
    return g.build(g.product('y', h, g.input('x', { width: 4, bits: 8 })));
  };
  test('whole', () =>
    expect(checkGraph(residual(true)()).tensors.get('h')).toMatchObject({ level: 'proven', max: 32767 }));
  test('emitted', () => expect(refusal(residual(false))).toBe('GRAPH_RANGE'));
  test('rows beyond the check have no witness, whichever node sees them first', () => {
    const graph = residual(true)();
    const wide = Int16Array.from({ length: 20 }, () => 32767);
    const rows = { tokens: [1], inputs: { x: [127, 127, 127, 127] } };
    expect(execute(graph, () => wide, rows).output.data[0]).toBe(32767 * 127);
    const g = graphBuilder({ context: 4 });
    const h = g.embedding('h', g.weight('E', [5, 4], { bits: 16 }), {
      width: 4,
      positions: g.weight('P', [4, 4], { bits: 16 }),
    });
    const y = g.product('y', h, h);
    g.activation('check', h, 'relu-12');
    const weightsOf = (name: string) => (name === 'E' ? wide : wide.subarray(4));
    expect(refusal(() => execute(g.build(y), weightsOf, { tokens: [1] }))).toBe('UNPROVABLE');
  });
});
