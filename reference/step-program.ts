/** The program of a step of training a graph: spec/graph-step-program.md. Its parts: corpus-rows.ts, softmax.ts, back.ts, back-attention.ts, step-update.ts. */
import { walkBack } from './back.ts';
import type { CheckedGraph } from './graph-checks.ts';
import { corpusRows } from './corpus-rows.ts';
import { lowerInto } from './lower.ts';
import { infoOf, operand, witness, zero, type Lowering } from './lowering.ts';
import type { Pass } from './pass.ts';
import type { Index, Program } from './program.ts';
import { require } from './refusal.ts';
import { bitRanges } from './rounding.ts';
import { probabilities } from './softmax.ts';
import { checkStepPlan, finest, type StepPlan } from './step-plan.ts';
import { readBeside, update, written } from './step-update.ts';
import { cell, constant, masked } from './terms.ts';

/** What a step reads: ids and targets, or places of a corpus of so many tokens. */
export type Batch = {
  readonly starts: readonly number[];
  /** Other than the plan's. */ readonly rate?: number;
} & (
  | { readonly tokens: readonly number[]; readonly targets: readonly number[] }
  | { readonly corpus: number; readonly at: readonly number[] }
);

/** Refuses with `PLAN`, `TOKEN`, and as the pass. @param first whether the weights that it reads were written by no step of which the verifier knows */
export function stepProgram(checked: CheckedGraph, of: StepPlan, batch: Batch, first: boolean): Program {
  const { graph } = checked;
  const plan = { ...of, rate: batch.rate ?? of.rate };
  const places = checkStepPlan(checked, plan);
  checkBatch(batch, Number(checked.infos.get(graph.output)?.width));
  const to = lowerInto(graph, passOf(batch));
  const ids = 'corpus' in batch ? corpusRows(to, batch.at) : { rows: batch.tokens, targets: batch.targets };
  const gradient = loss(to, plan, ids.targets);
  const moves = walkBack({ to, plan, places, ids: ids.rows }, gradient);
  for (const weight of graph.weights) {
    const F = finest(graph, places, weight.name);
    update(to, { plan, weight, moves: moves.get(weight.name) ?? [], places: F, first });
  }
  const { tables, virtuals, relations } = to;
  const tensors = [...to.tensors, ...readBeside(graph, plan), ...written(graph, plan)];
  if ('corpus' in batch)
    tensors.push({ kind: 'static', name: 'data/tokens', shape: [batch.corpus], group: 2 });
  return { tensors, tables, virtuals, relations };
}

/** Section 9, "Order": `TOKEN`. */
function checkBatch(batch: Batch, classes: number): void {
  const below = (list: readonly number[], end: number): boolean => list.every((x) => Number.isInteger(x) && x >= 0 && x < end); // prettier-ignore
  if ('corpus' in batch) return require(below(batch.at, batch.corpus - 1), 'TOKEN', 'places');
  require(below(batch.tokens, Infinity), 'TOKEN', 'tokens');
  require(batch.targets.length === batch.tokens.length, 'TOKEN', `${batch.targets.length} targets`);
  require(below(batch.targets, classes), 'TOKEN', 'targets');
}

function passOf(batch: Batch): Pass {
  const tokens = 'corpus' in batch ? batch.at.map(() => null) : batch.tokens;
  const nothing = { emit: [], choice: 'greedy', choices: {}, revealed: [] } as const;
  return { rows: tokens.length, tokens, starts: batch.starts, ...nothing };
}

/** Section 3: the gradient of the logits. @param targets ids, or the tensor of their rows */
function loss(to: Lowering, plan: StepPlan, targets: readonly number[] | string): string {
  const output = to.graph.output;
  const logits = { tensor: operand(to, output), rows: to.rows.rows, classes: infoOf(to, output).width };
  const probability = probabilities(to, logits, plan.gradient.places, bitRanges);
  const [r, j]: [Index, Index] = [{ name: 'r', size: logits.rows }, { name: 'j', size: logits.classes }]; // prettier-ignore
  const g = witness(to, 'softmax/gradient', [r.size, j.size]);
  const unit = 2 ** plan.gradient.places;
  const target =
    typeof targets === 'string'
      ? cell(unit, targets, 'r', 'j')
      : masked(constant(unit), { row: 'r', column: 'j', from: targets, to: targets.map((id) => id + 1) });
  zero(to, `${g}/difference`, [r, j], [cell(1, g, 'r', 'j'), cell(-1, probability, 'r', 'j'), target]);
  return g;
}
