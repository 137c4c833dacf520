/** The bytes of a proof, taken once from front to back. Internal to the verifier's channel. */
import { refuse } from '../errors/proof-error.ts';

export interface ProofReader {
  /** Bytes taken so far. */
  readonly consumedBytes: number;
  /** The next bytes. @throws ProofError `TRUNCATED` when fewer are left, before anything is allocated */
  take(byteCount: number, stage: string): Uint8Array;
  /** @throws ProofError `TRAILING_BYTES` when bytes are left */
  end(stage: string): void;
}

/**
 * A reader of a copy of `proof`: bytes that change while they are verified (shared memory) change nothing.
 * @throws TypeError for anything but a Uint8Array (of a number, the copy would be that many zeros)
 */
export function proofReader(proof: Uint8Array): ProofReader {
  checkProofBytes(proof);
  const bytes = new Uint8Array(proof);
  let at = 0;
  return {
    get consumedBytes() {
      return at;
    },
    take(byteCount, stage) {
      if (byteCount > bytes.length - at) {
        refuse('TRUNCATED', stage, `expected ${byteCount} more bytes, got ${bytes.length - at}`);
      }
      at += byteCount;
      return bytes.subarray(at - byteCount, at);
    },
    end(stage) {
      if (at !== bytes.length) refuse('TRAILING_BYTES', stage, `expected ${at} bytes, got ${bytes.length}`);
    },
  };
}

/** @throws TypeError for anything but a Uint8Array: a programmer's mistake, which no verdict should hide */
export function checkProofBytes(proof: Uint8Array): void {
  if (Object.prototype.toString.call(proof) !== '[object Uint8Array]') {
    throw new TypeError(`proof: expected a Uint8Array, got ${typeof proof}`);
  }
}
