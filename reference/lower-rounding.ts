/** Roundings and what is joined to them: `requantise`, `activation`, `rope`. spec/integer-semantics.md section 9. */
import { integerOf, nameOf, type Node } from './graph-file.ts';
import { activationOf, HALF_FIELD, magnitude, ropeOf, signed } from './graph-ranges.ts';
import { activationTable, bitsTable, clampTable } from './lookup-tables.ts';
import {
  cellsOf,
  define,
  infoOf,
  inputOf,
  lookup,
  operand,
  publicTensor,
  readersOf,
  rowIndex,
  sizesOf,
  termsOf,
  virtual,
  witness,
  type Lowering,
} from './lowering.ts';
import type { Index, Term } from './program.ts';
import { columnOf } from './table-ids.ts';
import { cell, constant, masked, merged, product, read } from './terms.ts';

export function requantise(to: Lowering, node: Node): void {
  const rounding = { bits: integerOf(node, 'bits'), guard: integerOf(node, 'guard') };
  round(to, node.name, termsOf(to, inputOf(node)), rounding, integerOf(node, 'shift'));
}

interface Rounding {
  readonly bits: number;
  readonly guard: number;
}

/** "Rounding": the result of node `name` is the rounding of terms. */
export function round(
  to: Lowering,
  name: string,
  terms: readonly Term[],
  rounding: Rounding,
  shift: number,
): void {
  const q = quotient(to, name, rounding);
  const remainder = [...terms, constant(2 ** (shift - 1)), cell(-(2 ** shift), q, 't', 'j')];
  lookup(to, `${name}:remainder`, cellsOf(to, name), bitsTable(shift), remainder);
}

/** "Quotient": commits it and what follows from it. @returns the tensor of quotients */
function quotient(to: Lowering, name: string, { bits, guard }: Rounding): string {
  const indices = cellsOf(to, name);
  const check = to.checks.get(name) ?? Infinity;
  const result = (): void => {
    const { min, max } = signed(Math.min(bits, check));
    witness(to, name, sizesOf(indices), Number(min), Number(max));
    define(to, name);
  };
  if (guard === 0 || check < bits) {
    result();
    if (check > bits) {
      const entry = [...termsOf(to, name), constant(2 ** (bits - 1))];
      lookup(to, `${name}:quotient`, indices, bitsTable(bits), entry);
    }
    return name;
  }
  const half = 2 ** (bits + guard - 1);
  const q = witness(to, `${name}:quotient`, sizesOf(indices), -half, half - 1);
  const { nodes, shown } = readersOf(to, name);
  const activation = nodes.find(({ op }) => op === 'activation');
  const needed = shown || activation === undefined || nodes.length > 1;
  if (needed) result();
  if (activation !== undefined) commitActivation(to, activation);
  const results = [...(needed ? [name] : []), ...(activation === undefined ? [] : [activation.name])];
  const table = clampTable(bits, guard, needed, activation && nameOf(activation, 'table'));
  const key = [cell(1, q, 't', 'j'), constant(half)];
  lookup(to, q, indices, table, key, ...results.map((of) => termsOf(to, of)));
  return q;
}

export function activation(to: Lowering, node: Node): void {
  if (to.values.has(node.name)) return; // part of the lookup of a rounding
  const source = inputOf(node);
  commitActivation(to, node);
  if (readersOf(to, source).nodes.length > 1) operand(to, source);
  const key = [...termsOf(to, source), constant(2 ** (activationOf(node).bits - 1))];
  const table = activationTable(nameOf(node, 'table'));
  lookup(to, `${node.name}:entry`, cellsOf(to, node.name), table, key, termsOf(to, node.name));
}

function commitActivation(to: Lowering, { name }: Node): void {
  const { min, max } = infoOf(to, name);
  witness(to, name, sizesOf(cellsOf(to, name)), Number(min), Number(max));
  define(to, name);
}

/** acc_a = a c - b s, acc_b = b c + a s, rounded by 14 bits. */
export function rope(to: Lowering, node: Node): void {
  const { name } = node;
  const source = inputOf(node);
  const x = operand(to, source);
  const { headDim } = ropeOf(node);
  const half = headDim / 2;
  const [step, gap] = node['order'] === 'half' ? [1, half] : [2, 1];
  const t = rowIndex(to, name);
  const h: Index = { name: 'h', size: infoOf(to, name).width / headDim };
  const i: Index = { name: 'i', size: half };
  const [e, f]: [Index, Index] = [{ name: 'e', size: 2 }, { name: 'f', size: 2 }]; // prettier-ignore
  const column = (entry: Index): ReturnType<typeof merged> => merged([headDim, h], [gap, entry], [step, i]);
  const constants = (which: string, c: number): string => {
    const of = columnOf(nameOf(node, 'table'), c);
    const values = to.rows.positions.flatMap((position) => of.slice(position * half, (position + 1) * half));
    return publicTensor(to, `${which}/${nameOf(node, 'table')}`, [t.size, half], values);
  };
  const [cos, sin] = [constants('cos', 0), constants('sin', 1)];
  const q = quotient(to, name, { bits: integerOf(node, 'bits'), guard: integerOf(node, 'guard') });
  const other = product(1, [read(x, 't', column(f)), read(sin, 't', 'i')], [f]);
  const minus = masked({ ...other, coefficient: -1 }, { row: 'e', column: 'f', from: [1, 0], to: [2, 0] });
  const plus = masked(other, { row: 'e', column: 'f', from: [0, 0], to: [0, 1] });
  const terms = [product(1, [read(x, 't', column(e)), read(cos, 't', 'i')]), minus, plus];
  const level = 2n ** 15n * magnitude(infoOf(to, source)) <= HALF_FIELD ? 'proven' : 'residue';
  const indices = [t, h, e, i];
  const rotated = virtual(to, `${name}:rotated`, indices, terms, level);
  lookup(to, `${name}:remainder`, indices, bitsTable(14), [
    cell(1, rotated, 't', 'h', 'e', 'i'),
    constant(2 ** 13),
    cell(-(2 ** 14), q, 't', column(e)),
  ]);
}
