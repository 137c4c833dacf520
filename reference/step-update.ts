/** What a step does to weights, and the tensors of both groups: spec/graph-step-program.md sections 1 and 5. */
import type { Move } from './back.ts';
import type { Graph, Weight } from './graph-file.ts';
import { at } from './lists.ts';
import { bitsTable, remainderTable } from './lookup-tables.ts';
import { lookup, zero, type Lowering } from './lowering.ts';
import type { Index, Tensor, Term } from './program.ts';
import { bitsBelow, isBias, moveOf, type StepPlan } from './step-plan.ts';
import { cell, constant } from './terms.ts';

/** A tensor of a weight, with what a cell of it counts in the weight or in its momentum, and its range: 2^bits integers from `least` on. */
interface Part {
  readonly name: string;
  readonly counts: number;
  readonly bits: number;
  readonly least: number;
}

/** V and M of a weight: sums of their parts, each in the order in which it is committed. */
interface Whole {
  readonly read: readonly Part[];
  readonly rest: Part;
  readonly momentum: readonly Part[];
}

function partsOf(plan: StepPlan, weight: Weight): Whole {
  const { name, bits } = weight;
  const { momentum } = plan;
  const below = bitsBelow(plan, weight);
  const digits = [
    { name: `weight/${name}:low`, counts: 2 ** below, bits: 15, least: 0 },
    signed(`weight/${name}:high`, 2 ** (15 + below), bits - 15),
  ];
  return {
    read: isBias(weight) && bits > 16 ? digits : [signed(`weight/${name}`, 2 ** below, bits)],
    rest: signed(`rest/${name}`, 1, below),
    momentum:
      momentum === undefined
        ? []
        : [signed(`high/${name}`, 2 ** momentum.low, momentum.high), signed(`low/${name}`, 1, momentum.low)],
  };
}

function signed(name: string, counts: number, bits: number): Part {
  return { name, counts, bits, least: -(2 ** (bits - 1)) };
}

/** Section 1: what the group that is read has beside the weights of the pass. */
export function readBeside(graph: Graph, plan: StepPlan): Tensor[] {
  const [, ...beside] = runsOf(graph, plan);
  return beside.flat().map(({ name, shape }) => ({ kind: 'static', name, shape, group: 0 }));
}

/** All of the group that is written. */
export function written(graph: Graph, plan: StepPlan): Tensor[] {
  const all = runsOf(graph, plan).flat();
  return all.map(({ name, shape }) => ({ kind: 'static', name: `next/${name}`, shape, group: 1 }));
}

/** The parts of all weights and momenta, by the names of what is read, with their integers. */
export function rangesOf({ weights }: Graph, plan: StepPlan): Map<string, { min: number; max: number }> {
  const parts = weights.flatMap((weight) => {
    const { read, rest, momentum } = partsOf(plan, weight);
    return [...read, rest, ...momentum];
  });
  return new Map(parts.map(({ name, bits, least }) => [name, { min: least, max: least + 2 ** bits - 1 }]));
}

/** Tensors of all weights, a run for each part. */
export function runsOf({ weights }: Graph, plan: StepPlan): { name: string; shape: readonly number[] }[][] {
  const run = (parts: (own: Whole) => readonly Part[]) =>
    weights.flatMap((weight) => parts(partsOf(plan, weight)).map(({ name }) => ({ name, shape: weight.shape }))); // prettier-ignore
  const halves = plan.momentum === undefined ? [] : [0, 1];
  return [
    run(({ read }) => read),
    run(({ rest }) => [rest]),
    ...halves.map((i) => run(({ momentum }) => [at(momentum, i)])),
  ];
}

/** A weight, the terms that move it, and F, the places of its momentum. */
export interface Moved {
  readonly plan: StepPlan;
  readonly weight: Weight;
  readonly moves: readonly Move[];
  readonly places: number;
  /** Whether nobody looked up before what is read. */
  readonly first: boolean;
}

/** Section 5. */
export function update(to: Lowering, own: Moved): void {
  const { plan, weight, moves, places, first } = own;
  const { name } = weight;
  const { read, rest, momentum } = partsOf(plan, weight);
  if (plan.momentum !== undefined) carry(to, own, plan.momentum);
  const by = (f: number): number => moveOf(plan, weight, f);
  const moved =
    plan.momentum === undefined
      ? moves.map((move) => move.term(by(move.places)))
      : whole(weight, by(places), 'next/', momentum);
  zero(to, `update/${name}`, cellsOf(weight), [
    ...whole(weight, 1, 'next/', [...read, rest]),
    ...whole(weight, -1, '', [...read, rest]),
    ...moved,
  ]);
  for (const part of [...read, rest, ...momentum]) inRange(to, weight, part, 'next/');
  if (first) for (const part of [...read, rest, ...momentum.slice(0, 1)]) inRange(to, weight, part, '');
}

function inRange(to: Lowering, weight: Weight, part: Part, group: '' | 'next/'): void {
  const name = `${group}${part.name}`;
  const key = [cellAt(weight, 1, name), constant(-part.least)];
  lookup(to, `${name}/range`, cellsOf(weight), bitsTable(part.bits), key);
}

/** The momentum behind a step: what rounding leaves of the one before is a function of its low part. */
function carry(
  to: Lowering,
  { plan, weight, moves, places }: Moved,
  { shift, low }: { readonly shift: number; readonly low: number },
): void {
  const { name } = weight;
  const { momentum } = partsOf(plan, weight);
  const key = [cellAt(weight, 1, `low/${name}`), constant(2 ** (low - 1))];
  lookup(to, `momentum/${name}/remainder`, cellsOf(weight), remainderTable(low, shift), key, [
    ...whole(weight, 2 ** shift, 'next/', momentum),
    ...whole(weight, 1 - 2 ** shift, '', momentum),
    ...moves.map((move) => move.term(-(2 ** (shift + places - move.places)))),
    constant(2 ** (shift - 1)),
  ]);
}

/** coefficient times the sum of these parts. */
function whole(weight: Weight, coefficient: number, group: '' | 'next/', parts: readonly Part[]): Term[] {
  return parts.map(({ name, counts }) => cellAt(weight, coefficient * counts, `${group}${name}`));
}

/** At row o and column k, of a bias at o. */
function cellAt(weight: Weight, coefficient: number, tensor: string): Term {
  return isBias(weight) ? cell(coefficient, tensor, 'o') : cell(coefficient, tensor, 'o', 'k');
}

function cellsOf(weight: Weight): Index[] {
  const o = { name: 'o', size: at(weight.shape, 0) };
  return isBias(weight) ? [o] : [o, { name: 'k', size: at(weight.shape, 1) }];
}
