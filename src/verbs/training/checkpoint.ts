/**
 * Checkpoints of a training run: weights, and what the steps before them measured. Private to the owner. Little-endian:
 *
 *   magic `zkdl-chk`, version 1; digest of the run, 32 bytes; step, u32;
 *   block: mean loss of each batch in nats, f32; block: rows of each batch that were named right, u16;
 *   for each layer and each part of its state a block: cells, i16; digest of all before, 32 bytes
 *
 * A checkpoint is the only state of training: logs and pictures follow from it, and steps are repeated from it.
 */
import { fileBytes, fileReader } from '../../answer/bytes.ts';
import { refuse } from '../../errors/proof-error.ts';
import { blake3, DIGEST_BYTES } from '../../hash/blake3.ts';
import { sameBytes } from '../../hash/words.ts';
import { layerCount, layerShape, periodEnd, type TrainingPlan } from '../../training/plan.ts';
import { partOf, stateKinds, type LayerState, type TrainingState } from '../../training/state.ts';
import { naming } from '../files.ts';

export interface Checkpoint {
  /** Steps that are done. */
  readonly step: number;
  readonly state: TrainingState;
  /** For each step: mean loss of its batch in nats, before its update; rows that were named right. Measured, not proven. */
  readonly losses: readonly number[];
  readonly right: readonly number[];
}

const MAGIC = 'zkdl-chk';
const VERSION = 1;
const CONTEXT = 'zkdl training checkpoint 1';

/** @param run digest of the run */
export function encodeCheckpoint(plan: TrainingPlan, run: Uint8Array, checkpoint: Checkpoint): Uint8Array {
  const { step, state, losses, right } = checkpoint;
  const parts = state.flatMap((layer) => stateKinds(plan).map(({ kind }) => partOf(layer, kind)));
  const body = fileBytes(MAGIC, VERSION, [
    run,
    step,
    { block: packed(4, losses, (view, at, x) => view.setFloat32(at, x, true)) },
    { block: packed(2, right, (view, at, x) => view.setUint16(at, x, true)) },
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
export function decodeCheckpoint(
  path: string,
  plan: TrainingPlan,
  run: Uint8Array,
  bytes: Uint8Array,
): Checkpoint {
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
    if (step < 1 || step > plan.steps) wrong(`step: expected 1 to ${plan.steps}, got ${step}`);
    if (periodEnd(plan, step) !== step) wrong(`step: expected the end of a period, got ${step}`); // steps would go on in other periods
    const list = (what: string, size: number, count: number): DataView => {
      const block = reader.block(what);
      if (block.length !== size * count)
        wrong(`${what}: expected ${size * count} bytes, got ${block.length}`);
      return new DataView(block.buffer, block.byteOffset, block.length);
    };
    const lossView = list('losses', 4, step);
    const losses = Array.from({ length: step }, (_, i) => lossView.getFloat32(4 * i, true));
    const rightView = list('right', 2, step);
    const right = Array.from({ length: step }, (_, i) => rightView.getUint16(2 * i, true));
    const state = Array.from({ length: layerCount(plan) }, (_, layer) => {
      const [outputs, columns] = layerShape(plan, layer);
      const parts = stateKinds(plan).map(({ kind }) => {
        const view = list(kind, 2, outputs * columns);
        return [kind, Int16Array.from({ length: outputs * columns }, (_, i) => view.getInt16(2 * i, true))];
      });
      return Object.fromEntries(parts) as unknown as LayerState;
    });
    reader.end();
    return { step, state, losses, right };
  });
}

export function sameState(plan: TrainingPlan, a: TrainingState, b: TrainingState): boolean {
  return a.every((layer, l) =>
    stateKinds(plan).every(({ kind }) => {
      const other = partOf(b[l] as LayerState, kind);
      return partOf(layer, kind).every((x, i) => x === other[i]);
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
