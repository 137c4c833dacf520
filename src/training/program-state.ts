/**
 * Weights and momenta in the program of a segment: where each state is, that it is within its bits, and how relations of all steps read
 * it. spec/training.md sections 7 and 8.
 */
import type { ProgramBuilder } from '../relation/builder.ts';
import { term } from '../relation/handles.ts';
import type { Index, Mask, Term, View } from '../relation/program.ts';
import { layerCount, layerShape } from './plan.ts';
import { signed, type Matrix, type StatePart, type StepParts } from './program-parts.ts';
import { periodsOf, segmentGroups, type Segment } from './segment.ts';
import { partOf, startSource, stateFromSeed, stateKinds, type LayerState, type StateKind } from './state.ts';

/**
 * All parts of the state. The first is the one that everybody knows or that of the group that is read, the last is that of the group that is
 * written; the proof commits those between. What a segment writes it looks up: 2^low W + R has one pair (W, R). What it reads was
 * looked up by the segment that wrote it; the first segment of a run that starts from committed weights looks these up as well.
 */
export function stateRelations(b: ProgramBuilder, segment: Segment): StepParts['state'] {
  const { plan, seed } = segment;
  const known = seed && stateFromSeed(plan, seed);
  const layers = Array.from({ length: layerCount(plan) }, (_, layer) =>
    stateKinds(plan).map(({ kind, bits }) => {
      const cells = known && partOf(known[layer] as LayerState, kind);
      return [kind, statePart(b, segment, layer, kind, bits, cells)] as const;
    }),
  );
  return layers.map((entries) => Object.fromEntries(entries));
}

function statePart(
  b: ProgramBuilder,
  segment: Segment,
  layer: number,
  kind: StateKind,
  bits: number,
  known: Int16Array | undefined,
): StatePart {
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
  const isRead = kind !== 'low'; // a low part is looked up where a period reads it
  if (between !== undefined && isRead) b.rangeCheck(between);
  let before: Matrix | undefined;
  if (seed === undefined || known === undefined) {
    before = b.static(`first/${name}`, shape, input);
    if (first === 0 && isRead) inRange(before);
  } else if (kind === 'weight') {
    before = b.public(`first/${name}`, shape, known, startSource(plan, seed, layer)); // other parts are zeros, which need no tensor
  }
  const after = b.static(`last/${name}`, shape, output);
  inRange(after);
  return { before, between, after };
}

/** A part of the state that is read at [o, column], maybe times another view, and summed. */
export interface StateRead {
  readonly coefficient: number;
  readonly at: readonly [o: Index, column: Index | number];
  readonly factor?: View;
  readonly sum?: Index;
}

/**
 * What a period reads of the state before it, or of the one behind it, as terms over all periods s. States lie in two tensors: an end of the
 * segment, which one period reads, and those between, which all others read. Masks say which: public, and dummy indices of them are summed.
 */
export function stateTerms(
  { b, segment, s }: Pick<StepParts, 'b' | 'segment' | 's'>,
  part: StatePart,
  side: 'before' | 'after',
  { coefficient, at, factor, sum }: StateRead,
): Term[] {
  const { periods } = periodsOf(segment);
  const end = side === 'before' ? part.before : part.after;
  const read = (view: View, more?: Index, mask?: Mask): Term => ({
    coefficient,
    views: factor === undefined ? [view] : [factor, view],
    sums: [sum, more].filter((index) => index !== undefined),
    ...(mask !== undefined && { mask }),
  });
  if (part.between === undefined) return end === undefined ? [] : [read(end.at(...at))];
  const [e, p] = [b.index('e', 1), b.index('p', periods - 1)];
  const all = Array.from({ length: periods }, (_, i) => i);
  const own = side === 'before' ? 0 : periods - 1; // the period that reads the end
  const atEnd = { row: s.name, column: e.name, from: all.map(() => 0), to: all.map((i) => +(i === own)) };
  // State p lies behind period p and before period p + 1.
  const shift = side === 'before' ? 1 : 0;
  const from = all.map((i) => Math.min(Math.max(i - shift, 0), periods - 1));
  const to = all.map((i) => Math.min(i - shift + 1, periods - 1));
  return [
    ...(end === undefined ? [] : [read(end.at(...at), e, atEnd)]),
    read(part.between.at(p, ...at), p, { row: s.name, column: p.name, from, to }),
  ];
}
