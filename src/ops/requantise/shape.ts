/**
 * y = floor((x + 2^(s-1)) / 2^s), the one primitive that rounds. With guard bits g > 0 the quotient is checked to B + g
 * bits and then clamped to B; without, it must have B bits itself.
 */
import {
  fitsBits,
  integerField,
  operator,
  ensure,
  ensureInteger,
  signedRange,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface Rounding {
  /** Bits B of the result. */
  readonly bits: number;
  /** Guard bits g; 0: not saturating. */
  readonly guard: number;
}

export interface RequantiseNode extends NodeBase, Rounding {
  readonly op: 'requantise';
  readonly input: string;
  /** s, 1 to 22. */
  readonly shift: number;
}

/** Widest table of quotients. */
const MAX_RAW_BITS = 20;

/** The bounds that make quotient and remainder unique: B + g + s <= 30, so that y 2^s + r spans less than p. */
export function checkRounding(node: NodeBase & Rounding, shift: number): void {
  ensureInteger('GRAPH_SHIFT', node, 'shift', shift, 1, 22);
  ensureInteger('GRAPH_SHIFT', node, 'bits', node.bits, 2, MAX_RAW_BITS);
  ensureInteger('GRAPH_SHIFT', node, 'guard', node.guard, 0, MAX_RAW_BITS - node.bits);
  const total = node.bits + node.guard + shift;
  ensure(total <= 30, 'GRAPH_SHIFT', node, `bits + guard + shift: expected at most 30, got ${total}`);
}

/** Range of the result of rounding an integer range, and whether every quotient has a witness. */
export function roundedRange(
  { bits, guard }: Rounding,
  shift: number,
  range: { readonly min: number; readonly max: number },
): { readonly min: number; readonly max: number; readonly total: boolean } {
  const quotient = (x: number): number => Math.floor((x + 2 ** (shift - 1)) / 2 ** shift);
  const raw = { min: quotient(range.min), max: quotient(range.max) };
  const { min, max } = signedRange(bits);
  const clamp = (v: number): number => Math.min(Math.max(v, min), max);
  return { min: clamp(raw.min), max: clamp(raw.max), total: fitsBits(raw, bits + guard) };
}

export const requantise = operator<RequantiseNode>({
  op: 'requantise',
  fields: { input: tensorField, shift: integerField, bits: integerField, guard: integerField },
  infer(node, inputs) {
    const x = inputs[0] as TensorInfo;
    checkRounding(node, node.shift);
    const { min, max, total } = roundedRange(node, node.shift, x);
    const info = { rows: x.rows, width: x.width, min, max, level: 'proven' } as const;
    return total ? info : { ...info, partial: `quotients beyond ${node.bits + node.guard} bits` };
  },
});
