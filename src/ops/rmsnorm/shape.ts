/**
 * x' = x sqrt(d) / |x|, row by row, on the scale (2^15 - 2) / sqrt(d): 16-bit results for every input, without calibration.
 *
 * V = epsilon + sum x^2, V = m 4^e + rest with the mantissa m of 16 bits (m >= 2^14 unless e = 0), R = floor(Rtab[m] / 2^e)
 * = floor(K / sqrt(m 4^e)), K = (2^15 - 2) 2^14, and x' = floor((x R + 2^13) / 2^14).
 *
 * Bounds: m 4^e <= V < (m + 1) 4^e, so |x| R <= K sqrt(1 + 1/m) <= K (1 + 2^-15) < 2^29 (for e = 0 it is <= K), and
 * |x'| <= 2^15 - 1. The row of results has Euclidean norm at most 2^15 - 1 + sqrt(d)/2.
 */
import { isqrt } from '../../tables/series.ts';
import {
  ensure,
  ensureInteger,
  fitsBits,
  integerField,
  operator,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface RmsnormNode extends NodeBase {
  readonly op: 'rmsnorm';
  readonly input: string;
  /** Bits of the input, range-checked by its squares: 16 or 20. */
  readonly bits: number;
  /** round(epsilon d S^2) for inputs on the scale S, at least 1. */
  readonly epsilon: number;
}

/** Shift of the normalised product and bits of the result. */
export const NORM_SHIFT = 14;
/** V stays a safe integer. */
const MAX_SQUARES = 2 ** 52;
const MAX_WIDTH = 2 ** 14;

export const rmsnorm = operator<RmsnormNode>({
  op: 'rmsnorm',
  fields: { input: tensorField, bits: integerField, epsilon: integerField },
  tables: () => ['rsqrt'],
  checks: (node) => [{ input: node.input, bits: node.bits }],
  infer(node, inputs) {
    const x = inputs[0] as TensorInfo;
    ensure(
      node.bits === 16 || node.bits === 20,
      'GRAPH_RANGE',
      node,
      `bits: expected 16 or 20, got ${node.bits}`,
    );
    ensure(
      x.width <= MAX_WIDTH,
      'GRAPH_SHAPE',
      node,
      `expected at most ${MAX_WIDTH} columns, got ${x.width}`,
    );
    const squares = x.width * 2 ** (2 * node.bits - 2); // <= 2^14 2^38
    ensureInteger('GRAPH_RANGE', node, 'epsilon', node.epsilon, 1, MAX_SQUARES);
    ensure(squares + node.epsilon <= MAX_SQUARES, 'GRAPH_RANGE', node, `expected sums of squares to 2^52`);
    const norm = 2 ** 15 + Number(isqrt(BigInt(x.width))); // >= 2^15 - 1 + sqrt(d)/2
    const info = { rows: x.rows, width: x.width, min: -32767, max: 32767, level: 'proven', norm } as const;
    return fitsBits(x, node.bits) ? info : { ...info, partial: `inputs beyond ${node.bits} bits` };
  },
});
