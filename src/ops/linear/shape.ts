/** acc = W x + b: the accumulator of a linear layer, a residue. */
import {
  levelField,
  magnitude,
  operator,
  ensure,
  RESIDUE,
  tensorField,
  weightField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface LinearNode extends NodeBase {
  readonly op: 'linear';
  readonly input: string;
  /** [outputs, inputs]. */
  readonly weight: string;
  /** [outputs]. */
  readonly bias?: string;
  readonly level: 'residue';
}

/** Inputs of a linear layer are at most this large, so that executors can sum in doubles: 2^20 2^15 2^17 = 2^52. */
const MAX_INPUT = 2 ** 20;
const MAX_COLUMNS = 2 ** 17;

export const linear = operator<LinearNode>({
  op: 'linear',
  fields: {
    input: tensorField,
    weight: weightField,
    bias: { kind: 'weight', optional: true },
    level: levelField,
  },
  infer(node, inputs, context) {
    const x = inputs[0] as TensorInfo;
    const weight = context.weight(node.weight);
    const [outputs, columns] = weight.shape as [number, number];
    const matrix = weight.shape.length === 2 && columns === x.width;
    ensure(matrix, 'GRAPH_SHAPE', node, `${node.weight}: expected a matrix of ${x.width} columns`);
    ensure(
      columns <= MAX_COLUMNS,
      'GRAPH_SHAPE',
      node,
      `expected at most ${MAX_COLUMNS} inputs, got ${columns}`,
    );
    const small = x.level === 'proven' && magnitude(x) <= MAX_INPUT;
    ensure(small, 'GRAPH_RANGE', node, `${node.input}: expected a proven range within ${MAX_INPUT}`);
    const bias = node.bias === undefined ? undefined : context.weight(node.bias);
    if (bias !== undefined) {
      const vector = bias.shape.length === 1 && bias.shape[0] === outputs;
      ensure(vector, 'GRAPH_SHAPE', node, `${bias.name}: expected a vector of ${outputs} entries`);
    }
    return { rows: x.rows, width: outputs, ...RESIDUE };
  },
});
