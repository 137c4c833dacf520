/** What the parts of a step's program share: indices, tensors of weights and activations, tables. */
import type { ProgramBuilder } from '../relation/builder.ts';
import { merge, type Handle } from '../relation/handles.ts';
import type { Coordinate, Index, Range, Table } from '../relation/program.ts';
import type { Segment } from './segment.ts';

export type Matrix = Handle<readonly [number, number]>;
export type Stack = Handle<readonly [number, number, number]>;

/** What the program says of the state of a layer: what the passes read of weights, the bits below, and with momentum Z. */
export type StateValue = 'weight' | 'rest' | 'iterate';

/** A tensor [outputs, inputs + 1], counted so often. */
export interface Counted {
  readonly tensor: Matrix;
  readonly times: number;
}

/** A value of the state of a layer: sums of tensors at both ends of the segment. */
export interface StatePart {
  /** Before the first period; empty where everybody knows that it is zero. */
  readonly before: readonly Counted[];
  /** Between periods, one behind the other; undefined where there is one. */
  readonly between: Stack | undefined;
  /** Behind the last period. */
  readonly after: readonly Counted[];
}

/** A program under construction. Rows of all batches are one dimension, those of a period one behind the other. */
export interface StepParts {
  readonly b: ProgramBuilder;
  readonly segment: Segment;
  /** Period, row in it, row of all batches. */
  readonly s: Index;
  readonly t: Index;
  readonly r: Index;
  /** Another row of the same period; undefined for periods of one step. */
  readonly u: Index | undefined;
  /** Layer by layer the values that the plan has. */
  readonly state: readonly Readonly<Partial<Record<StateValue, StatePart>>>[];
}

/** A value of the state of a layer. */
export function statePartOf({ state }: Pick<StepParts, 'state'>, kind: StateValue, layer: number): StatePart {
  const part = state[layer]?.[kind];
  if (part === undefined) throw new Error(`program: expected ${kind} of layer ${layer}`);
  return part;
}

/** Row t of period s among the rows of all batches. @param row another index of rows of a period */
export function rowOf({ s, t }: Pick<StepParts, 's' | 't'>, row: Index = t): Coordinate {
  return merge([s, t.size], [row, 1]);
}

/** The integers of so many bits with a sign, and without. */
export function signed(bits: number): Range {
  return { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 };
}

export function unsigned(bits: number): Range {
  return { min: 0, max: 2 ** bits - 1 };
}

/** @returns its name */
export function addTable(b: Pick<ProgramBuilder, 'table'>, { name, columns }: Table): string {
  return b.table(name, ...columns);
}
