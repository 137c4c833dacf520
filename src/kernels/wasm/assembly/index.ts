// The one entry of the kernel module. Exports are plain functions on byte addresses in the imported memory.
export { init } from './montgomery';
export * from './base';
export * from './ext-rows';
export * from './ntt/index';
export * from './hash';
export * from './expand';
export * from './ext';
export * from './ext-inverse';
export * from './ext-sums';
export { foldDigits, foldSum } from './fold';
export * from './foldRows';
export { foldColumns8, foldColumns14, foldColumns16 } from './foldColumns';
export { gemmExact, gemmWrapping } from './gemm';
export * from './gemmPack';
export * from './sumcheck';
export * from './sumcheck-fused';
export * from './weighted-sums';
export * from './lookup-tree';
