/**
 * A training plan: everything public that determines a training run beside its data and its first weights. Shapes, bits,
 * exponents, rates and the number of steps; spec/training.md section 1. `checkPlan` is what makes
 * every integer of a step unique.
 */
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

/** From step `from` on weights move by `rate` times the summed gradient, in units of their lowest bit. */
export interface Rate {
  readonly from: number;
  readonly rate: number;
}

/**
 * SGD with momentum 1 - 2^-shift: what a period moves, less 2^-shift of it, the next one moves again (Polyak's heavy ball). With periods of more than one step that
 * is slow momentum (Wang, Tantia, Ballas, Rabbat: SlowMo, 2020, algorithm 1, one worker, alpha = 1).
 */
export interface Momentum {
  readonly shift: number;
}

export interface TrainingPlan {
  /** Inputs, hidden layers, classes. */
  readonly widths: readonly number[];
  /** Rows of the dataset, and of a batch. */
  readonly rows: number;
  readonly batch: number;
  readonly steps: number;
  /**
   * Steps from one state to the next that is written; absent: 1. Within a period the passes read the weights at its start, and what its steps
   * did since as products of their rows. The last period of a run may be shorter.
   */
  readonly period?: number;
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

/** 7/8 of what was. Weights of 29 bits in all, one less than `DEFAULT_FORMATS` has, make updates integers for all data (`updatesAreProven`). */
export const DEFAULT_MOMENTUM: Momentum = { shift: 3 };

/** Steps from one state to the next. */
export function periodOf({ period = 1 }: Pick<TrainingPlan, 'period'>): number {
  return period;
}

/** The first step from a step on, or the end of the run, before which weights are written. */
export function periodEnd(plan: Pick<TrainingPlan, 'period' | 'steps'>, step: number): number {
  const period = periodOf(plan);
  return Math.min(Math.ceil(step / period) * period, plan.steps);
}

/** A weight 2^low W + R as multiples of its parts. */
export interface PartFactors {
  readonly weight: number;
  readonly rest: number;
}

/**
 * What an update keeps: V' = now - earlier - rate G, of the weights at the start of a period and of those at the start of the one before. With momentum
 * V' = V + (V - V_earlier) - 2^(low - shift) (W - W_earlier) - rate G.
 */
export function keptOf({ formats: { low }, momentum }: Pick<TrainingPlan, 'formats' | 'momentum'>): {
  readonly now: PartFactors;
  readonly earlier: PartFactors;
} {
  const unit = 2 ** low;
  if (momentum === undefined) return { now: { weight: unit, rest: 1 }, earlier: { weight: 0, rest: 0 } };
  const lost = 2 ** (low - momentum.shift);
  return { now: { weight: 2 * unit - lost, rest: 2 }, earlier: { weight: unit - lost, rest: 1 } };
}

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

/** How inner products of rows of a period are rounded, and the sums that they correct. */
export interface GramFormat {
  /** Places that sums have more than what the passes read: as many as rounding them leaves room for. */
  readonly places: number;
  /** By how many bits rate times an inner product is rounded, to bits with a sign: 30 together at most. */
  readonly shift: number;
  readonly bits: number;
}

/** By how many bits a sum is rounded at most: a remainder is looked up in a table of so many. */
export const MOST_SHIFT = 22;

/** @param most places that there is room for. Periods of one step correct nothing, and have none. */
function gramFormat({ formats: { low }, period = 1 }: TrainingPlan, most: number): GramFormat {
  const places = period === 1 ? 0 : Math.max(0, Math.min(low - 1, most));
  return { places, shift: low - places, bits: Math.min(16, 30 - low + places) };
}

/** Of inputs of a layer. Their products are bounded by what steps are stable with, rate |x|^2 a row: 16 bits hold twice that, in so many places. */
export function inputGram(plan: TrainingPlan, layer: number): GramFormat {
  const { sum, weight, gradient } = plan.formats;
  const room = 14 - (weight.fraction + inputFormat(plan, layer).fraction - gradient.fraction);
  const most = Math.min(30 - sum, MOST_SHIFT) - sumShift(plan, layer);
  return gramFormat(plan, Math.min(most, room));
}

/** Of gradients. A row of the last layer's has a square of at most 2 4^fraction; where there are places, products of two have their bits at rates below 2^15. */
export function gradientGram(plan: TrainingPlan): GramFormat {
  const { gradient, weight, low } = plan.formats;
  const rate = Math.max(...plan.rates.map((own) => own.rate));
  const room = 14 + low - 2 * gradient.fraction - (32 - Math.clz32(rate)); // bits of the rate
  const most = Math.min(30 - gradient.bits, MOST_SHIFT) - weight.fraction;
  return gramFormat(plan, Math.min(most, room));
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
