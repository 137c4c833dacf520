/**
 * Where kernel operands live. A typed array made here can be handed to a kernel without a copy; any other
 * typed array works as well and is moved through a window of this memory, block by block. So no caller has to
 * fit a tensor into one memory (a WebAssembly memory ends at 4 GiB), and hot paths pay for no copy.
 */
export interface KernelMemory {
  /** Bytes that can be allocated in total, and bytes allocated now. */
  readonly capacityBytes: number;
  readonly usedBytes: number;
  /**
   * Typed arrays of `length` items, aligned to 64 bytes, with unspecified contents. They stay valid until the
   * enclosing `scope` ends.
   * @throws RangeError `memory: ... expected at most N bytes, got M` when the arena is exhausted
   */
  u32(length: number): Uint32Array;
  i32(length: number): Int32Array;
  i16(length: number): Int16Array;
  i8(length: number): Int8Array;
  u8(length: number): Uint8Array;
  /**
   * Runs `body` and releases everything that it allocated, also when it throws. Scopes nest.
   * @throws TypeError when `body` is asynchronous: it would go on after its memory is released
   */
  scope<T>(body: () => T): T;
  /**
   * The same for secrets of one proof: what was allocated in it, in scopes within it too, and what kernels kept for
   * themselves is zero when it ends.
   */
  secretScope<T>(body: () => T): T;
}

/** @throws TypeError for the result of an asynchronous function */
export function checkSynchronous(result: unknown): void {
  if (typeof (result as { readonly then?: unknown } | null | undefined)?.then === 'function') {
    throw new TypeError('scope: body: expected a synchronous function, got a promise');
  }
}
