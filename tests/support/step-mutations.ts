/** Changed steps of graphs: keys, parameters, proofs, plans, graphs, batches, lists of steps. */
import type { StepBytes } from '../../reference/steps.ts';
import type { Graph } from '../../src/graph/index.ts';
import type { PublicBatch } from '../../src/training/backward/batch.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import type { Dice } from './graphs.ts';
import { changedField, fieldsOfKey, fieldsOfParameters, type Field } from './training-fields.ts';
import type { StepsCase } from './twin-steps.ts';

export interface StepMutant extends StepsCase {
  readonly name: string;
}

/** Fields whose change leaves good bytes of another statement: their proof is looked at. */
const BOUND = /group\/(group|cap)|epoch|pads\/size/;

/** Mutant `seed` of a case of one step. @param other another such case of the same training */
export function stepMutant(honest: StepsCase, other: StepsCase, seed: number, d: Dice): StepMutant {
  const [step] = honest.steps as [StepBytes];
  const [batch] = honest.batches as [PublicBatch];
  const as = (name: string, change: Partial<StepsCase>): StepMutant => ({ ...honest, name, ...change });
  const stepAs = (name: string, change: Partial<StepBytes>): StepMutant => as(name, { steps: [{ ...step, ...change }] }); // prettier-ignore
  const field = (bytes: Uint8Array, fields: readonly Field[], bound: boolean): [string, Uint8Array] => {
    const own = d.pick(fields.filter(({ name }) => BOUND.test(name) === bound));
    return [own.name, changedField(bytes, own, d.int(0, 5))];
  };
  const keyField = (bytes: Uint8Array, bound = false) => field(bytes, fieldsOfKey(bytes), bound);
  const short = (bytes: Uint8Array): Uint8Array => d.int(0, 3) === 0 ? Uint8Array.from([...bytes, 0]) : bytes.slice(0, d.int(0, bytes.length - 1)); // prettier-ignore
  const { after, parameters, proof } = step;
  // Changes whose proof is looked at take a hundred times as long as others: there are fewer.
  switch (seed % 32 === 27 ? 8 : seed % 16) {
    case 0:
    case 12: {
      const [name, first] = keyField(honest.first);
      return as(`first: ${name}`, { first });
    }
    case 1:
    case 13: {
      const [name, changed] = keyField(after);
      return stepAs(`after: ${name}`, { after: changed });
    }
    case 2: {
      const [name, changed] = field(parameters, fieldsOfParameters(parameters), false);
      return stepAs(`parameters: ${name}`, { parameters: changed });
    }
    case 3:
    case 4:
    case 14:
      return as('plan', { plan: changedPlan(honest.plan, d, honest.graph.includes('rmsnorm')) });
    case 5:
    case 6:
      return as('graph', { graph: changedGraph(honest.graph, d) });
    case 7:
    case 15:
      return as('batch', { batches: [changedBatch(batch, d)] });
    case 8:
      return d.pick<() => StepMutant>([
        () => as('no step', { steps: [] }),
        () => as('two steps for a batch', { steps: [step, step] }),
        () => as('two batches for a step', { batches: [batch, batch] }),
        () => stepAs('key of the first weights, shorter', { after: short(after) }),
        () => as('shorter first key', { first: short(honest.first) }),
        () => stepAs('parameters, shorter', { parameters: short(parameters) }),
        () => as('keys exchanged', { first: step.after, steps: [{ ...step, after: honest.first }] }),
      ])();
    case 9:
      return corpusMutant(as, honest, d);
    case 10:
      return stepAs('no proof, or a short one', {
        proof: proof.slice(0, d.pick([0, 31, 64, d.int(0, 300)])),
      });
    default:
      return d.pick<() => StepMutant>([
        () => {
          const at = d.int(0, proof.length - 1);
          return stepAs(`proof byte ${at}`, {
            proof: proof.map((x, i) => (i === at ? x ^ (1 << d.int(0, 7)) : x)),
          });
        },
        () => stepAs('proof of another step', { proof: (other.steps[0] as StepBytes).proof }),
        () => stepAs('weights of another step', { after: (other.steps[0] as StepBytes).after }),
        () => stepAs('after, bound', { after: keyField(after, true)[1] }),
        () => as('first, bound', { first: keyField(honest.first, true)[1] }),
        () => as('another step than the first, or the first', { written: !honest.written }),
        () => stepAs('proof, longer', { proof: Uint8Array.from([...proof, 0]) }),
      ])();
  }
}

