/**
 * The choice of a token: the least id of the greatest logit, or, sampled, of the greatest sum of logit and public noise
 * (Gumbel-max: Gumbel, 1954; Maddison, Tarlow and Minka, 2014).
 */
import {
  ensure,
  ensureInteger,
  integerField,
  operator,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface ArgmaxNode extends NodeBase {
  readonly op: 'argmax';
  readonly input: string;
  /** Integer steps of a logit per nat, to 2^24, for the noise of sampling; 0: greedy choices alone. */
  readonly unit: number;
}

/** A chosen value has 29 bits and lies less than 2^29 above every other. */
export const CHOICE_BITS = 29;
/** Bits of the low digit of a lead. */
export const LEAD_LOW = 15;
/** Logits of all rows of a pass that are compared. */
export const MAX_LOGITS = 2 ** 27;
/** Greatest multiplier of noise. */
export const MAX_NOISE = 2 ** 24;

export const argmax = operator<ArgmaxNode>({
  op: 'argmax',
  fields: { input: tensorField, unit: integerField },
  tables: (node) => (node.unit > 0 ? ['gumbel'] : []),
  infer(node, inputs) {
    const x = inputs[0] as TensorInfo;
    ensureInteger('GRAPH_RANGE', node, 'unit', node.unit, 0, MAX_NOISE);
    ensure(x.width <= 2 ** 20, 'GRAPH_SHAPE', node, `expected at most 2^20 logits, got ${x.width}`);
    const info = { rows: x.rows, width: 1, min: 0, max: x.width - 1, level: 'proven' } as const;
    return { ...info, partial: `logits beyond ${CHOICE_BITS} bits or spread beyond 2^${CHOICE_BITS}` };
  },
});
