/**
 * Models that can be trained, as people write them: JSON with the sizes of a transformer, or a whole graph (`zkdl-graph-1`). Imported models round with
 * guard bits, which are not trained. Strict: what is not known is refused. docs/training.md.
 */
import { checkGraph, parseGraph, type Graph } from '../../graph/index.ts';
import { fieldsOf, integer, readJson, wrong } from '../training/plan-file.ts';
import { normPlaces, transformerGraph, transformerPlaces, type TransformerSize } from './transformer.ts';

export interface TrainableModel {
  readonly graph: Graph;
  /** What its integers stand for; of a graph by itself its plan says that. */
  readonly places?: { readonly weights: Readonly<Record<string, number>>; readonly norms: number };
}

const SIZES = [
  ['vocabulary', 2, 2 ** 13],
  ['context', 1, 2 ** 14],
  ['width', 1, 2 ** 12],
  ['heads', 1, 2 ** 8],
  ['layers', 1, 2 ** 7],
  ['hidden', 1, 2 ** 14],
] as const;

/** @throws ProofError `FILE_*`; `PLAN`, `GRAPH_*` naming the file */
export function readModel(path: string): TrainableModel {
  return readJson(path, modelOf);
}

/** @throws ProofError `PLAN`, `GRAPH_*` */
export function modelOf(value: unknown): TrainableModel {
  if (typeof value === 'object' && value !== null && 'format' in value) {
    return { graph: parseGraph(JSON.stringify(value)) };
  }
  const own = fieldsOf(
    'model',
    value,
    SIZES.map(([name]) => name),
  );
  const sizes = SIZES.map(([name, least, most]) => {
    const size = integer(name, own[name]);
    if (size < least || size > most) wrong(`${name}: expected ${least} to ${most}, got ${size}`);
    return [name, size] as const;
  });
  const size = Object.fromEntries(sizes) as unknown as TransformerSize;
  if (size.width % size.heads !== 0) {
    wrong(`heads: expected a divisor of the width ${size.width}, got ${size.heads}`);
  }
  const graph = transformerGraph(size);
  return { graph, places: { weights: transformerPlaces(graph), norms: normPlaces(size) } };
}

/** Token ids that a graph reads and names: a target is a token of the corpus too. @throws ProofError `PLAN` for a graph without an embedding */
export function vocabularyOf(graph: Graph): number {
  const embedding = graph.nodes.find(({ op }) => op === 'embedding');
  if (embedding?.op !== 'embedding') return wrong('graph: expected one embedding, got none');
  const table = graph.weights.find(({ name }) => name === embedding.table);
  const classes = checkGraph(graph).tensors.get(graph.output)?.width;
  return Math.min(table?.shape[0] as number, classes as number);
}
