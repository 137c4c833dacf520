/** Weights to start from that everybody draws from a public seed: the program of a first step has them as public tensors. spec/graph-runs.md section 1, spec/graph-step-program.md section 7. */
import { refuse } from '../../errors/proof-error.ts';
import type { Graph } from '../../graph/graph.ts';
import { references } from '../../graph/operators.ts';
import { rawWords } from '../../hash/stream.ts';
import type { WeightDeclaration } from '../../ops/operator.ts';
import type { Program, Relation, Tensor, Term } from '../../relation/program.ts';
import { digestOfLeaves } from '../../transcript/statement.ts';
import type { GraphPlan } from './plan.ts';
import { partCells, stateParts, type StatePart } from './state-parts.ts';
import { stateOf, type GraphState } from './state.ts';

/** How first weights are drawn: of every weight, in the order of the graph, its entries are uniform in [-a, a]. */
export interface StartBounds {
  readonly bounds: readonly number[];
}

/** With what they are drawn from. */
export interface DrawnStart extends StartBounds {
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

/** Entries that a verifier draws, and goes through for every node that reads them. */
const MAX_ENTRIES = 2 ** 24;
/** A word times 2a + 1 is exact below 2^53. */
const MAX_BOUND = 2 ** 20 - 1;

/** @throws ProofError `PLAN` for bounds of another number, beyond the bits of their weights, and for weights that are too many to be drawn */
export function checkBounds({ weights, nodes }: Graph, { bounds }: StartBounds, stage: string): void {
  const wrong = (detail: string): never => refuse('PLAN', stage, `start: ${detail}`);
  if (bounds.length !== weights.length) wrong(`expected ${weights.length} bounds, got ${bounds.length}`);
  weights.forEach(({ name, bits }, i) => {
    const [a, most] = [bounds[i] as number, Math.min(2 ** (bits - 1) - 1, MAX_BOUND)];
    if (!Number.isInteger(a) || a < 0 || a > most) wrong(`${name}: expected a bound up to ${most}, got ${a}`);
  });
  const cells = new Map(weights.map(({ name, shape }) => [name, cellsOf(shape)]));
  const read = nodes.flatMap((node) => references(node, 'weight'));
  const entries = read.reduce((sum, name) => sum + (cells.get(name) as number), 0);
  if (entries > MAX_ENTRIES) {
    wrong(
      `expected at most 2^24 entries of drawn weights, once for every node that reads them, got ${entries}`,
    );
  }
}

function cellsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The state that a seed stands for: nothing is below the weights that the passes read, and no momentum. */
export function drawnState(graph: Graph, plan: GraphPlan, { seed, bounds }: DrawnStart): GraphState {
  const entries = (name: string): Int32Array => {
    const id = graph.weights.findIndex((own) => own.name === name);
    const a = bounds[id] as number;
    const words = rawWords({ key: seed, label: 'weights', id }, 0, cellsOf(graph.weights[id]?.shape ?? []));
    return Int32Array.from(words, (word) => Math.floor((word * (2 * a + 1)) / 2 ** 32) - a);
  };
  return stateOf(graph, entries, plan);
}

/**
 * The program of steps of which the first one reads drawn weights: what the passes read is public, and what is zero (the bits below, momenta) is not there.
 * The other groups have one number less.
 *
 * @param program of steps whose first one reads weights that a step wrote: these are within their bits, which needs no lookup
 */
export function drawnProgram(program: Program, graph: Graph, plan: GraphPlan, start: DrawnStart): Program {
  const parts = stateParts(graph, plan);
  const state = drawnState(graph, plan, start);
  const zeros = new Set<string>();
  let next = 0; // static tensors of group 0 are the parts of the state, in their order
  const tensors = program.tensors.flatMap((tensor): Tensor[] => {
    if (tensor.kind !== 'static') return [tensor];
    const { name, shape, group = 0 } = tensor;
    if (group > 0) return [{ ...tensor, group: group - 1 }];
    const part = parts[next++] as StatePart;
    const { own, kind } = part;
    if (kind === 'weight') {
      const digit = parts.filter((other) => other.own === own && other.kind === kind).indexOf(part);
      const source = sourceOf(graph, start, { own, digit });
      return [{ kind: 'public', name, shape, values: partCells(part, state), source }];
    }
    zeros.add(name);
    return [];
  });
  const isThere = ({ views }: Term): boolean => !views.some(({ tensor }) => zeros.has(tensor));
  const relations = program.relations.map((own): Relation =>
    own.kind === 'zero'
      ? { ...own, terms: own.terms.filter(isThere) }
      : { ...own, entries: own.entries.map((entry) => entry.filter(isThere)) },
  );
  return { ...program, tensors, relations };
}

/** The 32 bytes that name a public tensor: everything that its cells are drawn from. */
function sourceOf(
  graph: Graph,
  { seed, bounds }: DrawnStart,
  { own, digit }: { readonly own: WeightDeclaration; readonly digit: number },
): Uint8Array<ArrayBuffer> {
  const weight = graph.weights.indexOf(own);
  const numbers = { weight, bits: own.bits, digit, bound: bounds[weight] as number };
  return digestOfLeaves('zkdl graph start 1', [
    { label: 'seed', type: 'digest', value: seed },
    ...Object.entries(numbers).map(([label, value]) => ({ label, type: 'integer' as const, value })),
    ...own.shape.map((size, d) => ({ label: `size-${d}`, type: 'integer' as const, value: size })),
  ]);
}
