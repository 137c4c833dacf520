/** What names plans and weights of graphs in training: spec/training-operators.md sections 9 and 11. */
import { deriveKey } from './blake3.ts';
import { ascii, equalBytes } from './bytes.ts';
import type { CheckedGraph } from './graph-checks.ts';
import { canonical, type Graph } from './graph-file.ts';
import { decodeKey } from './key.ts';
import { columnsOf, layOut } from './layout.ts';
import { require } from './refusal.ts';
import { digestOfLeaves, type Leaf } from './statement.ts';
import { checkStepPlan, placesOfWeight, type StepPlan } from './step-plan.ts';
import { runsOf } from './step-update.ts';
import type { NamedKey } from './training-run.ts';

export function named(bytes: Uint8Array): NamedKey {
  return { ...decodeKey(bytes), bytes };
}

export function graphDigest(graph: Graph): Uint8Array {
  return deriveKey('zkdl graph 1', ascii(canonical(graph)));
}

/** Section 11: all that a plan says of a graph. */
export function planDigest({ weights }: Graph, plan: StepPlan): Uint8Array {
  const { gradient } = plan;
  return digestOfLeaves('zkdl graph plan 1', [
    ['norms', 'integer', plan.norms],
    ['gradient-bits', 'integer', gradient.bits],
    ['gradient-fraction', 'integer', gradient.places],
    ['low', 'integer', plan.low],
    ['rate', 'integer', plan.rate],
    ['rate-places', 'integer', plan.ratePlaces],
    ...weights.map(({ name }, i): Leaf => [`places-${i}`, 'integer', placesOfWeight(plan, name)]),
    ...(gradient.guard === undefined ? [] : [['gradient-guard', 'integer', gradient.guard] as const]),
    ...momentumLeaves(plan, ['shift', 'high', 'low']),
  ]);
}

/** None without momentum. */
function momentumLeaves({ momentum }: StepPlan, numbers: readonly ('shift' | 'high' | 'low')[]): Leaf[] {
  if (momentum === undefined) return [];
  return numbers.map((name): Leaf => [`momentum-${name}`, 'integer', momentum[name]]);
}

/** Section 9: a key of weights of this graph in training. Refuses with `PLAN`, `KEY_LAYOUT`. */
export function checkWeights(checked: CheckedGraph, plan: StepPlan, key: NamedKey): void {
  checkStepPlan(checked, plan);
  const { weights } = checked.graph;
  const leaves = weights.flatMap(({ name, shape, bits }, i): Leaf[] => [
    [`weight-${i}`, 'text', name],
    ...shape.map((size, d): Leaf => [`size-${i}-${d}`, 'integer', size]),
    [`bits-${i}`, 'integer', bits],
    [`places-${i}`, 'integer', placesOfWeight(plan, name)],
  ]);
  const layout = digestOfLeaves('zkdl graph state layout 1', [
    ['low', 'integer', plan.low],
    ...leaves,
    ...momentumLeaves(plan, ['high', 'low']),
  ]);
  const shapes = runsOf(checked.graph, plan).flatMap((run) => run.map(({ shape }) => shape));
  checkKey(key, { label: 'S', lifetime: 'carried', layout, shapes });
}

export function checkKey(
  { group, layout, parameters }: NamedKey,
  of: {
    readonly label: string;
    readonly lifetime: string;
    readonly layout: Uint8Array;
    readonly shapes: readonly (readonly number[])[];
  },
): void {
  require(equalBytes(layout, of.layout), 'KEY_LAYOUT', 'layout');
  require(group.label === of.label && group.lifetime === of.lifetime, 'KEY_LAYOUT', `${of.lifetime} group ${of.label}`); // prettier-ignore
  const columns = columnsOf(layOut(of.shapes), parameters.code.logData);
  require(group.columns === columns, 'KEY_LAYOUT', `${columns} columns`);
}
