/**
 * What the command line does, as functions: models, keys and proofs in files. Each verb of `zkdl` is a shell over one of
 * these; they print nothing and never end the process.
 */
export { folderBudget, runBudget, type EpochBudget, type StepBudget } from './budget.ts';
export { choiceOf, type ChoiceOptions } from './choice.ts';
export { commitToFolder, type CommitFolderOptions, type CommittedFolder } from './commit.ts';
export { estimatePath, type Estimate, type EstimateOptions } from './estimate.ts';
export { importModel, type ImportedModel, type ImportModelOptions } from './import.ts';
export { inspectFile, type Inspection } from './inspect.ts';
export type { ProvenSequence } from './generating.ts';
export type { LogitPosition, ShownLogits, TopLogit } from './logits.ts';
export { proveText, type ProvenText, type ProveTextOptions } from './prove.ts';
export { refreshFolder, type Refreshed, type RefreshOptions } from './refresh.ts';
export type { OnStep } from './steps.ts';
export { verifyFile, type FileVerdict, type VerifiedSequence, type VerifyFileOptions } from './verify.ts';
export * from './training/index.ts';
export * from './tuning/index.ts';
