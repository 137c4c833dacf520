/**
 * Plans of runs of graphs as people write them: JSON with `batch`, `steps` or `epochs`, `rate` or `rates`, `ratePlaces`, and optionally `length`, `gradient`, `low`,
 * `momentum`, of a graph by itself `weights` and `norms`. Strict: what is not known is refused. docs/training.md.
 */
import type { GraphPlan } from '../../training/index.ts';
import { graphStepsPerEpoch } from '../../training/graph-run/order.ts';
import { checkRunPlan, type GraphSchedule } from '../../training/graph-run/run.ts';
import { DEFAULT_GRAPH_MOMENTUM, type GraphMomentum } from '../../training/backward/momentum.ts';
import type { Rate } from '../../training/plan.ts';
import { fieldsOf, integer, listOf, rateOf, readJson, wrong, type Fields } from '../training/plan-file.ts';
import type { TrainableModel } from './model-file.ts';

const FIELDS = ['batch', 'length', 'steps', 'epochs', 'rate', 'rates', 'ratePlaces', 'gradient', 'low', 'momentum', 'weights', 'norms']; // prettier-ignore
const DEFAULT_GRADIENT = { bits: 15, fraction: 10 };
const DEFAULT_LOW = 15;

export interface TuningPlan {
  readonly plan: GraphPlan;
  readonly schedule: GraphSchedule;
}

/**
 * Reads a plan.
 *
 * @param tokens of the corpus that it is for
 * @throws ProofError `FILE_*`; `PLAN` naming file and field
 */
export function readTuningPlan(path: string, model: TrainableModel, tokens: number): TuningPlan {
  return readJson(path, (value) => tuningPlanOf(value, model, tokens));
}

/** @throws ProofError `PLAN` */
export function tuningPlanOf(value: unknown, { graph, places }: TrainableModel, tokens: number): TuningPlan {
  const own = fieldsOf('plan', value, places === undefined ? FIELDS : FIELDS.slice(0, -2));
  const given = (name: string, otherwise: number): number =>
    own[name] === undefined ? otherwise : integer(name, own[name]);
  const momentum = momentumOf(own['momentum']);
  const [first, later] = ratesOf(own);
  const plan: GraphPlan = {
    ...(places ?? { weights: placesOf(own['weights']), norms: integer('norms', own['norms']) }),
    gradient: gradientOf(own['gradient']),
    low: given('low', DEFAULT_LOW),
    rate: first,
    ratePlaces: integer('ratePlaces', own['ratePlaces']),
    ...(momentum && { momentum }),
  };
  const sized = { tokens, length: given('length', graph.context), batch: integer('batch', own['batch']) };
  checkRunPlan(graph, plan, { ...sized, steps: 1 });
  const steps = stepsOf(own, sized);
  const schedule = { ...sized, steps, ...(later.length > 0 && { rates: later }) };
  checkRunPlan(graph, plan, schedule);
  return { plan, schedule };
}

/** The first rate, and the later ones. */
function ratesOf(own: Fields): readonly [first: number, later: readonly Rate[]] {
  if ((own['rate'] === undefined) === (own['rates'] === undefined)) {
    wrong(`rate: expected a rate or rates, got ${own['rate'] === undefined ? 'neither' : 'both'}`);
  }
  if (own['rates'] === undefined) return [integer('rate', own['rate']), []];
  const [first, ...later] = listOf('rates', own['rates']).map((rate, i) => rateOf(`rates[${i}]`, rate));
  if (first?.from !== 0) wrong('rates: expected one from step 0 on');
  return [first.rate, later];
}

function stepsOf(own: Fields, sized: Omit<GraphSchedule, 'steps'>): number {
  if ((own['steps'] === undefined) === (own['epochs'] === undefined)) {
    wrong(`steps: expected steps or epochs, got ${own['steps'] === undefined ? 'neither' : 'both'}`);
  }
  if (own['steps'] !== undefined) return integer('steps', own['steps']);
  return integer('epochs', own['epochs']) * graphStepsPerEpoch(sized);
}

function gradientOf(value: unknown): GraphPlan['gradient'] {
  if (value === undefined) return DEFAULT_GRADIENT;
  const own = fieldsOf('gradient', value, ['bits', 'fraction', 'guard']);
  const { bits, fraction, guard } = { ...DEFAULT_GRADIENT, ...own } as Fields;
  const format = {
    bits: integer('gradient.bits', bits),
    fraction: integer('gradient.fraction', fraction),
  };
  const cut = guard === undefined ? 0 : integer('gradient.guard', guard);
  return cut === 0 ? format : { ...format, guard: cut };
}

/** Binary places by weight. */
function placesOf(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrong('weights: expected an object with the binary places of every weight');
  }
  const entries = Object.entries(value).map(([name, own]) => [name, integer('weights', own)] as const);
  return Object.fromEntries(entries);
}

/** None, the default one, or three numbers. @throws ProofError `PLAN` */
function momentumOf(value: unknown): GraphMomentum | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return DEFAULT_GRAPH_MOMENTUM;
  const own = fieldsOf('momentum', value, ['shift', 'high', 'low']);
  const [shift, high, low] = ['shift', 'high', 'low'].map((name) => integer(`momentum.${name}`, own[name]));
  return { shift, high, low } as GraphMomentum;
}
