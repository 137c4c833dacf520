/** Relations of both passes: batches, layers, the gradient of logits, and back. spec/training.md sections 4 and 5. */
import { term, gather, handleOf } from '../relation/handles.ts';
import { gradientGram, inputFormat, inputGram, layerCount, layerShape, sumShift } from './plan.ts';
import {
  addTable,
  rowOf,
  signed,
  statePartOf,
  unsigned,
  type Matrix,
  type StepParts,
} from './program-parts.ts';
import { earlierTerms, gramRelations } from './program-period.ts';
import { stateTerms } from './program-state.ts';
import { softmaxRelations } from './softmax-relations.ts';
import { rampTable } from './tables.ts';

/** The dataset is the first group. */
const DATA_GROUP = 0;

/** Inputs of the batches, and their classes as rows of one 1. */
export function batchRelations({ b, segment, r }: StepParts): {
  readonly x: Matrix;
  readonly target: Matrix;
} {
  const { plan, rows } = segment;
  const [inputs, classes] = [plan.widths[0] as number, plan.widths[layerCount(plan)] as number];
  const [k, j] = [b.index('k', inputs), b.index('j', classes)];
  const own = gather(r, Array.from(rows));
  const all = b.static('data/inputs', [plan.rows, inputs] as const, DATA_GROUP);
  const labels = b.static('data/labels', [plan.rows] as const, DATA_GROUP);
  const x = b.witness('x/0', [r.size, inputs] as const, unsigned(plan.formats.input.bits));
  b.zero('x/0/rows', [r, k], [term(1, x.at(r, k)), term(-1, all.at(own, k))]);
  b.rangeCheck(x);
  // Of zeros and ones that add up to one exactly one is 1; its number is the class.
  const target = b.witness('target', [r.size, classes] as const, unsigned(1));
  b.rangeCheck(target);
  b.zero('target/one', [r], [term(1, target.at(r, j), { sum: j }), term(-1)]);
  const numbers = b.public(
    'classes',
    [classes] as const,
    Int32Array.from({ length: classes }, (_, c) => c),
  );
  const number = term(1, target.at(r, j), numbers.at(j), { sum: j });
  b.zero('target/label', [r], [number, term(-1, labels.at(own))]);
  return { x, target };
}

/** The gradient of a layer's rounded sums, which earlier steps of a period are read by before relations have come to it. */
function gradientOf({ r }: Pick<StepParts, 'r'>, layer: number, width: number): Matrix {
  return handleOf(`gradient/${layer}`, [r.size, width] as const);
}

/**
 * What the relation of a gradient is multiplied by. With 1 it makes the gradient: a cell that is alone with that coefficient follows from all others.
 * With 2 it says the same and makes nothing, as it must where relations before it read the gradients of earlier steps: that gradients follow from
 * what is before them is shown step by step (spec/training.md section 5).
 */
function factorOf({ u }: Pick<StepParts, 'u'>): number {
  return u === undefined ? 1 : 2;
}

