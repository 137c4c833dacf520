/** Momentum of graphs in training. spec/training-operators.md section 8. */
import { refuse } from '../../errors/proof-error.ts';

/**
 * SGD with momentum: M loses 2^-shift of itself, rounded, and gains the summed gradient; weights move by rate M. M has `high + low` bits, in two
 * parts. Its unit is that of gradients times inputs.
 */
export interface GraphMomentum {
  readonly shift: number;
  readonly high: number;
  readonly low: number;
}

/** 7/8 of what was; 27 bits for gradients of 9 and inputs of 8 binary places summed over a batch. */
export const DEFAULT_GRAPH_MOMENTUM: GraphMomentum = { shift: 3, high: 12, low: 15 };

/**
 * M in two parts: one pair for a residue; what rounding leaves of it is a function of its low part.
 *
 * @throws ProofError `PLAN`
 */
export function checkMomentum({ shift, high, low }: GraphMomentum): void {
  integer('shift', shift, 1, 8);
  integer('high', high, 2, 16);
  integer('low', low, shift, 15);
  integer('shift + high + low', shift + high + low, 4, 30);
}

function integer(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  refuse('PLAN', 'plan', `momentum.${name}: expected an integer in [${least}, ${most}], got ${value}`);
}
