/** Verbs of training: datasets, runs, their proofs, and predictions by what was trained. */
export { commitDatasetToFolder, type CommitDatasetOptions, type CommittedDataset } from './dataset.ts';
export { predict, verifyPredictionFile } from './predict.ts';
export type {
  Predicted,
  PredictionFileVerdict,
  PredictOptions,
  RowChoice,
  VerifyPredictionOptions,
} from './predict.ts';
export { proveTraining, type ProvenTraining, type ProveTrainingOptions } from './prove-training.ts';
export { train, type Trained, type TrainOptions } from './train.ts';
export { verifyTrainingFiles } from './verify-training.ts';
export type { AgreedRun, TrainingFileVerdict, VerifyTrainingOptions } from './verify-training.ts';
