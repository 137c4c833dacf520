/** Norms whose prover tells one lie and is consistent about it otherwise: exactly one relation stops it. */
import { describe, expect, it } from 'vitest';
import { graphBuilder } from '../../src/graph/index.ts';
import { balanced } from '../../src/ops/tensor.ts';
import type { Executed } from '../../src/ops/lowering-witness.ts';
import { rmsnormWitness } from '../../src/ops/rmsnorm/witness.ts';
import { normDigits } from '../../src/ops/rmsnorm/digits.ts';
import type { RmsnormNode } from '../../src/ops/rmsnorm/shape.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { violated } from '../support/clear.ts';
import { lowered } from '../support/lowered.ts';

/** What a prover claims of the row; the rest follows from it. */
interface Lie {
  readonly squares?: number;
  readonly exponent?: number;
  readonly mantissa?: number;
  readonly root?: number;
  /** rest, and step - 1 - rest. */
  readonly rest?: readonly [number, number];
  /** Added to every result. */
  readonly result?: number;
}

/** The relations that a norm of one row violates under a lie. */
function caught(bits: 16 | 20, epsilon: number, x: readonly number[], lie: Lie): string[] {
  const g = graphBuilder({ context: 4 });
  const graph = g.build(g.rmsnorm('y', g.input('x', { width: x.length, bits }), { bits, epsilon }));
  const made = lowered(graph, {}, { rows: 1, starts: [0], emit: [] }, { x });
  const squares = lie.squares ?? x.reduce((sum, v) => sum + v * v, epsilon);
  let e = 0;
  while (Math.floor(squares / 4 ** e) >= 2 ** 16) e++;
  e = lie.exponent ?? e;
  const m = lie.mantissa ?? Math.floor(squares / 4 ** e);
  const root = lie.root ?? Math.floor(column(tableOf('rsqrt'), 'r')[m]! / 2 ** e);
  const y = x.map((v) => Math.floor((balanced(v * root) + 2 ** 13) / 2 ** 14) + (lie.result ?? 0));
  const auxiliary = { mantissa: [m], exponent: [e], root: [root] };
  const run: Executed<RmsnormNode> = {
    node: graph.nodes[1] as RmsnormNode,
    rows: 1,
    auxiliary: (value) => Int32Array.from(auxiliary[value as keyof typeof auxiliary]),
    wide: () => Float64Array.of(squares),
    result: () => ({ data: Int32Array.from(x), width: x.length }),
    range: () => ({ min: 0, max: 0 }),
  };
  const values = rmsnormWitness(run);
  const cells = new Map(made.cells);
  cells.set('y', y);
  for (const { kind, name } of made.program.tensors) {
    if (kind === 'witness' && name.startsWith('y:')) cells.set(name, values[name.slice(2)]!());
  }
  if (lie.rest !== undefined) {
    const { bits: width, digits } = normDigits(bits, x.length)[0]!;
    const own = Int32Array.from(cells.get(`y:digits-${width}`)!);
    own.set(lie.rest, digits.indexOf('rest'));
    cells.set(`y:digits-${width}`, own);
  }
  return violated(made.program, cells);
}

const big = [32767, -32768, 32767];
const V = 32768 ** 2 + 2 * 32767 ** 2 + 1;

describe('a norm with one lie', () => {
  it.each([
    ['nothing wrong', 16, 1, big, {}, []],
    ['the top limb is one less', 16, 1, big, { squares: V - 2 ** 30 }, ['y:limb2']],
    ['the middle limb is one less', 16, 1, big, { squares: V - 2 ** 15 }, ['y:limb1']],
    ['the lowest limb is one less', 16, 1, big, { squares: V - 1 }, ['y:limb0']],
    ['no epsilon', 16, 3, [9, 4], { squares: 97 }, ['y:limb0']],
    ['a mantissa below 2^14', 16, 510, [255, 0], { exponent: 1 }, ['y:normal']],
    [
      'high limbs forgotten',
      16,
      50000,
      [-32768],
      { exponent: 0, mantissa: 50000, rest: [0, 0] },
      ['y:above'],
    ],
    ['results one too large', 16, 1, big, { result: 1 }, ['y:remainder']],
    [
      'squares of 20 bits, the lowest limb',
      20,
      1,
      [2 ** 19 - 1, 7],
      { squares: (2 ** 19 - 1) ** 2 + 49 },
      ['y:limb0'],
    ],
  ] as const)('%s', (_, bits, epsilon, x, lie, relations) => {
    expect(caught(bits, epsilon, x, lie)).toEqual(relations);
  });

  it.each([
    ['a root one larger', 16, 1, big, 1],
    ['a root one smaller', 16, 1, big, -1],
    ['a root one larger, e = 0', 16, 1, [100, -200], 1],
    ['a root one smaller, 20 bits', 20, 1, [2 ** 19 - 1, 7, -(2 ** 19)], -1],
  ] as const)('%s', (_, bits, epsilon, x, step) => {
    const squares = x.reduce((sum: number, v) => sum + v * v, epsilon);
    let e = 0;
    while (Math.floor(squares / 4 ** e) >= 2 ** 16) e++;
    const root = Math.floor(column(tableOf('rsqrt'), 'r')[Math.floor(squares / 4 ** e)]! / 2 ** e) + step;
    const relations = caught(bits, epsilon, x, { root });
    expect(relations.length).toBeGreaterThan(0);
    expect(relations.every((name) => /^y:(digits-1[15]|root.*)$/.test(name))).toBe(true);
  });

  it('rows of 1500 columns of 20 bits: two chunks', () => {
    const x = Array.from({ length: 1500 }, (_, i) => ((i * 7919) % 2 ** 20) - 2 ** 19);
    expect(caught(20, 1, x, {})).toEqual([]);
    const squares = x.reduce((sum, v) => sum + v * v, 1);
    expect(caught(20, 1, x, { squares: squares + 1 })).toEqual(['y:limb0']);
    expect(caught(20, 1, new Array<number>(1500).fill(-(2 ** 19)), {})).toEqual([]);
  });
});
