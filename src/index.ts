/** The library: fields, kernels and what is built on them. `zkdl/tensor` and `zkdl/verifier` stand alone. */
export type { BaseField, Ext, ExtensionField, Fe } from './field/field.ts';
export { koalaBear } from './field/koalabear.ts';
export { quintic } from './field/quintic.ts';
export { primeField } from './field/prime-field.ts';
export { extensionField } from './field/extension-field.ts';
export * from './kernels/index.ts';
