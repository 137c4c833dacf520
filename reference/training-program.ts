/** The program of a segment: spec/training-program.md. Batches and passes; weights are in training-state.ts. */
import { rampTable, rangeTable } from './lookup-tables.ts';
import { lookup, publicTensor, virtual, witness, zero } from './lowering.ts';
import { balanced } from './intervals.ts';
import { at, range } from './lists.ts';
import type { Coordinate, Index, Mask, Program, Term, View } from './program.ts';
import { rangeOf, signed } from './rounding.ts';
import { probabilities } from './softmax.ts';
import { cell, constant, masked, product, read } from './terms.ts';
import { gradientPlaces, gramBits, layersOf, matrixOf, rateAt, readBy, shiftOf, sumPlaces } from './training-plan.ts'; // prettier-ignore
import { commitState, periodIndex, periodsOf, rowIndex, rowOf, stateAt, update, type Steps } from './training-state.ts'; // prettier-ignore

/** What a segment is about. */
export type Segment = Pick<Steps, 'plan' | 'first' | 'count' | 'rows' | 'seed'>;

/** The steps [first, first + count) of a plan that `checkPlan` accepts, whole periods, all of one rate. */
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

/** Rows of all batches. */
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
  const { plan } = to;
  const [outputs, columns] = matrixOf(plan, layer);
  const [s, t] = [periodIndex(to), rowIndex(to)];
  const [o, k]: [Index, Index] = [{ name: 'o', size: outputs }, { name: 'k', size: columns - 1 }]; // prettier-ignore
  const r = rowsIndex(to);
  const weight = `weight/${layer}`;
  const [one, c] = [2 ** readBy(plan, layer).places, sumPlaces(plan, layer)];
  const rows = { name: `input/${layer}`, tensor: `x/${layer}`, width: k.size, one, c };
  const corrected = gram(to, rows, read(`gradient/${layer}`, rowOf(to, 'u'), 'o'));
  const x = read(`x/${layer}`, rowOf(to), 'k');
  const sums = [
    ...stateAt(to, 'before', weight, 'k', product(2 ** c, [x], [k])),
    ...stateAt(to, 'before', weight, columns - 1, product(2 ** c * one, [])),
    ...corrected,
  ];
  virtual(to, `sum/${layer}`, [s, t, o], sums, 'residue');
  const y = signed(to, `y/${layer}`, [r.size, outputs], plan.sum);
  round(to, y, `sum/${layer}`, [s, t, o], shiftOf(plan, layer) + c);
  if (layer === plan.widths.length - 2) return rangeOf(to, y);
  const [active, slope] = [`x/${layer + 1}`, `slope/${layer}`];
  witness(to, active, [r.size, outputs], 0, 2 ** plan.activation.bits - 1);
  witness(to, slope, [r.size, outputs], 0, 1);
  const key = [cell(1, y, 'r', 'o'), constant(2 ** (plan.sum - 1))];
  const table = rampTable(plan.sum, plan.activation.bits);
  lookup(to, `${active}/ramp`, [r, o], table, key, [cell(1, active, 'r', 'o')], [cell(1, slope, 'r', 'o')]);
}

/** A tensor whose rows are multiplied with each other: its columns, one and c of its gram. */
interface Rows {
  readonly name: string;
  readonly tensor: string;
  readonly width: number;
  readonly one: number;
  readonly c: number;
}

/** Section 3, "The gram" of products of rows. @returns the term minus it times `moved`, summed over u; none of one step */
function gram(to: Steps, { name, tensor, width, one, c }: Rows, moved: View): Term[] {
  const { plan, first } = to;
  if (periodsOf(to).q === 1) return [];
  const [s, t, u] = [periodIndex(to), rowIndex(to), rowIndex(to, 'u')];
  const k: Index = { name: 'k', size: width };
  const earlier: Mask = {
    row: 't',
    column: 'u',
    from: range(t.size).map(() => 0),
    to: range(t.size).map((row) => Math.floor(row / plan.batch) * plan.batch),
  };
  const rate = rateAt(plan, first);
  const rows = product(rate, [read(tensor, rowOf(to), 'k'), read(tensor, rowOf(to, 'u'), 'k')], [k]);
  const bias = Number(balanced(BigInt(rate) * BigInt(one) ** 2n));
  const terms = [masked(rows, earlier), ...(one === 0 ? [] : [masked(constant(bias), earlier)])];
  virtual(to, `inner/${name}`, [s, t, u], terms, 'residue');
  const own = signed(to, `gram/${name}`, [to.count * plan.batch, u.size], gramBits(plan, c));
  round(to, own, `inner/${name}`, [s, t, u], plan.low - c);
  rangeOf(to, own);
  return [product(-1, [read(own, rowOf(to), 'u'), moved], [u])];
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
  const h = writtenWith(to);
  const difference = [
    cell(h, g, 'r', 'j'),
    cell(-h, probability, 'r', 'j'),
    cell(h * 2 ** f, 'target', 'r', 'j'),
  ];
  zero(to, `${g}/difference`, [r, j], difference);
}

/** h: with several steps a period gradients of sums count as given. */
function writtenWith(to: Steps): number {
  return periodsOf(to).q === 1 ? 1 : 2;
}

/** Section 5, "Then, for l > 0". */
function back(to: Steps, layer: number): void {
  const { plan } = to;
  const [outputs, columns] = matrixOf(plan, layer);
  const [s, t] = [periodIndex(to), rowIndex(to)];
  const [o, k]: [Index, Index] = [{ name: 'o', size: outputs }, { name: 'k', size: columns - 1 }]; // prettier-ignore
  const r = rowsIndex(to);
  const c = gradientPlaces(plan);
  const own = `gradient/${layer}`;
  const corrected = gram(to, { name: own, tensor: own, width: outputs, one: 0, c }, read(`x/${layer}`, rowOf(to, 'u'), 'k')); // prettier-ignore
  const sums = stateAt(to, 'before', `weight/${layer}`, 'k', product(2 ** c, [read(own, rowOf(to), 'o')], [o])); // prettier-ignore
  virtual(to, `back/${layer}`, [s, t, k], [...sums, ...corrected], 'residue');
  const rounded = signed(to, `back-rounded/${layer}`, [r.size, k.size], plan.gradient.bits);
  round(to, rounded, `back/${layer}`, [s, t, k], plan.weight.places + c);
  rangeOf(to, rounded);
  const below = witness(to, `gradient/${layer - 1}`, [r.size, k.size]);
  const h = writtenWith(to);
  const through = product(-h, [read(`slope/${layer - 1}`, 'r', 'k'), read(rounded, 'r', 'k')]);
  zero(to, `${below}/slope`, [r, k], [cell(h, below, 'r', 'k'), through]);
}
