/** From an executed forward pass to the tensors of a prediction's program. */
import type { RowMajor } from '../relation/cells-prove.ts';
import { layerCount, type TrainingPlan } from './plan.ts';
import type { forward } from './step.ts';

/** Cells of the witness tensors, and of the virtual ones that the pass has. @param hidden whether inputs are */
export function predictionWitness(
  plan: TrainingPlan,
  { inputs, sums, rounded }: ReturnType<typeof forward>,
  hidden: boolean,
): { readonly tensors: Map<string, RowMajor>; readonly virtuals: Map<string, RowMajor> } {
  const tensors = new Map<string, RowMajor>();
  const virtuals = new Map<string, RowMajor>();
  for (let layer = 0; layer < layerCount(plan); layer++) {
    if (layer > 0 || hidden) tensors.set(`x/${layer}`, inputs[layer] as Int32Array);
    tensors.set(`y/${layer}`, rounded[layer] as Int32Array);
    virtuals.set(`sum/${layer}`, sums[layer] as Int32Array);
  }
  return { tensors, virtuals };
}
