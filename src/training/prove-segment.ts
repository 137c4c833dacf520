/** Proves training, segment after segment: runs the steps, commits what they wrote, proves that they went as the run says. */
import { refuse } from '../errors/proof-error.ts';
import { koalaBear } from '../field/koalabear.ts';
import { sameBytes } from '../hash/words.ts';
import type { Kernels } from '../kernels/contract.ts';
import { encodeKey } from '../pcs/key.ts';
import { noMark, type Mark } from '../pcs/steps-prove.ts';
import { checkProgram } from '../relation/check.ts';
import { proveStoredProgram } from '../relation/stored-prove.ts';
import type { CheckedProof } from '../store/prove-once.ts';
import type { Home, StoredGroup } from '../store/index.ts';
import { commitState, readState, STATE_USES } from './commit.ts';
import { checkDataset, type Dataset } from './dataset.ts';
import { periodOf, type TrainingPlan } from './plan.ts';
import { kernelProducts } from './products-prove.ts';
import { trainingProgram } from './program.ts';
import { checkStateKey, encodeTrainingRun } from './run.ts';
import { encodeSegment, segmentContext } from './segment-file.ts';
import { checkState, stateFromSeed, type TrainingState } from './state.ts';
import { inputDigest, readRun, segmentFrom, type NamedRun, type TrainingPoint } from './verify.ts';
import { executeSteps, stateCells, trainingWitness } from './witness.ts';

/** What the owner of a run holds: its file, its data, and the data's commitment. */
export interface TrainingOwner {
  readonly named: NamedRun;
  /** The file to publish. */
  readonly bytes: Uint8Array;
  readonly data: Dataset;
  readonly group: StoredGroup;
}

/** How far training has come, with the weights themselves. */
export interface OwnedPoint {
  readonly step: number;
  readonly state: TrainingState;
  /** Their commitment; undefined before the first step of a run that starts from its seed. */
  readonly group: StoredGroup | undefined;
}

export interface ProvenSegment extends Pick<CheckedProof, 'reservations'> {
  /** The segment file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Behind the segment. Its group is open; so is the one that was read. */
  readonly point: OwnedPoint;
}

/**
 * Announces a run.
 *
 * @param seed 32 bytes; fresh ones, or such as the parties agreed on
 * @param start committed weights to start from, e.g. those that another run wrote last; absent: those that the seed stands for
 * @throws ProofError `PLAN`, `DATASET`, `KEY_LAYOUT` for a commitment to other data than the plan is about; `PROGRAM_SHAPE` for a period of more
 *   cells than a proof has
 */
export function announceRun(
  plan: TrainingPlan,
  data: Dataset,
  group: StoredGroup,
  seed: Uint8Array,
  start?: StoredGroup,
): TrainingOwner {
  const bytes = encodeTrainingRun({ plan, data: group.key, start: start?.key ?? 'seed', seed });
  checkDataset(plan, data);
  checkPeriodProgram(plan);
  return { named: readRun(bytes), bytes, data, group };
}

/** A plan may be within its bounds and its period too large for a proof: that is said before the first step. Rows and weights matter to no size. */
function checkPeriodProgram(plan: TrainingPlan): void {
  const count = Math.min(periodOf(plan), plan.steps);
  const rows = new Uint32Array(count * plan.batch);
  checkProgram(koalaBear, trainingProgram({ plan, first: 0, count, rows }));
}

/** The weights that a run starts from. @throws RangeError for a run that starts from committed ones: these are `pointFrom` */
export function startPoint({ named: { run } }: TrainingOwner): OwnedPoint {
  if (run.start !== 'seed')
    throw new RangeError('run: expected one that starts from its seed, got one from committed weights');
  return { step: 0, state: stateFromSeed(run.plan, run.seed), group: undefined };
}

/**
 * Committed weights of a run, to go on from: after a restart those behind its last segment, or those that it starts from (step 0).
 *
 * @param group opened from the directory that a segment made
 * @throws ProofError `KEY_LAYOUT` for weights of another plan
 */
export function pointFrom(
  { named: { run } }: Pick<TrainingOwner, 'named'>,
  step: number,
  group: StoredGroup,
): OwnedPoint {
  checkStateKey(run, group.key, group.path);
  return { step, state: readState(run.plan, group), group };
}

/**
 * Runs and proves the next steps. Beside the proof it makes a directory: the commitment to the weights behind them, for the segment
 * that reads these.
 *
 * @param count how many
 * @param path of the directory to be made
 * @param mark told where steps begin
 * @param uses proofs that may open the weights that are written: 3, and one for each prediction that they shall make
 * @throws RangeError for more uses than the code of the dataset has room for
 * @throws ProofError `UNPROVABLE` for a value beyond its bits, `SEGMENT` for steps that the plan does not have, `WEIGHTS` for a point whose
 *   commitment is missing: before anything is spent; as `storeGroup`, `proveStoredProgram`
 */
export function proveSegment(
  kernels: Kernels,
  home: Home,
  { named, data, group }: TrainingOwner,
  point: OwnedPoint,
  count: number,
  path: string,
  mark: Mark = noMark,
  uses = STATE_USES,
): ProvenSegment {
  const { plan } = named.run;
  if (!sameBytes(group.keyBytes, encodeKey(named.run.data))) {
    refuse('DATASET', 'run', 'expected the commitment that the run names, got another');
  }
  const from: TrainingPoint = { step: point.step, weights: point.group?.key };
  if (from.weights === undefined && (point.step > 0 || named.run.start !== 'seed')) {
    refuse('WEIGHTS', 'segment', 'expected committed weights behind the first step, got none');
  }
  const segment = segmentFrom(named, from, count);
  const program = trainingProgram(segment);
  if (point.step === 0 && point.group !== undefined) checkState(plan, point.state);
  mark('execution');
  const execution = executeSteps(plan, point.state, data, point.step, segment.rows, kernelProducts(kernels));
  const state = execution.states.at(-1) as TrainingState;
  mark('commitment to weights');
  const output = commitState(kernels, home, path, plan, state, group.key.parameters, uses);
  const input = inputDigest(named, from);
  const place = { run: named.digest, first: point.step, count, input, output: output.key };
  mark('witness values');
  const statics = new Map([
    ...(point.group === undefined ? [] : stateCells(plan, point.state, 'first')),
    ...stateCells(plan, state, 'last'),
  ]);
  const witness = { ...trainingWitness(execution), statics };
  mark('program');
  const { statement, proof, reservations } = proveStoredProgram(kernels, home, {
    program,
    groups: [group, ...(point.group === undefined ? [] : [point.group]), output],
    witness,
    context: segmentContext(place),
    onStep: mark,
  });
  const file = { ...place, parameters: statement.parameters, proof };
  return {
    bytes: encodeSegment(file),
    point: { step: point.step + count, state, group: output },
    reservations,
  };
}
