/** What the parts of a step's program share: indices, tensors of weights and activations, tables. */
import type { ProgramBuilder } from '../relation/builder.ts';
import { merge, type Handle } from '../relation/handles.ts';
import type { Coordinate, Index, Range, Table } from '../relation/program.ts';
import type { Segment } from './segment.ts';
import type { StateKind } from './state.ts';

export type Matrix = Handle<readonly [number, number]>;
export type Stack = Handle<readonly [number, number, number]>;

/** A state that is a tensor of its own, [outputs, inputs + 1]: state j lies before period j. */
export interface PlacedState {
  readonly state: number;
  readonly tensor: Matrix;
}

/** A part of the weights of a layer, state after state. A state that is nowhere is zero, as everybody knows. */
export interface StatePart {
  /** Those at the ends of the segment. */
  readonly ends: readonly PlacedState[];
  /** The states from 1 on that the proof commits, one behind the other; undefined where there are none. */
  readonly between: Stack | undefined;
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
  /** Layer by layer. */
  readonly state: readonly Readonly<Record<StateKind, StatePart>>[];
}

/** A part of the weights of a layer. */
export function statePartOf({ state }: Pick<StepParts, 'state'>, kind: StateKind, layer: number): StatePart {
  return (state[layer] as Readonly<Record<StateKind, StatePart>>)[kind];
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
