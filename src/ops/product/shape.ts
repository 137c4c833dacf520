/** a b, entry by entry: the gate of SwiGLU and GeGLU. A requantisation follows. */
import {
  HALF_FIELD,
  magnitude,
  operator,
  ensure,
  ensureSameShape,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface ProductNode extends NodeBase {
  readonly op: 'product';
  readonly left: string;
  readonly right: string;
}

export const product = operator<ProductNode>({
  op: 'product',
  fields: { left: tensorField, right: tensorField },
  infer(node, inputs) {
    const [a, b] = inputs as [TensorInfo, TensorInfo];
    ensureSameShape(node, a, b);
    const proven = a.level === 'proven' && b.level === 'proven';
    const fits = proven && magnitude(a) * magnitude(b) <= HALF_FIELD;
    ensure(fits, 'GRAPH_RANGE', node, `expected proven ranges with products within ${HALF_FIELD}`);
    const corners = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
    const range = { min: Math.min(...corners), max: Math.max(...corners) };
    return { rows: a.rows, width: a.width, ...range, level: 'proven' };
  },
});
