/** Runs of training graphs: announced before the first step, proven step after step, followed by whoever has the run file. docs/training.md. */
export {
  decodeGraphRun,
  encodeGraphRun,
  graphRateAt,
  graphRunDigest,
  mostStacked,
  sequenceSeed,
  sequencesOf,
  type GraphRun,
  type GraphSchedule,
} from './run.ts';
export { startBounds } from './bounds.ts';
export { drawnState, type DrawnStart, type StartBounds } from '../backward/drawn.ts';
export { batchesOf, graphStepsPerEpoch } from './order.ts';
export { decodeGraphStep, encodeGraphStep, type GraphStepFile } from './step-file.ts';
export {
  readGraphRun,
  verifyGraphRun,
  type GraphRunExpectations,
  type GraphRunVerdict,
  type NamedGraphRun,
  type OnGraphStep,
} from './verify.ts';
export { verifyRunAnswer, type GraphRunCustody, type RunAnswerVerdict } from './answer.ts';
export {
  announceGraphRun,
  drawnPoint,
  graphPointFrom,
  proveRunStep,
  type GraphRunOwner,
  type GraphRunPoint,
  type OwnedGraphPoint,
  type ProvenRunStep,
} from './prove.ts';
