/** Relations of weights: their digits, the groups that they come from and go to, updates. spec/training.md sections 6 and 7. */
import type { ProgramBuilder } from '../relation/builder.ts';
import { slice, term } from '../relation/handles.ts';
import { inputFormat, layerCount, layerShape, rateAt } from './plan.ts';
import { rowOf, signed, type Matrix, type Stack, type StepParts } from './program-parts.ts';
import { segmentGroups, type Segment } from './segment.ts';

/** Weights and the bits below, for each layer. */
export function stateTensors(b: ProgramBuilder, segment: Segment): Pick<StepParts, 'weights' | 'rests'> {
  const { plan, count } = segment;
  const { weight, low } = plan.formats;
  const stacks = (what: string, bits: number): Stack[] =>
    Array.from({ length: layerCount(plan) }, (_, layer) => {
      const [outputs, columns] = layerShape(plan, layer);
      return b.witness(`${what}/${layer}`, [count + 1, outputs, columns] as const, signed(bits));
    });
  return { weights: stacks('weight', weight.bits), rests: stacks('rest', low) };
}

/**
 * The first weights are those that everybody knows or those of the group that is read, the last are those of the group that is
 * written. Every digit is looked up: 2^low W + R has one pair (W, R).
 */
export function stateRelations({ b, segment, weights, rests }: StepParts): void {
  const { plan, count, initial } = segment;
  const { input, output } = segmentGroups(segment);
  for (const stack of [...weights, ...rests]) b.rangeCheck(stack);
  const equal = (name: string, stack: Stack, at: number, other: Matrix | undefined): void => {
    const [o, k] = [b.index('o', stack.shape[1]), b.index('k', stack.shape[2])];
    const own = term(1, stack.at(at, o, k));
    b.zero(name, [o, k], other === undefined ? [own] : [own, term(-1, other.at(o, k))]);
  };
  for (let layer = 0; layer < layerCount(plan); layer++) {
    const shape = layerShape(plan, layer);
    const [weight, rest] = [weights[layer] as Stack, rests[layer] as Stack];
    if (initial !== undefined) {
      const own = initial[layer] as (typeof initial)[number];
      equal(`${weight.name}/first`, weight, 0, b.public(`first/weight/${layer}`, shape, own.weight));
      const isZero = own.rest.every((x) => x === 0);
      const values = isZero ? undefined : b.public(`first/rest/${layer}`, shape, own.rest);
      equal(`${rest.name}/first`, rest, 0, values);
    } else {
      equal(`${weight.name}/first`, weight, 0, b.static(`first/weight/${layer}`, shape, input));
      equal(`${rest.name}/first`, rest, 0, b.static(`first/rest/${layer}`, shape, input));
    }
    equal(`${weight.name}/last`, weight, count, b.static(`last/weight/${layer}`, shape, output));
    equal(`${rest.name}/last`, rest, count, b.static(`last/rest/${layer}`, shape, output));
  }
}

/**
 * 2^low W' + R' = 2^low W + R - rate sum_t g x for weights, and with 2^fraction for x for biases. One pair (W', R') fits a residue.
 */
export function updateRelations(parts: StepParts, layer: number, gradient: Matrix, x: Matrix): void {
  const { b, segment, s, t } = parts;
  const { plan, first } = segment;
  const [weight, rest] = [parts.weights[layer] as Stack, parts.rests[layer] as Stack];
  const [outputs, columns] = layerShape(plan, layer);
  const rate = rateAt(plan, first);
  const unit = 2 ** plan.formats.low;
  const [o, k] = [b.index('o', outputs), b.index('k', columns - 1)];
  const next = slice(s, 1);
  const row = rowOf(parts);
  b.zero(
    `update/${layer}`,
    [s, o, k],
    [
      term(unit, weight.at(next, o, k)),
      term(1, rest.at(next, o, k)),
      term(-unit, weight.at(s, o, k)),
      term(-1, rest.at(s, o, k)),
      term(rate, gradient.at(row, o), x.at(row, k), { sum: t }),
    ],
  );
  const bias = columns - 1;
  b.zero(
    `update/${layer}/bias`,
    [s, o],
    [
      term(unit, weight.at(next, o, bias)),
      term(1, rest.at(next, o, bias)),
      term(-unit, weight.at(s, o, bias)),
      term(-1, rest.at(s, o, bias)),
      term(rate * 2 ** inputFormat(plan, layer).fraction, gradient.at(row, o), { sum: t }),
    ],
  );
}