/** A number of a plan, at a bound more often than not; or a weight that has no places. @param norms whether that of norms may be it */
export function changedPlan(plan: GraphPlan, d: Dice, norms = true): GraphPlan {
  const to = (x: number): number => d.pick([x + 1, x - 1, 0, -1, 0.5, 1, 15, 16, 2 ** 10, 2 ** 10 + 1, 30, 31, d.int(2, 14)]); // prettier-ignore
  const { weights, gradient, low, rate, ratePlaces, momentum } = plan;
  const part = d.pick(['shift', 'high', 'low'] as const);
  const { guard, ...whole } = gradient;
  const { momentum: _, ...without } = plan;
  const name = d.pick(Object.keys(weights));
  const { [name]: own, ...others } = weights as Record<string, number>;
  return d.pick<() => GraphPlan>([
    () => ({ ...plan, weights: { ...weights, [name]: to(own as number) } }),
    () => ({ ...plan, weights: others }),
    () => ({ ...plan, gradient: { ...gradient, bits: to(gradient.bits) } }),
    () => ({ ...plan, gradient: { ...gradient, fraction: to(gradient.fraction) } }),
    () => (norms ? { ...plan, norms: to(plan.norms) } : { ...plan, low: to(low) }),
    () => ({ ...plan, low: to(low) }),
    () => ({ ...plan, rate: to(rate) }),
    () => ({ ...plan, ratePlaces: to(ratePlaces) }),
    () => ({ ...plan, gradient: { ...gradient, guard: d.pick([0, 1, 2, 3, 4, 5, 0.5]) } }),
    () => ({ ...plan, gradient: guard === undefined ? { ...gradient, guard: 1, bits: 7 } : whole }),
    () =>
      momentum === undefined
        ? {
            ...plan,
            momentum: { shift: d.pick([0, 1, 8, 9]), high: d.pick([1, 2, 16, 17]), low: d.int(0, 16) },
          }
        : d.pick([without, { ...plan, momentum: { ...momentum, [part]: to(momentum[part]) } }]),
  ])();
}

/** A number or a name of a graph is another one; a node, a weight or a field is gone; letters. */
export function changedGraph(text: string, d: Dice): string {
  const graph = JSON.parse(text) as { -readonly [K in keyof Graph]: Graph[K] } & Record<string, unknown>;
  if (d.int(0, 5) === 0) return text.slice(0, d.int(0, text.length - 1));
  const lists = [graph.nodes, graph.weights] as unknown as Record<string, unknown>[][];
  const list = d.pick(lists);
  const item = d.pick(list);
  const key = d.pick(Object.keys(item));
  switch (d.int(0, 4)) {
    case 0:
      list.splice(list.indexOf(item), 1);
      break;
    case 1:
      delete item[key];
      break;
    case 2:
      graph.context = d.pick([0, 1, 2, 3, 5, 16384, 16385]);
      break;
    default: {
      const value = item[key];
      if (typeof value === 'number') item[key] = value + d.pick([1, -1, 8, -0.5]);
      else if (typeof value === 'string') item[key] = d.pick(['x', 'E', 'H', 'y', 'linear', `${value}2`]);
      else item[key] = (value as number[]).map((n) => n + d.int(0, 1));
    }
  }
  return JSON.stringify(graph);
}

/** Ids, targets, places or starts that a graph does not admit, and now and then such as it does. */
export function changedBatch(batch: PublicBatch, d: Dice): PublicBatch {
  const strange = (list: readonly number[]): number[] => {
    const i = d.int(0, list.length - 1);
    return list.map((x, t) => (t === i ? d.pick([-1, 99, x + 0.5, 2 ** 31, x + 7]) : x));
  };
  const starts = d.pick([[], [1], [0, 0], [0, 9], strange(batch.starts)]);
  if ('corpus' in batch) {
    return d.pick<() => PublicBatch>([
      () => ({ ...batch, at: strange(batch.at) }),
      () => ({ ...batch, at: [], starts: [0] }),
      () => ({ ...batch, starts }),
      () => ({ ...batch, corpus: batch.corpus + d.pick([1, -1]) }),
    ])();
  }
  const { tokens, targets } = batch;
  return d.pick<() => PublicBatch>([
    () => ({ ...batch, tokens: strange(tokens) }),
    () => ({ ...batch, targets: strange(targets) }),
    () => ({ ...batch, targets: targets.slice(1) }),
    () => ({ ...batch, starts }),
    () => ({ tokens: [], targets: [], starts: [0] }),
    () => ({ tokens: [1, 1, 1, 1, 1], targets: [1, 1, 1, 1, 1], starts: [0] }), // longer than the context
    () => ({ corpus: 8, at: [0, 1, 2], starts: [0] }),
  ])();
}

/** The key of a corpus, where there is one; one that nobody asked for. */
function corpusMutant(
  as: (name: string, change: Partial<StepsCase>) => StepMutant,
  honest: StepsCase,
  d: Dice,
): StepMutant {
  const { corpus, ...without } = honest;
  const [batch] = honest.batches as [PublicBatch];
  if (corpus === undefined) {
    const places = { corpus: 8, at: [0, 1, 4], starts: [0] };
    return as('weights for a corpus', { corpus: honest.first, batches: [d.int(0, 1) === 0 ? places : changedBatch(batch, d)] }); // prettier-ignore
  }
  if (d.int(0, 5) === 0) return { ...without, name: 'no corpus' };
  const fields = fieldsOfKey(corpus).filter(({ name }) => !BOUND.test(name));
  const own = d.pick(fields);
  return as(`corpus: ${own.name}`, { corpus: changedField(corpus, own, d.int(0, 5)) });
}
