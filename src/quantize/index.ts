/** The quantiser: from a float model to an integer program with a known accuracy, its file, and text from it. */
export { quantize, type Quantized, type QuantizeOptions, type SampleSize } from './quantize.ts';
export { sequencesOfText, type TextSequences } from './text.ts';
export { PROFILES, type Profile, type ProfileName } from './profile.ts';
export { DEFAULT_TARGET, type Target } from './publish.ts';
export { misses, type Report } from './report.ts';
export type { LinearBound } from './bounds.ts';
export {
  decodeInfo,
  encodeInfo,
  type HeldModel,
  type ModelInfo,
  type ModelWeights,
  type QuantizedModel,
} from './model.ts';
export { decodeModel, encodeModel, MODEL_FORMAT_VERSION, modelParts } from './model-file.ts';
export { checkTokenizer, complete, type CompleteOptions, type Completion } from './complete.ts';
/** Matrix products by the kernels, for `product`: the same integers, faster. */
export { kernelProduct } from '../graph/execute-witness.ts';
