/** Kernel memory of the reference: ordinary garbage-collected arrays, counted like an arena. */
import type { KernelMemory } from '../contract/memory.ts';

export function referenceMemory(capacityBytes: number): KernelMemory {
  let usedBytes = 0;
  const take = (bytes: number): void => {
    if (usedBytes + bytes > capacityBytes) {
      throw new RangeError(
        `memory: expected at most ${capacityBytes - usedBytes} bytes (of ${capacityBytes}), got ${bytes}`,
      );
    }
    usedBytes += bytes;
  };
  return {
    capacityBytes,
    get usedBytes() {
      return usedBytes;
    },
    u32: (length) => (take(4 * length), new Uint32Array(length)),
    i32: (length) => (take(4 * length), new Int32Array(length)),
    i16: (length) => (take(2 * length), new Int16Array(length)),
    i8: (length) => (take(length), new Int8Array(length)),
    u8: (length) => (take(length), new Uint8Array(length)),
    scope(body) {
      const mark = usedBytes;
      try {
        return body();
      } finally {
        usedBytes = mark;
      }
    },
  };
}
