/**
 * From a graph and a pass to the program of a proof: spec/integer-semantics.md section 9. This file is the program under
 * construction and what operators share; the operators are in the files named `lower-`.
 */
import type { CheckedGraph } from './graph-checks.ts';
import { nameOf, namesIn, type Node, type Weight } from './graph-file.ts';
import { type Info } from './graph-ranges.ts';
import { bitsTable } from './lookup-tables.ts';
import { logCeil } from './lists.ts';
import type { Rows } from './pass.ts';
import type { Index, NamedTable, Relation, Tensor, Term, Virtual } from './program.ts';
import { refuse, require } from './refusal.ts';
import { affine, atPositions, cell, constant, read, rowsAt, times } from './terms.ts';

/** coefficient * tensor[row, column]; at its own rows, or for row t at rows[t]. */
export interface Part {
  readonly coefficient: number;
  readonly tensor: string;
  readonly rows?: readonly number[];
  /** One entry a row, no columns: it counts in every column. */
  readonly everyColumn?: true;
}

/** A program under construction. */
export interface Draft {
  readonly tensors: Tensor[];
  readonly tables: NamedTable[];
  readonly virtuals: Virtual[];
  readonly relations: Relation[];
}

export interface Lowering extends CheckedGraph, Draft {
  readonly rows: Rows;
  /** What later nodes read of a node. */
  readonly values: Map<string, readonly Part[]>;
}

export function infoOf(to: Lowering, node: string): Info {
  return to.infos.get(node) ?? refuse('PASS_VALUES', `no node ${node}`);
}

/** t over the rows of a node's result, j over its columns. */
export function rowIndex(to: Lowering, node: string): Index {
  const size = infoOf(to, node).rows === 'tokens' ? to.rows.rows : to.rows.emit.length;
  require(size > 0, 'PASS_ROWS', 'a row that emits');
  return { name: 't', size };
}

export function columnIndex(to: Lowering, node: string): Index {
  return { name: 'j', size: infoOf(to, node).width };
}

export function cellsOf(to: Lowering, node: string): [Index, Index] {
  return [rowIndex(to, node), columnIndex(to, node)];
}

export function sizesOf(indices: readonly Index[]): number[] {
  return indices.map(({ size }) => size);
}

export function witness(
  to: Draft,
  name: string,
  shape: readonly number[],
  min?: number,
  max?: number,
): string {
  const range = min === undefined ? {} : { range: { min, max: max as number } };
  to.tensors.push({ kind: 'witness', name, shape, ...range });
  return name;
}

/** Once for each name. */
export function publicTensor(
  to: Draft,
  name: string,
  shape: readonly number[],
  values: readonly number[],
  source?: Uint8Array,
): string {
  if (to.tensors.every((tensor) => tensor.name !== name))
    to.tensors.push({ kind: 'public', name, shape, values, ...(source !== undefined && { source }) });
  return name;
}

export function virtual(
  to: Draft,
  name: string,
  indices: readonly Index[],
  terms: readonly Term[],
  level: Virtual['range'],
): string {
  // prettier-ignore
  to.virtuals.push({ name, indices, terms, range: level });
  return name;
}

export function lookup(
  to: Draft,
  name: string,
  indices: readonly Index[],
  table: NamedTable,
  ...entries: readonly (readonly Term[])[]
): void {
  if (to.tables.every((known) => known.name !== table.name)) to.tables.push(table);
  to.relations.push({ kind: 'lookup', name, indices, table: table.name, entries });
}

export function zero(to: Draft, name: string, indices: readonly Index[], terms: readonly Term[]): void {
  to.relations.push({ kind: 'zero', name, indices, terms });
}

/** The parts of a node's value. */
export function partsOf(to: Lowering, node: string): readonly Part[] {
  infoOf(to, node);
  return to.values.get(node) ?? refuse('PASS_VALUES', `no value of ${node}`);
}

/** The value of a node at row t and column j. */
export function termsOf(to: Lowering, node: string): Term[] {
  return partsOf(to, node).map(({ coefficient, tensor, rows, everyColumn }) => {
    const row = rows === undefined ? affine('t') : rowsAt(rows);
    return everyColumn ? cell(coefficient, tensor, row) : cell(coefficient, tensor, row, 'j');
  });
}

/** A value that is a single committed or virtual tensor. */
export function define(to: Lowering, node: string, tensor = node): void {
  to.values.set(node, [{ coefficient: 1, tensor }]);
}

function isVirtual(to: Lowering, tensor: string): boolean {
  return to.virtuals.some(({ name }) => name === tensor);
}

/** Whether no part of a value is virtual. */
export function isReal(to: Lowering, node: string): boolean {
  return partsOf(to, node).every(({ tensor }) => !isVirtual(to, tensor));
}

/** The tensor that holds a value: committed now, as NODE:value, unless the value is one committed tensor. */
export function operand(to: Lowering, node: string): string {
  const parts = partsOf(to, node);
  const [only] = parts;
  const plain = only?.coefficient === 1 && only.rows === undefined && only.everyColumn === undefined;
  if (parts.length === 1 && only !== undefined && plain && !isVirtual(to, only.tensor)) return only.tensor;
  const indices = cellsOf(to, node);
  const name = witness(to, `${node}:value`, sizesOf(indices));
  zero(to, name, indices, [...termsOf(to, node), cell(-1, name, 't', 'j')]);
  define(to, node, name);
  return name;
}

