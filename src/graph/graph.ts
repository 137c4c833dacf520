/**
 * The graph: an integer program over token rows, as data. Everything in it is public: shapes, shifts, widths, tables and
 * their digests. Weights are declared by name, shape and width; their contents live elsewhere.
 */
import type { ActivationNode } from '../ops/activation/shape.ts';
import type { AddNode } from '../ops/add/shape.ts';
import type { ArgmaxNode } from '../ops/argmax/shape.ts';
import type { AttentionNode } from '../ops/attention/shape.ts';
import type { CentreNode } from '../ops/centre/shape.ts';
import type { ConcatNode } from '../ops/concat/shape.ts';
import type { EmbeddingNode } from '../ops/embedding/shape.ts';
import type { EmitNode } from '../ops/emit/shape.ts';
import type { InputNode } from '../ops/input/shape.ts';
import type { LinearNode } from '../ops/linear/shape.ts';
import type { WeightDeclaration } from '../ops/operator.ts';
import type { ProductNode } from '../ops/product/shape.ts';
import type { RequantiseNode } from '../ops/requantise/shape.ts';
import type { RmsnormNode } from '../ops/rmsnorm/shape.ts';
import type { RopeNode } from '../ops/rope/shape.ts';
import type { ScaleNode } from '../ops/scale/shape.ts';

/** Name and version of the form. */
export const GRAPH_FORMAT = 'zkdl-graph-1';
/** Greatest number of tokens of a sequence: sums of 2^17 stay below p (spec/integer-semantics.md, section 4). */
export const MAX_CONTEXT = 16384;

export type GraphNode =
  | ActivationNode
  | AddNode
  | ArgmaxNode
  | AttentionNode
  | CentreNode
  | ConcatNode
  | EmbeddingNode
  | EmitNode
  | InputNode
  | LinearNode
  | ProductNode
  | RequantiseNode
  | RmsnormNode
  | RopeNode
  | ScaleNode;

/** A public table and the digest of its contents, in hexadecimal. */
export interface TableReference {
  readonly id: string;
  readonly digest: string;
}

export interface Graph {
  readonly format: typeof GRAPH_FORMAT;
  /** Greatest number of tokens of a sequence, at most 16384. */
  readonly context: number;
  /** In the order in which they are committed; each is used. */
  readonly weights: readonly WeightDeclaration[];
  /** Exactly the tables that the nodes use, by ascending id. */
  readonly tables: readonly TableReference[];
  /** In an order in which every node reads earlier ones. */
  readonly nodes: readonly GraphNode[];
  /** The node whose result is the program's. */
  readonly output: string;
}
