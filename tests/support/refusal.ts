/** The code with which a check refuses; anything else that happens is an error of the test. */
import { ProofError } from '../../src/errors/proof-error.ts';

/** @returns the ProofError that `run` raises; throws what else it throws, or if it returns */
export function proofError(run: () => unknown): ProofError {
  try {
    run();
  } catch (error) {
    if (error instanceof ProofError) return error;
    throw error;
  }
  throw new Error('expected a refusal, got none');
}

/** @returns the code of the ProofError that `run` raises; throws what else it throws, or if it returns */
export function refusal(run: () => unknown): string {
  return proofError(run).code;
}
