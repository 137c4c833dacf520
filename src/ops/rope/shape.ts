/**
 * Rotary positions: every pair (x, y) of a head becomes round((x c - y s, x s + y c) / 2^14) with the constants of the
 * row's position. Pairs are columns (i, i + D/2) of a head of width D (`half`) or (2i, 2i + 1) (`interleaved`).
 */
import { parseTableId, ROPE_FRACTION } from '../../tables/index.ts';
import {
  ensure,
  HALF_FIELD,
  integerField,
  magnitude,
  operator,
  stageOf,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';
import { refuse } from '../../errors/proof-error.ts';
import { checkRounding, roundedRange, type Rounding } from '../requantise/shape.ts';

export interface RopeNode extends NodeBase, Rounding {
  readonly op: 'rope';
  readonly input: string;
  /** A `rope-B-D-T` with T at least the context. */
  readonly table: string;
  readonly order: 'half' | 'interleaved';
}

/** |c| + |s| <= sqrt(2) 2^14 + 1 < 23172: the factor by which a rotation may enlarge an entry, times 2^14. */
const ROTATION = 23172;

/** Head width and positions of the node's table. @throws ProofError `GRAPH_TABLE` for a table of another kind */
export function ropeForm(node: RopeNode): { readonly headDim: number; readonly positions: number } {
  const form = parseTableId(node.table);
  if (form?.kind !== 'rope')
    refuse('GRAPH_TABLE', stageOf(node), `expected a rotary table, got ${node.table}`);
  return form.rope;
}

export const rope = operator<RopeNode>({
  op: 'rope',
  fields: {
    input: tensorField,
    table: { kind: 'table' },
    order: { kind: ['half', 'interleaved'] },
    bits: integerField,
    guard: integerField,
  },
  infer(node, inputs, context) {
    const x = inputs[0] as TensorInfo;
    const { headDim, positions } = ropeForm(node);
    const enough = `expected at least ${context.context} positions, got ${positions}`;
    ensure(positions >= context.context, 'GRAPH_TABLE', node, enough);
    const heads = x.width % headDim === 0 && x.rows === 'tokens';
    ensure(
      heads,
      'GRAPH_SHAPE',
      node,
      `expected token rows of heads of width ${headDim}, got width ${x.width}`,
    );
    checkRounding(node, ROPE_FRACTION);
    const bound = magnitude(x) * ROTATION;
    const fits = x.level === 'proven' && bound <= HALF_FIELD;
    ensure(fits, 'GRAPH_RANGE', node, `expected a proven range within ${Math.floor(HALF_FIELD / ROTATION)}`);
    const { min, max, total } = roundedRange(node, ROPE_FRACTION, { min: -bound, max: bound });
    const info = { rows: x.rows, width: x.width, min, max, level: 'proven' } as const;
    return total ? info : { ...info, partial: `quotients beyond ${node.bits + node.guard} bits` };
  },
});
