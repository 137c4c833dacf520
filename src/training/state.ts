/** Weights during training: what the passes read of them, and the bits below. spec/training.md section 3. */
import { rawWords } from '../hash/stream.ts';
import { unprovable } from '../ops/tensor.ts';
import { digestOfLeaves } from '../transcript/statement.ts';
import { layerCount, layerShape, type TrainingPlan } from './plan.ts';

/** A matrix [outputs, inputs + 1], row-major; the last column is the bias. */
export interface LayerWeights {
  /** What the passes read. */
  readonly weight: Int16Array;
  /** The bits below, signed: the weight itself is weight 2^low + rest. */
  readonly rest: Int16Array;
}

/** Weights of a layer, and what momentum remembers. */
export interface LayerState extends LayerWeights {
  /** Behind a period with momentum: the weights before it. Absent: these have not moved. */
  readonly earlier?: LayerWeights;
}

/** The parts of weights, in the order in which they are committed. */
export const STATE_KINDS = ['weight', 'rest'] as const;
export type StateKind = (typeof STATE_KINDS)[number];

/**
 * That weights to start from are within their bits, which the first segment of a run looks up.
 *
 * @throws ProofError `UNPROVABLE` naming the first that is not, without its value
 */
export function checkState(plan: TrainingPlan, state: TrainingState): void {
  const { weight, low } = plan.formats;
  state.forEach((own, layer) => {
    const width = layerShape(plan, layer)[1];
    for (const [kind, bits] of [
      ['weight', weight.bits],
      ['rest', low],
    ] as const) {
      const limit = 2 ** (bits - 1);
      const at = own[kind].findIndex((x) => x < -limit || x >= limit);
      if (at >= 0)
        unprovable(`layer ${layer}: ${kind}`, Math.floor(at / width), at % width, `expected ${bits} bits`);
    }
  });
}

/** Bytes of a seed. */
export const SEED_BYTES = 32;

/** One for each layer. */
export type TrainingState = readonly LayerState[];

/** The greatest integer whose square is at most x < 2^53. */
function squareRoot(x: number): number {
  let [low, high] = [0, 2 ** 27];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle * middle <= x) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * What the passes read of a layer whose weights a public seed stands for: uniform in [-a, a] with a = floor(2^fraction sqrt(6 / inputs)), at most the
 * greatest weight; biases are zero.
 *
 * @param seed 32 bytes
 */
export function weightsFromSeed(plan: TrainingPlan, seed: Uint8Array, layer: number): Int16Array {
  const { weight } = plan.formats;
  const [outputs, columns] = layerShape(plan, layer);
  const inputs = columns - 1;
  const a = Math.min(squareRoot(Math.floor((6 * 4 ** weight.fraction) / inputs)), 2 ** (weight.bits - 1) - 1);
  const words = rawWords({ key: seed, label: 'weights', id: layer }, 0, outputs * inputs);
  const cells = new Int16Array(outputs * columns);
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < inputs; k++) {
      const word = words[o * inputs + k] as number;
      cells[o * columns + k] = Math.floor((word * (2 * a + 1)) / 2 ** 32) - a; // word (2a + 1) < 2^49: exact
    }
  }
  return cells;
}

/**
 * The state that a public seed stands for: beside `weightsFromSeed` the bits below are zero, and nothing has moved.
 *
 * @param seed 32 bytes
 */
export function stateFromSeed(plan: TrainingPlan, seed: Uint8Array): TrainingState {
  return Array.from({ length: layerCount(plan) }, (_, layer) => {
    const weight = weightsFromSeed(plan, seed, layer);
    return { weight, rest: new Int16Array(weight.length) };
  });
}

/** Weights of their parts, layer by layer, in the order in which they are committed. */
export function layersOf(plan: TrainingPlan, parts: readonly Int16Array[]): readonly LayerWeights[] {
  return Array.from({ length: layerCount(plan) }, (_, layer) => {
    const [weight, rest] = parts.slice(2 * layer) as [Int16Array, Int16Array];
    return { weight, rest };
  });
}

/** The weights a period ago. @returns undefined where these have not moved */
export function earlierOf(state: TrainingState): readonly LayerWeights[] | undefined {
  const layers = state.flatMap(({ earlier }) => (earlier === undefined ? [] : [earlier]));
  return layers.length === 0 ? undefined : layers;
}

/** Weights, and where they were a period ago. @param earlier absent: these have not moved */
export function withEarlier(
  weights: readonly LayerWeights[],
  earlier: readonly LayerWeights[] | undefined,
): TrainingState {
  return weights.map(({ weight, rest }, layer) => {
    const own = earlier?.[layer];
    return { weight, rest, ...(own && { earlier: { weight: own.weight, rest: own.rest } }) };
  });
}

/** The 32 bytes that name the weights of a layer before the first step: everything that `stateFromSeed` draws them from. */
export function startSource(plan: TrainingPlan, seed: Uint8Array, layer: number): Uint8Array<ArrayBuffer> {
  const { bits, fraction } = plan.formats.weight;
  const [outputs, columns] = layerShape(plan, layer);
  const numbers = { layer, outputs, inputs: columns - 1, bits, fraction };
  return digestOfLeaves('zkdl training start 1', [
    { label: 'seed', type: 'digest', value: seed },
    ...Object.entries(numbers).map(([label, value]) => ({ label, type: 'integer' as const, value })),
  ]);
}
