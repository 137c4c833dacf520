/**
 * OPS-2, OPS-4: given its inputs an operator has one witness in the whole field; and without any one of its relations it has
 * two, so none is there for nothing.
 */
import { describe, expect, it } from 'vitest';
import {
  graphBuilder,
  type GraphBuilder,
  type TensorHandle,
  type WeightData,
} from '../../src/graph/index.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { formsOf, inline } from '../../src/relation/form.ts';
import type { Cells } from '../support/clear.ts';
import { dice } from '../support/graphs.ts';
import { lowered, type Lowered } from '../support/lowered.ts';
import { secondWitness, solve, withoutRelation, type Solution } from '../support/solve.ts';

interface Small {
  readonly name: string;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly weights?: Readonly<Record<string, WeightData>>;
  readonly tokens?: readonly number[];
  readonly starts?: readonly number[];
  readonly emit?: readonly number[];
  build(g: GraphBuilder): TensorHandle;
}

function make({ inputs, weights = {}, tokens, starts = [0], emit = [], build }: Small): Lowered {
  const g = graphBuilder({ context: 128 });
  const graph = g.build(build(g));
  const [input] = graph.nodes.flatMap((node) => (node.op === 'input' ? [node] : []));
  const rows = tokens?.length ?? inputs[input!.name]!.length / input!.width;
  return lowered(graph, weights, { rows, starts, emit, ...(tokens && { tokens }) }, inputs);
}

/** Cells of weights and inputs. */
function given({ cells, graph }: Lowered): Map<string, ArrayLike<number>> {
  const inputs = graph.nodes.flatMap(({ op, name }) => (op === 'input' ? [name] : []));
  return new Map([...cells].filter(([name]) => name.startsWith('weight/') || inputs.includes(name)));
}

