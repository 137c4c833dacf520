/**
 * A graph from its end to its beginning: every node hands what it was given to what it reads. The same walk makes relations and integers.
 * spec/training-operators.md section 1.
 */
import type { Graph, GraphNode } from '../../graph/graph.ts';

/** What a walk does: with gradients G, and contributions C to gradients of weights. */
export interface Way<G, C> {
  /** The gradient of a result that several nodes read. */
  sum(node: GraphNode, parts: readonly G[]): G;
  /**
   * Through a node, from the gradient of its result.
   *
   * @param give hands a gradient to a tensor that the node reads
   * @param move hands a contribution to a weight
   */
  through(
    node: GraphNode,
    gradient: G,
    give: (input: string, gradient: G) => void,
    move: (weight: string, contribution: C) => void,
  ): void;
}

/**
 * @param gradient of the graph's output
 * @returns contributions to the gradient of every weight, in the order in which they are met
 */
export function walkBack<G, C>(graph: Graph, gradient: G, way: Way<G, C>): ReadonlyMap<string, readonly C[]> {
  const gradients = new Map<string, G[]>([[graph.output, [gradient]]]);
  const moves = new Map<string, C[]>();
  const into = <T>(map: Map<string, T[]>, name: string, value: T): void => {
    const known = map.get(name); // one list for a name: strangers' graphs move a weight tens of thousands of times
    if (known === undefined) map.set(name, [value]);
    else known.push(value);
  };
  for (const node of [...graph.nodes].reverse()) {
    const parts = gradients.get(node.name);
    if (parts === undefined) continue; // nothing that counts reads it
    const own = parts.length === 1 ? (parts[0] as G) : way.sum(node, parts);
    way.through(
      node,
      own,
      (input, part) => into(gradients, input, part),
      (weight, contribution) => into(moves, weight, contribution),
    );
  }
  return moves;
}
