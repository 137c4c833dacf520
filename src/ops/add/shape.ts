/** a + b, both on one scale: the residual connection. */
import {
  HALF_FIELD,
  magnitude,
  operator,
  ensure,
  ensureSameShape,
  RESIDUE,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface AddNode extends NodeBase {
  readonly op: 'add';
  readonly left: string;
  readonly right: string;
}

export const add = operator<AddNode>({
  op: 'add',
  fields: { left: tensorField, right: tensorField },
  infer(node, inputs) {
    const [a, b] = inputs as [TensorInfo, TensorInfo];
    ensureSameShape(node, a, b);
    const { rows, width } = a;
    if (a.level === 'residue' || b.level === 'residue') return { rows, width, ...RESIDUE };
    const range = { min: a.min + b.min, max: a.max + b.max };
    ensure(magnitude(range) <= HALF_FIELD, 'GRAPH_RANGE', node, `expected sums within ${HALF_FIELD}`);
    return { rows, width, ...range, level: 'proven' };
  },
});
