/** 2^k x: brings a tensor to a finer scale before an addition. */
import {
  HALF_FIELD,
  integerField,
  magnitude,
  operator,
  ensure,
  ensureInteger,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface ScaleNode extends NodeBase {
  readonly op: 'scale';
  readonly input: string;
  /** k, 1 to 20. */
  readonly power: number;
}

export const scale = operator<ScaleNode>({
  op: 'scale',
  fields: { input: tensorField, power: integerField },
  infer(node, inputs) {
    const x = inputs[0] as TensorInfo;
    ensureInteger('GRAPH_SHIFT', node, 'power', node.power, 1, 20);
    const factor = 2 ** node.power;
    const fits = x.level === 'proven' && magnitude(x) * factor <= HALF_FIELD;
    ensure(fits, 'GRAPH_RANGE', node, `expected a proven range within ${HALF_FIELD} / ${factor}`);
    return { rows: x.rows, width: x.width, min: x.min * factor, max: x.max * factor, level: 'proven' };
  },
});
