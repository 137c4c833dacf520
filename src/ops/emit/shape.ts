/** The rows that emit a choice: what follows is computed for these positions alone. */
import { operator, ensure, tensorField, type NodeBase, type TensorInfo } from '../operator.ts';

export interface EmitNode extends NodeBase {
  readonly op: 'emit';
  readonly input: string;
}

export const emit = operator<EmitNode>({
  op: 'emit',
  fields: { input: tensorField },
  infer(node, inputs) {
    const x = inputs[0] as TensorInfo;
    ensure(x.rows === 'tokens', 'GRAPH_SHAPE', node, `${node.input}: expected a row for each token`);
    const { partial: _, ...info } = x;
    return { ...info, rows: 'emitted' };
  },
});
