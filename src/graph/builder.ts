/**
 * Builds graphs. Handles instead of names keep references well-typed; tables and their digests are collected; `build` checks
 * the whole.
 */
import type { WeightDeclaration } from '../ops/operator.ts';
import { tableDigestOf } from '../tables/index.ts';
import { checkGraph } from './check.ts';
import { GRAPH_FORMAT, type Graph, type GraphNode } from './graph.ts';
import { tablesOf } from './operators.ts';

/** The result of a node. */
export interface TensorHandle {
  readonly tensor: string;
}

/** A declared weight. */
export interface WeightHandle {
  readonly weight: string;
}

/** How a requantisation rounds: shift s, bits B, guard bits g. */
export interface RoundingOptions {
  readonly shift: number;
  readonly bits: number;
  /** Default 0: not saturating. */
  readonly guard?: number;
}

export interface GraphBuilder {
  /** Declares a weight of shape [rows, columns] or [entries] with entries of so many bits. */
  weight(name: string, shape: readonly number[], options: { readonly bits: number }): WeightHandle;
  /** Rows from outside, entries of so many bits. */
  input(name: string, options: { readonly width: number; readonly bits: number }): TensorHandle;
  /** Rows of `table` by token, plus rows of `positions`. */
  embedding(
    name: string,
    table: WeightHandle,
    options: { readonly width: number; readonly positions?: WeightHandle },
  ): TensorHandle;
  /** W x + b, not rounded. */
  linear(
    name: string,
    x: TensorHandle,
    weight: WeightHandle,
    options?: { readonly bias?: WeightHandle },
  ): TensorHandle;
  /** floor((x + 2^(s-1)) / 2^s) in B bits, saturating with guard bits. */
  requantise(name: string, x: TensorHandle, options: RoundingOptions): TensorHandle;
  /** `linear` as NAME.acc, then `requantise` as NAME. */
  rounded(
    name: string,
    x: TensorHandle,
    weight: WeightHandle,
    options: RoundingOptions & { readonly bias?: WeightHandle },
  ): TensorHandle;
  add(name: string, left: TensorHandle, right: TensorHandle): TensorHandle;
  /** left * right, not rounded. */
  product(name: string, left: TensorHandle, right: TensorHandle): TensorHandle;
  /** 2^power x. */
  scale(name: string, x: TensorHandle, power: number): TensorHandle;
  concat(name: string, left: TensorHandle, right: TensorHandle): TensorHandle;
  /** Rows without their rounded mean: with `rmsnorm` behind it, LayerNorm. */
  centre(name: string, x: TensorHandle): TensorHandle;
  /** The rows that emit a choice. */
  emit(name: string, x: TensorHandle): TensorHandle;
  /** Bits of the input (16 or 20) and epsilon in squared input steps. */
  rmsnorm(
    name: string,
    x: TensorHandle,
    options: { readonly bits: number; readonly epsilon: number },
  ): TensorHandle;
  /** Rotary positions by a table `rope-B-D-T`. */
  rope(
    name: string,
    x: TensorHandle,
    options: {
      readonly table: string;
      readonly order: 'half' | 'interleaved';
      readonly bits: number;
      readonly guard?: number;
    },
  ): TensorHandle;
  attention(
    name: string,
    inputs: { readonly query: TensorHandle; readonly key: TensorHandle; readonly value: TensorHandle },
    options: {
      readonly heads: number;
      readonly kvHeads: number;
      readonly headDim: number;
      readonly shift: number;
      readonly window?: number;
    },
  ): TensorHandle;
  /** A lookup in an activation table, by its id. */
  activation(name: string, x: TensorHandle, table: string): TensorHandle;
  /** The chosen id of each row; `unit` steps per nat allow sampling (default 0: greedy). */
  argmax(name: string, logits: TensorHandle, options?: { readonly unit?: number }): TensorHandle;
  /** The checked graph. @throws ProofError as `checkGraph` */
  build(output: TensorHandle): Graph;
}

/** The entries that are not undefined. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}

/**
 * A builder for sequences of at most `context` tokens.
 *
 * @example
 * const g = graphBuilder({ context: 64 });
 * const w = g.weight('w', [10, 4], { bits: 8 });
 * const x = g.input('x', { width: 4, bits: 8 });
 * const y = g.rounded('y', x, w, { shift: 8, bits: 8, guard: 1 });
 * const graph = g.build(g.activation('z', y, 'relu-8'));
 */
export function graphBuilder({ context }: { readonly context: number }): GraphBuilder {
  const weights: WeightDeclaration[] = [];
  const nodes: GraphNode[] = [];
  const node = (value: GraphNode): TensorHandle => {
    nodes.push(defined(value));
    return { tensor: value.name };
  };

  const builder: GraphBuilder = {
    weight(name, shape, { bits }) {
      weights.push({ name, shape: [...shape], bits });
      return { weight: name };
    },
    input: (name, { width, bits }) => node({ name, op: 'input', width, bits }),
    embedding: (name, table, options) =>
      node({
        name,
        op: 'embedding',
        table: table.weight,
        ...(options.positions && { positions: options.positions.weight }),
        width: options.width,
        level: 'residue',
      }),
    linear: (name, x, weight, options = {}) =>
      node({
        name,
        op: 'linear',
        input: x.tensor,
        weight: weight.weight,
        ...(options.bias && { bias: options.bias.weight }),
        level: 'residue',
      }),
    requantise: (name, x, { shift, bits, guard = 0 }) =>
      node({ name, op: 'requantise', input: x.tensor, shift, bits, guard }),
    rounded: (name, x, weight, options) =>
      builder.requantise(name, builder.linear(`${name}.acc`, x, weight, options), options),
    add: (name, left, right) => node({ name, op: 'add', left: left.tensor, right: right.tensor }),
    product: (name, left, right) => node({ name, op: 'product', left: left.tensor, right: right.tensor }),
    scale: (name, x, power) => node({ name, op: 'scale', input: x.tensor, power }),
    concat: (name, left, right) => node({ name, op: 'concat', left: left.tensor, right: right.tensor }),
    centre: (name, x) => node({ name, op: 'centre', input: x.tensor }),
    emit: (name, x) => node({ name, op: 'emit', input: x.tensor }),
    rmsnorm: (name, x, { bits, epsilon }) => node({ name, op: 'rmsnorm', input: x.tensor, bits, epsilon }),
    rope: (name, x, { table, order, bits, guard = 0 }) =>
      node({ name, op: 'rope', input: x.tensor, table, order, bits, guard }),
    attention: (name, { query, key, value }, { heads, kvHeads, headDim, shift, window }) =>
      node({
        name,
        op: 'attention',
        query: query.tensor,
        key: key.tensor,
        value: value.tensor,
        heads,
        kvHeads,
        headDim,
        shift,
        ...(window !== undefined && { window }),
      }),
    activation: (name, x, table) => node({ name, op: 'activation', input: x.tensor, table }),
    argmax: (name, logits, { unit = 0 } = {}) => node({ name, op: 'argmax', input: logits.tensor, unit }),
    build(output) {
      const ids = [...new Set(nodes.flatMap(tablesOf))].sort();
      const graph: Graph = {
        format: GRAPH_FORMAT,
        context,
        weights: [...weights],
        tables: ids.map((id) => ({ id, digest: tableDigestOf(id) })),
        nodes: [...nodes],
        output: output.tensor,
      };
      checkGraph(graph);
      return graph;
    },
  };
  return builder;
}
