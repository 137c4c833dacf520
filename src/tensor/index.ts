/**
 * Tensors over the integers, a prime field F and its extension K: exact, small, on WebAssembly kernels.
 *
 *     import { createTensors } from 'zkdl/tensor';
 *     const t = await createTensors();
 *     const w = t.fromArray([[1, -2], [3, 4]], 'int8');
 *     const x = t.fromArray([5, 6], 'F');
 *     t.einsum('ij,j->i', w, x).toArray(); // [2130706426, 39]
 *
 * `tensor.ts` says what a tensor is and which dtypes exist. Examples in docstrings take `t` to be
 * `await createTensors()`; every one of them is run by the tests.
 */
export { createTensors, type TensorOptions, type Tensors } from './context.ts';
export type {
  Domain,
  Dtype,
  IntegerDtype,
  Nested,
  Operand,
  Scalar,
  Tensor,
  TensorContext,
  TensorData,
} from './tensor.ts';
export type { ContextMethods, TensorMethods } from './methods.ts';
export * from './convert.ts';
export * from './create.ts';
export * from './einsum.ts';
export * from './elementwise.ts';
export * from './eq.ts';
export * from './integers.ts';
export * from './join.ts';
export * from './matmul.ts';
export * from './multilinear.ts';
export * from './reduce.ts';
export * from './select.ts';
export type { ReduceOptions } from './sums.ts';
export * from './views.ts';
export type { BaseField, Ext, ExtensionField, Fe } from '../field/field.ts';
export { extensionField } from '../field/extension-field.ts';
export { koalaBear } from '../field/koalabear.ts';
export { primeField } from '../field/prime-field.ts';
export { quintic } from '../field/quintic.ts';
export { referenceKernels, wasmKernels, type Kernels, type WasmOptions } from '../kernels/index.ts';
