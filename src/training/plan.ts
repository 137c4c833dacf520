/**
 * A training plan: everything public that determines a training run beside its data and its first weights. Shapes, bits,
 * exponents, rates and the number of steps; spec/training.md section 1. What is checked here makes every integer of a step
 * unique.
 */
import { refuse } from '../errors/proof-error.ts';
import { koalaBear } from '../field/koalabear.ts';

/** Integers of so many bits with so many binary places. */
export interface Format {
  readonly bits: number;
  readonly fraction: number;
}

/** Bits and exponents, the same for all layers and all steps. */
export interface Formats {
  /** Inputs: integers in [0, 2^bits). */
  readonly input: Format;
  /** Hidden activations: integers in [0, 2^bits), larger ones are cut off. */
  readonly activation: Format;
  /** Weights as the passes read them: signed. */
  readonly weight: Format;
  /** Bits of a weight below those that the passes read. */
  readonly low: number;
  /** Bits of a rounded sum: signed. */
  readonly sum: number;
  /** Gradients with respect to sums: signed. */
  readonly gradient: Format;
}

/** From step `from` on weights move by `rate` times the summed gradient (or momentum), in units of their lowest bit. */
export interface Rate {
  readonly from: number;
  readonly rate: number;
}

/**
 * SGD with momentum: M loses 2^-shift of itself, rounded, and gains the summed gradient; weights move by rate M. M has `high + low` bits, in two
 * parts. Its unit is that of gradients times inputs.
 */
export interface Momentum {
  readonly shift: number;
  readonly high: number;
  readonly low: number;
}

export interface TrainingPlan {
  /** Inputs, hidden layers, classes. */
  readonly widths: readonly number[];
  /** Rows of the dataset, and of a batch. */
  readonly rows: number;
  readonly batch: number;
  readonly steps: number;
  readonly formats: Formats;
  /** Absent: weights move by rate times the summed gradient. */
  readonly momentum?: Momentum;
  /** In ascending order, the first from step 0. */
  readonly rates: readonly Rate[];
}

/** Binary places of the last layer's sums. */
export const LOGIT_FRACTION = 8;
/** log2 e in 1/256: logits times this are octaves with 16 binary places. */
export const LOG2_E = 369;
/** Bits below a step of 1/64 octave. */
export const STEP_SHIFT = 10;
/** Bits of a distance in steps, of a row's shift in octaves, of its sum. */
export const STEP_BITS = 15;
export const SHIFT_BITS = 10;
export const SUM_BITS = 15;
/** Shift of a probability: g = round(e rho / 2^15). */
export const PROBABILITY_SHIFT = 15;

/** Bits and exponents that suit networks of some hundred inputs a unit. */
export const DEFAULT_FORMATS: Formats = {
  input: { bits: 8, fraction: 8 },
  activation: { bits: 12, fraction: 8 },
  weight: { bits: 15, fraction: 12 },
  low: 15,
  sum: 16,
  gradient: { bits: 14, fraction: 10 },
};

const STAGE = 'plan';
const P = koalaBear.modulus;

/** 7/8 of what was; 27 bits for gradients of 9 and inputs of 8 binary places summed over a batch. */
export const DEFAULT_MOMENTUM: Momentum = { shift: 3, high: 12, low: 15 };

/** Number of weight matrices. */
export function layerCount({ widths }: TrainingPlan): number {
  return widths.length - 1;
}

/** Shape of the matrix of a layer: a row for each output, and behind its inputs the bias. */
export function layerShape({ widths }: TrainingPlan, layer: number): readonly [number, number] {
  return [widths[layer + 1] as number, (widths[layer] as number) + 1];
}

/** Format of what a layer reads. */
export function inputFormat({ formats }: TrainingPlan, layer: number): Format {
  return layer === 0 ? formats.input : formats.activation;
}

/** By how many bits the sums of a layer are rounded. */
export function sumShift(plan: TrainingPlan, layer: number): number {
  const { activation, weight } = plan.formats;
  const out = layer === layerCount(plan) - 1 ? LOGIT_FRACTION : activation.fraction;
  return weight.fraction + inputFormat(plan, layer).fraction - out;
}

/** Weights and biases of all layers. */
export function parameterCount(plan: TrainingPlan): number {
  let count = 0;
  for (let layer = 0; layer < layerCount(plan); layer++) {
    const [outputs, columns] = layerShape(plan, layer);
    count += outputs * columns;
  }
  return count;
}

/** The rate of a step. @throws RangeError for a step that the plan does not have */
export function rateAt({ rates, steps }: TrainingPlan, step: number): number {
  if (!Number.isInteger(step) || step < 0 || step >= steps) {
    throw new RangeError(`step: expected an integer in [0, ${steps}), got ${step}`);
  }
  return rates.reduce((rate, own) => (own.from <= step ? own.rate : rate), 0);
}

/** The learning rate that a rate stands for: the mean gradient of a batch times this. For people to read. */
export function learningRate({ formats, batch }: TrainingPlan, rate: number): number {
  const { weight, low, gradient, input } = formats;
  return (rate * batch) / 2 ** (weight.fraction + low - gradient.fraction - input.fraction);
}

/**
 * Checks a plan. Total: any numbers are answered.
 *
 * @throws ProofError `PLAN` naming the first number that does not fit
 */
