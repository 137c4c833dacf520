/** Importers: weights and tokenizers that others wrote, as one data structure. Files come through a `Resolver`. */
export { importHuggingFace, type ImportOptions } from './hugging-face.ts';
export { importLlama2c } from './llama2c.ts';
export { modelOfWeights, weightsOf } from './in-memory.ts';
export {
  type Activation,
  type Architecture,
  checkWeights,
  type Family,
  type FloatModel,
  type GlobalWeight,
  inLayer,
  type LayerWeight,
  parameterCount,
  type Positions,
  type WeightName,
  type WeightShape,
  weightShapes,
} from './model.ts';
export { halfIndex, interleavedIndex, withPairing } from './pairing.ts';
export { fileOfBytes, memoryResolver, type ModelFile, type Resolver } from './resolver.ts';
export { openSafetensors, readElements, type SafetensorsFile, type TensorEntry } from './safetensors.ts';
export {
  argmax,
  continueGreedily,
  type FloatExecutor,
  floatExecutor,
  type FloatSession,
} from './float-executor.ts';
export { readLlama2cTokenizer } from './llama2c-tokenizer.ts';
export { checkTokenizerFits, type DecodeOptions, type EncodeOptions, type Tokenizer } from './tokenizer.ts';
export { importTokenizer, readTokenizerJson } from './tokenizer-json.ts';
