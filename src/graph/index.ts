/** Integer programs: build, check, encode, execute. */
export { GRAPH_FORMAT, MAX_CONTEXT, type Graph, type GraphNode, type TableReference } from './graph.ts';
export type { Level, TensorInfo, WeightDeclaration } from '../ops/operator.ts';
export type { IntTensor, WeightData } from '../ops/tensor.ts';
export { graphBuilder, type GraphBuilder, type RoundingOptions } from './builder.ts';
export type { TensorHandle, WeightHandle } from './builder.ts';
export { checkGraph, type GraphInfo } from './check.ts';
export { decodeGraph, encodeGraph, graphDigest, parseGraph } from './encoding.ts';
export { execute, integerSession, type ExecuteOptions, type Weights } from './execute.ts';
export { matrixProduct, type Matrix, type MatrixProduct } from '../ops/linear/eval.ts';
export { executeFloat, floatSession, inRealUnits, type RealWeights } from './float.ts';
export { generate, type GenerateOptions } from './decode.ts';
export type { Append, Choice, Execution, Session, Tensor } from './session.ts';
