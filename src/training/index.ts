/**
 * Training with proofs: a plan, a committed dataset, steps in exact integers, segments of steps that are proven one after the other, and a
 * verifier that follows them. docs/training.md.
 */
export { DEFAULT_GRAPH_MOMENTUM, type GraphMomentum } from './backward/momentum.ts';
export { checkPlan, updatesAreProven } from './check-plan.ts';
export {
  DEFAULT_FORMATS,
  DEFAULT_MOMENTUM,
  learningRate,
  parameterCount,
  periodEnd,
  periodOf,
  rateAt,
  type Format,
  type Formats,
  type Momentum,
  type Rate,
  type TrainingPlan,
} from './plan.ts';
export { checkDataset, type Dataset } from './dataset.ts';
export { batchRows, stepsPerEpoch } from './order.ts';
export { stateFromSeed, type LayerState, type LayerWeights, type TrainingState } from './state.ts';
export { trainPeriod } from './period.ts';
export { batchOf, forward } from './step.ts';
export { floatCorrect, floatMomentum, floatState, floatStep, type FloatState } from './float.ts';
export {
  chooseTrainingParameters,
  commitDataset,
  readDataset,
  readState,
  STATE_USES,
  stateUses,
  type TrainingWishes,
} from './commit.ts';
export {
  announceRun,
  closePoint,
  pointFrom,
  proveSegment,
  startPoint,
  type OwnedPoint,
  type ProvenSegment,
  type TrainingOwner,
} from './prove-segment.ts';
export { decodeTrainingRun, encodeTrainingRun, runDigest, type TrainingRun } from './run.ts';
export { provePrediction, type PredictionRequest, type ProvenPrediction } from './prove-prediction.ts';
export { decodePrediction, encodePrediction, type PredictionFile } from './prediction-file.ts';
export {
  verifyPrediction,
  type Custody,
  type PredictionExpectations,
  type PredictionVerdict,
} from './verify-prediction.ts';
export { verifyTraining, type OnSegment, type TrainingExpectations, type TrainingVerdict } from './verify.ts';
export { tokensOf, type CorpusBatch, type PublicBatch, type TokenBatch } from './backward/batch.ts';
export { checkGraphPlan, type GraphPlan } from './backward/plan.ts';
export { stateOf, type GraphState, type WeightState } from './backward/state.ts';
export { graphStep, type GraphStep, type StepOptions } from './backward/step.ts';
export {
  chooseStepParameters,
  commitCorpus,
  commitGraphState,
  readGraphState,
  type OwnedCorpus,
  type OwnedWeights,
} from './backward/owned.ts';
export { proveGraphStep, type OwnedStep, type StepProofOptions } from './backward/prove.ts';
export { verifySteps, type GraphTraining, type ProvenStep } from './backward/verify.ts';
export {
  proveGraphAnswer,
  type GraphAnswerRequest,
  type ProvenGraphAnswer,
} from './backward/prove-answer.ts';
export {
  trainedDigest,
  verifyGraphAnswer,
  type GraphAnswerVerdict,
  type GraphCustody,
  type TrainedWeights,
} from './backward/answer.ts';
