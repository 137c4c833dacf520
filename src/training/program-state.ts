/**
 * The state of training in the program of a segment: where each state is, that it is within its bits, and how relations of all steps read
 * it. spec/training.md sections 7 and 8.
 */
import type { ProgramBuilder } from '../relation/builder.ts';
import { term } from '../relation/handles.ts';
import type { Index, Mask, Term, View } from '../relation/program.ts';
import { layerCount, layerShape } from './plan.ts';
import { signed, type Matrix, type PlacedState, type StatePart, type StepParts } from './program-parts.ts';
import { periodsOf, segmentEnds, writesEarlier, type Segment, type StateEnd } from './segment.ts';
import { startSource, weightsFromSeed, type StateKind } from './state.ts';

/**
 * The weights of all layers. The first ones are what everybody knows or those of groups that are read, the last ones those of groups that are
 * written; the proof commits those between. What a segment writes it looks up: 2^low W + R has one pair (W, R). What it reads was
 * looked up by the segment that wrote it; the first segment of a run that starts from committed weights looks it up as well.
 */
export function stateRelations(b: ProgramBuilder, segment: Segment): StepParts['state'] {
  const { plan, seed } = segment;
  return Array.from({ length: layerCount(plan) }, (_, layer) => {
    const of = { b, segment, layer, known: seed && weightsFromSeed(plan, seed, layer) };
    return {
      weight: partRelations(of, 'weight', plan.formats.weight.bits),
      rest: partRelations(of, 'rest', plan.formats.low),
    };
  });
}

/** What is said of the state of a layer. */
interface LayerOf {
  readonly b: ProgramBuilder;
  readonly segment: Segment;
  readonly layer: number;
  /** What the passes read of the weights of the seed, where the segment reads these. */
  readonly known: Int16Array | undefined;
}

/** Of these a segment says that they are within their bits: of those that it writes, and of the first ones of a run. */
function isLookedUp(end: StateEnd, { first }: Segment): boolean {
  return end === 'last' || end === 'before-last' || first === 0;
}

/** A part of weights: within its bits. */
function partRelations(of: LayerOf, kind: StateKind, bits: number): StatePart {
  const { b, segment, layer } = of;
  const { periods } = periodsOf(segment);
  const shape = layerShape(segment.plan, layer);
  const committed = periods - (writesEarlier(segment) ? 2 : 1);
  const between =
    committed === 0 ? undefined : b.witness(`${kind}/${layer}`, [committed, ...shape] as const, signed(bits));
  if (between !== undefined) b.rangeCheck(between);
  const stateOf = { 'before-first': -1, first: 0, 'before-last': periods - 1, last: periods };
  const ends: PlacedState[] = [];
  for (const [end, group] of segmentEnds(segment)) {
    const name = `${end}/${kind}/${layer}`;
    const tensor = group === 'public' ? drawn(of, kind, name) : b.static(name, shape, group);
    if (tensor === undefined) continue;
    if (group !== 'public' && isLookedUp(end, segment)) inRange(b, tensor, bits);
    ends.push({ state: stateOf[end], tensor });
  }
  return { ends, between };
}

/** Weights of the seed. Nothing is below them, which needs no tensor. */
function drawn({ b, segment, layer, known }: LayerOf, kind: StateKind, name: string): Matrix | undefined {
  const { plan, seed } = segment;
  if (kind === 'rest' || seed === undefined || known === undefined) return undefined;
  return b.public(name, layerShape(plan, layer), known, startSource(plan, seed, layer));
}

function inRange(b: ProgramBuilder, tensor: Matrix, bits: number): void {
  const [d0, d1] = tensor.shape.map((size, d) => b.index(`d${d}`, size)) as [Index, Index];
  const cell = [term(1, tensor.at(d0, d1)), term(2 ** (bits - 1))];
  b.lookup(`${tensor.name}/range`, [d0, d1], b.rangeTable(2 ** bits), cell);
}

/** A part of the state that is read at [o, column], maybe times another view, and summed. */
export interface StateRead {
  readonly coefficient: number;
  readonly at: readonly [o: Index, column: Index | number];
  readonly factor?: View;
  readonly sum?: Index;
}

/** Which state a period reads: that at its start, the one behind it, or the one a period earlier. */
const AHEAD = { earlier: -1, before: 0, after: 1 } as const;
export type Side = keyof typeof AHEAD;

/**
 * What a period reads of a state, as terms over all periods s. A state lies at an end of the segment, or between with others. Masks say who reads which:
 * public, and dummy indices of them are summed.
 */
export function stateTerms(
  { b, segment, s }: Pick<StepParts, 'b' | 'segment' | 's'>,
  { ends, between }: StatePart,
  side: Side,
  { coefficient, at, factor, sum }: StateRead,
): Term[] {
  const { periods } = periodsOf(segment);
  const read = (view: View, more?: Index, mask?: Mask): Term => ({
    coefficient,
    views: factor === undefined ? [view] : [factor, view],
    sums: [sum, more].filter((index) => index !== undefined),
    ...(mask !== undefined && { mask }),
  });
  // Before the first period of a run weights have not moved.
  const least = segment.first === 0 ? 0 : -1;
  const states = Array.from({ length: periods }, (_, i) => Math.max(least, i + AHEAD[side]));
  const own = ends.filter(({ state }) => states.includes(state));
  if (periods === 1) return own.map(({ tensor }) => read(tensor.at(...at)));
  const e = b.index('e', 1);
  const none = states.map(() => 0);
  const terms = own.map(({ state, tensor }) => {
    const to = states.map((i) => +(i === state));
    return read(tensor.at(...at), e, { row: s.name, column: e.name, from: none, to });
  });
  if (between === undefined) return terms;
  const [committed] = between.shape;
  const p = b.index('p', committed);
  const within = (i: number): number => Math.min(Math.max(i, 0), committed);
  const [from, to] = [states.map((i) => within(i - 1)), states.map(within)]; // state 1 is the first of them
  return [...terms, read(between.at(p, ...at), p, { row: s.name, column: p.name, from, to })];
}
