/**
 * The state of training in the program of a segment: where each state is, that it is within its bits, and how relations of all steps read
 * it. spec/training.md sections 7 and 8.
 */
import type { ProgramBuilder } from '../relation/builder.ts';
import { term } from '../relation/handles.ts';
import type { Index, Mask, Term, View } from '../relation/program.ts';
import { layerCount, layerShape, pullOf } from './plan.ts';
import { signed, type Counted, type Matrix, type StatePart, type StepParts } from './program-parts.ts';
import { periodsOf, segmentGroups, type Segment } from './segment.ts';
import { ITERATE_LOW, startSource, weightsFromSeed } from './state.ts';

/**
 * The state of all layers. The first one is what everybody knows or that of the group that is read, the last one is that of the group that is
 * written; the proof commits those between. What a segment writes it looks up: 2^low W + R has one pair (W, R). What it reads was
 * looked up by the segment that wrote it; the first segment of a run that starts from committed weights looks it up as well. Z is a residue, and
 * is looked up nowhere: every cell of it is as good as another, and a relation says which it is.
 */
export function stateRelations(b: ProgramBuilder, segment: Segment): StepParts['state'] {
  const { plan, seed } = segment;
  return Array.from({ length: layerCount(plan) }, (_, layer) => {
    const of = { b, segment, layer, known: seed && weightsFromSeed(plan, seed, layer) };
    const weights = {
      weight: ranged(of, 'weight', plan.formats.weight.bits),
      rest: ranged(of, 'rest', plan.formats.low),
    };
    return plan.momentum === undefined ? weights : { ...weights, iterate: iterates(of, weights.weight) };
  });
}

/** What is said of the state of a layer. */
interface LayerOf {
  readonly b: ProgramBuilder;
  readonly segment: Segment;
  readonly layer: number;
  /** What the passes read before the segment, where everybody knows it. */
  readonly known: Int16Array | undefined;
}

/** A part of weights: within its bits. */
function ranged({ b, segment, layer, known }: LayerOf, kind: 'weight' | 'rest', bits: number): StatePart {
  const { plan, first, seed } = segment;
  const { periods } = periodsOf(segment);
  const name = `${kind}/${layer}`;
  const shape = layerShape(plan, layer);
  const { input, output } = segmentGroups(segment);
  const inRange = (tensor: Matrix): void => {
    const [d0, d1] = tensor.shape.map((size, d) => b.index(`d${d}`, size)) as [Index, Index];
    const cell = [term(1, tensor.at(d0, d1)), term(2 ** (bits - 1))];
    b.lookup(`${tensor.name}/range`, [d0, d1], b.rangeTable(2 ** bits), cell);
  };
  const between = periods === 1 ? undefined : b.witness(name, [periods - 1, ...shape] as const, signed(bits));
  if (between !== undefined) b.rangeCheck(between);
  let before: Matrix | undefined;
  if (seed === undefined || known === undefined) {
    before = b.static(`first/${name}`, shape, input);
    if (first === 0) inRange(before);
  } else if (kind === 'weight') {
    // Nothing is below, which needs no tensor.
    before = b.public(`first/${name}`, shape, known, startSource(plan, seed, layer));
  }
  const after = b.static(`last/${name}`, shape, output);
  inRange(after);
  return {
    before: before === undefined ? [] : [{ tensor: before, times: 1 }],
    between,
    after: [{ tensor: after, times: 1 }],
  };
}

/** Z, in a group two tensors: 2^15 high + low. Of a seed it is that with which nothing moves. @param weight of the same layer */
function iterates({ b, segment, layer }: LayerOf, weight: StatePart): StatePart {
  const { plan, seed } = segment;
  const { periods } = periodsOf(segment);
  const shape = layerShape(plan, layer);
  const { input, output } = segmentGroups(segment);
  const between = periods === 1 ? undefined : b.witness(`iterate/${layer}`, [periods - 1, ...shape] as const);
  const halves = (end: string, group: number | undefined): Counted[] => [
    { tensor: b.static(`${end}/high/${layer}`, shape, group), times: 2 ** ITERATE_LOW },
    { tensor: b.static(`${end}/low/${layer}`, shape, group), times: 1 },
  ];
  const pull = 2 ** (pullOf(plan) as number);
  const still = weight.before.map(({ tensor }) => ({ tensor, times: pull }));
  const before = seed === undefined ? halves('first', input) : still;
  return { before, between, after: halves('last', output) };
}

/** A value of the state that is read at [o, column], maybe times another view, and summed. */
export interface StateRead {
  readonly coefficient: number;
  readonly at: readonly [o: Index, column: Index | number];
  readonly factor?: View;
  readonly sum?: Index;
}

/**
 * What a period reads of the state before it, or of the one behind it, as terms over all periods s. States lie at an end of the segment, which one
 * period reads, and between, which all others read. Masks say which: public, and dummy indices of them are summed.
 */
export function stateTerms(
  { b, segment, s }: Pick<StepParts, 'b' | 'segment' | 's'>,
  part: StatePart,
  side: 'before' | 'after',
  { coefficient, at, factor, sum }: StateRead,
): Term[] {
  const { periods } = periodsOf(segment);
  const ends = side === 'before' ? part.before : part.after;
  const read = (times: number, view: View, more?: Index, mask?: Mask): Term => ({
    coefficient: coefficient * times,
    views: factor === undefined ? [view] : [factor, view],
    sums: [sum, more].filter((index) => index !== undefined),
    ...(mask !== undefined && { mask }),
  });
  if (part.between === undefined) return ends.map(({ tensor, times }) => read(times, tensor.at(...at)));
  const [e, p] = [b.index('e', 1), b.index('p', periods - 1)];
  const all = Array.from({ length: periods }, (_, i) => i);
  const own = side === 'before' ? 0 : periods - 1; // the period that reads the end
  const atEnd = { row: s.name, column: e.name, from: all.map(() => 0), to: all.map((i) => +(i === own)) };
  // State p lies behind period p and before period p + 1.
  const shift = side === 'before' ? 1 : 0;
  const from = all.map((i) => Math.min(Math.max(i - shift, 0), periods - 1));
  const to = all.map((i) => Math.min(i - shift + 1, periods - 1));
  return [
    ...ends.map(({ tensor, times }) => read(times, tensor.at(...at), e, atEnd)),
    read(1, part.between.at(p, ...at), p, { row: s.name, column: p.name, from, to }),
  ];
}
