/**
 * Causal attention with the octave softmax. For a row i and a head, over the visible rows j (same sequence, j <= i, within the
 * window):
 *
 *   z_j = sum_c q_ic k_jc            G = 2^(6+s) is one octave
 *   u_j = k G - z_j >= 0             k the row's shift, an integer in [-4096, 4096)
 *   u_j = r + 2^s t + 2^(s+11) w     r < 2^s, t < 2^11, w < 2^8
 *   e_j = exp2[t] if w = 0, else 0   S = sum e_j,  S' = the same one octave up
 *   k is the integer with S < 2^15 <= S'
 *   o_c = floor(sum_j e_j v_jc / S)
 *
 * Existence and uniqueness of k, and all bounds: spec/integer-semantics.md, section 4.
 */
import { OCTAVE_STEPS } from '../../tables/index.ts';
import {
  ensure,
  ensureInteger,
  fitsBits,
  integerField,
  magnitude,
  operator,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface AttentionNode extends NodeBase {
  readonly op: 'attention';
  /** Width heads * headDim. */
  readonly query: string;
  /** Width kvHeads * headDim; head h reads key and value head floor(h kvHeads / heads). */
  readonly key: string;
  readonly value: string;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** s, 1 to 10: one octave of scores is 2^(6+s). */
  readonly shift: number;
  /** Rows that a row sees, itself included; absent: all before it. */
  readonly window?: number;
}

/** The row's shift is an integer in [-4096, 4096). */
export const SHIFT_LIMIT = 4096;
/** Bits of the digit t, and of t and w together. */
export const STEP_BITS = 11;
export const OFFSET_BITS = 19;
/** Bits of the row's shift. */
export const SHIFT_BITS = 13;
/** Bits of row sums. */
export const SUM_BITS = 15;
/** Row sums lie below this. */
export const ROW_SUM_LIMIT = 2 ** SUM_BITS;
/** Bits of values and results. */
export const VALUE_BITS = 15;
const MAX_SCORE = 2 ** 29;

/** The least number of bits, 2 to 15, that all values and hence all results have. */
export function resultBits(value: Pick<TensorInfo, 'min' | 'max'>): number {
  let bits = 2;
  while (bits < VALUE_BITS && !fitsBits(value, bits)) bits++;
  return bits;
}

/** One octave of scores, G. */
export function octave(shift: number): number {
  return OCTAVE_STEPS * 2 ** shift;
}

function checkWidths(node: AttentionNode, inputs: readonly TensorInfo[]): void {
  const { heads, kvHeads, headDim } = node;
  // Positive head widths and the widths below leave only positive numbers of heads.
  ensure(headDim >= 1, 'GRAPH_SHAPE', node, `headDim: expected a positive width, got ${headDim}`);
  ensure(
    heads % kvHeads === 0,
    'GRAPH_SHAPE',
    node,
    `kvHeads: expected a divisor of ${heads}, got ${kvHeads}`,
  );
  const widths = [heads * headDim, kvHeads * headDim, kvHeads * headDim];
  inputs.forEach((x, i) => {
    const fits = x.width === widths[i] && x.rows === 'tokens' && x.level === 'proven';
    ensure(fits, 'GRAPH_SHAPE', node, `input ${i}: expected proven token rows of width ${widths[i]}`);
  });
}

export const attention = operator<AttentionNode>({
  op: 'attention',
  fields: {
    query: tensorField,
    key: tensorField,
    value: tensorField,
    heads: integerField,
    kvHeads: integerField,
    headDim: integerField,
    shift: integerField,
    window: { kind: 'integer', optional: true },
  },
  tables: () => ['exp2'],
  infer(node, inputs, { context }) {
    const [q, k, v] = inputs as [TensorInfo, TensorInfo, TensorInfo];
    checkWidths(node, inputs);
    ensureInteger('GRAPH_DIGITS', node, 'shift', node.shift, 1, 10);
    if (node.window !== undefined) ensureInteger('GRAPH_SHAPE', node, 'window', node.window, 1, context);
    const score = node.headDim * magnitude(q) * magnitude(k);
    ensure(score <= MAX_SCORE, 'GRAPH_RANGE', node, `expected scores within 2^29, got ${score}`);
    ensure(fitsBits(v, VALUE_BITS), 'GRAPH_RANGE', node, `value: expected ${VALUE_BITS} bits`);
    const width = node.heads * node.headDim;
    // Convexity: o lies between the least and the greatest value.
    const info = { rows: q.rows, width, min: v.min, max: v.max, level: 'proven' } as const;
    // k <= ceil(max z / G) + log2(context) + 1 <= max z / G + 16, and u < 2^(s+19) follows from both limits on k.
    const total = score <= (SHIFT_LIMIT - 17) * octave(node.shift);
    return total ? info : { ...info, partial: `scores beyond ${SHIFT_LIMIT} octaves` };
  },
});
