/** Kernels: the contract, the reference implementation and the WebAssembly one. */
export type { Kernels } from './contract.ts';
export { matrixBlock, type IntMatrix } from './contract/matrix.ts';
export type { FoldOptions } from './contract/fold.ts';
export type { GemmOptions } from './contract/gemm.ts';
export type { Fractions } from './contract/lookup-tree.ts';
export type { BaseMultilinear, Multilinear, Pair, RoundValues, Weights } from './contract/sumcheck.ts';
export { referenceKernels } from './reference/index.ts';
export { wasmKernels, type WasmOptions } from './wasm/index.ts';
export { chooseKernels, type ChosenKernels } from './select.ts';
export { selfTest } from './self-test.ts';
export { kernelMemoryBytes } from './memory/size.ts';
