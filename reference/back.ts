/** The way back through the nodes of a graph: spec/graph-step-program.md section 4. Attention is in back-attention.ts. */
import { attentionBack } from './back-attention.ts';
import { nameOf, type Node } from './graph-file.ts';
import { activationOf } from './graph-ranges.ts';
import { turned } from './lower-rope.ts';
import { infoOf, lookup, operand, rowIndex, sizesOf, witness, zero, type Lowering } from './lowering.ts';
import type { Index, Term } from './program.ts';
import { bitRanges, cells, rangeOf, rounded, roundInto } from './rounding.ts';
import { slopeTable } from './slopes.ts';
import { placesOfWeight, type Places, type StepPlan } from './step-plan.ts';
import { cell, constant, masked, product, read } from './terms.ts';

export interface Back {
  readonly to: Lowering;
  readonly plan: StepPlan;
  readonly places: Places;
  /** Ids of all rows, or the tensor of their rows of zeros and ones. */
  readonly ids: readonly number[] | string;
}

/** That a weight is moved, in units of 2^-(f_g + places). */
export interface Move {
  readonly places: number;
  /** The term at row o and column k of the weight, of a bias at o, with its factor. */
  term(factor: number): Term;
}

/** What the nodes hand on: gradients to what they read, moves to weights. */
interface Hands {
  give(input: string, gradient: string): void;
  move(weight: string, by: Move): void;
}

/** From the last node to the first. @returns the moves of every weight, in order */
export function walkBack(of: Back, logits: string): ReadonlyMap<string, readonly Move[]> {
  const { graph } = of.to;
  const given = new Map<string, string[]>([[graph.output, [logits]]]);
  const moves = new Map<string, Move[]>();
  const add = <T>(to: Map<string, T[]>, name: string, own: T): void =>
    void to.set(name, [...(to.get(name) ?? []), own]);
  const hands: Hands = {
    give: (input, gradient) => add(given, input, gradient),
    move: (weight, by) => add(moves, weight, by),
  };
  for (const node of [...graph.nodes].reverse()) {
    const parts = given.get(node.name);
    if (parts !== undefined) through(of, node, gradientOf(of, node, parts), hands);
  }
  return moves;
}

/** t over rows, j over the columns of a node's result. */
function cellsOf(to: Lowering, node: string): [Index, Index] {
  return [rowIndex(to, node), { name: 'j', size: infoOf(to, node).width }];
}

/** The one that was given, or the sum of several. */
function gradientOf({ to }: Back, { name }: Node, parts: readonly string[]): string {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const [t, j] = cellsOf(to, name);
  const sum = witness(to, `back/${name}:sum`, [t.size, j.size]);
  zero(to, sum, [t, j], [...parts.map((part) => cell(1, part, 't', 'j')), cell(-1, sum, 't', 'j')]);
  return sum;
}

function through(of: Back, node: Node, g: string, { give, move }: Hands): void {
  const input = (field = 'input'): string => nameOf(node, field);
  switch (node.op) {
    case 'embedding':
      move(nameOf(node, 'table'), { places: 0, term: (factor) => rowsTerm(of, factor, g, of.ids) });
      if (node['positions'] === undefined) return;
      return move(nameOf(node, 'positions'), {
        places: 0,
        term: (factor) => rowsTerm(of, factor, g, of.to.rows.positions),
      });
    case 'linear':
      move(nameOf(node, 'weight'), {
        places: of.places.get(input()) as number,
        term: (factor) => matrixTerm(of, factor, g, input()),
      });
      if (node['bias'] !== undefined)
        move(nameOf(node, 'bias'), { places: 0, term: (factor) => biasTerm(of, factor, g, input()) });
      return give(input(), linearBack(of, node, g));
    case 'requantise':
      return give(input(), g);
    case 'add':
      give(input('left'), g);
      return give(input('right'), g);
    case 'product': {
      const [left, right] = [factorBack(of, node, g, 'left'), factorBack(of, node, g, 'right')];
      give(input('left'), left);
      return give(input('right'), right);
    }
    case 'activation':
      return give(input(), activationBack(of, node, g));
    case 'rope':
      return give(input(), ropeBack(of, node, g));
    case 'rmsnorm':
      return give(input(), normBack(of, node, g));
    default: {
      const { query, key, value } = attentionBack(of, node, g);
      give(input('query'), query);
      give(input('key'), key);
      return give(input('value'), value);
    }
  }
}

