/** What the cells of the committed groups of training mean: the tensors of a dataset, and those of weights. spec/training.md section 8. */
import { columnsOf, layOut } from '../relation/layout.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { layerCount, layerShape, type TrainingPlan } from './plan.ts';
import { STATE_KINDS } from './state.ts';

/** Labels of the trees of datasets and of weights. */
export const DATA_LABEL = 'D';
export const STATE_LABEL = 'S';

/** Shapes of the tensors of a dataset, in order: inputs, classes. */
export function dataShapes({
  rows,
  widths,
}: Pick<TrainingPlan, 'rows' | 'widths'>): readonly (readonly number[])[] {
  return [[rows, widths[0] as number], [rows]];
}

/** Shapes of the tensors of weights, in order: for each layer what the passes read, and the bits below. */
export function stateShapes(plan: TrainingPlan): readonly (readonly number[])[] {
  return Array.from({ length: layerCount(plan) }, (_, layer) =>
    STATE_KINDS.map(() => layerShape(plan, layer)),
  ).flat();
}

/** Names the meaning of a dataset's cells. */
export function dataLayout(plan: Pick<TrainingPlan, 'rows' | 'widths'>): Uint8Array<ArrayBuffer> {
  return layoutDigest('zkdl dataset layout 1', dataShapes(plan));
}

/** Names the meaning of the cells of weights: the same for what one segment writes and the next one reads, with momentum or without. */
export function stateLayout(plan: TrainingPlan): Uint8Array<ArrayBuffer> {
  const { weight, low } = plan.formats;
  return layoutDigest('zkdl training state layout 1', stateShapes(plan), [weight.fraction, weight.bits, low]);
}

function layoutDigest(
  context: string,
  shapes: readonly (readonly number[])[],
  more: readonly number[] = [],
): Uint8Array<ArrayBuffer> {
  return digestOfLeaves(context, [
    ...shapes.flatMap((shape, i) =>
      shape.map((size, d) => ({ label: `size-${i}-${d}`, type: 'integer' as const, value: size })),
    ),
    ...more.map((value, i) => ({ label: `format-${i}`, type: 'integer' as const, value })),
  ]);
}

/** Columns of a group with these tensors. */
export function groupColumnsOf(shapes: readonly (readonly number[])[], logData: number): number {
  return columnsOf(layOut(shapes), logData);
}
