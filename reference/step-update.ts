/** What a step does to weights, and the tensors of both groups: spec/graph-step-program.md sections 1 and 5. */
import type { Move } from './back.ts';
import type { Graph, Weight } from './graph-file.ts';
import { at } from './lists.ts';
import { bitsTable, remainderTable } from './lookup-tables.ts';
import { lookup, zero, type Lowering } from './lowering.ts';
import type { Index, Tensor, Term } from './program.ts';
import { moveOf, type StepPlan } from './step-plan.ts';
import { cell, constant } from './terms.ts';

/** The parts of a weight, in the order in which they are committed, with their signed bits. */
export function partsOf(
  { low, momentum }: StepPlan,
  { bits }: Weight,
): { readonly kind: string; readonly bits: number }[] {
  const own = [
    { kind: 'weight', bits },
    { kind: 'rest', bits: low },
  ];
  if (momentum === undefined) return own;
  return [...own, { kind: 'high', bits: momentum.high }, { kind: 'low', bits: momentum.low }];
}

/** Section 1: what the group that is read has beside the weights of the pass. */
export function readBeside({ weights }: Graph, plan: StepPlan): Tensor[] {
  return kindsOf(plan).slice(1).flatMap((kind) => tensorsOf(weights, kind, 0)); // prettier-ignore
}

/** All of the group that is written. */
export function written({ weights }: Graph, plan: StepPlan): Tensor[] {
  return kindsOf(plan).flatMap((kind) => tensorsOf(weights, `next/${kind}`, 1));
}

function kindsOf({ momentum }: StepPlan): string[] {
  return momentum === undefined ? ['weight', 'rest'] : ['weight', 'rest', 'high', 'low'];
}

function tensorsOf(weights: readonly Weight[], prefix: string, group: number): Tensor[] {
  return weights.map(({ name, shape }) => ({ kind: 'static', name: `${prefix}/${name}`, shape, group }));
}

/** A weight, the terms that move it, and F, the places of its momentum. */
export interface Moved {
  readonly plan: StepPlan;
  readonly weight: Weight;
  readonly moves: readonly Move[];
  readonly places: number;
}

/** Section 5. */
export function update(to: Lowering, own: Moved): void {
  const { plan, weight, moves, places } = own;
  const { momentum } = plan;
  const { name } = weight;
  if (momentum !== undefined) carry(to, own, momentum);
  const by = (f: number): number => moveOf(plan, name, f);
  const moved =
    momentum === undefined
      ? moves.map((move) => move.term(by(move.places)))
      : whole(by(places), `next/high/${name}`, `next/low/${name}`, momentum.low);
  zero(to, `update/${name}`, cellsOf(weight), [
    ...whole(1, `next/weight/${name}`, `next/rest/${name}`, plan.low),
    ...whole(-1, `weight/${name}`, `rest/${name}`, plan.low),
    ...moved,
  ]);
  for (const { kind, bits } of partsOf(plan, weight)) {
    const key = [cell(1, `next/${kind}/${name}`, 'o', 'k'), constant(2 ** (bits - 1))];
    lookup(to, `next/${kind}/${name}/range`, cellsOf(weight), bitsTable(bits), key);
  }
}

/** The momentum behind a step: what rounding leaves of the one before is a function of its low part. */
function carry(
  to: Lowering,
  { weight, moves, places }: Moved,
  { shift, low }: { readonly shift: number; readonly low: number },
): void {
  const { name } = weight;
  const key = [cell(1, `low/${name}`, 'o', 'k'), constant(2 ** (low - 1))];
  lookup(to, `momentum/${name}/remainder`, cellsOf(weight), remainderTable(low, shift), key, [
    ...whole(2 ** shift, `next/high/${name}`, `next/low/${name}`, low),
    ...whole(1 - 2 ** shift, `high/${name}`, `low/${name}`, low),
    ...moves.map((move) => move.term(-(2 ** (shift + places - move.places)))),
    constant(2 ** (shift - 1)),
  ]);
}

/** coefficient (2^bits A + B) at row o and column k. */
function whole(coefficient: number, A: string, B: string, bits: number): Term[] {
  return [cell(coefficient * 2 ** bits, A, 'o', 'k'), cell(coefficient, B, 'o', 'k')];
}

function cellsOf({ shape }: Weight): Index[] {
  return [{ name: 'o', size: at(shape, 0) }, { name: 'k', size: at(shape, 1) }]; // prettier-ignore
}
