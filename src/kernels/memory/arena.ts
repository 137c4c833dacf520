/**
 * A stack of allocations in one buffer that never grows: views stay valid, nothing is left to the garbage
 * collector, and running out is an error with figures instead of a crash.
 */
import { checkSynchronous, type KernelMemory } from '../contract/memory.ts';

/** Cache line; also keeps every 128-bit access aligned. */
const ALIGNMENT = 64;

/** One past the last byte given out: loops compare with the end of an operand, which must not wrap to 0. */
const MAX_END = 2 ** 32 - ALIGNMENT;

export interface Arena extends KernelMemory {
  readonly buffer: ArrayBufferLike;
  /** Whether a view lies in this buffer, so that its byteOffset is an address for kernels. */
  holds(view: ArrayBufferView): boolean;
  /** The address of a new allocation. @throws RangeError when the arena is exhausted */
  allocate(bytes: number): number;
}

/**
 * @param buffer the memory
 * @param start first byte that may be given out; what lies below belongs to the pool
 * @param wipe makes bytes [from, to) zero, and what threads have for themselves; both are multiples of 64
 */
export function createArena(
  buffer: ArrayBufferLike,
  start: number,
  wipe: (from: number, to: number) => void,
): Arena {
  const base = align(start);
  const end = Math.min(buffer.byteLength, MAX_END);
  const capacityBytes = end - base;
  let top = base;
  /** The highest top since the innermost secret scope began. */
  let high = base;
  const allocate = (bytes: number): number => {
    const address = top;
    if (bytes > end - address) {
      throw new RangeError(
        `memory: expected at most ${end - address} bytes (of ${capacityBytes}), got ${bytes}`,
      );
    }
    top = align(address + bytes);
    high = Math.max(high, top);
    return address;
  };
  const checkedLength = (length: number): number => {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`memory: length: expected a non-negative integer, got ${length}`);
    }
    return length;
  };
  const scope = <T>(body: () => T): T => {
    const mark = top;
    try {
      const result = body();
      checkSynchronous(result);
      return result;
    } finally {
      top = mark;
    }
  };
  return {
    buffer,
    capacityBytes,
    get usedBytes() {
      return top - base;
    },
    holds: (view) => view.buffer === buffer,
    allocate,
    u32: (length) => new Uint32Array(buffer, allocate(4 * checkedLength(length)), length),
    i32: (length) => new Int32Array(buffer, allocate(4 * checkedLength(length)), length),
    i16: (length) => new Int16Array(buffer, allocate(2 * checkedLength(length)), length),
    i8: (length) => new Int8Array(buffer, allocate(checkedLength(length)), length),
    u8: (length) => new Uint8Array(buffer, allocate(checkedLength(length)), length),
    scope,
    secretScope(body) {
      const outer = high;
      high = top;
      try {
        return scope(body);
      } finally {
        wipe(top, high);
        high = Math.max(outer, high);
      }
    },
  };
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}
