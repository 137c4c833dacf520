/**
 * Buffers of hot loops. Kernels take any array, but one outside their memory is copied through windows and, being new,
 * costs a page fault every 4 KiB; so buffers that live for one scope belong inside, as long as there is room.
 */
import type { KernelMemory } from '../contract/memory.ts';

/** Part of the memory that stays free for the windows and partial results of kernels. */
const RESERVED = 1 / 8;

/** Whether a scope can take so many more bytes and leave kernels room to work. */
export function hasRoom(memory: KernelMemory, bytes: number): boolean {
  return memory.usedBytes + bytes <= memory.capacityBytes * (1 - RESERVED);
}

/**
 * Words in kernel memory until the enclosing scope ends, or an ordinary array where the memory is too full for that. The
 * contents are unspecified.
 */
export function hotWords({ memory }: { readonly memory: KernelMemory }, length: number): Uint32Array {
  return hasRoom(memory, 4 * length) ? memory.u32(length) : new Uint32Array(length);
}

/** An array of the same type as `like`, as `hotWords`. */
export function hotLike<T extends Int8Array | Int16Array | Int32Array | Uint32Array>(
  { memory }: { readonly memory: KernelMemory },
  like: T,
  length: number,
): T {
  const inside = hasRoom(memory, length * like.BYTES_PER_ELEMENT);
  if (like instanceof Int8Array) return (inside ? memory.i8(length) : new Int8Array(length)) as T;
  if (like instanceof Int16Array) return (inside ? memory.i16(length) : new Int16Array(length)) as T;
  if (like instanceof Int32Array) return (inside ? memory.i32(length) : new Int32Array(length)) as T;
  return (inside ? memory.u32(length) : new Uint32Array(length)) as T;
}
