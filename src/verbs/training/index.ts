/** Verbs of training: datasets, runs, their proofs, and predictions by what was trained. */
export { commitDatasetToFolder, type CommitDatasetOptions, type CommittedDataset } from './dataset.ts';
export { predict, type Predicted, type PredictOptions } from './predict.ts';
export { proveTraining, type ProvenTraining, type ProveTrainingOptions } from './prove-training.ts';
export type { RowChoice } from './rows.ts';
export { train, type Trained, type TrainOptions } from './train.ts';
export { verifyPredictionFile } from './verify-prediction.ts';
export type { PredictionFileVerdict, VerifyPredictionOptions } from './verify-prediction.ts';
export { verifyTrainingFiles } from './verify-training.ts';
export type { AgreedRun, TrainingFileVerdict, VerifyTrainingOptions } from './verify-training.ts';
