/** Shapes that do not fit each other, or the limits, are refused at the node. */
import { describe, expect, test } from 'vitest';
import { graphBuilder, type GraphBuilder, type TensorHandle } from '../../src/graph/index.ts';
import { expectLiar, expectRefused, node, type Liar } from '../support/graph-liars.ts';
import { refusal } from '../support/refusal.ts';
import { tinyGpt } from '../support/tiny-models.ts';

describe('shapes', () => {
  const liars: readonly Liar[] = [
    [
      'a weight of other columns',
      'GRAPH_SHAPE',
      /l0\.q\.acc/,
      (g) => (g.weights.find((w: any) => w.name === 'l0.q.w').shape = [16, 17]),
    ],
    ['a weight of three dimensions', 'GRAPH_SHAPE', /graph\/E/, (g) => (g.weights[0].shape = [2, 2, 2])],
    ['a weight of no rows', 'GRAPH_SHAPE', /graph\/E/, (g) => (g.weights[0].shape = [0, 16])],
    ['an embedding wider than its table', 'GRAPH_SHAPE', /graph\/h/, (g) => (node(g, 'h').width = 17)],
    [
      'a sum of tokens and emitted rows',
      'GRAPH_SHAPE',
      /x/,
      (g) => g.nodes.push({ name: 'x', op: 'add', left: 'last', right: 'h' }),
    ],
    ['a second emit', 'GRAPH_SHAPE', /x/, (g) => g.nodes.push({ name: 'x', op: 'emit', input: 'last' })],
    ['heads that keys do not divide', 'GRAPH_SHAPE', /l0\.attn/, (g) => (node(g, 'l0.attn').kvHeads = 3)],
    ['no heads', 'GRAPH_SHAPE', /l0\.attn/, (g) => (node(g, 'l0.attn').heads = 0)],
    ['a window beyond the context', 'GRAPH_SHAPE', /l0\.attn/, (g) => (node(g, 'l0.attn').window = 49)],
    ['a window of nothing', 'GRAPH_SHAPE', /l0\.attn/, (g) => (node(g, 'l0.attn').window = 0)],
    [
      'attention over emitted rows',
      'GRAPH_SHAPE',
      /x/,
      (g) =>
        g.nodes.push(
          { name: 'y', op: 'emit', input: 'l0.qr' },
          { ...node(g, 'l0.attn'), name: 'x', query: 'y' },
        ),
    ],
    [
      'a product of unequal widths',
      'GRAPH_SHAPE',
      /l0\.gated\.acc/,
      (g) => (node(g, 'l0.gated.acc').right = 'l0.q'),
    ],
  ];
  test.each(liars)('%s', (_name, code, stage, change) => expectLiar(code, stage, change));

  /** A graph of its own, for shapes that no single change of the model reaches. */
  const build = (make: (g: GraphBuilder) => TensorHandle) => () => {
    const g = graphBuilder({ context: 4 });
    return g.build(make(g));
  };
  const attended = (heads: number, kvHeads: number, headDim: number, query: number, other: number) =>
    build((g) => {
      const of = (name: string, width: number) => g.input(name, { width, bits: 8 });
      const inputs = { query: of('q', query), key: of('k', other), value: of('v', other) };
      return g.attention('y', inputs, { heads, kvHeads, headDim, shift: 3 });
    });
  test('heads whose widths fit but whose numbers do not', () => {
    expect(attended(4, 2, 4, 16, 8)().nodes.length).toBe(4);
    expect(refusal(attended(3, 2, 4, 12, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(attended(-4, -2, -4, 16, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(attended(4, 0, 4, 16, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(attended(4, -2, 4, 16, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(attended(2, 4, 4, 8, 16))).toBe('GRAPH_SHAPE');
  });
  test('inputs and embeddings of no width or of too many bits, rows too wide', () => {
    const input = (width: number, bits: number) => build((g) => g.input('x', { width, bits }));
    expect(input(1, 2)().nodes.length).toBe(1);
    expect(refusal(input(0, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(input(-1, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(input(2 ** 20 + 1, 8))).toBe('GRAPH_SHAPE');
    expect(refusal(input(1, 1))).toBe('GRAPH_RANGE');
    expect(refusal(input(1, 21))).toBe('GRAPH_RANGE');
    const embedded = (width: number) =>
      build((g) => g.embedding('h', g.weight('E', [3, 4], { bits: 8 }), { width }));
    expect(embedded(4)().nodes.length).toBe(1);
    expect(refusal(embedded(0))).toBe('GRAPH_SHAPE');
    expect(refusal(embedded(-2))).toBe('GRAPH_SHAPE');
    const chosen = (vocabulary: number) =>
      build((g) => {
        const x = g.input('x', { width: 1, bits: 8 });
        return g.argmax('y', g.linear('l', x, g.weight('w', [vocabulary, 1], { bits: 8 })));
      });
    expect(chosen(2 ** 20)().nodes.length).toBe(3);
    expect(refusal(chosen(2 ** 20 + 1))).toBe('GRAPH_SHAPE');
    const summed = (width: number) =>
      build((g) => {
        const x = g.concat('c', g.input('x', { width: 2 ** 16, bits: 8 }), g.input('z', { width, bits: 8 }));
        return g.linear('y', x, g.weight('w', [1, 2 ** 16 + width], { bits: 8 }));
      });
    expect(summed(2 ** 16)().nodes.length).toBe(4);
    expect(refusal(summed(2 ** 16 + 1))).toBe('GRAPH_SHAPE');
    const normed = (width: number) =>
      build((g) => g.rmsnorm('y', g.input('x', { width, bits: 8 }), { bits: 16, epsilon: 1 }));
    expect(normed(2 ** 14)().nodes.length).toBe(2);
    expect(refusal(normed(2 ** 14 + 1))).toBe('GRAPH_SHAPE');
  });
  test('biases of another length, rotations of cut heads or of emitted rows, scales out of range', () => {
    const x = (g: GraphBuilder, width = 6) => g.input('x', { width, bits: 8 });
    const biased = (shape: number[]) =>
      build((g) =>
        g.linear('y', x(g), g.weight('w', [3, 6], { bits: 8 }), { bias: g.weight('b', shape, { bits: 8 }) }),
      );
    expect(biased([3])().nodes.length).toBe(2);
    for (const shape of [[2], [4], [3, 1], [1, 3]]) expect(refusal(biased(shape))).toBe('GRAPH_SHAPE');
    const rotated = (of: (g: GraphBuilder) => TensorHandle) =>
      build((g) => g.rope('y', of(g), { table: 'rope-100-4-4', order: 'half', bits: 10, guard: 0 }));
    expect(rotated((g) => x(g, 8))().nodes.length).toBe(2);
    expect(refusal(rotated((g) => x(g, 6)))).toBe('GRAPH_SHAPE');
    expect(refusal(rotated((g) => g.emit('e', x(g, 8))))).toBe('GRAPH_SHAPE');
    const scaled = (power: number) => build((g) => g.scale('y', x(g), power));
    expect(scaled(20)().nodes.length).toBe(2);
    for (const power of [0, -1, 21]) expect(refusal(scaled(power))).toBe('GRAPH_SHIFT');
  });
  test('positions for fewer tokens than the context', () => {
    const gpt = structuredClone(tinyGpt({ seed: 1 }).graph) as any;
    gpt.context = 33;
    expectRefused(gpt, 'GRAPH_SHAPE', /graph\/h/);
  });
});
