/** How a graph is trained: spec/training-operators.md section 8. One code, `PLAN`. */
import type { CheckedGraph } from './graph-checks.ts';
import { integerOf, nameOf, type Node } from './graph-file.ts';
import { activationOf, fits } from './graph-ranges.ts';
import { require } from './refusal.ts';

export interface StepPlan {
  /** f_w by weight. */
  readonly weights: Readonly<Record<string, number>>;
  /** f_y of norms. */
  readonly norms: number;
  /** b_g, f_g. */
  readonly gradient: { readonly bits: number; readonly places: number };
  /** b_r */
  readonly low: number;
  /** r, u */
  readonly rate: number;
  readonly ratePlaces: number;
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

/** r 2^e, for a part of the gradient of a weight that is a sum over something of f places. */
export function moveOf(of: StepPlan, weight: string, f: number): number {
  return of.rate * 2 ** exponentOf(of, weight, f);
}

function exponentOf(of: StepPlan, weight: string, f: number): number {
  return placesOfWeight(of, weight) + of.low - of.gradient.places - f - of.ratePlaces;
}

/** Whether a graph is trained so; the places of its results. */
export function checkStepPlan({ graph, infos }: CheckedGraph, of: StepPlan): Places {
  within('b_g', of.gradient.bits, 2, 15);
  within('f_g', of.gradient.places, 1, 12);
  within('b_r', of.low, 1, 15);
  within('f_y', of.norms, 0, 15);
  within('r', of.rate, 1, 2 ** 10);
  within('u', of.ratePlaces, 0, 30);
  for (const { name, shape, bits } of graph.weights) {
    plan(shape.length === 2, `${name} is no matrix`);
    within('b_w + b_r', bits + of.low, 3, 30);
    within('f_w', placesOfWeight(of, name), 1, 15);
  }
  const places = new Map<string, number>();
  for (const node of graph.nodes) places.set(node.name, placesOf(graph, node, of, places));
  const output = infos.get(graph.output);
  plan(output !== undefined && places.get(graph.output) === 8, 'places of logits');
  if (output === undefined) return places;
  plan(output.level === 'proven' && fits(output, 16), 'bits of logits');
  within('classes', output.width, 2, 2 ** 13);
  return places;
}

/** The table of section 8. */
function placesOf(graph: CheckedGraph['graph'], node: Node, of: StepPlan, known: Places): number {
  const read = (field: string): number => known.get(nameOf(node, field)) as number;
  const shift = (what: string, s: number, most = 30 - of.gradient.bits): void => within(what, s, 1, most);
  switch (node.op) {
    case 'embedding': {
      const tables = [node['table'], node['positions']].filter((name) => name !== undefined) as string[];
      const first = placesOfWeight(of, nameOf(node, 'table'));
      for (const name of tables) {
        const weight = graph.weights.find((own) => own.name === name);
        plan(placesOfWeight(of, name) === first, 'places of both tables');
        plan(weight?.shape[1] === integerOf(node, 'width'), 'columns of a table');
        within('e', exponentOf(of, name, 0), 0, 20);
      }
      return first;
    }
    case 'linear': {
      const weight = nameOf(node, 'weight');
      plan(node['bias'] === undefined, 'a bias');
      shift('f_w', placesOfWeight(of, weight));
      within('e', exponentOf(of, weight, read('input')), 0, 20);
      return placesOfWeight(of, weight) + read('input');
    }
    case 'requantise':
      plan(integerOf(node, 'guard') === 0, 'guard bits');
      return read('input') - integerOf(node, 'shift');
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
