/** Operators that add, read and choose: spec/integer-semantics.md section 9. */
import { integerOf, nameOf, type Node, type Weight } from './graph-file.ts';
import { signed } from './graph-ranges.ts';
import { KOALABEAR } from './field.ts';
import { bitsTable } from './lookup-tables.ts';
import { rowsOfIds } from './lower-private.ts';
import { at, logCeil } from './lists.ts';
import {
  cellsOf,
  columnIndex,
  define,
  infoOf,
  inputOf,
  interval,
  isReal,
  operand,
  partsOf,
  rowIndex,
  sizesOf,
  termsAtRows,
  termsOf,
  vectorTerms,
  virtual,
  witness,
  zero,
  lookup,
  type Lowering,
} from './lowering.ts';
import { require } from './refusal.ts';
import { affine, cell, constant, product, read } from './terms.ts';

function weightOf(to: Lowering, name: string): Weight {
  return to.graph.weights.find((weight) => weight.name === name) as Weight;
}

export function input(to: Lowering, node: Node): void {
  const { name } = node;
  const bits = integerOf(node, 'bits');
  const { min, max } = signed(bits);
  witness(to, name, sizesOf(cellsOf(to, name)), Number(min), Number(max));
  define(to, name);
  if ((to.checks.get(name) ?? Infinity) <= bits) return;
  lookup(to, `${name}:range`, cellsOf(to, name), bitsTable(bits), [
    ...termsOf(to, name),
    constant(2 ** (bits - 1)),
  ]);
}

export function embedding(to: Lowering, node: Node): void {
  const table = nameOf(node, 'table');
  const ids = to.rows.tokens as readonly (number | null)[];
  const vocabulary = at(weightOf(to, table).shape, 0);
  const isId = (id: number | null): id is number => Number.isInteger(id) && Number(id) >= 0 && Number(id) < vocabulary; // prettier-ignore
  require(ids.every((id) => id === null || isId(id)), 'TOKEN', node.name); // prettier-ignore
  const byToken = ids.every(isId)
    ? { coefficient: 1, tensor: `weight/${table}`, rows: ids }
    : { coefficient: 1, tensor: rowsOfIds(to, node.name, `weight/${table}`, vocabulary) };
  if (node['positions'] === undefined) return void to.values.set(node.name, [byToken]);
  const positions = `weight/${nameOf(node, 'positions')}`;
  to.values.set(node.name, [byToken, { coefficient: 1, tensor: positions, rows: to.rows.positions }]);
}

export function linear(to: Lowering, node: Node): void {
  const x = operand(to, inputOf(node));
  const k = { name: 'k', size: infoOf(to, inputOf(node)).width };
  const views = [read(x, 't', 'k'), read(`weight/${nameOf(node, 'weight')}`, 'j', 'k')];
  const bias = node['bias'] === undefined ? [] : vectorTerms(weightOf(to, nameOf(node, 'bias')));
  virtual(to, node.name, cellsOf(to, node.name), [product(1, views, [k]), ...bias], 'residue');
  define(to, node.name);
}

export function add(to: Lowering, node: Node): void {
  const [left, right] = [nameOf(node, 'left'), nameOf(node, 'right')];
  to.values.set(node.name, [...partsOf(to, left), ...partsOf(to, right)]);
}

export function scale(to: Lowering, node: Node): void {
  const factor = 2 ** integerOf(node, 'power');
  const parts = partsOf(to, inputOf(node));
  to.values.set(node.name, parts.map((part) => ({ ...part, coefficient: factor * part.coefficient }))); // prettier-ignore
}

export function multiply(to: Lowering, node: Node): void {
  const views = ['left', 'right'].map((side) => read(operand(to, nameOf(node, side)), 't', 'j'));
  virtual(to, node.name, cellsOf(to, node.name), [product(1, views)], 'proven');
  define(to, node.name);
}

export function emit(to: Lowering, node: Node): void {
  const { name } = node;
  const source = inputOf(node);
  const rows = to.rows.emit;
  const indices = cellsOf(to, name);
  if (isReal(to, source)) {
    const parts = partsOf(to, source);
    to.values.set(name, parts.map((part) => ({ ...part, rows: rows.map((row) => part.rows?.[row] ?? row) }))); // prettier-ignore
    return;
  }
  virtual(to, name, indices, termsAtRows(to, source, rows), 'residue');
  define(to, name);
}

export function concat(to: Lowering, node: Node): void {
  const { name } = node;
  const t = rowIndex(to, name);
  witness(to, name, sizesOf(cellsOf(to, name)));
  const leftWidth = infoOf(to, nameOf(node, 'left')).width;
  for (const [side, first] of [
    ['left', 0],
    ['right', leftWidth],
  ] as const) {
    // prettier-ignore
    const from = nameOf(node, side);
    if (!isReal(to, from)) operand(to, from);
    const own = cell(-1, name, 't', affine('j', 1, first));
    zero(to, `${name}:${side}`, [t, columnIndex(to, from)], [...termsOf(to, from), own]);
  }
  define(to, name);
}

/** 2 sum x + d = 2 d mean + rest, 0 <= rest < 2 d. */
export function centre(to: Lowering, node: Node): void {
  const { name } = node;
  const x = operand(to, inputOf(node));
  const { width, ...range } = infoOf(to, inputOf(node));
  const [min, max] = [Number(range.min), Number(range.max)];
  const t = rowIndex(to, name);
  const doubled = 2 ** logCeil(max - min + 1);
  const size = BigInt(2 * width) * BigInt(doubled) < KOALABEAR ? doubled : max - min + 1;
  const mean = witness(to, `${name}:mean`, [t.size], min, min + size - 1);
  interval(to, mean, t, [cell(1, mean, 't'), constant(-min)], size);
  const sum = product(2, [read(x, 't', 'k')], [{ name: 'k', size: width }]);
  interval(to, `${name}:rest`, t, [sum, constant(width), cell(-2 * width, mean, 't')], 2 * width);
  to.values.set(name, [
    { coefficient: 1, tensor: x },
    { coefficient: -1, tensor: mean, everyColumn: true },
  ]);
}
