/** Integers from outside, range-checked: `input` of a network that does not begin with tokens. */
import { integerField, operator, ensureInteger, signedRange, type NodeBase } from '../operator.ts';

export interface InputNode extends NodeBase {
  readonly op: 'input';
  readonly width: number;
  /** Entries are signed integers of so many bits, 2 to 20. */
  readonly bits: number;
}

export const input = operator<InputNode>({
  op: 'input',
  fields: { width: integerField, bits: integerField },
  infer(node) {
    ensureInteger('GRAPH_SHAPE', node, 'width', node.width, 1, 2 ** 20);
    ensureInteger('GRAPH_RANGE', node, 'bits', node.bits, 2, 20);
    return { rows: 'tokens', width: node.width, ...signedRange(node.bits), level: 'proven' };
  },
});
