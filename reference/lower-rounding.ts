/** Roundings and what is joined to them: `requantise`, `activation`. spec/integer-semantics.md section 9. */
import { integerOf, nameOf, type Node } from './graph-file.ts';
import { activationOf, signed } from './graph-ranges.ts';
import { activationTable, bitsTable, clampTable } from './lookup-tables.ts';
import {
  cellsOf,
  define,
  infoOf,
  inputOf,
  lookup,
  operand,
  readersOf,
  sizesOf,
  termsOf,
  witness,
  type Lowering,
} from './lowering.ts';
import type { Term } from './program.ts';
import { cell, constant } from './terms.ts';

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
export function quotient(to: Lowering, name: string, { bits, guard }: Rounding): string {
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
