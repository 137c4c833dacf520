/** Public tables: contents, ids, digests. */
export { column, tableBytes, tableDigest, type Table, type TableColumn } from './table.ts';
export {
  MAX_POSITIONS,
  parseTableId,
  STANDARD_TABLES,
  tableDigestOf,
  tableOf,
  tableRows,
} from './registry.ts';
export type { TableForm } from './registry.ts';
export { ACTIVATION_BITS, activationId, type Activation, type ActivationParameters } from './activation.ts';
export { EXP2_ROWS, OCTAVE_STEPS } from './exp2.ts';
export { GUMBEL_FRACTION, GUMBEL_OCTAVES, GUMBEL_PARTS } from './gumbel.ts';
export { ROPE_FRACTION, ropeId, type RopeParameters } from './rope.ts';
export { RSQRT_ROWS, RSQRT_SCALE } from './rsqrt.ts';