export function checkPlan(plan: TrainingPlan): void {
  const { widths, rows, batch, steps, rates } = plan;
  need(widths.length >= 2 && widths.length <= 65, `widths: expected 2 to 65, got ${widths.length}`);
  widths.forEach((width, i) => integer(`widths[${i}]`, width, 1, 2 ** 16));
  integer('classes', widths[widths.length - 1] as number, 2, 2 ** 13);
  integer('parameters', parameterCount(plan), 1, 2 ** 24); // a verifier may have to draw them from the seed
  integer('rows', rows, 1, 2 ** 20);
  integer('batch', batch, 1, Math.min(rows, 2 ** 12));
  integer('steps', steps, 1, 2 ** 31 - 1);
  checkFormats(plan);
  if (plan.momentum !== undefined) checkMomentum(plan.momentum);
  need(rates.length >= 1 && rates.length <= 2 ** 12, `rates: expected 1 to 4096, got ${rates.length}`);
  rates.forEach(({ from, rate }, i) => {
    const least = i === 0 ? 0 : (rates[i - 1] as Rate).from + 1;
    integer(`rates[${i}].from`, from, least, i === 0 ? 0 : steps - 1);
    integer(`rates[${i}].rate`, rate, 1, 2 ** 20);
    checkUpdate(plan, rate);
  });
}

function checkFormats(plan: TrainingPlan): void {
  const { input, activation, weight, low, sum, gradient } = plan.formats;
  for (const [name, format, bits] of [
    ['input', input, 15],
    ['activation', activation, 15],
    ['weight', weight, 16],
    ['gradient', gradient, 16],
  ] as const) {
    integer(`${name}.bits`, format.bits, 2, bits);
    integer(`${name}.fraction`, format.fraction, 0, 16);
  }
  // Every hidden layer has one: its binary places are those of its inputs, so that biases move as far as weights.
  need(
    layerCount(plan) === 1 || activation.fraction === input.fraction,
    `activation.fraction: expected that of inputs, ${input.fraction}, got ${activation.fraction}`,
  );
  need(
    input.fraction <= input.bits && activation.fraction <= activation.bits,
    'fraction: expected at most bits',
  );
  integer('sum', sum, 2, 16);
  integer('low', low, 1, 15);
  // W' 2^low + R' must be one residue for one pair.
  integer('weight.bits + low', weight.bits + low, 3, 30);
  // rho has fraction + 2 bits and e 15: their product stays within (p-1)/2.
  integer('gradient.fraction', gradient.fraction, 1, 12);
  integer('weight.fraction', weight.fraction, 1, 16);
  // A rounded gradient and its remainder: one pair for one residue.
  integer('gradient.bits + weight.fraction', gradient.bits + weight.fraction, 3, 30);
  for (let layer = 0; layer < layerCount(plan); layer++) {
    const shift = sumShift(plan, layer);
    integer(`layer ${layer}: shift of sums`, shift, 1, 22);
    integer(`layer ${layer}: sum + shift`, sum + shift, 3, 30);
  }
}

/** A remainder, and M in two parts: one triple for a residue. */
function checkMomentum({ shift, high, low }: Momentum): void {
  integer('momentum.shift', shift, 1, 8);
  integer('momentum.high', high, 2, 16);
  integer('momentum.low', low, 1, 15);
  integer('momentum.shift + high + low', shift + high + low, 4, 30);
}

/**
 * The greatest absolute value of the gradient of a layer's sums. Of logits: e <= S and S rho <= 2^(fraction + 15), so no
 * probability is above 2^fraction.
 */
export function gradientBound(plan: TrainingPlan, layer: number): number {
  const { gradient } = plan.formats;
  return layer === layerCount(plan) - 1 ? 2 ** gradient.fraction : 2 ** (gradient.bits - 1);
}

/** The greatest absolute value of the summed gradient of a weight. */
function greatestSum(plan: TrainingPlan, layer: number): number {
  return plan.batch * gradientBound(plan, layer) * 2 ** inputFormat(plan, layer).bits; // at most 2^12 2^15 2^15
}

/** The greatest amount by which a rate can move a weight in one step, in units of its lowest bit. */
function greatestMove(plan: TrainingPlan, layer: number, rate: number): number {
  const { momentum } = plan;
  // Below 2^20 2^42 before it is compared: a rate times powers of two and a batch, exact.
  return rate * (momentum === undefined ? greatestSum(plan, layer) : 2 ** (momentum.high + momentum.low - 1));
}

/**
 * Whether the updates of a layer are integers for all data: the new weight, which has `weight.bits + low` bits, and V - rate G differ by less
 * than p, and so do momenta. Otherwise an update is by definition the residue of least absolute value.
 */
export function updatesAreProven(plan: TrainingPlan, layer: number): boolean {
  const { weight, low } = plan.formats;
  const room = P - 2 ** (weight.bits + low);
  const { momentum } = plan;
  // M' before and after it is reduced: at most 2^(high + low) + G apart, times 2^shift, and two remainders
  const isWhole =
    momentum === undefined ||
    2 ** momentum.shift * (2 ** (momentum.high + momentum.low) + greatestSum(plan, layer) + 1) < P;
  return isWhole && plan.rates.every(({ rate }) => greatestMove(plan, layer, rate) < room);
}

/** Sums of an update are exact in doubles. */
function checkUpdate(plan: TrainingPlan, rate: number): void {
  for (let layer = 0; layer < layerCount(plan); layer++) {
    const moved = greatestMove(plan, layer, rate);
    need(moved < 2 ** 52, `layer ${layer}: rate: expected updates below 2^52, got up to ${moved}`);
  }
}

function integer(name: string, value: number, least: number, most: number): void {
  const fits = Number.isInteger(value) && value >= least && value <= most;
  need(fits, `${name}: expected an integer in [${least}, ${most}], got ${value}`);
}

function need(condition: boolean, detail: string): asserts condition {
  if (!condition) refuse('PLAN', STAGE, detail);
}
