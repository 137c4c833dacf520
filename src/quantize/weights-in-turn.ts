/** How weights are read that need not stay. */
import type { Weights } from '../graph/index.ts';
import type { ModelWeights, Room } from './model.ts';

/** Longest weights that are not worth room of their own. */
const SMALL_BYTES = 2 ** 20;

/**
 * Weights that are used one after the other: large ones of a file are read into two pieces of memory in turn, since the first touch of a new page takes longer
 * than reading what comes into it. An array is valid until the second one behind it is asked for.
 */
export function weightsInTurn(weights: ModelWeights): Weights {
  let [next, other]: [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] = [
    new Uint8Array(0),
    new Uint8Array(0),
  ];
  const room: Room = (length) => {
    if (length <= SMALL_BYTES) return new Uint8Array(length);
    const own = next.length < length ? new Uint8Array(length) : next;
    [next, other] = [other, own];
    return own.subarray(0, length);
  };
  return (name) => weights.get(name, room) as Int16Array | Int32Array;
}
