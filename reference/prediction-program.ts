/** The program of a prediction: spec/training-program.md section 6. */
import { cutTable, rangeTable } from './lookup-tables.ts';
import { lookup, publicTensor, virtual, witness, type Draft } from './lowering.ts';
import { at } from './lists.ts';
import type { Index, Program } from './program.ts';
import { rangeOf, remainder, signed } from './rounding.ts';
import { cell, constant, masked, product, read } from './terms.ts';
import { KINDS, layersOf, matrixOf, readBy, shiftOf, type Plan } from './training-plan.ts';

/** What is shown; inputs may be hidden. */
export interface Prediction {
  readonly plan: Plan;
  /** Row by row. */
  readonly inputs?: readonly number[];
  /** One a row. */
  readonly classes: readonly number[];
}

/** Of a plan that `checkPlan` accepts, and of inputs and classes that it admits. */
export function predictionProgram({ plan, inputs, classes }: Prediction): Program {
  const to: Draft = { tensors: [], tables: [], virtuals: [], relations: [] };
  const rows = classes.length;
  for (const layer of layersOf(plan))
    for (const kind of KINDS)
      to.tensors.push({ kind: 'static', name: `${kind}/${layer}`, shape: matrixOf(plan, layer), group: 0 });
  const shape = [rows, at(plan.widths, 0)];
  if (inputs !== undefined) publicTensor(to, 'x/0', shape, inputs);
  else {
    witness(to, 'x/0', shape, 0, 2 ** plan.input.bits - 1);
    rangeOf(to, 'x/0');
  }
  const last = plan.widths.length - 2;
  for (const layer of layersOf(plan)) {
    sums(to, plan, layer, rows);
    if (layer < last) activations(to, plan, layer, rows);
  }
  lead(to, plan, classes);
  return to;
}

/** y/l, the rounded sums of a layer. */
function sums(to: Draft, plan: Plan, layer: number, rows: number): void {
  const [outputs, columns] = matrixOf(plan, layer);
  const r: Index = { name: 'r', size: rows };
  const [o, k]: [Index, Index] = [{ name: 'o', size: outputs }, { name: 'k', size: columns - 1 }]; // prettier-ignore
  const weight = `weight/${layer}`;
  const terms = [
    product(1, [read(`x/${layer}`, 'r', 'k'), read(weight, 'o', 'k')], [k]),
    cell(2 ** readBy(plan, layer).places, weight, 'o', columns - 1),
  ];
  virtual(to, `sum/${layer}`, [r, o], terms, 'residue');
  const y = signed(to, `y/${layer}`, [rows, outputs], plan.sum);
  const cells: Index[] = [{ name: 'd0', size: rows }, { name: 'd1', size: outputs }]; // prettier-ignore
  remainder(to, y, `sum/${layer}`, read(y, 'd0', 'd1'), cells, shiftOf(plan, layer));
}

/** What the next layer reads. */
function activations(to: Draft, { widths, sum, activation }: Plan, layer: number, rows: number): void {
  const x = `x/${layer + 1}`;
  const [r, o]: [Index, Index] = [{ name: 'r', size: rows }, { name: 'o', size: at(widths, layer + 1) }]; // prettier-ignore
  witness(to, x, [r.size, o.size], 0, 2 ** activation.bits - 1);
  const key = [cell(1, `y/${layer}`, 'r', 'o'), constant(2 ** (sum - 1))];
  lookup(to, `${x}/clamp`, [r, o], cutTable(sum, activation.bits), key, [cell(1, x, 'r', 'o')]);
}

/** No logit is greater than that of the class, and none before it as great. */
function lead(to: Draft, { widths, sum }: Plan, classes: readonly number[]): void {
  const count = at(widths, widths.length - 1);
  const z = `y/${widths.length - 2}`;
  rangeOf(to, z);
  const ones = classes.flatMap((own) => Array.from({ length: count }, (_, i) => (i === own ? 1 : 0)));
  publicTensor(to, 'class', [classes.length, count], ones);
  const r: Index = { name: 'r', size: classes.length };
  const [i, j]: [Index, Index] = [{ name: 'i', size: count }, { name: 'j', size: count }]; // prettier-ignore
  const before = { row: 'r', column: 'j', from: classes.map(() => 0), to: classes };
  lookup(to, 'class/lead', [r, j], rangeTable(2 ** sum), [
    product(1, [read(z, 'r', 'i'), read('class', 'r', 'i')], [i]),
    cell(-1, z, 'r', 'j'),
    masked(constant(-1), before),
  ]);
}