/** y = round(x W + bias) of one layer; for hidden ones the activation and its slope as well. */
export function layerRelations(
  parts: StepParts,
  layer: number,
  x: Matrix,
): { readonly rounded: Matrix; readonly active: Matrix | undefined; readonly slope: Matrix | undefined } {
  const { b, segment, s, t, r } = parts;
  const { plan } = segment;
  const { sum: bits, activation } = plan.formats;
  const weight = statePartOf(parts, 'weight', layer);
  const [outputs, columns] = layerShape(plan, layer);
  const [o, k] = [b.index('o', outputs), b.index('k', columns - 1)];
  const row = rowOf(parts);
  const one = 2 ** inputFormat(plan, layer).fraction;
  const format = inputGram(plan, layer);
  const unit = 2 ** format.places;
  const gram = gramRelations(parts, `input/${layer}`, { rows: x, one, format });
  const sums = b.virtual(
    `sum/${layer}`,
    [s, t, o],
    [
      ...stateTerms(parts, weight, 'before', { coefficient: unit, at: [o, k], factor: x.at(row, k), sum: k }),
      ...stateTerms(parts, weight, 'before', { coefficient: unit * one, at: [o, columns - 1] }),
      ...earlierTerms(parts, gram, gradientOf(parts, layer, outputs), o),
    ],
    'residue',
  );
  const y = b.witness(`y/${layer}`, [r.size, outputs] as const, signed(bits));
  const shift = sumShift(plan, layer) + format.places;
  b.lookup(`y/${layer}/remainder`, [s, t, o], b.rangeTable(2 ** shift), [
    term(1, sums.at(s, t, o)),
    term(2 ** (shift - 1)),
    term(-(2 ** shift), y.at(row, o)),
  ]);
  if (layer === layerCount(plan) - 1) {
    b.rangeCheck(y);
    return { rounded: y, active: undefined, slope: undefined };
  }
  const active = b.witness(`x/${layer + 1}`, [r.size, outputs] as const, unsigned(activation.bits));
  const slope = b.witness(`slope/${layer}`, [r.size, outputs] as const, unsigned(1));
  const key = [term(1, y.at(r, o)), term(2 ** (bits - 1))];
  const table = addTable(b, rampTable(bits, activation.bits));
  b.lookup(`x/${layer + 1}/ramp`, [r, o], table, key, [term(1, active.at(r, o))], [term(1, slope.at(r, o))]);
  return { rounded: y, active, slope };
}

/** Probabilities less targets: the gradient of the last sums. */
export function lossRelations(parts: StepParts, logits: Matrix, target: Matrix): Matrix {
  const { b, segment, r } = parts;
  const { fraction } = segment.plan.formats.gradient;
  const probability = softmaxRelations(b, r, logits, fraction);
  const j = b.index('j', logits.shape[1]);
  const gradient = b.witness(`gradient/${layerCount(segment.plan) - 1}`, logits.shape);
  const factor = factorOf(parts);
  b.zero(
    `${gradient.name}/difference`,
    [r, j],
    [
      term(factor, gradient.at(r, j)),
      term(-factor, probability.at(r, j)),
      term(factor * 2 ** fraction, target.at(r, j)),
    ],
  );
  return gradient;
}

/** The gradient of the sums of the layer below: through the weights of a layer, rounded, where the slope is 1. @param x what the layer reads */
export function backRelations(
  parts: StepParts,
  layer: number,
  { gradient, slope, x }: { readonly gradient: Matrix; readonly slope: Matrix; readonly x: Matrix },
): Matrix {
  const { b, segment, s, t, r } = parts;
  const { gradient: format, weight: read } = segment.plan.formats;
  const weight = statePartOf(parts, 'weight', layer);
  const [outputs, columns] = layerShape(segment.plan, layer);
  const [o, k] = [b.index('o', outputs), b.index('k', columns - 1)];
  const row = rowOf(parts);
  const own = gradientGram(segment.plan);
  const gram = gramRelations(parts, `gradient/${layer}`, { rows: gradient, one: 0, format: own });
  const sums = b.virtual(
    `back/${layer}`,
    [s, t, k],
    [
      ...stateTerms(parts, weight, 'before', {
        coefficient: 2 ** own.places,
        at: [o, k],
        factor: gradient.at(row, o),
        sum: o,
      }),
      ...earlierTerms(parts, gram, x, k),
    ],
    'residue',
  );
  const back = b.witness(`back-rounded/${layer}`, [r.size, columns - 1] as const, signed(format.bits));
  const shift = read.fraction + own.places;
  b.lookup(`${back.name}/remainder`, [s, t, k], b.rangeTable(2 ** shift), [
    term(1, sums.at(s, t, k)),
    term(2 ** (shift - 1)),
    term(-(2 ** shift), back.at(row, k)),
  ]);
  b.rangeCheck(back);
  const below = b.witness(`gradient/${layer - 1}`, [r.size, columns - 1] as const);
  const factor = factorOf(parts);
  const terms = [term(factor, below.at(r, k)), term(-factor, slope.at(r, k), back.at(r, k))];
  b.zero(`${below.name}/slope`, [r, k], terms);
  return below;
}
