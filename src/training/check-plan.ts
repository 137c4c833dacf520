/** Which plans there are, and what is proven about their updates. spec/training.md sections 1 and 6. */
import { refuse } from '../errors/proof-error.ts';
import { koalaBear } from '../field/koalabear.ts';
import {
  inputFormat,
  layerCount,
  MOST_SHIFT,
  parameterCount,
  periodOf,
  sumShift,
  type Rate,
  type TrainingPlan,
} from './plan.ts';

const STAGE = 'plan';
const P = koalaBear.modulus;

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
  // 2^-shift of what the passes read is a whole number of units.
  if (plan.momentum !== undefined)
    integer('momentum.shift', plan.momentum.shift, 1, Math.min(8, plan.formats.low));
  checkPeriod(plan);
  need(rates.length >= 1 && rates.length <= 2 ** 12, `rates: expected 1 to 4096, got ${rates.length}`);
  rates.forEach(({ from, rate }, i) => {
    const least = i === 0 ? 0 : (rates[i - 1] as Rate).from + 1;
    integer(`rates[${i}].from`, from, least, i === 0 ? 0 : steps - 1);
    integer(`rates[${i}].rate`, rate, 1, 2 ** 20);
    checkUpdate(plan, rate);
  });
}

function checkPeriod(plan: TrainingPlan): void {
  const period = periodOf(plan);
  integer('period', period, 1, 2 ** 10);
  if (period === 1) return;
  integer('period * batch', period * plan.batch, 2, 2 ** 13);
  plan.rates.forEach(({ from }, i) => {
    need(from % period === 0, `rates[${i}].from: expected a multiple of the period ${period}, got ${from}`);
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
    integer(`layer ${layer}: shift of sums`, shift, 1, MOST_SHIFT);
    integer(`layer ${layer}: sum + shift`, sum + shift, 3, 30);
  }
}

/**
 * The greatest absolute value of the gradient of a layer's sums. Of logits: e <= S and S rho <= 2^(fraction + 15), so no
 * probability is above 2^fraction.
 */
function gradientBound(plan: TrainingPlan, layer: number): number {
  const { gradient } = plan.formats;
  return layer === layerCount(plan) - 1 ? 2 ** gradient.fraction : 2 ** (gradient.bits - 1);
}

/** The greatest absolute value of the gradient of a weight, summed over a period. */
function greatestSum(plan: TrainingPlan, layer: number): number {
  const rows = periodOf(plan) * plan.batch;
  return rows * gradientBound(plan, layer) * 2 ** inputFormat(plan, layer).bits; // at most 2^13 2^15 2^15
}

/** The greatest amount by which the gradient of a period can move a weight, in units of its lowest bit. */
function greatestMove(plan: TrainingPlan, layer: number, rate: number): number {
  return rate * greatestSum(plan, layer); // below 2^20 2^43 before it is compared: a rate times sums of powers of two and a batch, exact
}

/**
 * Whether the updates of a layer are integers for all data: the new weight, which has `weight.bits + low` bits, and V - rate G differ by less
 * than p. Otherwise an update is by definition the residue of least absolute value. With momentum V moves as it did in the period before, too, less
 * what W moved then; there is no move before the first period.
 */
export function updatesAreProven(plan: TrainingPlan, layer: number): boolean {
  const { weight, low } = plan.formats;
  const span = 2 ** (weight.bits + low);
  const room =
    P - (plan.momentum === undefined ? span : 2 * span + 2 ** (weight.bits + low - plan.momentum.shift));
  return plan.rates.every(({ rate }) => greatestMove(plan, layer, rate) < room);
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
