/** Models on the local disk. */
export { loadModel, saveModel, WHOLE_BYTES, type LoadOptions } from './node-model-file.ts';
