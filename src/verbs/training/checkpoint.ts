/**
 * Checkpoints of a training run: weights, and what the steps before them measured. Private to the owner. Little-endian:
 *
 *   magic `zkdl-chk`, version 1; digest of the run, 32 bytes; step, u32;
 *   block: mean loss of each batch in nats, f32; block: rows of each batch that were named right, u16;
 *   for each layer and each part of its weights a block: cells, i16; with momentum the same of the weights a period earlier;
 *   digest of all before, 32 bytes
 *
 * Of a graph rows are u32, and parts are those of its weights in the order in which they are committed.
 *
 * A checkpoint is the only state of training: logs and pictures follow from it, and steps are repeated from it.
 */
import { fileBytes, fileReader } from '../../answer/bytes.ts';
import { refuse } from '../../errors/proof-error.ts';
import { blake3, DIGEST_BYTES } from '../../hash/blake3.ts';
import { sameBytes } from '../../hash/words.ts';
import { layerCount, layerShape, periodEnd, type TrainingPlan } from '../../training/plan.ts';
import {
  earlierOf,
  layersOf,
  STATE_KINDS,
  withEarlier,
  type LayerWeights,
  type TrainingState,
} from '../../training/state.ts';
import { naming } from '../files.ts';

/** What steps measured, before the update of each. Not proven. */
export interface Measured {
  /** Steps that are done. */
  readonly step: number;
  /** For each step: mean loss of its batch in nats; rows that were named right. */
  readonly losses: readonly number[];
  readonly right: readonly number[];
}

export interface Checkpoint extends Measured {
  readonly state: TrainingState;
}

/** What a checkpoint is of. */
export interface CheckpointForm {
  /** Digest of the run, and its steps. */
  readonly run: Uint8Array;
  readonly steps: number;
  /** Cells of the parts of its weights. */
  readonly sizes: readonly number[];
  /** Of a number of rows. */
  readonly rowBytes: 2 | 4;
}

const MAGIC = 'zkdl-chk';
const VERSION = 1;
const CONTEXT = 'zkdl training checkpoint 1';

/** @param run digest of the run */
export function encodeCheckpoint(plan: TrainingPlan, run: Uint8Array, checkpoint: Checkpoint): Uint8Array {
  const { state } = checkpoint;
  const partsOf = (layers: readonly LayerWeights[]): Int16Array[] =>
    layers.flatMap((layer) => STATE_KINDS.map((kind) => layer[kind]));
  // Behind a step of momentum there are some.
  const earlier = plan.momentum === undefined ? [] : partsOf(earlierOf(state) ?? state);
  const parts = [...partsOf(state), ...earlier];
  return sealCheckpoint({ run, rowBytes: 2 }, checkpoint, parts);
}

/**
 * @param path for errors
 * @throws ProofError as `openCheckpoint`
 */
export function decodeCheckpoint(
  path: string,
  plan: TrainingPlan,
  run: Uint8Array,
  bytes: Uint8Array,
): Checkpoint {
  const layers = Array.from({ length: layerCount(plan) }, (_, layer) => layerShape(plan, layer));
  const weights = layers.flatMap(([outputs, columns]) => STATE_KINDS.map(() => outputs * columns));
  const sizes = plan.momentum === undefined ? weights : [...weights, ...weights];
  const form = { run, steps: plan.steps, sizes, rowBytes: 2 } as const;
  const { parts, ...measured } = openCheckpoint(path, form, bytes);
  const { step } = measured;
  if (periodEnd(plan, step) !== step) {
    // Steps would go on in other periods.
    refuse('CHECKPOINT', path, `step: expected the end of a period, got ${step}`);
  }
  const own = layersOf(plan, parts);
  const earlier = plan.momentum === undefined ? undefined : layersOf(plan, parts.slice(weights.length));
  return { ...measured, state: withEarlier(own, earlier) };
}

/** The bytes of a checkpoint. @param parts of the weights */
export function sealCheckpoint(
  { run, rowBytes }: Pick<CheckpointForm, 'run' | 'rowBytes'>,
  { step, losses, right }: Measured,
  parts: readonly Int16Array[],
): Uint8Array {
  const body = fileBytes(MAGIC, VERSION, [
    run,
    step,
    { block: packed(4, losses, (view, at, x) => view.setFloat32(at, x, true)) },
    {
      block: packed(rowBytes, right, (view, at, x) =>
        rowBytes === 2 ? view.setUint16(at, x, true) : view.setUint32(at, x, true),
      ),
    },
    ...parts.map((cells) => ({ block: packed(2, cells, (view, at, x) => view.setInt16(at, x, true)) })),
  ]);
  const bytes = new Uint8Array(body.length + DIGEST_BYTES);
  bytes.set(body);
  bytes.set(blake3(body, { context: CONTEXT }), body.length);
  return bytes;
}

/**
 * @param path for errors
 * @throws ProofError `CHECKPOINT` for bytes that were changed or cut short, and for a checkpoint of another run
 */
export function openCheckpoint(
  path: string,
  { run, steps, sizes, rowBytes }: CheckpointForm,
  bytes: Uint8Array,
): Measured & { readonly parts: readonly Int16Array[] } {
  const wrong = (detail: string): never => refuse('CHECKPOINT', path, detail);
  const end = bytes.length - DIGEST_BYTES;
  const body = bytes.subarray(0, Math.max(0, end));
  if (end < 0 || !sameBytes(blake3(body, { context: CONTEXT }), bytes.subarray(end))) {
    const before = 'remove it to go on from the one before';
    wrong(`expected the bytes that were written, got others: it was changed or cut short; ${before}`);
  }
  return naming(path, () => {
    const reader = fileReader('checkpoint', body, MAGIC, VERSION);
    if (!sameBytes(reader.bytes('run', DIGEST_BYTES), run)) {
      wrong('expected a checkpoint of this run, got one of another');
    }
    const step = reader.u32('step');
    if (step < 1 || step > steps) wrong(`step: expected 1 to ${steps}, got ${step}`);
    const list = (what: string, size: number, count: number): DataView => {
      const block = reader.block(what);
      if (block.length !== size * count)
        wrong(`${what}: expected ${size * count} bytes, got ${block.length}`);
      return new DataView(block.buffer, block.byteOffset, block.length);
    };
    const lossView = list('losses', 4, step);
    const losses = Array.from({ length: step }, (_, i) => lossView.getFloat32(4 * i, true));
    const rows = list('right', rowBytes, step);
    const right = Array.from({ length: step }, (_, i) =>
      rowBytes === 2 ? rows.getUint16(2 * i, true) : rows.getUint32(4 * i, true),
    );
    const parts = sizes.map((length) => {
      const view = list('weights', 2, length);
      return Int16Array.from({ length }, (_, i) => view.getInt16(2 * i, true));
    });
    reader.end();
    return { step, losses, right, parts };
  });
}

/** Whether weights are the same, and those a period earlier. */
export function sameState(a: TrainingState, b: TrainingState): boolean {
  return sameWeights(a, b) && sameWeights(earlierOf(a) ?? a, earlierOf(b) ?? b);
}

function sameWeights(a: readonly LayerWeights[], b: readonly LayerWeights[]): boolean {
  return a.every((layer, l) =>
    STATE_KINDS.every((kind) => {
      const other = (b[l] as LayerWeights)[kind];
      return layer[kind].every((x, i) => x === other[i]);
    }),
  );
}

function packed(
  size: number,
  values: ArrayLike<number>,
  put: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const bytes = new Uint8Array(size * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) put(view, size * i, values[i] as number);
  return bytes;
}