/** The witness that was found is the executor's. */
function expectUnique(made: Lowered, also: readonly string[] = []): void {
  const known = given(made);
  for (const name of also) known.set(name, made.cells.get(name)!);
  const { solutions } = solve(made.program, known);
  expect(solutions.length).toBe(1);
  for (const [name, cells] of solutions[0]!) {
    expect(cells, name).toEqual(Array.from(made.cells.get(name)!, (x) => koalaBear.fromInt(x)));
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

const rms = (bits: 16 | 20, epsilon: number, inputs: readonly number[], width: number): Small => ({
  name: `rmsnorm of ${bits} bits, ${width} columns, [${inputs.slice(0, 6).join(', ')}], epsilon ${epsilon}`,
  inputs: { x: inputs },
  build: (g) => g.rmsnorm('y', g.input('x', { width, bits }), { bits, epsilon }),
});

/** A product of two inputs is a proven value that no lookup has seen. */
const CASES: readonly Small[] = [
  {
    name: 'requantise, all inputs',
    inputs: { x: range(-128, 128) },
    build: (g) => g.requantise('y', g.input('x', { width: 4, bits: 8 }), { shift: 3, bits: 6 }),
  },
  {
    name: 'requantise, saturating, all inputs',
    inputs: { x: range(-128, 128) },
    build: (g) => g.requantise('y', g.input('x', { width: 4, bits: 8 }), { shift: 2, bits: 3, guard: 4 }),
  },
  {
    name: 'requantise of a residue with the widest digits',
    inputs: { x: [2 ** 19 - 1, -(2 ** 19), 12345, 0] },
    build: (g) => {
      const x = g.input('x', { width: 4, bits: 20 });
      const wide = g.linear('wide', x, g.weight('w', [1, 4], { bits: 11 }));
      return g.requantise('y', wide, { shift: 14, bits: 10, guard: 6 });
    },
    weights: { w: Int16Array.from([1000, 3, 0, 7]) },
  },
  {
    name: 'activation, all inputs',
    inputs: { x: range(-32, 32) },
    build: (g) => g.activation('y', g.input('x', { width: 4, bits: 6 }), 'silu-6-r2'),
  },
  {
    name: 'activation behind a rounding',
    inputs: { x: range(-64, 64) },
    build: (g) => {
      const x = g.input('x', { width: 4, bits: 7 });
      return g.activation('y', g.requantise('q', x, { shift: 2, bits: 6 }), 'gelu-erf-6-r2');
    },
  },
  {
    name: 'activation joined to a saturating rounding',
    inputs: { x: range(-64, 64) },
    build: (g) => {
      const x = g.input('x', { width: 4, bits: 7 });
      return g.activation('y', g.requantise('q', x, { shift: 1, bits: 4, guard: 3 }), 'relu-6');
    },
  },
  {
    name: 'activation joined to a saturating rounding that others read',
    inputs: { x: range(-64, 64) },
    build: (g) => {
      const q = g.requantise('q', g.input('x', { width: 4, bits: 7 }), { shift: 1, bits: 4, guard: 3 });
      return g.requantise('p', g.product('qa', q, g.activation('a', q, 'silu-6-r2')), { shift: 4, bits: 16 });
    },
  },
  {
    name: 'product and scale',
    inputs: { x: [-8, -7, 7, 5, 3, -1, 0, 1] },
    build: (g) => {
      const x = g.input('x', { width: 2, bits: 4 });
      const sum = g.add('sum', g.product('xx', x, x), g.scale('x4', x, 2));
      return g.requantise('y', g.product('p', g.requantise('s', sum, { shift: 1, bits: 8 }), x), {
        shift: 2,
        bits: 10,
      });
    },
  },
  {
    name: 'concat',
    inputs: { x: [-8, -7, 7, 5, 3, -1] },
    build: (g) => {
      const x = g.input('x', { width: 3, bits: 4 });
      return g.concat('y', g.scale('x2', x, 1), x);
    },
  },
  {
    name: 'centre of all rows of two small entries',
    inputs: { x: range(-4, 4).flatMap((a) => range(-4, 4).flatMap((b) => [a, b])) },
    build: (g) => g.centre('c', g.input('x', { width: 2, bits: 3 })),
  },
  {
    name: 'centre of a width and a range that are no powers of two',
    inputs: { x: range(-4, 4).flatMap((a) => range(-4, 4).flatMap((b) => [a, b, -1 - a])) },
    build: (g) => {
      const x = g.input('x', { width: 3, bits: 3 });
      return g.centre('c', g.add('z', x, g.product('xx', x, x)));
    },
  },
  {
    name: 'centre of wide entries: digits of the mean',
    inputs: { x: [2 ** 19 - 1, -(2 ** 19), 1000, 5, -5, 0, 1, 2, 3, 4] },
    build: (g) => {
      const x = g.input('x', { width: 5, bits: 20 });
      return g.centre('c', g.add('xx', x, g.scale('x2', x, 1)));
    },
  },
  {
    name: 'centre of a range so wide that a mean beyond it would wrap',
    inputs: {
      x: [...new Array<number>(5).fill(-8192), 7, 7, 7, 7, 7],
      y: [...new Array<number>(5).fill(8191), 0, 0, 0, 0, 0],
    },
    build: (g) => {
      const [x, y] = [g.input('x', { width: 5, bits: 14 }), g.input('y', { width: 5, bits: 14 })];
      return g.centre('c', g.add('z', g.product('xy', x, y), x));
    },
  },
  rms(16, 1, [100, -200, 32767, -32768, 0, 0], 2),
];

/** More norms: these rows alone do not show every relation of use. */
const NORMS = [rms(16, 2 ** 40 + 12345, [32767, -32768, 32767], 3), rms(16, 2 ** 52 - 2 ** 32, [1, -1], 2)];

/** The high digits of 20-bit inputs are unique by their two range checks; given these, the row values are searched. */
const WIDE = rms(20, 7, [2 ** 19 - 1, -(2 ** 19)], 2);

/** Relations of the nodes that are not given. */
function checked({ program, graph }: Lowered): string[] {
  const inputs = new Set(graph.nodes.flatMap(({ op, name }) => (op === 'input' ? [name] : [])));
  return program.relations.map(({ name }) => name).filter((name) => !inputs.has(name.split(':')[0]!));
}

/** One case for each row. */
function byRow(small: Small): Lowered[] {
  const { graph } = make(small);
  const inputs = graph.nodes.flatMap((node) => (node.op === 'input' ? [node] : []));
  const [{ name, width }] = inputs as [(typeof inputs)[number]];
  return Array.from({ length: small.inputs[name]!.length / width }, (_, row) => {
    const rows = inputs.map((node) => {
      const cells = small.inputs[node.name]!;
      return [node.name, cells.slice(row * node.width, (row + 1) * node.width)] as const;
    });
    return make({ ...small, inputs: Object.fromEntries(rows) });
  });
}

describe('OPS-2: one witness', () => {
  it.each([...CASES, ...NORMS])('$name', (small) => byRow(small).forEach((made) => expectUnique(made)));

  it('rmsnorm of 20 bits', () => expectUnique(make(WIDE), ['y:upper']));
});

/** A witness beside the honest one that satisfies all relations but one. */
function liar({ program, cells }: Lowered, known: Cells, name: string): Solution | undefined {
  const { int } = dice(7);
  const removed = program.relations.find((relation) => relation.name === name)!;
  const virtuals = new Map(program.virtuals.map((virtual) => [virtual.name, virtual]));
  const tensors = formsOf(removed).flatMap((terms) => inline(terms, virtuals).flatMap(({ views }) => views));
  const own = tensors.map(({ tensor }) => tensor);
  return secondWitness(withoutRelation(program, name), known, cells, own, () => int(0, 2) === 0);
}

/** Second witnesses of a norm that change every value: norm-liars.test.ts has them. */
const ELSEWHERE = new Set(['y:limb2', 'y:above', 'y:normal']);

describe('OPS-4: two without any one relation', () => {
  it.each(CASES)('$name', (small) => {
    const rows = byRow(small);
    const superfluous = checked(rows[0]!).filter((name) =>
      rows.every((made) => liar(made, given(made), name) === undefined),
    );
    expect(superfluous.filter((name) => !ELSEWHERE.has(name))).toEqual([]);
  });
});
