/** Graphs with weights and rows, executed and lowered: programs with honest witnesses. */
import { execute, type Graph, type WeightData } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { executePass, programWitness } from '../../src/graph/lower-witness.ts';
import type { Pass } from '../../src/graph/pass.ts';
import { staticCells } from '../../src/graph/static-tensors.ts';
import type { Program } from '../../src/relation/program.ts';
import type { ProgramCase } from './programs.ts';
import { checkGraph } from '../../src/graph/index.ts';
import type { Cells } from './clear.ts';
import { run, type Case } from './graphs.ts';

/** A lowered pass with everything that is known about it. */
export interface Lowered extends ProgramCase {
  readonly graph: Graph;
  readonly pass: Pass;
  readonly results: ReturnType<typeof execute>;
  /** Static and witness cells. */
  readonly cells: Cells;
}

export function lowered(
  graph: Graph,
  weights: Readonly<Record<string, WeightData>>,
  pass: Pass,
  inputs: Readonly<Record<string, ArrayLike<number>>> = {},
  privateTokens: readonly number[] = [],
): Lowered {
  const results = executePass(graph, (name) => weights[name]!, pass, inputs, { privateTokens });
  const program: Program = lowerGraph(graph, pass);
  const witness = programWitness(graph, program, results);
  const statics = new Map<string, Int16Array>();
  for (const declaration of graph.weights) {
    for (const [name, cells] of staticCells(declaration, weights[declaration.name]!)) {
      statics.set(name, Int16Array.from(cells));
    }
  }
  const cells = new Map<string, ArrayLike<number>>([...statics, ...witness.tensors]);
  return { graph, pass, results, program, statics, witness, cells };
}

/** A random case lowered; undefined where it has no rows, no emitted rows for what needs them, or no witness. */
export function loweredCase({ graph, weights, rows }: Case): Lowered | undefined {
  const { tokens, starts, inputs = {} } = rows;
  const emit = rows.emit as readonly number[];
  const results = run({ graph, weights, rows });
  if (tokens.length === 0 || typeof results === 'string') return undefined;
  const emitted = [...checkGraph(graph).tensors.values()].some((info) => info.rows === 'emitted');
  if (emitted && emit.length === 0) return undefined;
  const choices: Record<string, ArrayLike<number>> = {};
  for (const { op, name } of graph.nodes) {
    if (op === 'argmax') choices[name] = results.tensors.get(name)!.data;
  }
  const pass: Pass = { rows: tokens.length, tokens, starts, emit, choices };
  return lowered(graph, weights, pass, inputs);
}
