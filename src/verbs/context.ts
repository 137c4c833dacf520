/** What the parties agreed on, as text. */
import { MAX_CONTEXT_BYTES } from '../answer/statement.ts';

/** @throws RangeError */
export function contextOf(text = ''): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MAX_CONTEXT_BYTES) {
    throw new RangeError(`context: expected at most ${MAX_CONTEXT_BYTES} bytes, got ${bytes.length}`);
  }
  return bytes;
}
