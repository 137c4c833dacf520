/** Weights in the program of a segment: spec/training-program.md sections 1, 3 and 6. */
import { publicTensor, witness, zero, type Draft } from './lowering.ts';
import { range } from './lists.ts';
import type { Coordinate, Index, Term } from './program.ts';
import { rangeOf, signed } from './rounding.ts';
import { affine, cell, constant, product, read } from './terms.ts';
import { layersOf, matrixOf, partsOf, rateAt, readBy, type Part, type Plan } from './training-plan.ts';

/** A program under construction, and what it is about. */
export interface Steps extends Draft {
  readonly plan: Plan;
  readonly first: number;
  readonly count: number;
  /** Of the dataset, batch after batch. */
  readonly rows: readonly number[];
  /** Where everybody knows the weights before the first step: these. */
  readonly start: ((layer: number, part: Part) => readonly number[]) | undefined;
}

/** [s t] */
export function rowOf({ plan }: Steps): Coordinate {
  const parts = [
    { index: 's', stride: plan.batch },
    { index: 't', stride: 1 },
  ];
  return { kind: 'affine', offset: 0, parts };
}

/** Section 1. */
export function commitState(to: Steps): void {
  for (const { kind, bits } of partsOf(to.plan))
    for (const layer of layersOf(to.plan))
      signed(to, `${kind}/${layer}`, [to.count + 1, ...matrixOf(to.plan, layer)], bits);
}

/** Section 3. */
export function bothEnds(to: Steps): void {
  for (const layer of layersOf(to.plan)) for (const part of partsOf(to.plan)) endsOf(to, layer, part);
}

function endsOf(to: Steps, layer: number, part: Part): void {
  const name = `${part.kind}/${layer}`;
  const [outputs, columns] = matrixOf(to.plan, layer);
  const cells: Index[] = [{ name: 'o', size: outputs }, { name: 'k', size: columns }]; // prettier-ignore
  const shape = [outputs, columns];
  const known = to.start?.(layer, part);
  rangeOf(to, name);
  if (known === undefined) to.tensors.push({ kind: 'static', name: `first/${name}`, shape, group: 1 });
  else if (known.some((x) => x !== 0)) publicTensor(to, `first/${name}`, shape, known);
  const before = to.tensors.some((tensor) => tensor.name === `first/${name}`);
  const first = before ? [cell(-1, `first/${name}`, 'o', 'k')] : [];
  zero(to, `${name}/first`, cells, [cell(1, name, 0, 'o', 'k'), ...first]);
  const group = known === undefined ? 2 : 1;
  to.tensors.push({ kind: 'static', name: `last/${name}`, shape, group });
  zero(to, `${name}/last`, cells, [cell(1, name, to.count, 'o', 'k'), cell(-1, `last/${name}`, 'o', 'k')]);
}

/** Section 6: columns that are updated alike. */
interface Columns {
  readonly suffix: string;
  readonly indices: readonly Index[];
  readonly c: string | number;
  /** coefficient G */
  gradient(coefficient: number): Term;
}

function columnsOf(to: Steps, layer: number): Columns[] {
  const [outputs, columns] = matrixOf(to.plan, layer);
  const [s, o]: [Index, Index] = [{ name: 's', size: to.count }, { name: 'o', size: outputs }]; // prettier-ignore
  const t: Index = { name: 't', size: to.plan.batch };
  const one = 2 ** readBy(to.plan, layer).places;
  const g = read(`gradient/${layer}`, rowOf(to), 'o');
  const x = read(`x/${layer}`, rowOf(to), 'k');
  return [
    {
      suffix: '',
      indices: [s, o, { name: 'k', size: columns - 1 }],
      c: 'k',
      gradient: (coefficient) => product(coefficient, [g, x], [t]),
    },
    {
      suffix: '/bias',
      indices: [s, o],
      c: columns - 1,
      gradient: (coefficient) => product(coefficient * one, [g], [t]),
    },
  ];
}

/** Section 6, what a step does to the weights of a layer. */
export function update(to: Steps, layer: number): void {
  const { plan, first } = to;
  const { momentum } = plan;
  const rate = rateAt(plan, first);
  const unit = 2 ** plan.low;
  const after = affine('s', 1, 1);
  for (const { suffix, indices, c, gradient } of columnsOf(to, layer)) {
    const move =
      momentum === undefined
        ? [gradient(rate)]
        : [
            cell(rate * 2 ** momentum.low, `high/${layer}`, after, 'o', c),
            cell(rate, `low/${layer}`, after, 'o', c),
          ];
    zero(to, `update/${layer}${suffix}`, indices, [
      cell(unit, `weight/${layer}`, after, 'o', c),
      cell(1, `rest/${layer}`, after, 'o', c),
      cell(-unit, `weight/${layer}`, 's', 'o', c),
      cell(-1, `rest/${layer}`, 's', 'o', c),
      ...move,
    ]);
  }
  if (momentum !== undefined) carry(to, layer, momentum);
}

/** Section 6, momentum. */
function carry(to: Steps, layer: number, { shift, low }: { shift: number; low: number }): void {
  const remainder = `remainder/${layer}`;
  witness(to, remainder, [to.count, ...matrixOf(to.plan, layer)], 0, 2 ** shift - 1);
  rangeOf(to, remainder);
  const whole = 2 ** shift;
  const after = affine('s', 1, 1);
  for (const { suffix, indices, c, gradient } of columnsOf(to, layer)) {
    zero(to, `momentum/${layer}${suffix}`, indices, [
      cell(1, remainder, 's', 'o', c),
      cell((whole - 1) * 2 ** low, `high/${layer}`, 's', 'o', c),
      cell(whole - 1, `low/${layer}`, 's', 'o', c),
      cell(-whole * 2 ** low, `high/${layer}`, after, 'o', c),
      cell(-whole, `low/${layer}`, after, 'o', c),
      gradient(whole),
      constant(-(whole / 2)),
    ]);
  }
}
