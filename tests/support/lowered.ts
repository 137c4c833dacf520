/** Graphs with weights and rows, executed and lowered: programs with honest witnesses. */
import { execute, type Graph, type WeightData } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { executePass, programWitness } from '../../src/graph/lower-witness.ts';
import type { Pass } from '../../src/graph/pass.ts';
import { staticCells } from '../../src/graph/static-tensors.ts';
import type { Program } from '../../src/relation/program.ts';
import type { ProgramCase } from './programs.ts';
import type { Cells } from './clear.ts';

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
): Lowered {
  const results = executePass(graph, (name) => weights[name]!, pass, inputs);
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
