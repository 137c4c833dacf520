/**
 * Steps of training as one program: what `trainStep` computes, for several steps one behind the other. Every value of a kind is one
 * tensor for all steps, so a proof has as many relations for a thousand steps as for one. spec/training.md section 7.
 */
import { programBuilder } from '../relation/builder.ts';
import type { Program } from '../relation/program.ts';
import { layerCount } from './plan.ts';
import type { Matrix, StepParts } from './program-parts.ts';
import { backRelations, batchRelations, layerRelations, lossRelations } from './program-passes.ts';
import { stateRelations } from './program-state.ts';
import { updateRelations } from './program-update.ts';
import { checkSegment, periodsOf, type Segment } from './segment.ts';

/**
 * The program of a segment: the same for whoever proves and whoever verifies.
 *
 * @throws ProofError as `checkSegment`
 * @example
 * checkProgram(koalaBear, trainingProgram({ plan, first: 0, count: 4, rows: batchRows(plan, seed, 0, 4), initial }));
 */
export function trainingProgram(segment: Segment): Program {
  checkSegment(segment);
  const { plan, count } = segment;
  const { periods, steps } = periodsOf(segment);
  const b = programBuilder();
  const parts: StepParts = {
    b,
    segment,
    s: b.index('s', periods),
    t: b.index('t', steps * plan.batch),
    r: b.index('r', count * plan.batch),
    u: steps === 1 ? undefined : b.index('u', steps * plan.batch),
    state: stateRelations(b, segment),
  };
  const { x, target } = batchRelations(parts);
  const last = layerCount(plan) - 1;
  const inputs = [x];
  const slopes: Matrix[] = [];
  for (let layer = 0; layer < last; layer++) {
    const { active, slope } = layerRelations(parts, layer, inputs[layer] as Matrix);
    inputs.push(active as Matrix);
    slopes.push(slope as Matrix);
  }
  const { rounded: logits } = layerRelations(parts, last, inputs[last] as Matrix);
  let gradient = lossRelations(parts, logits, target);
  for (let layer = last; layer >= 0; layer--) {
    const [x, slope] = [inputs[layer] as Matrix, slopes[layer - 1] as Matrix];
    updateRelations(parts, layer, gradient, x);
    if (layer > 0) gradient = backRelations(parts, layer, { gradient, slope, x });
  }
  return b.build();
}
