/** The columns of a, then those of b. */
import { operator, ensure, tensorField, type NodeBase, type TensorInfo } from '../operator.ts';

export interface ConcatNode extends NodeBase {
  readonly op: 'concat';
  readonly left: string;
  readonly right: string;
}

export const concat = operator<ConcatNode>({
  op: 'concat',
  fields: { left: tensorField, right: tensorField },
  infer(node, inputs) {
    const [a, b] = inputs as [TensorInfo, TensorInfo];
    ensure(a.rows === b.rows, 'GRAPH_SHAPE', node, `expected equal rows, got ${a.rows} and ${b.rows}`);
    const range = { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
    const level = a.level === 'proven' && b.level === 'proven' ? 'proven' : 'residue';
    return { rows: a.rows, width: a.width + b.width, ...range, level };
  },
});
