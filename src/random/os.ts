/** The platform's generator, the only source of randomness in this library. There is no fallback. */

/** Most bytes that `getRandomValues` gives in one call. */
const QUOTA = 65_536;

/**
 * Fresh bytes from the platform's generator.
 *
 * @throws RangeError unless `count` is a non-negative integer; Error where the platform has no generator
 * @example
 * const seed = osBytes(32);
 */
export function osBytes(count: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new RangeError(`osBytes: count: expected a non-negative integer, got ${count}`);
  }
  const platform: Partial<Crypto> | undefined = globalThis.crypto;
  if (typeof platform?.getRandomValues !== 'function') {
    throw new Error('osBytes: expected globalThis.crypto.getRandomValues, got a platform without it');
  }
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += QUOTA) platform.getRandomValues(bytes.subarray(at, at + QUOTA));
  return bytes;
}
