/** y = table[x]: SiLU, both GELUs, ReLU. The lookup is also the range check of x. */
import { refuse } from '../../errors/proof-error.ts';
import { ACTIVATION_BITS, parseTableId, type ActivationParameters } from '../../tables/index.ts';
import {
  fitsBits,
  operator,
  signedRange,
  stageOf,
  tensorField,
  type NodeBase,
  type TensorInfo,
} from '../operator.ts';

export interface ActivationNode extends NodeBase {
  readonly op: 'activation';
  readonly input: string;
  /** `silu-N-rR`, `gelu-tanh-N-rR`, `gelu-erf-N-rR` or `relu-N`. */
  readonly table: string;
}

/** @throws ProofError `GRAPH_TABLE` for a table of another kind */
export function activationForm(node: ActivationNode): ActivationParameters {
  const form = parseTableId(node.table);
  if (form?.kind !== 'activation') {
    refuse('GRAPH_TABLE', stageOf(node), `expected an activation table, got ${node.table}`);
  }
  return form.activation;
}

export const activation = operator<ActivationNode>({
  op: 'activation',
  fields: { input: tensorField, table: { kind: 'table' } },
  checks: (node) => [{ input: node.input, bits: activationForm(node).bits }],
  infer(node, inputs) {
    const x = inputs[0] as TensorInfo;
    const { kind, bits } = activationForm(node);
    const range = kind === 'relu' ? { min: 0, max: 2 ** (bits - 1) - 1 } : signedRange(ACTIVATION_BITS);
    const info = { rows: x.rows, width: x.width, ...range, level: 'proven' } as const;
    return fitsBits(x, bits) ? info : { ...info, partial: `inputs beyond ${bits} bits` };
  },
});
