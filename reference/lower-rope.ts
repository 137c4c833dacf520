/** Pairs of columns turned by angles: `rope`, spec/integer-semantics.md section 9; the way back, spec/graph-step-program.md section 4. */
import { integerOf, nameOf, type Node } from './graph-file.ts';
import { HALF_FIELD, ropeOf } from './graph-ranges.ts';
import { bitsTable } from './lookup-tables.ts';
import { quotient } from './lower-rounding.ts';
import {
  infoOf,
  inputOf,
  lookup,
  operand,
  publicTensor,
  rowIndex,
  virtual,
  type Lowering,
} from './lowering.ts';
import type { Coordinate, Index, Term } from './program.ts';
import { columnOf } from './table-ids.ts';
import { cell, constant, masked, merged, product, read } from './terms.ts';

export function rope(to: Lowering, node: Node): void {
  const { name } = node;
  const x = operand(to, inputOf(node));
  const { indices, column, terms } = turned(to, node, x, 1);
  const q = quotient(to, name, { bits: integerOf(node, 'bits'), guard: integerOf(node, 'guard') });
  const known = to.tensors.find((tensor) => tensor.name === x);
  const { min, max } = (known?.kind === 'witness' && known.range) || { min: -Infinity, max: Infinity };
  const level = 3 * 2 ** 14 * Math.max(-min, max) <= Number(HALF_FIELD) ? 'proven' : 'residue';
  const rotated = virtual(to, `${name}:rotated`, indices, terms, level);
  lookup(to, `${name}:remainder`, indices, bitsTable(14), [
    cell(1, rotated, 't', 'h', 'e', 'i'),
    constant(2 ** 13),
    cell(-(2 ** 14), q, 't', column),
  ]);
}

export interface Turned {
  /** t, h, e, i */
  readonly indices: readonly Index[];
  /** Of entry e of pair i of head h. */
  readonly column: Coordinate;
  readonly terms: readonly Term[];
}

/** Rows of x turned by the angles of their positions, a' = a c - way b s, b' = b c + way a s: forward by 1, back by -1. */
export function turned(to: Lowering, node: Node, x: string, way: 1 | -1): Turned {
  const { headDim } = ropeOf(node);
  const half = headDim / 2;
  const [step, gap] = node['order'] === 'half' ? [1, half] : [2, 1];
  const t = rowIndex(to, node.name);
  const h: Index = { name: 'h', size: infoOf(to, node.name).width / headDim };
  const i: Index = { name: 'i', size: half };
  const [e, f]: [Index, Index] = [{ name: 'e', size: 2 }, { name: 'f', size: 2 }]; // prettier-ignore
  const column = (entry: Index): Coordinate => merged([headDim, h], [gap, entry], [step, i]);
  const constants = (which: string, c: number): string => {
    const of = columnOf(nameOf(node, 'table'), c);
    const values = to.rows.positions.flatMap((position) => of.slice(position * half, (position + 1) * half));
    return publicTensor(to, `${which}/${nameOf(node, 'table')}`, [t.size, half], values);
  };
  const [cos, sin] = [constants('cos', 0), constants('sin', 1)];
  const other = (sign: number): Term => product(sign, [read(x, 't', column(f)), read(sin, 't', 'i')], [f]);
  const first = masked(other(-way), { row: 'e', column: 'f', from: [1, 0], to: [2, 0] });
  const second = masked(other(way), { row: 'e', column: 'f', from: [0, 0], to: [0, 1] });
  const own = product(1, [read(x, 't', column(e)), read(cos, 't', 'i')]);
  return { indices: [t, h, e, i], column: column(e), terms: [own, first, second] };
}
