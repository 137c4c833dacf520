/** Relations of weights and momenta: their digits, the groups that they come from and go to, updates. spec/training.md sections 6 and 7. */
import type { ProgramBuilder } from '../relation/builder.ts';
import { slice, term } from '../relation/handles.ts';
import type { Coordinate, Index, Term } from '../relation/program.ts';
import { inputFormat, layerCount, layerShape, rateAt } from './plan.ts';
import {
  rowOf,
  signed,
  stackOf,
  unsigned,
  type Matrix,
  type Stack,
  type StepParts,
} from './program-parts.ts';
import { segmentGroups, type Segment } from './segment.ts';
import { partOf, stateKinds, type LayerState } from './state.ts';

/** All parts of the state, a stack of matrices for each layer. */
export function stateTensors(b: ProgramBuilder, { plan, count }: Segment): Pick<StepParts, 'state'> {
  const entries = stateKinds(plan).map(({ kind, bits }) => {
    const stacks = Array.from({ length: layerCount(plan) }, (_, layer): Stack => {
      const [outputs, columns] = layerShape(plan, layer);
      return b.witness(`${kind}/${layer}`, [count + 1, outputs, columns] as const, signed(bits));
    });
    return [kind, stacks] as const;
  });
  return { state: Object.fromEntries(entries) };
}

/**
 * The first state is the one that everybody knows or that of the group that is read, the last is that of the group that is written. Every
 * part is looked up: 2^low W + R has one pair (W, R).
 */
export function stateRelations(parts: StepParts): void {
  const { b, segment } = parts;
  const { plan, count, initial } = segment;
  const { input, output } = segmentGroups(segment);
  const equal = (name: string, stack: Stack, at: number, other: Matrix | undefined): void => {
    const [o, k] = [b.index('o', stack.shape[1]), b.index('k', stack.shape[2])];
    const own = term(1, stack.at(at, o, k));
    b.zero(name, [o, k], other === undefined ? [own] : [own, term(-1, other.at(o, k))]);
  };
  for (let layer = 0; layer < layerCount(plan); layer++) {
    const shape = layerShape(plan, layer);
    for (const { kind } of stateKinds(plan)) {
      const stack = stackOf(parts, kind, layer);
      const name = `${kind}/${layer}`;
      b.rangeCheck(stack);
      const known = initial && partOf(initial[layer] as LayerState, kind);
      let first: Matrix | undefined;
      if (known === undefined) first = b.static(`first/${name}`, shape, input);
      else if (known.some((x) => x !== 0)) first = b.public(`first/${name}`, shape, known);
      equal(`${name}/first`, stack, 0, first); // all zeros need no tensor
      equal(`${name}/last`, stack, count, b.static(`last/${name}`, shape, output));
    }
  }
}

/** Columns of a matrix that are updated alike: those of inputs, and the bias. */
interface Columns {
  readonly name: string;
  readonly indices: readonly Index[];
  readonly column: Coordinate | Index | number;
  /** coefficient sum_t g x */
  gradient(coefficient: number): Term;
}

function columnsOf(parts: StepParts, layer: number, gradient: Matrix, x: Matrix): readonly Columns[] {
  const { b, segment, s, t } = parts;
  const [outputs, columns] = layerShape(segment.plan, layer);
  const [o, k] = [b.index('o', outputs), b.index('k', columns - 1)];
  const one = 2 ** inputFormat(segment.plan, layer).fraction;
  const row = rowOf(parts);
  const weights = (c: number): Term => term(c, gradient.at(row, o), x.at(row, k), { sum: t });
  const biases = (c: number): Term => term(c * one, gradient.at(row, o), { sum: t });
  return [
    { name: `${layer}`, indices: [s, o, k], column: k, gradient: weights },
    { name: `${layer}/bias`, indices: [s, o], column: columns - 1, gradient: biases },
  ];
}

/**
 * 2^low W' + R' = 2^low W + R - rate sum_t g x for weights, and with 2^fraction for x for biases. One pair (W', R') fits a residue. With momentum
 * rate M' is subtracted.
 */
export function updateRelations(parts: StepParts, layer: number, gradient: Matrix, x: Matrix): void {
  const { b, segment, s } = parts;
  const { plan, first } = segment;
  const rate = rateAt(plan, first);
  const unit = 2 ** plan.formats.low;
  const [weight, rest] = [stackOf(parts, 'weight', layer), stackOf(parts, 'rest', layer)];
  const next = slice(s, 1);
  for (const part of columnsOf(parts, layer, gradient, x)) {
    const [, o] = part.indices as [Index, Index];
    const moved = (by: readonly Term[]): readonly Term[] => [
      term(unit, weight.at(next, o, part.column)),
      term(1, rest.at(next, o, part.column)),
      term(-unit, weight.at(s, o, part.column)),
      term(-1, rest.at(s, o, part.column)),
      ...by,
    ];
    const by = plan.momentum === undefined ? [part.gradient(rate)] : momentumTerms(parts, layer, part, rate);
    b.zero(`update/${part.name}`, part.indices, moved(by));
  }
  if (plan.momentum !== undefined) momentumRelations(parts, layer, columnsOf(parts, layer, gradient, x));
}

/** rate M' */
function momentumTerms(parts: StepParts, layer: number, { indices, column }: Columns, rate: number): Term[] {
  const { low } = parts.segment.plan.momentum as { low: number };
  const [, o] = indices as [Index, Index];
  const next = slice(parts.s, 1);
  return [
    term(rate * 2 ** low, stackOf(parts, 'high', layer).at(next, o, column)),
    term(rate, stackOf(parts, 'low', layer).at(next, o, column)),
  ];
}

/**
 * M' = M - q + G with M + 2^(shift-1) = 2^shift q + e, 0 <= e < 2^shift: as e = M + 2^(shift-1) - 2^shift (M + G - M'). One triple of e and the parts
 * of M' fits a residue.
 */
function momentumRelations(parts: StepParts, layer: number, columns: readonly Columns[]): void {
  const { b, segment, s } = parts;
  const { shift, low } = segment.plan.momentum as { shift: number; low: number };
  const [outputs, width] = layerShape(segment.plan, layer);
  const [high, below] = [stackOf(parts, 'high', layer), stackOf(parts, 'low', layer)];
  const e = b.witness(`remainder/${layer}`, [segment.count, outputs, width] as const, unsigned(shift));
  b.rangeCheck(e);
  const next = slice(s, 1);
  const whole = 2 ** shift;
  for (const { name, indices, column, gradient } of columns) {
    const [, o] = indices as [Index, Index];
    const part = (c: number, at: Coordinate | Index): Term[] => [
      term(c * 2 ** low, high.at(at, o, column)),
      term(c, below.at(at, o, column)),
    ];
    b.zero(`momentum/${name}`, indices, [
      term(1, e.at(s, o, column)),
      ...part(whole - 1, s),
      ...part(-whole, next),
      gradient(whole),
      term(-(whole / 2)),
    ]);
  }
}
