/** Kernel memory of the reference: ordinary garbage-collected arrays, counted like an arena. */
import { checkSynchronous, type KernelMemory } from '../contract/memory.ts';

export function referenceMemory(capacityBytes: number): KernelMemory {
  let usedBytes = 0;
  /** What was made since the innermost secret scope began; undefined outside of any. */
  let made: { fill(value: number): unknown }[] | undefined;
  const take = (bytes: number): void => {
    if (usedBytes + bytes > capacityBytes) {
      throw new RangeError(
        `memory: expected at most ${capacityBytes - usedBytes} bytes (of ${capacityBytes}), got ${bytes}`,
      );
    }
    usedBytes += bytes;
  };
  const note = <T extends { fill(value: number): unknown }>(array: T): T => {
    made?.push(array);
    return array;
  };
  const scope = <T>(body: () => T): T => {
    const mark = usedBytes;
    try {
      const result = body();
      checkSynchronous(result);
      return result;
    } finally {
      usedBytes = mark;
    }
  };
  return {
    capacityBytes,
    get usedBytes() {
      return usedBytes;
    },
    u32: (length) => (take(4 * length), note(new Uint32Array(length))),
    i32: (length) => (take(4 * length), note(new Int32Array(length))),
    i16: (length) => (take(2 * length), note(new Int16Array(length))),
    i8: (length) => (take(length), note(new Int8Array(length))),
    u8: (length) => (take(length), note(new Uint8Array(length))),
    scope,
    secretScope(body) {
      const outer = made;
      const mine: { fill(value: number): unknown }[] = (made = []);
      try {
        return scope(body);
      } finally {
        for (const array of mine) array.fill(0);
        made = outer;
      }
    },
  };
}
