/**
 * What training a graph needs to be told beside the graph: what its integers stand for, how gradients are written, by how much weights
 * move. Everything in it is public. spec/training-operators.md sections 1 and 8.
 */
import { refuse } from '../../errors/proof-error.ts';
import type { GraphInfo } from '../../graph/check.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { references } from '../../graph/operators.ts';
import { activationForm } from '../../ops/activation/shape.ts';
import type { WeightDeclaration } from '../../ops/operator.ts';
import { ACTIVATION_BITS } from '../../tables/index.ts';
import { LOGIT_FRACTION, type Format } from '../plan.ts';
import { checkMomentum, type GraphMomentum } from './momentum.ts';
import { walkBack } from './reverse.ts';
import { slopeShift } from './rmsnorm/shape.ts';
import { scoreShift } from './attention/shape.ts';

/** How gradients are written. With guard bits they are cut off to their bits, and quotients have as many more. */
export interface GradientFormat extends Format {
  readonly guard?: number;
}

export interface GraphPlan {
  /** Binary places of weights, by name: of a bias those of its layer's sum. */
  readonly weights: Readonly<Record<string, number>>;
  /** Binary places of the results of norms: how long they are meant to be. */
  readonly norms: number;
  /** All gradients. */
  readonly gradient: GradientFormat;
  /** Bits of a weight below those that the passes read; of a bias at most as many. */
  readonly low: number;
  /** A step moves weights by rate 2^-ratePlaces times the gradient, summed over all rows. */
  readonly rate: number;
  readonly ratePlaces: number;
  /** Absent: none. With it rate times the momentum moves weights. */
  readonly momentum?: GraphMomentum;
}

/** Binary places of all results, by node. */
export type Places = ReadonlyMap<string, number>;

function need(condition: boolean, stage: string, detail: string): asserts condition {
  if (!condition) refuse('PLAN', stage, detail);
}

/** @throws ProofError `PLAN` unless value is an integer in [least, most] */
function integer(stage: string, name: string, value: number, least: number, most: number): void {
  const fits = Number.isInteger(value) && value >= least && value <= most;
  need(fits, stage, `${name}: expected an integer in [${least}, ${most}], got ${value}`);
}

/** Binary places of a weight. @throws ProofError `PLAN` for one that the plan does not name */
export function weightPlaces({ weights }: GraphPlan, name: string): number {
  const places = Object.hasOwn(weights, name) ? weights[name] : undefined;
  return places ?? refuse('PLAN', 'plan', `weights: expected binary places of ${name}, got none`);
}

/** Bits of a weight in training, those below what the passes read among them: one residue has one weight. */
const MOST_BITS = 30;

/** Bits of a weight below those that the passes read: of a matrix the plan's, of a bias, which has more bits above, what these leave of them. */
export function lowOf({ low }: Pick<GraphPlan, 'low'>, { bits }: Pick<WeightDeclaration, 'bits'>): number {
  return Math.min(low, MOST_BITS - bits);
}

/** By what a contribution to the gradient of a weight, in units of 2^-(gradient.fraction + places), moves it in its lowest bit. */
export function moveOf(
  plan: GraphPlan,
  weight: Pick<WeightDeclaration, 'name' | 'bits'>,
  places: number,
): number {
  const { gradient, rate, ratePlaces } = plan;
  const { name } = weight;
  const exponent = weightPlaces(plan, name) + lowOf(plan, weight) - gradient.fraction - places - ratePlaces;
  integer(
    `plan/${name}`,
    'places of its lowest bit, beyond those of its gradient and of the rate',
    exponent,
    0,
    20,
  );
  return rate * 2 ** exponent;
}

/**
 * Places of the finest part of the gradient of a weight: all parts, and its momentum, are integers in this unit.
 *
 * @param parts of its gradient
 */
export function unitOf(parts: readonly { readonly places: number }[]): number {
  return parts.reduce((most, { places }) => Math.max(most, places), 0);
}

/** How many of that unit a part of the gradient counts. @param unit of `unitOf` */
export function countOf(weight: string, places: number, unit: number): number {
  integer(
    `plan/${weight}`,
    'places of a part of its gradient, below those of the finest',
    unit - places,
    0,
    20,
  );
  return 2 ** (unit - places);
}

/** All that a plan asks of its rate: whether other numbers fit does not hang on it. @throws ProofError `PLAN` */
export function checkRate(rate: number): void {
  integer('plan', 'rate', rate, 1, 2 ** 10);
}

/**
 * Checks that a graph can be trained so, and says what its integers stand for. Total: any plan is answered.
 *
 * @throws ProofError `PLAN` naming node or number
 */
