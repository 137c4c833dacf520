/**
 * The library: fields, kernels, parameters, the verifier. Commitments are made and opened through `zkdl/store`, which keeps
 * the count that hiding depends on; `zkdl/tensor`, `zkdl/import`, `zkdl/graph`, `zkdl/quantize` and `zkdl/verifier` stand alone.
 */
export { primeField } from './field/prime-field.ts';
export { extensionField } from './field/extension-field.ts';
export * from './kernels/index.ts';
export * from './params/index.ts';
export * from './verifier/index.ts';
