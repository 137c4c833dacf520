/** Functionals on tensors as weights on columns: spec/program-proofs.md sections 2 and 4. */
import { eqTable, type Algebra } from './algebra.ts';
import type { Weight } from './claims.ts';
import type { Compiled } from './compiled.ts';
import type { Element } from './field.ts';
import type { Functional } from './functionals.ts';
import { columnsOf } from './layout.ts';
import { at, range, total } from './lists.ts';
import type { LeafEquation } from './lookups.ts';
import type { Claim } from './opening.ts';
import type { Tensor } from './program.ts';

/** A functional on public tensors is a number. */
export function publicPart(
  K: Algebra,
  tensors: ReadonlyMap<string, Tensor>,
  functional: Functional,
): Element {
  const parts = [...functional].map(([name, weights]) => {
    const tensor = tensors.get(name) as Tensor;
    if (tensor.kind !== 'public') return K.zero;
    return K.sum(weights.map((weight, i) => K.scale(weight, BigInt(tensor.values[i] as number))));
  });
  return K.sum(parts);
}

/** A functional on committed tensors, column by column; groups in order, then the proof's own. */
export function columnWeight(K: Algebra, compiled: Compiled, m: number, functional: Functional): Weight {
  const layouts = [...compiled.groups, compiled.own];
  const columns = new Map<number, Element[]>();
  for (const [name, weights] of functional) {
    const home = compiled.homes.get(name);
    if (home === undefined) continue;
    const first = total(layouts.slice(0, home.group).map((layout) => columnsOf(layout, m)));
    const addresses = at(at(layouts, home.group).addresses, home.tensor);
    weights.forEach((weight, cell) => put(K, columns, m, first, at(addresses, cell), weight));
  }
  return denseTerms(K, columns);
}

/** Claim (4): the sum over parts of coefficient * (extension of a block of a tensor of multiplicities, at a point). */
export function multiplicityClaim(
  K: Algebra,
  { groups, own, multiplicities }: Compiled,
  m: number,
  { parts, value }: LeafEquation,
): Claim {
  const firstColumn = total(groups.map((layout) => columnsOf(layout, m)));
  const weight = parts.flatMap(({ balance, index, first, point, coefficient }): Weight => {
    const addresses = at(own.addresses, at(at(multiplicities, balance), index));
    return blockWeight(K, firstColumn, m, at(addresses, first), point, coefficient);
  });
  return { weight, value };
}

/** Section 2: 2^b cells that lie at a multiple of 2^b are an aligned part of a column, or a run of whole ones. */
function blockWeight(
  K: Algebra,
  firstColumn: number,
  m: number,
  address: number,
  point: readonly Element[],
  coefficient: Element,
): Weight {
  const column = firstColumn + Math.floor(address / 2 ** m);
  if (point.length <= m) {
    const place = {
      kind: 'fixed',
      bits: m - point.length,
      index: (address % 2 ** m) / 2 ** point.length,
    } as const;
    return [{ column, coefficient, factors: [{ kind: 'eq', point }, place] }];
  }
  return eqTable(K, point.slice(m)).map((eq, i) => {
    const own = K.mul(coefficient, eq);
    return { column: column + i, coefficient: own, factors: [{ kind: 'eq', point: point.slice(0, m) }] };
  });
}

/** Adds a weight at an address of a layout that begins with a column. */
function put(
  K: Algebra,
  columns: Map<number, Element[]>,
  m: number,
  firstColumn: number,
  address: number,
  weight: Element,
): void {
  const column = firstColumn + Math.floor(address / 2 ** m);
  const cells = columns.get(column) ?? range(2 ** m).map(() => K.zero);
  const cell = address % 2 ** m;
  cells[cell] = K.add(at(cells, cell), weight);
  columns.set(column, cells);
}

function denseTerms(K: Algebra, columns: ReadonlyMap<number, Element[]>): Weight {
  return [...columns].map(([column, values]) => {
    return { column, coefficient: K.one, factors: [{ kind: 'dense', values }] };
  });
}
