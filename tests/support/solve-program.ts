/** A small program as equations and lookups between single cells: what `solve.ts` searches. */
import { koalaBear } from '../../src/field/koalabear.ts';
import { addressesOf, allAddresses } from '../../src/relation/address.ts';
import { flatten, type Form } from '../../src/relation/form.ts';
import type { Index, Program, Table } from '../../src/relation/program.ts';
import type { Cells } from './clear.ts';

type Fe = ReturnType<typeof koalaBear.fromInt>;
const F = koalaBear;

/** constant + sum of coefficients times unknown cells + products of two of them. */
export interface Polynomial {
  constant: Fe;
  linear: readonly (readonly [cell: number, c: Fe])[];
  readonly quadratic: { readonly a: number; readonly b: number; readonly c: Fe }[];
}

export interface Constraint {
  readonly name: string;
  readonly forms: readonly Polynomial[];
  readonly table: Table | undefined;
  readonly cells: readonly number[];
}

/** The integers of an interval. */
export interface Domain {
  readonly min: number;
  readonly max: number;
}

export function compile(
  program: Program,
  known: Cells,
): { constraints: Constraint[]; names: { tensor: string; at: number }[] } {
  const first = new Map<string, number>();
  const names: { tensor: string; at: number }[] = [];
  const given = new Map<string, ArrayLike<number>>(known);
  for (const tensor of program.tensors) {
    if (tensor.kind === 'public') given.set(tensor.name, tensor.values);
    if (tensor.kind !== 'witness' || given.has(tensor.name)) continue;
    first.set(tensor.name, names.length);
    const count = tensor.shape.reduce((a, b) => a * b, 1);
    for (let at = 0; at < count; at++) names.push({ tensor: tensor.name, at });
  }
  const shapes = new Map(program.tensors.map(({ name, shape }) => [name, shape]));
  const constraints = flatten(program).flatMap(({ name, indices, forms, table }) => {
    const columns = forms.map((form) => polynomials(form, indices, shapes, given, first));
    return columns[0]!.map((_, i): Constraint => {
      const own = columns.map((column) => column[i]!);
      const cells = own.flatMap(({ linear, quadratic }) => [
        ...linear.map(([cell]) => cell),
        ...quadratic.flatMap(({ a, b }) => [a, b]),
      ]);
      return {
        name: `${name}[${i}]`,
        forms: own,
        table: table === undefined ? undefined : program.tables[table],
        cells: [...new Set(cells)],
      };
    });
  });
  return { constraints, names };
}

/** A form at every combination of indices. */
function polynomials(
  form: Form,
  indices: readonly Index[],
  shapes: ReadonlyMap<string, readonly number[]>,
  given: ReadonlyMap<string, ArrayLike<number>>,
  first: ReadonlyMap<string, number>,
): Polynomial[] {
  const count = indices.reduce((n, { size }) => n * size, 1);
  const out = Array.from({ length: count }, (): Polynomial => ({
    constant: F.zero,
    linear: [],
    quadratic: [],
  }));
  const linear = out.map(() => new Map<number, Fe>());
  for (const { coefficient, views, sums, mask } of form) {
    const all = [...indices, ...sums];
    const inner = sums.reduce((n, { size }) => n * size, 1);
    const places = views.map(({ tensor, coordinates }) => {
      const { base, steps } = addressesOf({ tensor, coordinates }, shapes.get(tensor)!, all);
      const addresses = allAddresses(base, steps);
      return { tensor, addresses };
    });
    const valueAt = (name: string, combination: number): number => {
      const at = all.findIndex((index) => index.name === name);
      const step = all.slice(at + 1).reduce((n, { size }) => n * size, 1);
      return Math.floor(combination / step) % all[at]!.size;
    };
    for (let i = 0; i < count * inner; i++) {
      if (mask !== undefined) {
        const [row, column] = [valueAt(mask.row, i), valueAt(mask.column, i)];
        if (column < mask.from[row]! || column >= mask.to[row]!) continue;
      }
      let factor = F.fromInt(coefficient);
      const unknown: number[] = [];
      for (const { tensor, addresses } of places) {
        const cells = given.get(tensor);
        if (cells === undefined) unknown.push(first.get(tensor)! + addresses[i]!);
        else factor = F.mul(factor, F.fromInt(cells[addresses[i]!]!));
      }
      const to = out[Math.floor(i / inner)]!;
      const own = linear[Math.floor(i / inner)]!;
      const [a, b] = unknown;
      if (a === undefined) to.constant = F.add(to.constant, factor);
      else if (b !== undefined) to.quadratic.push({ a, b, c: factor });
      else own.set(a, F.add(own.get(a) ?? F.zero, factor));
    }
  }
  out.forEach((polynomial, i) => (polynomial.linear = [...linear[i]!]));
  return out;
}

/** Where a lookup says that a cell alone lies in an interval: the narrowest. */
export function domainsOf(
  constraints: readonly Constraint[],
  cells: number,
): readonly (Domain | undefined)[] {
  const domains = new Array<Domain | undefined>(cells).fill(undefined);
  for (const { table, forms } of constraints) {
    table?.columns.forEach((column, c) => {
      const { constant, linear, quadratic } = forms[c]!;
      const [only] = linear;
      if (column.kind !== 'range' || quadratic.length > 0 || linear.length !== 1 || only![1] !== F.one)
        return;
      const min = column.first - balancedOf(constant);
      const known = domains[only![0]];
      if (known !== undefined && known.max - known.min < table.rows) return;
      domains[only![0]] = { min, max: min + table.rows - 1 };
    });
  }
  return domains;
}

/** The integer of least absolute value. */
export function balancedOf(x: Fe): number {
  return x > F.modulus / 2 ? x - F.modulus : x;
}
