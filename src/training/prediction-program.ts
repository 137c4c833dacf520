/**
 * A prediction as a program: the forward pass of a step over the weights of a committed group, and the greatest logit of every row.
 * spec/training.md section 11.
 */
import { denseColumn, keys, sharedTable } from '../ops/lower-tables.ts';
import { programBuilder, type ProgramBuilder } from '../relation/builder.ts';
import { term, type Handle } from '../relation/handles.ts';
import type { Index, Mask, Program, Table } from '../relation/program.ts';
import { inputFormat, layerCount, layerShape, sumShift, type TrainingPlan } from './plan.ts';
import { checkPrediction, type Prediction } from './prediction.ts';
import { addTable, signed, unsigned, type Matrix } from './program-parts.ts';
import { STATE_KINDS } from './state.ts';

/** Rows (y + 2^(bits-1), min(max(y, 0), 2^top - 1)) for all y of so many bits. */
function clampTable(bits: number, top: number): Table {
  const make = (): Omit<Table, 'name'> => {
    const rows = 2 ** bits;
    const x = Int32Array.from({ length: rows }, (_, i) => Math.min(Math.max(i - rows / 2, 0), 2 ** top - 1));
    return { rows, columns: [keys(), denseColumn(x)] };
  };
  // A saturating rounding of `top` guard bits names its table like this.
  return sharedTable(`clamp-${bits}-${top}`, make, 'prediction');
}

/**
 * The program of a prediction: the same for whoever proves and whoever verifies. Its one group is that of the weights.
 *
 * @throws ProofError as `checkPrediction`
 * @example
 * checkProgram(koalaBear, predictionProgram({ plan, inputs, classes: [3] }));
 */
export function predictionProgram(prediction: Prediction): Program {
  checkPrediction(prediction);
  const { plan, classes } = prediction;
  const b = programBuilder();
  const r = b.index('r', classes.length);
  const weights = weightTensors(b, plan);
  const last = layerCount(plan) - 1;
  let x = inputTensor(b, prediction);
  for (let layer = 0; layer < last; layer++) {
    const y = sumRelations(b, plan, layer, r, x, weights[layer] as Matrix);
    x = activationRelations(b, plan, layer, r, y);
  }
  const logits = sumRelations(b, plan, last, r, x, weights[last] as Matrix);
  b.rangeCheck(logits);
  classRelations(b, plan, r, logits, Int32Array.from(classes));
  return b.build();
}

/** All tensors of the group, so that each lies where the group has it; those that the passes read. */
function weightTensors(b: ProgramBuilder, plan: TrainingPlan): Matrix[] {
  return Array.from({ length: layerCount(plan) }, (_, layer) => {
    const own = STATE_KINDS.map((kind) => ({
      kind,
      tensor: b.static(`${kind}/${layer}`, layerShape(plan, layer), 0),
    }));
    return own.find(({ kind }) => kind === 'weight')?.tensor as Matrix;
  });
}

function inputTensor(b: ProgramBuilder, { plan, inputs, classes }: Prediction): Matrix {
  const shape = [classes.length, plan.widths[0] as number] as const;
  if (inputs !== undefined) return b.public('x/0', shape, Int32Array.from(inputs));
  const hidden = b.witness('x/0', shape, unsigned(plan.formats.input.bits));
  b.rangeCheck(hidden);
  return hidden;
}

/** y = round(x W + bias), as in a step; its range is the caller's business. */
function sumRelations(
  b: ProgramBuilder,
  plan: TrainingPlan,
  layer: number,
  r: Index,
  x: Matrix,
  weight: Matrix,
): Matrix {
  const [outputs, columns] = layerShape(plan, layer);
  const [o, k] = [b.index('o', outputs), b.index('k', columns - 1)];
  const bias = term(2 ** inputFormat(plan, layer).fraction, weight.at(o, columns - 1));
  const sums = [term(1, x.at(r, k), weight.at(o, k), { sum: k }), bias];
  const sum = b.virtual(`sum/${layer}`, [r, o], sums, 'residue');
  const y = b.witness(`y/${layer}`, [r.size, outputs] as const, signed(plan.formats.sum));
  b.requantise(sum, y, sumShift(plan, layer));
  return y;
}

function activationRelations(
  b: ProgramBuilder,
  { formats: { sum, activation } }: TrainingPlan,
  layer: number,
  r: Index,
  y: Matrix,
): Matrix {
  const o = b.index('o', y.shape[1]);
  const x = b.witness(`x/${layer + 1}`, y.shape, unsigned(activation.bits));
  const key = [term(1, y.at(r, o)), term(2 ** (sum - 1))];
  b.lookup(`${x.name}/clamp`, [r, o], addTable(b, clampTable(sum, activation.bits)), key, [
    term(1, x.at(r, o)),
  ]);
  return x;
}

/** z_class - z_j - [j < class] in [0, 2^bits) for all j: of equal ones the first. Both have so many bits, with a sign. */
function classRelations(
  b: ProgramBuilder,
  { formats: { sum } }: TrainingPlan,
  r: Index,
  logits: Matrix,
  classes: Int32Array,
): void {
  const count = logits.shape[1];
  const [j, i] = [b.index('j', count), b.index('i', count)];
  const ones = new Int32Array(r.size * count);
  classes.forEach((own, row) => (ones[row * count + own] = 1));
  const one: Handle<readonly [number, number]> = b.public('class', [r.size, count] as const, ones);
  const before: Mask = { row: 'r', column: 'j', from: Array.from(classes, () => 0), to: [...classes] };
  b.lookup('class/lead', [r, j], b.rangeTable(2 ** sum), [
    term(1, logits.at(r, i), one.at(r, i), { sum: i }),
    term(-1, logits.at(r, j)),
    term(-1, { mask: before }),
  ]);
}
