/**
 * The verifier: statements and bytes in, a verdict out. Pure and without any dependency; what it reaches is listed by
 * `node tools/check-architecture.mjs`.
 */
export type { BaseField, Ext, ExtensionField, Fe } from '../field/field.ts';
export { koalaBear } from '../field/koalabear.ts';
export { quintic } from '../field/quintic.ts';
export { ProofError } from '../errors/proof-error.ts';
export { blake3 } from '../hash/blake3.ts';
export { checkParameters } from '../params/check.ts';
export { decodeParameters, encodeParameters } from '../params/encoding.ts';
export type { Parameters } from '../params/parameters.ts';
export { verifyChain, type ChainLink, type ChainVerdict } from '../pcs/chain.ts';
export type { PublicClaim } from '../pcs/claim-encoding.ts';
export { decodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
export type { LinearStatement } from '../pcs/linear-statement.ts';
export { verifyLinear, type Verdict } from '../pcs/linear-verify.ts';
export type { LinkStatement } from '../pcs/link-statement.ts';
export { verifyLink } from '../pcs/link-verify.ts';
export type { CommittedGroup, GroupIdentity } from '../pcs/opening.ts';
export type { Factor, Term, Weight } from '../pcs/weight.ts';
export { checkProgram } from '../relation/check.ts';
export { compileProgram, type CompiledProgram } from '../relation/compile.ts';
export { programDigest } from '../relation/digest.ts';
export type {
  Coordinate,
  Index,
  Mask,
  Program,
  Range,
  Relation,
  Table,
  Tensor,
  Term as RelationTerm,
  View,
  Virtual,
} from '../relation/program.ts';
export type { ProgramStatement } from '../relation/statement.ts';
export { verifyProgram } from '../relation/verify.ts';
export { verifyProgramClaim, type ProgramClaim } from '../relation/verify-program.ts';
export {
  verifyPrediction,
  type Custody,
  type PredictionExpectations,
  type PredictionVerdict,
} from '../training/verify-prediction.ts';
export { verifyTraining, type TrainingExpectations, type TrainingVerdict } from '../training/verify.ts';
export { decodeTrainingRun, runDigest, type TrainingRun } from '../training/run.ts';
export type { TrainingPlan } from '../training/plan.ts';
export { verifySteps, type GraphTraining, type ProvenStep } from '../training/backward/verify.ts';
export {
  trainedDigest,
  verifyGraphAnswer,
  type GraphAnswerVerdict,
  type GraphCustody,
  type TrainedWeights,
} from '../training/backward/answer.ts';
export type { CorpusBatch, PublicBatch, TokenBatch } from '../training/backward/batch.ts';
export type { GraphPlan } from '../training/backward/plan.ts';
export {
  verifyGraphRun,
  type GraphRunExpectations,
  type GraphRunVerdict,
} from '../training/graph-run/verify.ts';
export {
  verifyRunAnswer,
  type GraphRunCustody,
  type RunAnswerVerdict,
} from '../training/graph-run/answer.ts';
export { decodeGraphRun, graphRunDigest, type GraphRun } from '../training/graph-run/run.ts';
