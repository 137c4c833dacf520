/** `npm run bench -- verify-answer KEY PROOF`: what a fresh process needs for its first verification, and for the next ones. */
import { readFileSync } from 'node:fs';
import { verifyAnswer } from '../../src/answer/verify.ts';
import { timeVerifier, type VerifyTimes } from '../report.ts';

const WARM_CALLS = 7;

/** Key decoding and the derivation of the program are in every call. @throws Error for a proof that does not verify */
export function timeVerify(keyBytes: Uint8Array, proof: Uint8Array): VerifyTimes {
  return timeVerifier(() => verifyAnswer(keyBytes, proof), WARM_CALLS);
}

export function benchVerifyAnswer([key, proof]: readonly string[]): Promise<void> {
  if (key === undefined || proof === undefined) throw new RangeError('expected KEY and PROOF, got fewer');
  console.log(JSON.stringify(timeVerify(readFileSync(key), readFileSync(proof))));
  return Promise.resolve();
}
