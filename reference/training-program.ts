/** The program of a segment: spec/training-program.md. Batches and passes; weights are in training-state.ts. */
import { rampTable, rangeTable } from './lookup-tables.ts';
import { lookup, publicTensor, virtual, witness, zero } from './lowering.ts';
import { at, range } from './lists.ts';
import type { Coordinate, Index, Program } from './program.ts';
import { rangeOf, signed } from './rounding.ts';
import { probabilities } from './softmax.ts';
import { cell, constant, product, read } from './terms.ts';
import { layersOf, matrixOf, readBy, shiftOf } from './training-plan.ts';
import { commitState, rowOf, stateAt, update, type Steps } from './training-state.ts';

/** What a segment is about. */
export type Segment = Pick<Steps, 'plan' | 'first' | 'count' | 'rows' | 'seed'>;

/** The steps [first, first + count) of a plan that `checkPlan` accepts, all of one rate. */
export function trainingProgram(segment: Segment): Program {
  const to: Steps = { ...segment, tensors: [], tables: [], virtuals: [], relations: [] };
  const layers = layersOf(segment.plan);
  commitState(to);
  batches(to);
  for (const layer of layers) forward(to, layer);
  gradientOfLogits(to);
  for (const layer of [...layers].reverse()) {
    update(to, layer);
    if (layer > 0) back(to, layer);
  }
  const { tensors, tables, virtuals, relations } = to;
  return { tensors, tables, virtuals, relations };
}

function rowsIndex({ plan, count }: Steps): Index {
  return { name: 'r', size: count * plan.batch };
}

/** Section 2. */
function batches(to: Steps): void {
  const { plan, rows } = to;
  const [inputs, classes] = [at(plan.widths, 0), at(plan.widths, plan.widths.length - 1)];
  const r = rowsIndex(to);
  const j: Index = { name: 'j', size: classes };
  const own: Coordinate = { kind: 'gather', index: 'r', positions: rows };
  to.tensors.push({ kind: 'static', name: 'data/inputs', shape: [plan.rows, inputs], group: 0 });
  to.tensors.push({ kind: 'static', name: 'data/labels', shape: [plan.rows], group: 0 });
  witness(to, 'x/0', [r.size, inputs], 0, 2 ** plan.input.bits - 1);
  const same = [cell(1, 'x/0', 'r', 'k'), cell(-1, 'data/inputs', own, 'k')];
  zero(to, 'x/0/rows', [r, { name: 'k', size: inputs }], same);
  rangeOf(to, 'x/0');
  witness(to, 'target', [r.size, classes], 0, 1);
  rangeOf(to, 'target');
  const target = read('target', 'r', 'j');
  zero(to, 'target/one', [r], [product(1, [target], [j]), constant(-1)]);
  publicTensor(to, 'classes', [classes], range(classes));
  const number = product(1, [target, read('classes', 'j')], [j]);
  zero(to, 'target/label', [r], [number, cell(-1, 'data/labels', own)]);
}

/** Section 3. */
function forward(to: Steps, layer: number): void {
  const { plan, count } = to;
  const [outputs, columns] = matrixOf(plan, layer);
  const [s, t]: [Index, Index] = [{ name: 's', size: count }, { name: 't', size: plan.batch }]; // prettier-ignore
  const [o, k]: [Index, Index] = [{ name: 'o', size: outputs }, { name: 'k', size: columns - 1 }]; // prettier-ignore
  const r = rowsIndex(to);
  const weight = `weight/${layer}`;
  const one = 2 ** readBy(plan, layer).places;
  const x = read(`x/${layer}`, rowOf(to), 'k');
  const sums = [
    ...stateAt(to, 'before', weight, 'k', product(1, [x], [k])),
    ...stateAt(to, 'before', weight, columns - 1, product(one, [])),
  ];
  virtual(to, `sum/${layer}`, [s, t, o], sums, 'residue');
  const y = signed(to, `y/${layer}`, [r.size, outputs], plan.sum);
  round(to, y, `sum/${layer}`, [s, t, o], shiftOf(plan, layer));
  if (layer === plan.widths.length - 2) return rangeOf(to, y);
  const [active, slope] = [`x/${layer + 1}`, `slope/${layer}`];
  witness(to, active, [r.size, outputs], 0, 2 ** plan.activation.bits - 1);
  witness(to, slope, [r.size, outputs], 0, 1);
  const key = [cell(1, y, 'r', 'o'), constant(2 ** (plan.sum - 1))];
  const table = rampTable(plan.sum, plan.activation.bits);
  lookup(to, `${active}/ramp`, [r, o], table, key, [cell(1, active, 'r', 'o')], [cell(1, slope, 'r', 'o')]);
}

/** N/remainder: sum + 2^(s-1) - 2^s N, where N has its rows in one dimension. */
function round(to: Steps, name: string, sum: string, indices: readonly Index[], shift: number): void {
  const names = indices.map((index) => index.name);
  lookup(to, `${name}/remainder`, indices, rangeTable(2 ** shift), [
    cell(1, sum, ...names),
    constant(2 ** (shift - 1)),
    cell(-(2 ** shift), name, rowOf(to), at(names, 2)),
  ]);
}

/** Section 4. */
function gradientOfLogits(to: Steps): void {
  const { plan } = to;
  const last = plan.widths.length - 2;
  const f = plan.gradient.places;
  const r = rowsIndex(to);
  const j: Index = { name: 'j', size: at(plan.widths, last + 1) };
  const logits = { tensor: `y/${last}`, rows: r.size, classes: j.size };
  const probability = probabilities(to, logits, f, rangeTable);
  const g = witness(to, `gradient/${last}`, [r.size, j.size]);
  const difference = [
    cell(1, g, 'r', 'j'),
    cell(-1, probability, 'r', 'j'),
    cell(2 ** f, 'target', 'r', 'j'),
  ];
  zero(to, `${g}/difference`, [r, j], difference);
}

/** Section 5, "Then, for l > 0". */
function back(to: Steps, layer: number): void {
  const { plan, count } = to;
  const [outputs, columns] = matrixOf(plan, layer);
  const [s, t]: [Index, Index] = [{ name: 's', size: count }, { name: 't', size: plan.batch }]; // prettier-ignore
  const [o, k]: [Index, Index] = [{ name: 'o', size: outputs }, { name: 'k', size: columns - 1 }]; // prettier-ignore
  const r = rowsIndex(to);
  const g = read(`gradient/${layer}`, rowOf(to), 'o');
  const terms = stateAt(to, 'before', `weight/${layer}`, 'k', product(1, [g], [o]));
  virtual(to, `back/${layer}`, [s, t, k], terms, 'residue');
  const rounded = signed(to, `back-rounded/${layer}`, [r.size, k.size], plan.gradient.bits);
  round(to, rounded, `back/${layer}`, [s, t, k], plan.weight.places);
  rangeOf(to, rounded);
  const below = witness(to, `gradient/${layer - 1}`, [r.size, k.size]);
  const through = product(-1, [read(`slope/${layer - 1}`, 'r', 'k'), read(rounded, 'r', 'k')]);
  zero(to, `${below}/slope`, [r, k], [cell(1, below, 'r', 'k'), through]);
}
