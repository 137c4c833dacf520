/** One operator, forth and back: its program behind a graph, with the honest witness. The gradient that comes in is given. */
import type { GraphBuilder, TensorHandle, WeightData } from '../../src/graph/index.ts';
import { graphBuilder } from '../../src/graph/index.ts';
import { lowerGraphWith } from '../../src/graph/lower.ts';
import { executePass, programWitness } from '../../src/graph/lower-witness.ts';
import type { Pass } from '../../src/graph/pass.ts';
import type { GraphNode } from '../../src/graph/graph.ts';
import { staticCells } from '../../src/graph/static-tensors.ts';
import type { Program } from '../../src/relation/program.ts';
import { signed } from '../../src/training/program-parts.ts';
import { partsOn, type Matrix, type Parts } from '../../src/training/backward/parts.ts';
import type { Values } from '../../src/training/backward/rounding.ts';

/** Bits of the gradient that comes in. */
export const BITS = 15;
export const FORMAT = { bits: BITS };

/** What the way back reads of the execution. */
export interface Run {
  readonly node: GraphNode;
  result(node: string): Int32Array;
  auxiliary(value: string): Int32Array;
  /** Cells that the graph committed. */
  committed(name: string): Int32Array;
  readonly gradient: Int32Array;
  readonly weights: Readonly<Record<string, WeightData>>;
}

export interface BackOperator {
  readonly name: string;
  readonly build: (g: GraphBuilder) => TensorHandle;
  readonly inputs?: Readonly<Record<string, readonly number[]>>;
  readonly weights?: Readonly<Record<string, WeightData>>;
  readonly tokens?: readonly number[];
  readonly starts?: readonly number[];
  readonly rows: number;
  /** Row by row. */
  readonly gradient: readonly number[];
  relations(b: Parts, node: GraphNode, gradient: Matrix): void;
  values(run: Run): Values;
  /** Inputs and a gradient beside which single cells can be lied about: values that are zero where others multiply them. */
  readonly bare?: Partial<BackOperator>;
  /** More values to lie with, by tensor without `back/NODE:`. */
  readonly guesses?: (run: Run) => Readonly<Record<string, readonly number[]>>;
  /** The same with something else computed: other constants, another formula. Each must be refused. */
  readonly lies?: readonly (readonly [string, (run: Run) => Values])[];
}

export interface Made {
  readonly guesses: Readonly<Record<string, readonly number[]>>;
  readonly program: Program;
  readonly cells: ReadonlyMap<string, ArrayLike<number>>;
  readonly run: Run;
  /** All cells but those of the way back. */
  readonly known: ReadonlyMap<string, ArrayLike<number>>;
}

const isBack = (name: string): boolean => name.startsWith('back/');

/** Values under the names that the program has for them. */
export function named(node: string, values: Values): [string, Int32Array][] {
  return Object.entries(values).map(([name, cells]) => [`back/${node}:${name}`, cells]);
}

export function make(operator: BackOperator): Made {
  const { inputs = {}, weights = {}, tokens, starts = [0], rows } = operator;
  const g = graphBuilder({ context: 128 });
  const graph = g.build(operator.build(g));
  const node = graph.nodes.find(({ name }) => name === graph.output)!;
  const pass: Pass = { rows, starts, emit: [], ...(tokens && { tokens }) };
  const results = executePass(graph, (name) => weights[name]!, pass, inputs);
  const program = lowerGraphWith(graph, pass, (to) => {
    const b = partsOn(to);
    const gradient = b.witness('gradient', [rows, to.info(node.name).width] as const, signed(BITS));
    b.rangeCheck(gradient);
    operator.relations(b, node, gradient);
  });
  const forward = program.tensors.filter(({ name }) => !isBack(name) && name !== 'gradient');
  const witness = programWitness(graph, { ...program, tensors: forward, virtuals: [] }, results);
  const run: Run = {
    node,
    committed: (name) => Int32Array.from(witness.tensors.get(name) as ArrayLike<number>),
    result: (name) => results.tensors.get(name)!.data,
    auxiliary: (value) => results.auxiliary.get(`${node.name}.${value}`) as Int32Array,
    gradient: Int32Array.from(operator.gradient),
    weights,
  };
  const statics = graph.weights.flatMap((own) => [...staticCells(own, weights[own.name]!)]);
  const known = new Map<string, ArrayLike<number>>([
    ...statics,
    ...witness.tensors,
    ['gradient', run.gradient],
  ]);
  const values = operator.values(run);
  const guesses = operator.guesses?.(run) ?? {};
  return { guesses, program, run, known, cells: new Map([...known, ...named(node.name, values)]) };
}

/** Relations of the way back. */
export function backRelations({ program }: Made): string[] {
  return program.relations.map(({ name }) => name).filter(isBack);
}

/** Committed tensors of the way back. */
export function backTensors({ program }: Made): string[] {
  return program.tensors.map(({ name }) => name).filter(isBack);
}
