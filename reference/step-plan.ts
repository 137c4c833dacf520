/** How a graph is trained: spec/training-operators.md section 8. One code, `PLAN`. */
import type { CheckedGraph } from './graph-checks.ts';
import { integerOf, nameOf, namesIn, type Graph, type Node, type Weight } from './graph-file.ts';
import { activationOf, fits } from './graph-ranges.ts';
import { require } from './refusal.ts';

export interface StepPlan {
  /** f_w by weight. */
  readonly weights: Readonly<Record<string, number>>;
  /** f_y of norms. */
  readonly norms: number;
  /** b_g, f_g; guard bits where gradients are cut off. */
  readonly gradient: { readonly bits: number; readonly places: number; readonly guard?: number };
  /** b_r */
  readonly low: number;
  /** r, u */
  readonly rate: number;
  readonly ratePlaces: number;
  /** m, b_h, b_l */
  readonly momentum?: { readonly shift: number; readonly high: number; readonly low: number };
}

/** Binary places of results, by node. */
export type Places = ReadonlyMap<string, number>;

function within(what: string, x: number | undefined, least: number, most: number): void {
  const is = x !== undefined && Number.isInteger(x) && least <= x && x <= most;
  require(is, 'PLAN', `${what}: ${x}`);
}

function plan(holds: boolean, what: string): void {
  require(holds, 'PLAN', what);
}

/** f_w; every weight of a graph has been checked to have one. */
export function placesOfWeight({ weights }: StepPlan, name: string): number {
  return (Object.hasOwn(weights, name) ? weights[name] : undefined) as number;
}

/** A vector: in these graphs nothing else is one. */
export function isBias({ shape }: Weight): boolean {
  return shape.length === 1;
}

/** b_r, of a bias c. */
export function bitsBelow({ low }: StepPlan, weight: Weight): number {
  return isBias(weight) ? Math.min(low, 30 - weight.bits) : low;
}

/** r 2^e, for a part of the gradient of a weight that is a sum over something of f places. */
export function moveOf(of: StepPlan, weight: Weight, f: number): number {
  return of.rate * 2 ** exponentOf(of, weight, f);
}

function exponentOf(of: StepPlan, weight: Weight, f: number): number {
  const places = placesOfWeight(of, weight.name) + bitsBelow(of, weight);
  return places - of.gradient.places - f - of.ratePlaces;
}

/** What is asked of r: e has no r. */
export function checkRate(r: number): void {
  within('r', r, 1, 2 ** 10);
}

/** Whether a graph is trained so; the places of its results. */
export function checkStepPlan({ graph, infos }: CheckedGraph, of: StepPlan): Places {
  within('b_g', of.gradient.bits, 2, 15);
  within('f_g', of.gradient.places, 1, 12);
  within('b_r', of.low, 1, 15);
  within('f_y', of.norms, 0, 15);
  checkRate(of.rate);
  within('u', of.ratePlaces, 0, 30);
  if (of.gradient.guard !== undefined) {
    within('guard bits', of.gradient.guard, 1, 4);
    within('b_g', of.gradient.bits, 7, 15);
  }
  if (of.momentum !== undefined) {
    const { shift, high, low } = of.momentum;
    within('m', shift, 1, 8);
    within('b_h', high, 2, 16);
    within('b_l', low, shift, 15);
    within('m + b_h + b_l', shift + high + low, 4, 30);
  }
  for (const weight of graph.weights) {
    if (isBias(weight)) within('b_b', weight.bits, 2, 29);
    else within('b_w + b_r', weight.bits + of.low, 3, 30);
    within('f_w', placesOfWeight(of, weight.name), 1, isBias(weight) ? 30 : 15);
  }
  const places = new Map<string, number>();
  for (const node of graph.nodes) places.set(node.name, placesOf(graph, node, of, places));
  const output = infos.get(graph.output);
  plan(output !== undefined && places.get(graph.output) === 8, 'places of logits');
  if (output === undefined) return places;
  plan(output.level === 'proven' && fits(output, 16), 'bits of logits');
  within('classes', output.width, 2, 2 ** 13);
  if (of.momentum !== undefined)
    for (const weight of graph.weights)
      within('e for F', exponentOf(of, weight, finest(graph, places, weight.name)), 0, 20);
  return places;
}

/** F, the places of a weight's momentum: the greatest of 0 and of the parts of its gradient (of tables and biases they are 0). */
export function finest({ nodes, output }: Graph, places: Places, weight: string): number {
  const reached = new Set([output]); // to whose results a gradient comes
  let F = 0;
  for (const node of [...nodes].reverse()) {
    if (!reached.has(node.name)) continue;
    for (const name of namesIn(node, 'tensor')) reached.add(name);
    const isPart = node.op === 'linear' && node['weight'] === weight;
    if (isPart) F = Math.max(F, places.get(nameOf(node, 'input')) as number);
  }
  return F;
}

/** The table of section 8. */
function placesOf(graph: Graph, node: Node, of: StepPlan, known: Places): number {
  const read = (field: string): number => known.get(nameOf(node, field)) as number;
  const shift = (what: string, s: number, most = 30 - of.gradient.bits): void => within(what, s, 1, most);
  const declared = (name: string): Weight => graph.weights.find((own) => own.name === name) as Weight;
  const moved = (name: string, f: number): void => within('e', exponentOf(of, declared(name), f), 0, 20);
  switch (node.op) {
    case 'embedding': {
      const tables = [node['table'], node['positions']].filter((name) => name !== undefined) as string[];
      const first = placesOfWeight(of, nameOf(node, 'table'));
      for (const name of tables) {
        plan(placesOfWeight(of, name) === first, 'places of both tables');
        plan(declared(name).shape[1] === integerOf(node, 'width'), 'columns of a table');
        moved(name, 0);
      }
      return first;
    }
    case 'linear': {
      const weight = nameOf(node, 'weight');
      const sum = placesOfWeight(of, weight) + read('input');
      shift('f_w', placesOfWeight(of, weight));
      moved(weight, read('input'));
      if (node['bias'] !== undefined) {
        plan(placesOfWeight(of, nameOf(node, 'bias')) === sum, 'places of a bias');
        moved(nameOf(node, 'bias'), 0);
      }
      return sum;
    }
    case 'requantise':
      plan(integerOf(node, 'guard') === 0, 'guard bits');
      return read('input') - integerOf(node, 'shift');
    case 'rope':
      plan(integerOf(node, 'guard') === 0, 'guard bits');
      return read('input');
    case 'add':
      plan(read('left') === read('right'), 'places of summands');
      return read('left');
    case 'product':
      shift('f_a', read('left'));
      shift('f_b', read('right'));
      return read('left') + read('right');
    case 'activation': {
      const { of: kind, bits, range } = activationOf(node);
      if (kind === 'relu') return read('input');
      plan(read('input') === bits - 1 - range, 'places of keys');
      return 14 - range;
    }
    case 'rmsnorm':
      shift('f_y - f_x + 2', of.norms - read('input') + 2, 15);
      return of.norms;
    case 'attention':
      shift('6 + s - f_q', 6 + integerOf(node, 'shift') - read('query'));
      shift('6 + s - f_k', 6 + integerOf(node, 'shift') - read('key'));
      shift('f_v', read('value'), 14);
      return read('value');
    default:
      plan(false, `${node.op} is not trained`);
      return 0;
  }
}
