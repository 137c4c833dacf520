/** Lowered graphs, proven and verified. */
import { afterAll, describe, expect, it } from 'vitest';
import { graphBuilder } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { S128 } from '../../src/params/profile.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { violated } from '../support/clear.ts';
import { dice, entries } from '../support/graphs.ts';
import { codeOf, testSource } from '../support/linear.ts';
import { lowered, type Lowered } from '../support/lowered.ts';
import { programFixture } from '../support/programs.ts';

const kernels = await wasmKernels({ threads: 2 });
afterAll(() => kernels.close());

/** Two linear layers with a residual connection, saturating and not, with narrow and wide biases. */
function residual(): Lowered {
  const d = dice(4);
  const g = graphBuilder({ context: 16 });
  const w = g.weight('w', [7, 5], { bits: 8 });
  const b = g.weight('b', [7], { bits: 12 });
  const v = g.weight('v', [5, 7], { bits: 9 });
  const c = g.weight('c', [5], { bits: 31 });
  const x = g.input('x', { width: 5, bits: 8 });
  const y = g.rounded('y', x, w, { bias: b, shift: 8, bits: 6, guard: 2 });
  const z = g.rounded('z', y, v, { bias: c, shift: 14, bits: 16 });
  const sum = g.add('sum', z, g.scale('fine', x, 3));
  const graph = g.build(g.requantise('out', sum, { shift: 3, bits: 8, guard: 6 }));
  const weights = {
    w: entries(35, 8, d),
    b: entries(7, 12, d),
    v: entries(35, 9, d),
    c: entries(5, 29, d),
  };
  const rows = 6;
  const inputs = { x: entries(rows * 5, 8, d) };
  return lowered(graph, weights, { rows, starts: [0, 4], emit: [] }, inputs);
}

/** Tokens and positions, LayerNorm, an activation behind a saturating rounding, a gate, emitted rows, revealed ones. */
function gated(bits: 16 | 20): Lowered {
  const d = dice(bits);
  const g = graphBuilder({ context: 8 });
  const [E, P] = [g.weight('E', [11, 7], { bits: 12 }), g.weight('P', [8, 6], { bits: 10 })];
  const h = g.embedding('h', E, { width: 6, positions: P });
  const n = g.rmsnorm('n', h, { bits, epsilon: 1000 });
  const up = g.rounded('up', n, g.weight('U', [5, 6], { bits: 6 }), { shift: 9, bits: 10, guard: 6 });
  const gate = g.rounded('gate', n, g.weight('G', [5, 6], { bits: 6 }), { shift: 9, bits: 10, guard: 7 });
  const act = g.activation('act', gate, 'silu-10-r3');
  const p = g.requantise('p', g.product('au', act, up), { shift: 10, bits: 14 });
  const down = g.rounded('down', g.concat('both', p, n), g.weight('D', [6, 11], { bits: 6 }), {
    shift: 12,
    bits: 14,
    guard: 2,
  });
  const sum = g.add('sum', g.requantise('h16', h, { shift: 1, bits: 14 }), down);
  const last = g.emit('last', g.centre('c', sum));
  const graph = g.build(g.linear('logits', last, g.weight('H', [3, 6], { bits: 8 })));
  const weights = Object.fromEntries(
    graph.weights.map(({ name, shape, bits: b }) => [
      name,
      entries(
        shape.reduce((x, y) => x * y),
        b,
        d,
      ),
    ]),
  );
  const rows = { rows: 7, tokens: [3, 9, 0, 10, 3, 1, 7], starts: [0, 4], emit: [3, 5, 6] };
  const { results } = lowered(graph, weights, rows);
  const logits = results.tensors.get('logits')!.data;
  const revealed = [{ node: 'logits', rows: [1, 2], values: logits.subarray(3) }];
  return lowered(graph, weights, { ...rows, revealed });
}

function check(made: Lowered): void {
  expect(violated(made.program, made.cells)).toEqual([]);
  const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), made);
  const source = testSource(kernels.ext, 5);
  const { statement, groups } = fixture;
  const proof = proveProgram(kernels, statement, groups, source, made.witness);
  const again = compileProgram(kernels.ext, lowerGraph(made.graph, made.pass));
  expect(verifyProgram({ ...statement, compiled: again }, proof)).toEqual({ ok: true });
}

describe('honest proofs of lowered graphs verify', () => {
  it('linear, requantise, add, scale', () => check(residual()));
  it.each([16, 20] as const)(
    'embedding, norm of %i bits, activation, product, concat, centre, emit',
    (bits) => {
      check(gated(bits));
    },
  );
});
