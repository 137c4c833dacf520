/**
 * A second witness for a program without one relation: one cell that the relation makes is another one, and all that follows from it is
 * computed anew, relation by relation.
 */
import { koalaBear } from '../../src/field/koalabear.ts';
import { addressesOf, allAddresses } from '../../src/relation/address.ts';
import { evaluateForm, type Cells } from '../../src/relation/check-witness.ts';
import type { Program, Relation, Term, View } from '../../src/relation/program.ts';
import { violated } from '../support/clear.ts';
import type { Made } from './back-case.ts';

const F = koalaBear;
type Values = Map<string, Cells>;

const balanced = (x: number): number => (x > F.modulus / 2 ? x - F.modulus : x);
const isBack = ({ tensor }: View): boolean => tensor.startsWith('back/');

/** The cell of the way back that a relation makes, with the terms beside it. */
interface Making {
  readonly view: View;
  readonly coefficient: number;
  readonly rest: readonly Term[];
}

function makingOf(committed: ReadonlySet<string>, terms: readonly Term[]): Making | undefined {
  const own = terms.filter(
    ({ views, sums }) =>
      views.length === 1 && sums.length === 0 && isBack(views[0]!) && committed.has(views[0]!.tensor),
  );
  const last = own.at(-1);
  return (
    last && { view: last.views[0]!, coefficient: last.coefficient, rest: terms.filter((of) => of !== last) }
  );
}

/** Values of all tensors with some of them given, everything else of the way back computed from what is before it. */
function follow(
  program: Program,
  cells: ReadonlyMap<string, ArrayLike<number>>,
  lied: string,
): Map<string, number[]> {
  const committed = new Set(program.tensors.flatMap(({ kind, name }) => (kind === 'witness' ? [name] : [])));
  const values: Values = new Map();
  for (const tensor of program.tensors) {
    const own = tensor.kind === 'public' ? tensor.values : cells.get(tensor.name)!;
    values.set(tensor.name, { shape: tensor.shape, cells: Array.from(own, (x) => F.fromInt(x)) });
  }
  const virtuals = new Map(program.virtuals.map((virtual) => [virtual.name, virtual]));
  const evaluate = (relation: Relation, terms: readonly Term[]): number[] => {
    for (const { tensor } of terms.flatMap(({ views }) => views)) {
      const virtual = virtuals.get(tensor);
      if (virtual === undefined) continue;
      const shape = virtual.indices.map(({ size }) => size);
      values.set(tensor, { shape, cells: evaluateForm(F, values, virtual.indices, virtual.terms) });
    }
    return evaluateForm(F, values, relation.indices, terms).map((x) => balanced(x));
  };
  const put = (relation: Relation, { view }: Making, made: readonly number[]): void => {
    if (view.tensor === lied) return;
    const to = values.get(view.tensor)! as {
      shape: readonly number[];
      cells: ReturnType<typeof F.fromInt>[];
    };
    const { base, steps } = addressesOf(view, to.shape, relation.indices);
    allAddresses(base, steps).forEach((at, i) => (to.cells[at] = F.fromInt(made[i]!)));
  };
  for (const relation of program.relations.filter(({ name }) => name.startsWith('back/'))) {
    if (relation.kind === 'zero') {
      const making = makingOf(committed, relation.terms);
      if (making !== undefined && Math.abs(making.coefficient) === 1) {
        put(
          relation,
          making,
          evaluate(relation, making.rest).map((x) => -making.coefficient * x),
        );
      }
      continue;
    }
    const [key, ...columns] = relation.entries as [readonly Term[], ...(readonly Term[])[]];
    const table = program.tables.find(({ name }) => name === relation.table)!;
    if (relation.name.endsWith('/remainder')) {
      const making = makingOf(committed, key)!;
      put(
        relation,
        making,
        evaluate(relation, making.rest).map((x) => Math.floor(x / -making.coefficient)),
      );
    }
    columns.forEach((terms, c) => {
      const column = table.columns[c + 1]!;
      const rows = evaluate(relation, key);
      const at = (row: number): number =>
        column.kind === 'range' ? column.first + row : balanced(column.values[row] ?? 0);
      put(relation, makingOf(committed, terms)!, rows.map(at));
    });
  }
  return new Map(program.tensors.map(({ name }) => [name, values.get(name)!.cells.map((x) => balanced(x))]));
}

/** Other values of a cell: neighbours; for a range quotients in the field that another remainder leaves. */
function others(program: Program, relation: Relation, tensor: string, value: number): number[] {
  if (!relation.name.endsWith('/range')) return [value + 1, value - 1];
  const rounding = program.relations.find(
    (own) =>
      own.kind === 'lookup' &&
      own.name.endsWith('/remainder') &&
      own.entries[0]!.some(({ views }) => views[0]?.tensor === tensor),
  );
  if (rounding?.kind !== 'lookup') return [value + 1, value - 1];
  const { rows } = program.tables.find(({ name }) => name === rounding.table)!;
  const step = F.inverse(F.fromInt(rows));
  return [1, -1, 2, -2, 5, -5].map((by) => F.add(F.fromInt(value), F.mul(F.fromInt(by), step)) as number);
}

/** Whether somebody passes once a relation is gone whom it alone stops. */
export function isNeeded({ program, cells, guesses }: Made, name: string): boolean {
  const relation = program.relations.find((own) => own.name === name)!;
  const forms = relation.kind === 'zero' ? [relation.terms] : relation.entries;
  const read = forms.flatMap((terms) => terms.flatMap(({ views }) => views));
  const direct = read.filter((view) => isBack(view) && cells.has(view.tensor)).map(({ tensor }) => tensor);
  // What it reads first, then whatever else may make that another.
  const own = new Set([...direct, ...[...cells.keys()].filter((tensor) => tensor.startsWith('back/'))]);
  for (const tensor of own) {
    const honest = Array.from(cells.get(tensor)!);
    for (let at = 0; at < honest.length; at++) {
      for (const value of [
        ...others(program, relation, tensor, honest[at]!),
        ...(guesses[tensor.slice(tensor.indexOf(':') + 1)] ?? []),
      ]) {
        const lie = honest.map((x, i) => (i === at ? value : x));
        const told = follow(program, new Map([...cells, [tensor, lie]]), tensor);
        if (violated(program, told).join() === name) return true;
      }
    }
  }
  return false;
}
