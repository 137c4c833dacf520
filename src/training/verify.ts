/**
 * Verifies training: a run, and segment after segment what became of it. Everything that a proof is about is computed here from the run;
 * a segment file says which steps, and nothing else about them. spec/training.md section 10.
 */
import { refuse } from '../errors/proof-error.ts';
import { koalaBear } from '../field/koalabear.ts';
import { quintic } from '../field/quintic.ts';
import { sameBytes } from '../hash/words.ts';
import { sameColumnCode, type Parameters } from '../params/parameters.ts';
import { encodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
import { verdictOf, type Verdict } from '../pcs/linear-verify.ts';
import { checkProgram } from '../relation/check.ts';
import { compileProgram } from '../relation/compile.ts';
import { requireProgramStatement, type ProgramStatement } from '../relation/statement.ts';
import { verifyProgram } from '../relation/verify.ts';
import {
  inputDigests,
  inputKeys,
  pointBehind,
  readRun,
  readsFrom,
  segmentFrom,
  startOf,
  type NamedRun,
  type TrainingPoint,
} from './point.ts';
import { trainingProgram } from './program.ts';
import { checkStateKey, type TrainingRun } from './run.ts';
import { decodeSegment, segmentContext, type SegmentFile } from './segment-file.ts';
import { checkSegment, writesEarlier } from './segment.ts';

/** Is told which segment is looked at next, from 0. */
export type OnSegment = (segment: number) => void;
const noSegment: OnSegment = () => {};

/** What the caller already knows and a run must agree with. Absent: anything. */
export interface TrainingExpectations {
  /** 32 bytes: digest of the run that was agreed on. */
  readonly run?: Uint8Array;
  /** 32 bytes: digest of the dataset's key. */
  readonly dataset?: Uint8Array;
  /** 32 bytes: the seed. */
  readonly seed?: Uint8Array;
  /** Steps that must be proven at least. */
  readonly steps?: number;
}

export type TrainingVerdict =
  | {
      readonly ok: true;
      readonly run: TrainingRun;
      readonly digest: Uint8Array;
      /** Steps that are proven, and whether these are all of the plan. */
      readonly steps: number;
      readonly complete: boolean;
      /** Key of the weights behind the last proven step; undefined where none is. */
      readonly weights: GroupKey | undefined;
    }
  | Extract<Verdict, { ok: false }>;

/**
 * The statement of a segment's proof.
 *
 * @throws ProofError as `trainingProgram`; `STATEMENT` for parameters that do not fit
 */
export function segmentStatement(
  named: NamedRun,
  point: TrainingPoint,
  file: Pick<SegmentFile, 'count' | 'outputs'>,
  parameters: Parameters,
): ProgramStatement {
  const { data } = named.run;
  if (!sameColumnCode(data.parameters, parameters)) {
    refuse(
      'STATEMENT',
      'segment file',
      'parameters: expected profile and column code of the dataset, got others',
    );
  }
  const segment = segmentFrom(named, point, file.count);
  checkSegment(segment);
  const expected = writesEarlier(segment) ? 2 : 1;
  if (file.outputs.length !== expected) {
    refuse(
      'SEGMENT',
      'segment file',
      `weights that are written: expected ${expected}, got ${file.outputs.length}`,
    );
  }
  const program = trainingProgram(segment);
  checkProgram(koalaBear, program);
  const inputs = inputKeys(named, point).filter((key) => key !== undefined);
  const statement: ProgramStatement = {
    parameters,
    compiled: compileProgram(quintic, program),
    groups: [data, ...inputs, ...file.outputs].map(({ group }) => group),
    context: segmentContext({
      run: named.digest,
      first: point.step,
      count: file.count,
      inputs: inputDigests(named, point),
      outputs: file.outputs,
    }),
  };
  requireProgramStatement(statement, 'segment file');
  return statement;
}

/**
 * Follows one segment. That the weights at `point` are within their bits is not shown again: a point is the start of a run, or one that this
 * function returned.
 *
 * @returns the point behind it
 * @throws ProofError `RUN` for a segment of another run, `STEP` for one that begins elsewhere, `WEIGHTS` for one that reads other
 *   weights, `KEY_LAYOUT` for weights that are not of the plan; as `decodeSegment`, `segmentStatement`; the proof's refusal
 */
export function followSegment(named: NamedRun, point: TrainingPoint, bytes: Uint8Array): TrainingPoint {
  const file = decodeSegment(bytes.slice());
  const stage = 'segment file';
  if (!sameBytes(file.run, named.digest))
    refuse('RUN', stage, 'expected a segment of this run, got one of another');
  if (file.first !== point.step) refuse('STEP', stage, `expected step ${point.step}, got ${file.first}`);
  if (!readsFrom(named, point, file)) {
    refuse('WEIGHTS', stage, 'expected the weights that the segments before wrote, got others');
  }
  for (const key of file.outputs) checkStateKey(named.run, key, stage);
  const verdict = verifyProgram(segmentStatement(named, point, file, file.parameters), file.proof);
  if (!verdict.ok) refuse(verdict.code, verdict.stage, verdict.detail);
  return pointBehind(point, file);
}

/**
 * Follows segments from the start of a run.
 *
 * @returns the points between them: as many as segments, and the start
 * @throws ProofError naming the segment; as `followSegment`
 */
export function followSegments(
  named: NamedRun,
  segments: readonly Uint8Array[],
  onSegment: OnSegment = noSegment,
): TrainingPoint[] {
  if (!Array.isArray(segments)) refuse('FORMAT', 'segments', 'expected a list, got something else');
  segments.forEach((segment: Uint8Array, i) => checkBytes(`segment ${i}`, segment));
  const points = [startOf(named)];
  for (const [i, segment] of segments.entries()) {
    onSegment(i);
    const verdict = verdictOf(() => {
      points.push(followSegment(named, points[i] as TrainingPoint, segment));
    });
    if (!verdict.ok) refuse(verdict.code, `segment ${i}: ${verdict.stage}`, verdict.detail);
  }
  return points;
}

/**
 * Whether segments convince that a run went as it was announced: from its start, over its dataset, in its order, at its rates.
 * Any number of segments from the first one on is enough for the steps that they cover. Never throws, whatever the bytes.
 *
 * @param run bytes of a run file, @param segments bytes of segment files, in order, @param onSegment told where it is
 * @example
 * const verdict = verifyTraining(runBytes, segments, { run: agreedDigest });
 * if (verdict.ok) console.log(verdict.steps, verdict.complete);
 */
export function verifyTraining(
  run: Uint8Array,
  segments: readonly Uint8Array[],
  expected: TrainingExpectations = {},
  onSegment: OnSegment = noSegment,
): TrainingVerdict {
  let result: TrainingVerdict | undefined;
  const checked = verdictOf(() => {
    checkBytes('run', run);
    const named = readRun(run);
    checkExpectations(named, expected);
    const { step: steps, weights } = followSegments(named, segments, onSegment).at(-1) as TrainingPoint;
    if (steps < (expected.steps ?? 0)) {
      refuse('STEPS', 'segments', `expected ${expected.steps} steps, got ${steps}`);
    }
    const complete = steps === named.run.plan.steps;
    const written = steps === 0 ? undefined : weights; // those of a start are in the run, and nobody proved them
    result = { ok: true, run: named.run, digest: named.digest, steps, complete, weights: written };
  });
  return checked.ok ? (result as TrainingVerdict) : checked;
}

/** @throws ProofError `RUN`, `DATASET`, `SEED` */
export function checkExpectations({ run, digest }: NamedRun, expected: TrainingExpectations): void {
  if (expected.run !== undefined && !sameBytes(expected.run, digest)) {
    refuse('RUN', 'run', 'expected the agreed digest, got a run of another');
  }
  if (expected.dataset !== undefined && !sameBytes(expected.dataset, keyDigest(encodeKey(run.data)))) {
    refuse('DATASET', 'run', 'expected the agreed dataset, got another');
  }
  if (expected.seed !== undefined && !sameBytes(expected.seed, run.seed)) {
    refuse('SEED', 'run', 'expected the agreed seed, got another');
  }
}

/** @throws ProofError `FORMAT` */
export function checkBytes(what: string, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) refuse('FORMAT', what, 'expected bytes, got something else');
}
