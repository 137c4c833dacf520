/** `npm run bench -- verify-answer KEY PROOF`: what a fresh process needs for its first verification, and for the next ones. */
import { readFileSync } from 'node:fs';
import { verifyAnswer } from '../../src/answer/verify.ts';
import { clocked, round } from '../clock.ts';

const WARM_CALLS = 7;

export interface AnswerTimes {
  readonly verifyColdMs: number;
  readonly verifyColdCpuMs: number;
  readonly verifyMs: number;
  readonly verifyCpuMs: number;
}

/** Key decoding and the derivation of the program are in every call. @throws Error for a proof that does not verify */
export function timeVerify(keyBytes: Uint8Array, proof: Uint8Array): AnswerTimes {
  const verify = () => clocked(() => verifyAnswer(keyBytes, proof));
  const cold = verify();
  if (!cold.value.ok) throw new Error(`bench: expected a proof that verifies, got ${cold.value.code}`);
  const warm = Array.from({ length: WARM_CALLS }, verify);
  const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] as number;
  return {
    verifyColdMs: round(cold.ms),
    verifyColdCpuMs: round(cold.cpuMs),
    verifyMs: round(median(warm.map(({ ms }) => ms))),
    verifyCpuMs: round(median(warm.map(({ cpuMs }) => cpuMs))),
  };
}

export function benchVerifyAnswer([key, proof]: readonly string[]): Promise<void> {
  if (key === undefined || proof === undefined) throw new RangeError('expected KEY and PROOF, got fewer');
  console.log(JSON.stringify(timeVerify(readFileSync(key), readFileSync(proof))));
  return Promise.resolve();
}