/** sum t [id_t = o] g[t, k] */
function rowsTerm({ to }: Back, factor: number, g: string, ids: readonly number[] | string): Term {
  const sums = [{ name: 't', size: to.rows.rows }];
  if (typeof ids === 'string') return product(factor, [read(ids, 't', 'o'), read(g, 't', 'k')], sums);
  const isId = { row: 't', column: 'o', from: ids, to: ids.map((id) => id + 1) };
  return masked(product(factor, [read(g, 't', 'k')], sums), isId);
}

/** sum t g[t, o] x[t, k] */
function matrixTerm({ to }: Back, factor: number, g: string, input: string): Term {
  const views = [read(g, 't', 'o'), read(operand(to, input), 't', 'k')];
  return product(factor, views, [rowIndex(to, input)]);
}

/** sum t g[t, o] */
function biasTerm({ to }: Back, factor: number, g: string, input: string): Term {
  return product(factor, [read(g, 't', 'o')], [rowIndex(to, input)]);
}

function linearBack({ to, plan }: Back, node: Node, g: string): string {
  const [t, o] = cellsOf(to, node.name);
  const k: Index = { name: 'k', size: infoOf(to, nameOf(node, 'input')).width };
  const weight = nameOf(node, 'weight');
  const sum = product(1, [read(g, 't', 'o'), read(`weight/${weight}`, 'o', 'k')], [{ ...o, name: 'o' }]);
  const own = { ...plan.gradient, shift: placesOfWeight(plan, weight) };
  return rounded(to, `back/${node.name}:input`, [t, k], own, [sum]);
}

/** Of one factor of a product: g times the other one. */
function factorBack({ to, plan, places }: Back, node: Node, g: string, side: 'left' | 'right'): string {
  const other = nameOf(node, side === 'left' ? 'right' : 'left');
  const own = { ...plan.gradient, shift: places.get(other) as number };
  const terms = [product(1, [read(g, 't', 'j'), read(operand(to, other), 't', 'j')])];
  return rounded(to, `back/${node.name}:${side}`, cellsOf(to, node.name), own, terms);
}

function activationBack({ to, plan }: Back, node: Node, g: string): string {
  const [t, j] = cellsOf(to, node.name);
  const x = operand(to, nameOf(node, 'input'));
  const slope = witness(to, `back/${node.name}:slope`, [t.size, j.size]);
  const key = [cell(1, x, 't', 'j'), constant(2 ** (activationOf(node).bits - 1))];
  lookup(to, slope, [t, j], slopeTable(nameOf(node, 'table')), key, [cell(1, slope, 't', 'j')]);
  const own = { ...plan.gradient, shift: 14 };
  return rounded(to, `back/${node.name}:input`, [t, j], own, [product(1, [read(g, 't', 'j'), read(slope, 't', 'j')])]); // prettier-ignore
}

function ropeBack({ to, plan }: Back, node: Node, g: string): string {
  const { indices, column, terms } = turned(to, node, g, -1);
  const name = `back/${node.name}:input`;
  const into = cells(to, name, sizesOf(cellsOf(to, node.name)), { ...plan.gradient, shift: 14 });
  roundInto(to, name, read(into, 't', column), indices, 14, terms);
  return name;
}

function normBack({ to, plan, places }: Back, node: Node, g: string): string {
  const { name } = node;
  const [t, j] = cellsOf(to, name);
  const y = operand(to, name);
  const own = plan.gradient;
  const inputPlaces = places.get(nameOf(node, 'input')) as number;
  const slope = witness(to, `back/${name}:slope`, [t.size], 0, 2 ** 15 - 1);
  rangeOf(to, slope, bitRanges);
  roundInto(to, slope, read(slope, 't'), [t], plan.norms - inputPlaces + 2, [cell(1, `${name}:root`, 't')]);
  const dot = product(1, [read(g, 't', 'j'), read(y, 't', 'j')], [j]);
  const along = rounded(to, `back/${name}:along`, [t], { ...own, bits: 15, shift: 15 }, [dot]);
  const rest = [cell(2 ** 15, g, 't', 'j'), product(-1, [read(y, 't', 'j'), read(along, 't')])];
  const across = rounded(to, `back/${name}:across`, [t, j], { ...own, shift: 15 }, rest);
  const steep = product(1, [read(across, 't', 'j'), read(slope, 't')]);
  return rounded(to, `back/${name}:input`, [t, j], { ...own, shift: 12 }, [steep]);
}
