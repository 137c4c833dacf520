/**
 * The library: fields, kernels, parameters, hiding commitments with linear openings. `zkdl/tensor` and `zkdl/verifier` stand
 * alone.
 */
export type { BaseField, Ext, ExtensionField, Fe } from './field/field.ts';
export { koalaBear } from './field/koalabear.ts';
export { quintic } from './field/quintic.ts';
export { primeField } from './field/prime-field.ts';
export { extensionField } from './field/extension-field.ts';
export * from './kernels/index.ts';
export * from './params/index.ts';
export type { Cells, ColumnSource } from './pcs/columns.ts';
export type { PublicClaim } from './pcs/claim-encoding.ts';
export { commitGroup, type CellReader, type OwnedGroup } from './pcs/group-prove.ts';
export { linearDomain, linearInstance, type LinearStatement } from './pcs/linear-statement.ts';
export { proveLinear } from './pcs/linear-prove.ts';
export { verifyLinear, type Verdict } from './pcs/linear-verify.ts';
export { linkDomain, type LinkStatement } from './pcs/link-statement.ts';
export { proveLink } from './pcs/link-prove.ts';
export { verifyLink } from './pcs/link-verify.ts';
export type { CommittedGroup, GroupIdentity } from './pcs/opening.ts';
export type { Factor, Term, Weight } from './pcs/weight.ts';
export { freshLongTermSecret, freshProofKey, freshTreeKey } from './random/keys.ts';
export { maskSource, type MaskSource } from './random/masks.ts';
export { secretOf, type Secret } from './secret/secret.ts';
export { domainDigest } from './transcript/statement.ts';
