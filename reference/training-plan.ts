/** Plans of training: spec/training.md section 1. One code, `PLAN`. */
import { at, logCeil, range, total } from './lists.ts';
import { require } from './refusal.ts';

/** Bits, and binary places. */
export interface Format {
  readonly bits: number;
  readonly places: number;
}

export interface Plan {
  /** d_0, .., d_L. */
  readonly widths: readonly number[];
  /** N, B, and of the run. */
  readonly rows: number;
  readonly batch: number;
  readonly steps: number;
  /** P. */
  readonly period: number;
  readonly input: Format;
  readonly activation: Format;
  readonly weight: Format;
  readonly gradient: Format;
  /** b_r, b_y. */
  readonly low: number;
  readonly sum: number;
  /** m. */
  readonly momentum?: { readonly shift: number };
  readonly rates: readonly { readonly from: number; readonly rate: number }[];
}

/** Section 8: the tensors of a layer in a group of weights. */
export const KINDS = ['weight', 'rest'] as const;

/** Section 8: what their cells mean. */
export function meaningOf({ weight, low }: Plan): number[] {
  return [weight.places, weight.bits, low];
}

/** 0, .., L - 1. */
export function layersOf({ widths }: Plan): number[] {
  return range(widths.length - 1);
}

/** [d_(l+1), d_l + 1]. */
export function matrixOf({ widths }: Plan, layer: number): [number, number] {
  return [at(widths, layer + 1), at(widths, layer) + 1];
}

/** Of what a layer reads. */
export function readBy(plan: Plan, layer: number): Format {
  return layer === 0 ? plan.input : plan.activation;
}

/** s of section 4. */
export function shiftOf(plan: Plan, layer: number): number {
  const result = layer === plan.widths.length - 2 ? 8 : plan.activation.places;
  return plan.weight.places + readBy(plan, layer).places - result;
}

/** c of section 4: places of the sums of a layer behind those that rounding them takes away. */
export function sumPlaces(plan: Plan, layer: number): number {
  const s = shiftOf(plan, layer);
  const room = 14 - (plan.weight.places + readBy(plan, layer).places - plan.gradient.places);
  return placesOf(plan, Math.min(30 - plan.sum - s, 22 - s, room));
}

/** c' of section 5. */
export function gradientPlaces(plan: Plan): number {
  const { gradient, weight, low, rates } = plan;
  const greatest = Math.max(...rates.map(({ rate }) => rate));
  const room = 14 + low - 2 * gradient.places - logCeil(greatest + 1);
  return placesOf(plan, Math.min(30 - gradient.bits - weight.places, 22 - weight.places, room));
}

function placesOf({ period, low }: Plan, room: number): number {
  return period === 1 ? 0 : Math.max(0, Math.min(low - 1, room));
}

/** B(c) of section 4. */
export function gramBits({ low }: Plan, places: number): number {
  return Math.min(16, 30 - low + places);
}

/** The rate of a step of the plan. */
export function rateAt({ rates }: Plan, step: number): number {
  const begun = rates.filter(({ from }) => from <= step);
  return at(begun, begun.length - 1).rate;
}

/** Whether a plan keeps the bounds of the table. */
export function checkPlan(plan: Plan): void {
  const { widths, rows, batch, steps, rates } = plan;
  within('layers', widths.length - 1, 1, 64);
  for (const width of widths) within('width', width, 1, 2 ** 16);
  within('classes', at(widths, widths.length - 1), 2, 2 ** 13);
  const weights = total(layersOf(plan).map((layer) => at(matrixOf(plan, layer), 0) * at(matrixOf(plan, layer), 1))); // prettier-ignore
  within('weights', weights, 1, 2 ** 24);
  within('N', rows, 1, 2 ** 20);
  within('B', batch, 1, Math.min(rows, 2 ** 12));
  within('steps', steps, 1, 2 ** 31 - 1);
  checkBits(plan);
  checkPeriod(plan);
  within('rates', rates.length, 1, 2 ** 12);
  rates.forEach(({ from, rate }, i) => {
    within('from', from, i === 0 ? 0 : at(rates, i - 1).from + 1, i === 0 ? 0 : steps - 1);
    within('rate', rate, 1, 2 ** 20);
    for (const layer of layersOf(plan)) require(moveOf(plan, layer, rate) < 2n ** 52n, 'PLAN', 'moves');
  });
}

function checkBits(plan: Plan): void {
  const { input, activation, weight, gradient, low, sum, momentum } = plan;
  for (const { bits, places } of [input, activation]) {
    within('bits', bits, 2, 15);
    within('places', places, 0, bits);
  }
  const hidden = plan.widths.length > 2;
  require(!hidden || activation.places === input.places, 'PLAN', 'places of activations');
  within('b_w', weight.bits, 2, 16);
  within('f_w', weight.places, 1, 16);
  within('b_r', low, 1, 15);
  within('b_w + b_r', weight.bits + low, 3, 30);
  within('b_y', sum, 2, 16);
  for (const layer of layersOf(plan)) {
    within('s', shiftOf(plan, layer), 1, 22);
    within('b_y + s', sum + shiftOf(plan, layer), 3, 30);
  }
  within('b_g', gradient.bits, 2, 16);
  within('f_g', gradient.places, 1, 12);
  within('b_g + f_w', gradient.bits + weight.places, 3, 30);
  if (momentum === undefined) return;
  within('m', momentum.shift, 1, Math.min(8, low));
}

function checkPeriod({ period, batch, rates }: Plan): void {
  within('P', period, 1, 2 ** 10);
  if (period === 1) return;
  within('P B', period * batch, 1, 2 ** 13);
  for (const { from } of rates) require(from % period === 0, 'PLAN', 'a rate within a period');
}

/** Section 6: the most that a rate moves a weight of a layer in a period, rate |G|. */
function moveOf(plan: Plan, layer: number, rate: number): bigint {
  const { batch, period, gradient } = plan;
  const last = layer === plan.widths.length - 2;
  const g = 2n ** BigInt(last ? gradient.places : gradient.bits - 1);
  return BigInt(rate) * BigInt(period * batch) * g * 2n ** BigInt(readBy(plan, layer).bits);
}

function within(what: string, x: number, least: number, most: number): void {
  require(least <= x && x <= most, 'PLAN', `${what} is ${x}`);
}
