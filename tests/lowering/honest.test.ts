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

describe('honest proofs of lowered graphs verify', () => {
  it('linear, requantise, add, scale', () => {
    const made = residual();
    expect(violated(made.program, made.cells)).toEqual([]);
    const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), made);
    const source = testSource(kernels.ext, 5);
    const { statement, groups } = fixture;
    const proof = proveProgram(kernels, statement, groups, source, made.witness);
    const again = compileProgram(kernels.ext, lowerGraph(made.graph, made.pass));
    expect(verifyProgram({ ...statement, compiled: again }, proof)).toEqual({ ok: true });
  });
});
