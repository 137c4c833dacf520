/** Lookups for each entry: what proofs cost. */
import { expect, it } from 'vitest';
import { graphBuilder, type GraphBuilder, type TensorHandle } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';

const ROWS = 5;
const WIDTH = 64;

/** Lookups over rows and columns, by entry of a result; lookups over rows alone, by row. */
function lookups(build: (g: GraphBuilder, x: TensorHandle) => TensorHandle): {
  entries: number;
  rows: number;
} {
  const g = graphBuilder({ context: 8 });
  const x = g.input('x', { width: WIDTH, bits: 8 });
  const program = lowerGraph(g.build(build(g, x)), { rows: ROWS, starts: [0], emit: [] });
  const [total, rows] = [0, 0].map(() => [0]) as [number[], number[]];
  for (const { kind, name, indices } of program.relations) {
    if (kind !== 'lookup' || name.startsWith('x:')) continue;
    const cells = indices.reduce((n, { size }) => n * size, 1);
    if (indices.some(({ name: index }) => index === 'j')) total[0]! += cells;
    else rows[0]! += cells;
  }
  return { entries: total[0]! / (ROWS * WIDTH), rows: rows[0]! / ROWS };
}

const weight = (g: GraphBuilder) => g.weight('w', [WIDTH, WIDTH], { bits: 8 });

it.each<[string, number, number, (g: GraphBuilder, x: TensorHandle) => TensorHandle]>([
  ['linear, rounded', 2, 0, (g, x) => g.rounded('y', x, weight(g), { shift: 9, bits: 12 })],
  ['linear, saturating', 2, 0, (g, x) => g.rounded('y', x, weight(g), { shift: 9, bits: 10, guard: 3 })],
  [
    'with an activation',
    2,
    0,
    (g, x) => g.activation('a', g.rounded('y', x, weight(g), { shift: 9, bits: 12 }), 'silu-12-r4'),
  ],
  [
    'saturating, with an activation',
    2,
    0,
    (g, x) => g.activation('a', g.rounded('y', x, weight(g), { shift: 9, bits: 12, guard: 3 }), 'silu-12-r4'),
  ],
  ['product, rounded', 2, 0, (g, x) => g.requantise('y', g.product('xx', x, x), { shift: 4, bits: 16 })],
  ['residual', 0, 0, (g, x) => g.add('y', x, g.scale('z', x, 2))],
  ['centre', 0, 2, (g, x) => g.centre('y', x)],
  ['norm of 16 bits', 3, 16, (g, x) => g.rmsnorm('y', x, { bits: 16, epsilon: 1 })],
  ['norm of 20 bits', 4, 23, (g, x) => g.rmsnorm('y', x, { bits: 20, epsilon: 1 })],
])('%s: %d an entry, %d a row', (_, entries, rows, build) => {
  expect(lookups(build)).toEqual({ entries, rows });
});
