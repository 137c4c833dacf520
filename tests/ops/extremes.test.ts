/** QNT-2: every operator with all inputs at their least, greatest, 0, 1, -1 and at ties; executor and twin agree. */
import { describe, expect, test } from 'vitest';
import {
  checkGraph,
  graphBuilder,
  type Graph,
  type GraphBuilder,
  type TensorHandle,
} from '../../src/graph/index.ts';
import { compare, type Case } from '../support/graphs.ts';

/** Makes a graph of one operator over inputs of given widths in bits; weights by name. */
interface Subject {
  readonly name: string;
  readonly inputs: readonly { readonly width: number; readonly bits: number }[];
  readonly apply: (g: GraphBuilder, inputs: readonly TensorHandle[]) => TensorHandle;
  readonly weights?: Readonly<Record<string, { readonly length: number; readonly bits: number }>>;
  /** Distance of ties of the operator's rounding in its first input, where there is one. */
  readonly tie?: number;
}

const attention = (heads: number, kvHeads: number, headDim: number, shift: number): Subject => ({
  name: `attention ${heads}/${kvHeads} x ${headDim}, shift ${shift}`,
  inputs: [
    { width: heads * headDim, bits: 12 },
    { width: kvHeads * headDim, bits: 12 },
    { width: kvHeads * headDim, bits: 15 },
  ],
  apply: (g, [query, key, value]) =>
    g.attention('y', { query, key, value } as Record<'query' | 'key' | 'value', TensorHandle>, {
      heads,
      kvHeads,
      headDim,
      shift,
    }),
});
const one = (width: number, bits: number) => [{ width, bits }];
const first = (inputs: readonly TensorHandle[]): TensorHandle => inputs[0] as TensorHandle;
const second = (inputs: readonly TensorHandle[]): TensorHandle => inputs[1] as TensorHandle;

const subjects: readonly Subject[] = [
  ...([1, 4, 15] as const).flatMap((shift) =>
    [0, 2].map((guard) => ({
      name: `requantise by ${shift}, guard ${guard}`,
      inputs: one(3, 13),
      apply: (g: GraphBuilder, x: readonly TensorHandle[]) =>
        g.requantise('y', first(x), { shift, bits: 12, guard }),
      tie: 2 ** (shift - 1),
    })),
  ),
  {
    name: 'linear',
    inputs: one(5, 16),
    apply: (g, x) =>
      g.linear('y', first(x), g.weight('w', [3, 5], { bits: 16 }), {
        bias: g.weight('b', [3], { bits: 31 }),
      }),
    weights: { w: { length: 15, bits: 16 }, b: { length: 3, bits: 31 } },
  },
  { name: 'add', inputs: [...one(3, 20), ...one(3, 20)], apply: (g, x) => g.add('y', first(x), second(x)) },
  {
    name: 'product',
    inputs: [...one(3, 15), ...one(3, 16)],
    apply: (g, x) => g.product('y', first(x), second(x)),
  },
  { name: 'scale', inputs: one(3, 20), apply: (g, x) => g.scale('y', first(x), 10) },
  {
    name: 'concat',
    inputs: [...one(2, 20), ...one(3, 4)],
    apply: (g, x) => g.concat('y', first(x), second(x)),
  },
  { name: 'centre', inputs: one(3, 20), apply: (g, x) => g.centre('y', first(x)) },
  { name: 'centre of 64', inputs: one(64, 16), apply: (g, x) => g.centre('y', first(x)) },
  { name: 'emit', inputs: one(2, 9), apply: (g, x) => g.emit('y', first(x)) },
  { name: 'argmax', inputs: one(6, 20), apply: (g, x) => g.argmax('y', first(x)) },
  ...[1, 2, 5, 64].flatMap((width) =>
    ([16, 20] as const).flatMap((bits) =>
      [1, 2 ** 14, 2 ** 16, 2 ** 40].map((epsilon) => ({
        name: `rmsnorm ${width} x ${bits} bits, epsilon ${epsilon}`,
        inputs: one(width, bits),
        apply: (g: GraphBuilder, x: readonly TensorHandle[]) => g.rmsnorm('y', first(x), { bits, epsilon }),
      })),
    ),
  ),
  ...(['half', 'interleaved'] as const).map((order) => ({
    name: `rope ${order}`,
    inputs: one(8, 12),
    apply: (g: GraphBuilder, x: readonly TensorHandle[]) =>
      g.rope('y', first(x), { table: 'rope-10000-4-12', order, bits: 12, guard: 2 }),
  })),
  ...['silu-12-r4', 'gelu-tanh-12-r3', 'gelu-erf-12-r5', 'relu-12'].map((table) => ({
    name: table,
    inputs: one(3, 12),
    apply: (g: GraphBuilder, x: readonly TensorHandle[]) => g.activation('y', first(x), table),
  })),
  attention(2, 1, 3, 3),
  attention(4, 2, 2, 10),
  attention(1, 1, 64, 8),
];

/** The values that go wrong, for a width. */
function values(bits: number, tie: number | undefined): number[] {
  const ties = tie === undefined ? [] : [tie, -tie, 3 * tie, -3 * tie, tie - 1, -tie - 1];
  return [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 0, 1, -1, ...ties];
}

function graphOf(subject: Subject): Graph {
  const g = graphBuilder({ context: 12 });
  const inputs = subject.inputs.map((shape, i) => g.input(`x${i}`, shape));
  return g.build(subject.apply(g, inputs));
}

describe.each(subjects)('$name', (subject) => {
  test('all combinations of extreme inputs and weights', () => {
    const graph = graphOf(subject);
    const { partial } = checkGraph(graph);
    const count = 4;
    const choices = subject.inputs.map(({ bits }, i) => values(bits, i === 0 ? subject.tie : undefined));
    const weightSets = Object.entries(subject.weights ?? {}).map(([name, w]) => ({ name, ...w }));
    const fills = weightSets.length === 0 ? [0] : [0, 1, 2, 3, 4];
    let provable = 0;
    const visit = (chosen: readonly number[]): void => {
      if (chosen.length < choices.length) {
        for (const v of choices[chosen.length] as number[]) visit([...chosen, v]);
        return;
      }
      for (const fill of fills) {
        const weights = Object.fromEntries(
          weightSets.map(({ name, length, bits }) => [
            name,
            new Int32Array(length).fill(values(bits, undefined)[fill] as number),
          ]),
        );
        const filled = subject.inputs.map(({ width }, i) =>
          new Int32Array(count * width).fill(chosen[i] as number),
        );
        const alternating = subject.inputs.map(({ width }, i) =>
          Int32Array.from({ length: count * width }, (_, j) =>
            j % 3 === 1 ? (chosen.at(-1 - i) as number) : (chosen[i] as number),
          ),
        );
        for (const data of [filled, alternating]) {
          const legal = data.every((list, i) =>
            list.every(
              (v) =>
                v >= -(2 ** ((subject.inputs[i]?.bits ?? 2) - 1)) &&
                v < 2 ** ((subject.inputs[i]?.bits ?? 2) - 1),
            ),
          );
          if (!legal) continue;
          const inputs = Object.fromEntries(data.map((list, i) => [`x${i}`, list]));
          const rows = { tokens: [0, 0, 0, 0], inputs, starts: [0, 3], emit: [1, 3] };
          const testCase: Case = { graph, weights, rows };
          const outcome = compare(testCase);
          if (outcome === 'same') provable++;
          else expect(partial.length, 'a node without witness that inference calls total').toBeGreaterThan(0);
        }
      }
    };
    visit([]);
    expect(provable).toBeGreaterThan(4);
  });
});
