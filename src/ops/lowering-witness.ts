/** How what operators commit beside their results is filled from one execution. */
import type { NodeBase } from './operator.ts';

/** One execution, as an operator's witness reads it. */
export interface Executed<N extends NodeBase = NodeBase> {
  readonly node: N;
  /** Rows of the node's result. */
  readonly rows: number;
  /** What the integer definition computed beside the result. */
  auxiliary(value: string): Int32Array;
  /** The same for values beyond 32 bits. */
  wide(value: string): Float64Array;
  /** The result of a node. */
  result(node: string): { readonly data: Int32Array; readonly width: number };
  /** The range of its entries. */
  range(node: string): { readonly min: number; readonly max: number };
}

/** VALUE of NODE:VALUE to its cells, row-major, as narrow as they are; computed when the program has such a tensor. */
export type OperatorWitness<N extends NodeBase = NodeBase> = (
  run: Executed<N>,
) => Readonly<Record<string, () => Int8Array | Int16Array | Int32Array>>;
