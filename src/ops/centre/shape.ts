/**
 * x - mu with mu = floor((2 sum x + d) / (2 d)), the row's mean rounded half up: what LayerNorm does before it normalises,
 * for models that are not centred offline.
 *
 * Unique: 2 sum x + d = 2 d mu + rest with 0 <= rest < 2 d; both sides stay below (p-1)/2 in absolute value, so the congruence is
 * an equality of integers.
 */
import {
  ensure,
  HALF_FIELD,
  magnitude,
  operator,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface CentreNode extends NodeBase {
  readonly op: 'centre';
  readonly input: string;
}

export const centre = operator<CentreNode>({
  op: 'centre',
  fields: { input: tensorField },
  infer(node, inputs) {
    const x = inputs[0] as TensorInfo;
    const span = 2 * x.width * (magnitude(x) + 1); // >= |2 d mu + rest| and >= |2 sum x + d|
    const fits = x.level === 'proven' && span <= HALF_FIELD;
    ensure(fits, 'GRAPH_RANGE', node, `expected a proven range with row sums within ${HALF_FIELD}`);
    const width = x.max - x.min; // mu lies in the range of x
    return { rows: x.rows, width: x.width, min: -width, max: width, level: 'proven' };
  },
});
