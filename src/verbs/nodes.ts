/** A graph node by node: what it is, what a proof commits for it, and by what it is proven. */
import { refuse } from '../errors/proof-error.ts';
import { checkGraph, type Graph, type TensorInfo } from '../graph/index.ts';
import { lowerGraph } from '../graph/lower.ts';
import { passOf, type AnswerStatement } from '../answer/statement.ts';
import type { Program, Relation } from '../relation/program.ts';

export interface NodeSummary {
  readonly name: string;
  readonly op: string;
  readonly rows: TensorInfo['rows'];
  readonly width: number;
  readonly min: number;
  readonly max: number;
  /** `proven`: the range holds for every accepted proof; `residue`: the value is a residue modulo p by definition. */
  readonly level: TensorInfo['level'];
  /** Why some inputs have no proof; absent where all have one. */
  readonly partial?: string;
  /** Relations that pin the result. None: it is a fixed sum of values that are pinned (`definition`). */
  readonly lookups: number;
  readonly equations: number;
  /** Hidden tensors that every proof commits for the node. */
  readonly committed: readonly string[];
  /** Sums that are never committed. */
  readonly virtual: readonly string[];
  /** Tensors that the verifier computes for himself: rotations, masks, noise, ids. */
  readonly public: readonly string[];
}

/**
 * An answer of two tokens, or of one: what short passes have, longer ones have as well. Sampled, where the graph can: then it has all that a
 * greedy one has.
 */
function sample({ context, nodes }: Graph): AnswerStatement {
  const samples = nodes.every((node) => node.op !== 'argmax' || node.unit > 0);
  return {
    model: new Uint8Array(32),
    sequences: [{ prompt: [0], completion: context < 2 ? [0] : [0, 0] }],
    choice: samples ? { seed: new Uint8Array(32), temperature: 1 } : 'greedy',
    context: new Uint8Array(0),
  };
}

/** A graph as a verifier sees it. */
export interface GraphSummary {
  readonly nodes: readonly NodeSummary[];
  /** Public tensors that several nodes read, which the verifier computes for himself. */
  readonly sharedPublic: readonly string[];
  /** Public tables of the lookups. */
  readonly lookupTables: readonly { readonly name: string; readonly rows: number }[];
}

/** The nodes of a graph, from the program that a verifier lowers it to. @throws ProofError as `lowerGraph` */
export function summariseGraph(graph: Graph): GraphSummary {
  const { tensors } = checkGraph(graph);
  const program = lowerGraph(graph, passOf(graph, sample(graph)));
  const { owned, shared } = ownedBy(graph, program);
  const nodes = graph.nodes.map(({ name, op }) => {
    const { rows, width, min, max, level, partial } = tensors.get(name) as TensorInfo;
    const { relations, ...parts } = owned.get(name) as Owned;
    const lookups = relations.filter(({ kind }) => kind === 'lookup').length;
    const equations = relations.length - lookups;
    const why = partial === undefined ? {} : { partial };
    return { name, op, rows, width, min, max, level, ...why, lookups, equations, ...parts };
  });
  const lookupTables = program.tables.map(({ name, rows }) => ({ name, rows }));
  return { nodes, sharedPublic: shared, lookupTables };
}

interface Owned {
  readonly relations: Relation[];
  readonly committed: string[];
  readonly virtual: string[];
  readonly public: string[];
}

/**
 * Everything in a program by the node that put it there: its names begin with the node's. Nothing hidden and no relation is
 * left over.
 */
function ownedBy(
  graph: Graph,
  program: Program,
): { readonly owned: ReadonlyMap<string, Owned>; readonly shared: readonly string[] } {
  const owned = new Map(
    graph.nodes.map(({ name }): [string, Owned] => [
      name,
      { relations: [], committed: [], virtual: [], public: [] },
    ]),
  );
  const of = (name: string): Owned =>
    owned.get(nodeOf(name)) ??
    refuse('COVERAGE', `program/${name}`, 'expected the name of a node, got something that belongs to none');
  const shared: string[] = [];
  for (const { kind, name } of program.tensors) {
    if (kind === 'witness') of(name).committed.push(name);
    if (kind === 'public') (owned.get(nodeOf(name))?.public ?? shared).push(name);
  }
  for (const { name } of program.virtuals) of(name).virtual.push(name);
  for (const relation of program.relations) of(relation.name).relations.push(relation);
  return { owned, shared };
}

function nodeOf(name: string): string {
  return name.split(':')[0] as string;
}
