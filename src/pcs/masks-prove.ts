/** Uniform words from a key's streams, filled by kernels. */
import type { Kernels } from '../kernels/contract.ts';
import type { MaskSource } from '../random/masks.ts';
import { mapSecret } from '../secret/secret.ts';
import type { TreeSalts } from './commit.ts';

/** Streams of a proof's key: cells and pads of the mask's base columns, and pads of the proof's own columns. */
export const MASK_CELLS = 'maskcell';
export const MASK_PADS = 'maskpads';
export const OWN_PADS = 'ownpads';
/** Stream of a group's key: pads of its columns, by column. */
export const GROUP_PADS = 'pads';

/** The stream that salts stand in, whatever the key. */
const SALT_STREAM = 'salt';

/** Salts of a proof's own tree: far behind those of its PAD tree. */
export const OWN_SALTS_AT = 2 ** 30;

/** Draws words [0, out.length) of a stream, for the first and only time. */
export function drawUniform(
  kernels: Kernels,
  source: MaskSource,
  out: Uint32Array,
  label: string,
  id: number,
): void {
  mapSecret([source.stream(label, id, 0, out.length)], (stream) => kernels.expandUniform(out, stream, 0));
}

/** The same words once more, for streaming. */
export function drawAgain(
  kernels: Kernels,
  source: MaskSource,
  out: Uint32Array,
  label: string,
  id: number,
): void {
  mapSecret([source.again.stream(label, id, 0, out.length)], (stream) =>
    kernels.expandUniform(out, stream, 0),
  );
}

/** Draws the salts of a tree: `count` salts, the first at index `at` of the key's salts. */
export function drawSalts(source: MaskSource, at: number, count: number): TreeSalts {
  return { stream: source.stream(SALT_STREAM, 0, 4 * at, 4 * count), at: 4 * at };
}