/** A value at some of its rows: of virtual tensors their definitions. */
export function termsAtRows(to: Lowering, node: string, rows: readonly number[]): Term[] {
  const terms = termsOf(to, node);
  return atPositions(isReal(to, node) ? terms : defined(to, terms), 't', rows);
}

function defined(to: Lowering, terms: readonly Term[]): Term[] {
  return terms.flatMap((term) => {
    const name = term.views.length === 1 ? term.views[0]?.tensor : undefined;
    const definition = to.virtuals.find((of) => of.name === name);
    return definition === undefined ? [term] : times(term.coefficient, defined(to, definition.terms));
  });
}

/** The committed tensors of a vector. */
export function vectorTerms({ name, bits }: Weight): Term[] {
  if (bits <= 16) return [cell(1, `weight/${name}`, 'j')];
  return [cell(1, `weight/${name}:low`, 'j'), cell(2 ** 15, `weight/${name}:high`, 'j')];
}

/** The static tensors of a graph, group after group. `most`: cells of a group; undefined: one group. */
export function staticTensors(graph: { readonly weights: readonly Weight[] }, most?: number): Tensor[] {
  return weightGroups(graph, most).flatMap((own, group) => own.map((tensor) => ({ ...tensor, group })));
}

/** spec/answers.md section 1, "Groups": the tensors of each. */
export function weightGroups(
  { weights }: { readonly weights: readonly Weight[] },
  most?: number,
): StaticTensor[][] {
  const groups: StaticTensor[][] = [];
  let full = 0;
  for (const weight of weights) {
    const own = weightTensors(weight);
    const cells = own.length * weight.shape.reduce((product, size) => product * size, 1);
    const last = groups[groups.length - 1];
    if (last !== undefined && (most === undefined || full + cells <= most)) {
      last.push(...own);
      full += cells;
    } else {
      groups.push(own);
      full = cells;
    }
  }
  return groups;
}

export interface StaticTensor {
  readonly kind: 'static';
  readonly name: string;
  readonly shape: readonly number[];
}

/** A matrix, a vector of one tensor, or the two digits of one. */
function weightTensors({ name, shape, bits }: Weight): StaticTensor[] {
  const whole = shape.length === 2 || bits <= 16;
  const names = whole ? [`weight/${name}`] : [`weight/${name}:low`, `weight/${name}:high`];
  return names.map((of) => ({ kind: 'static', name: of, shape }));
}

/** The nodes that read a node, and whether its result is seen. */
export function readersOf(to: Lowering, node: string): { nodes: Node[]; shown: boolean } {
  const { graph, rows } = to;
  return {
    nodes: graph.nodes.filter((reader) => namesIn(reader, 'tensor').includes(node)),
    shown: graph.output === node || rows.revealed.some((of) => of.node === node),
  };
}

/** The result of a node that has one input. */
export function inputOf(node: Node): string {
  return nameOf(node, 'input');
}

/** "Intervals of rows": 0 <= x < size. */
export function interval(to: Lowering, name: string, t: Index, terms: readonly Term[], size: number): void {
  const bits = logCeil(size);
  digits(to, name, t, terms, bits);
  if (size < 2 ** bits) digits(to, `${name}-room`, t, [constant(size - 1), ...times(-1, terms)], bits);
}

function digits(to: Lowering, name: string, t: Index, terms: readonly Term[], bits: number): void {
  if (bits === 0) return zero(to, name, [t], terms);
  if (bits <= 16) return lookup(to, name, [t], bitsTable(bits), terms);
  const high = witness(to, `${name}-high`, [t.size], 0, 2 ** (bits - 15) - 1);
  lookup(to, `${name}-high`, [t], bitsTable(bits - 15), [cell(1, high, 't')]);
  lookup(to, `${name}-low`, [t], bitsTable(15), [...terms, cell(-(2 ** 15), high, 't')]);
}

/** Digits of rows, NODE:digits-BITS of shape [digits, rows], looked up; the views of all digits by name. */
export function digitRows(
  to: Lowering,
  node: string,
  plan: readonly { readonly bits: number; readonly names: readonly string[] }[],
): (name: string) => ReturnType<typeof read> {
  const views = new Map<string, ReturnType<typeof read>>();
  const t = rowIndex(to, node);
  for (const { bits, names } of plan) {
    const tensor = witness(to, `${node}:digits-${bits}`, [names.length, t.size], 0, 2 ** bits - 1);
    const d = { name: 'd', size: names.length };
    lookup(to, tensor, [d, t], bitsTable(bits), [cell(1, tensor, 'd', 't')]);
    names.forEach((name, i) => views.set(name, read(tensor, i, 't')));
  }
  return (name) => {
    const view = views.get(name);
    if (view === undefined) throw new RangeError(`no digit ${name}`);
    return view;
  };
}