export function checkGraphPlan(graph: Graph, info: GraphInfo, plan: GraphPlan): Places {
  const { gradient, low, rate, ratePlaces, norms } = plan;
  integer('plan', 'gradient.bits', gradient.bits, 2, 15);
  integer('plan', 'gradient.fraction', gradient.fraction, 1, 12);
  if (gradient.guard !== undefined) {
    // Tables of quotients have at most 2^20 rows; shifts are at most 23, so that all quotients of residues are whole ones.
    integer('plan', 'gradient.guard', gradient.guard, 1, 4);
    integer('plan', 'gradient.bits beside guard bits', gradient.bits, 7, 15);
  }
  integer('plan', 'low', low, 1, 15);
  integer('plan', 'norms', norms, 0, 15);
  checkRate(rate);
  integer('plan', 'ratePlaces', ratePlaces, 0, 30);
  if (plan.momentum !== undefined) checkMomentum(plan.momentum);
  for (const { name, shape, bits } of graph.weights) {
    const isBias = shape.length === 1;
    if (isBias) integer(`plan/${name}`, 'bits of a bias', bits, 2, MOST_BITS - 1);
    else integer(`plan/${name}`, 'bits + low', bits + low, 3, MOST_BITS);
    integer(`plan/${name}`, 'places', weightPlaces(plan, name), 1, isBias ? 30 : 15);
  }
  const places = new Map<string, number>();
  for (const node of graph.nodes) places.set(node.name, placesOf(node, plan, info, places));
  const output = info.tensors.get(graph.output);
  const stage = `plan/${graph.output}`;
  need(
    places.get(graph.output) === LOGIT_FRACTION,
    stage,
    `expected logits of ${LOGIT_FRACTION} binary places`,
  );
  const fits = output?.level === 'proven' && output.min >= -(2 ** 15) && output.max < 2 ** 15;
  need(fits, stage, 'expected logits of at most 16 bits');
  integer(stage, 'classes', output?.width as number, 2, 2 ** 13);
  if (plan.momentum !== undefined) checkUnits(graph, plan, places);
  return places;
}

/**
 * That every momentum moves its weight by whole numbers. Without parts of its gradient that have places, its unit is that of none, which nothing
 * else asks for.
 */
function checkUnits(graph: Graph, plan: GraphPlan, places: Places): void {
  const parts = walkBack<null, { readonly places: number }>(graph, null, {
    sum: () => null,
    through(node, _, give, move) {
      for (const input of references(node, 'tensor')) give(input, null);
      for (const weight of references(node, 'weight')) {
        const isMatrix = node.op === 'linear' && node.weight === weight;
        move(weight, { places: isMatrix ? (places.get(node.input) as number) : 0 });
      }
    },
  });
  for (const own of graph.weights) moveOf(plan, own, unitOf(parts.get(own.name) ?? []));
}

/** Binary places of a node's result. */
function placesOf(node: GraphNode, plan: GraphPlan, info: GraphInfo, known: Places): number {
  const stage = `plan/${node.name}`;
  const of = (name: string): number => known.get(name) as number;
  const declared = (name: string): WeightDeclaration => info.weights.get(name) as WeightDeclaration;
  const { bits } = plan.gradient;
  /** Roundings of the way back: as many bits as fit beside the shift. */
  const rounded = (what: string, shift: number): void => integer(stage, what, shift, 1, 30 - bits);
  switch (node.op) {
    case 'embedding': {
      const tables = [node.table, ...(node.positions === undefined ? [] : [node.positions])];
      const [first] = tables.map((name) => weightPlaces(plan, name)) as [number];
      for (const name of tables) {
        need(weightPlaces(plan, name) === first, stage, `${name}: expected ${first} binary places`);
        const columns = declared(name).shape[1];
        need(columns === node.width, stage, `${name}: expected ${node.width} columns, got ${columns}`);
        moveOf(plan, declared(name), 0);
      }
      return first;
    }
    case 'linear': {
      const sum = weightPlaces(plan, node.weight) + of(node.input);
      rounded('places of its weight', weightPlaces(plan, node.weight));
      moveOf(plan, declared(node.weight), of(node.input));
      if (node.bias === undefined) return sum;
      const own = weightPlaces(plan, node.bias);
      need(own === sum, stage, `${node.bias}: expected ${sum} binary places, those of the sum, got ${own}`);
      moveOf(plan, declared(node.bias), 0);
      return sum;
    }
    case 'requantise':
      need(node.guard === 0, stage, 'expected no guard bits: what is cut off has no slope');
      return of(node.input) - node.shift;
    case 'rope':
      need(node.guard === 0, stage, 'expected no guard bits: what is cut off has no slope');
      return of(node.input);
    case 'add':
      need(of(node.left) === of(node.right), stage, 'expected summands of the same binary places');
      return of(node.left);
    case 'product':
      rounded('places of the left', of(node.left));
      rounded('places of the right', of(node.right));
      return of(node.left) + of(node.right);
    case 'activation': {
      const { kind, bits: keys, range = 0 } = activationForm(node);
      if (kind === 'relu') return of(node.input);
      need(of(node.input) === keys - 1 - range, stage, `expected keys of ${keys - 1 - range} binary places`);
      return ACTIVATION_BITS - 1 - range;
    }
    case 'rmsnorm':
      integer(stage, 'shift of its slope', slopeShift({ input: of(node.input), result: plan.norms }), 1, 15);
      return plan.norms;
    case 'attention':
      rounded('shift of queries', scoreShift(node.shift, of(node.query)));
      rounded('shift of keys', scoreShift(node.shift, of(node.key)));
      integer(stage, 'places of values', of(node.value), 1, 14);
      return of(node.value);
    default:
      return refuse('PLAN', stage, `expected an operator that is trained, got ${node.op}`);
  }
}
