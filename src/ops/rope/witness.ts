/** Quotients, where the result is clamped. */
import { requantiseWitness } from '../requantise/witness.ts';

export const ropeWitness = requantiseWitness;
