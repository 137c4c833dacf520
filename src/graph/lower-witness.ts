/**
 * The prover's side of lowering: one execution with everything that operators compute on the way, and the witness of the
 * program made from it. Accumulators go along, so that the proof recomputes no matrix product.
 */
import { argmaxWitness } from '../ops/argmax/witness.ts';
import { attentionWitness } from '../ops/attention/witness.ts';
import { centreWitness } from '../ops/centre/witness.ts';
import { matrixTensor } from '../ops/lowering.ts';
import type { Executed, OperatorWitness } from '../ops/lowering-witness.ts';
import { embeddingWitness } from '../ops/embedding/witness.ts';
import { requantiseWitness } from '../ops/requantise/witness.ts';
import { rmsnormWitness } from '../ops/rmsnorm/witness.ts';
import { ropeWitness } from '../ops/rope/witness.ts';
import type { ProgramWitness, RowMajor } from '../relation/cells-prove.ts';
import type { Program } from '../relation/program.ts';
import { checkGraph } from './check.ts';
import { execute, type ExecuteOptions, type Weights } from './execute.ts';
import type { Graph, GraphNode } from './graph.ts';
import { rowsOfPrivateTokens, type Pass } from './pass.ts';
import type { Execution } from './session.ts';

const WITNESSES: { readonly [N in GraphNode as N['op']]?: OperatorWitness<N> } = {
  argmax: argmaxWitness,
  attention: attentionWitness,
  centre: centreWitness,
  embedding: embeddingWitness,
  requantise: requantiseWitness,
  rmsnorm: rmsnormWitness,
  rope: ropeWitness,
};

/** What runs a pass, beside what its statement says. */
export interface PassOptions extends ExecuteOptions {
  /** Ids of the pass's private tokens, in the order of their rows. */
  readonly privateTokens?: readonly number[];
}

/**
 * The execution of a pass with all auxiliary values.
 *
 * @param inputs rows of `input` nodes by name
 * @throws RangeError unless there is an id for every private token
 */
export function executePass(
  graph: Graph,
  weights: Weights,
  pass: Pass,
  inputs: Readonly<Record<string, ArrayLike<number>>> = {},
  { privateTokens = [], ...options }: PassOptions = {},
): Execution<Int32Array> {
  const { starts, emit, choice = 'greedy' } = pass;
  const append = { inputs, starts, emit, choice, auxiliary: true };
  if (pass.tokens === undefined) return execute(graph, weights, append, options);
  const privateRows = rowsOfPrivateTokens(pass.tokens);
  if (privateRows.length !== privateTokens.length) {
    throw new RangeError(`privateTokens: expected ${privateRows.length} ids, got ${privateTokens.length}`);
  }
  const tokens = Array.from(pass.tokens);
  privateRows.forEach((row, i) => (tokens[row] = privateTokens[i] as number));
  return execute(graph, weights, { ...append, tokens, privateRows }, options);
}

/**
 * The witness of a lowered pass.
 *
 * @param program of the same graph and pass
 * @param weights of the graph, where they are at hand: then the proof need not put matrices together again
 * @throws Error for a tensor that no operator fills
 */
export function programWitness(
  graph: Graph,
  program: Program,
  { tensors: results, auxiliary }: Execution<Int32Array>,
  weights?: Weights,
): ProgramWitness {
  const info = checkGraph(graph);
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const made = new Map<string, Readonly<Record<string, () => RowMajor>>>();
  const resultOf = (name: string) => {
    const result = results.get(name);
    if (result === undefined) throw new Error(`witness: expected a result of ${name}`);
    return result;
  };
  const valuesOf = (name: string) => {
    const node = nodes.get(name) as GraphNode;
    const run: Executed = {
      node,
      rows: resultOf(name).rows,
      auxiliary: (value) => auxiliary.get(`${name}.${value}`) as Int32Array,
      wide: (value) => auxiliary.get(`${name}.${value}`) as Float64Array,
      result: resultOf,
      range: (of) => info.tensors.get(of) as { min: number; max: number },
    };
    const operator = WITNESSES[node.op] as OperatorWitness | undefined;
    const values = made.get(name) ?? operator?.(run) ?? {};
    made.set(name, values);
    return values;
  };
  const cellsOf = (name: string): RowMajor | undefined => {
    const [node, value] = name.split(':') as [string, string?];
    if (value === undefined || value === 'value') return resultOf(node).data;
    return valuesOf(node)[value]?.();
  };
  const tensors = new Map<string, RowMajor>();
  for (const { kind, name } of program.tensors) {
    if (kind !== 'witness') continue;
    const cells = cellsOf(name);
    if (cells === undefined) throw new Error(`witness: expected values of ${name}`);
    tensors.set(name, cells);
  }
  const virtuals = new Map<string, RowMajor>();
  for (const { name } of program.virtuals) {
    const cells = cellsOf(name);
    if (cells !== undefined) virtuals.set(name, cells);
  }
  return { tensors, virtuals, ...(weights && { statics: matricesOf(graph, weights) }) };
}

/** The matrices that are committed as they are: no copy, and none is read before it is asked for. */
function matricesOf(graph: Graph, weights: Weights): NonNullable<ProgramWitness['statics']> {
  const matrices = graph.weights.filter(({ shape }) => shape.length === 2);
  const names = new Map(matrices.map(({ name }) => [matrixTensor(name), name]));
  return {
    get(tensor) {
      const name = names.get(tensor);
      const data = name === undefined ? undefined : weights(name);
      return data instanceof Int16Array ? data : undefined;
    },
  };
}
