/** Models on the local disk. */
export { loadModel, saveModel } from './node-model-file.ts';
