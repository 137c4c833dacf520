/** Proves training, segment after segment: runs the steps, commits what they wrote, proves that they went as the run says. */
import { refuse } from '../errors/proof-error.ts';
import { koalaBear } from '../field/koalabear.ts';
import { sameBytes } from '../hash/words.ts';
import type { Kernels } from '../kernels/contract.ts';
import { encodeKey } from '../pcs/key.ts';
import { noMark, type Mark } from '../pcs/steps-prove.ts';
import { checkProgram } from '../relation/check.ts';
import type { Program } from '../relation/program.ts';
import { proveStoredProgram } from '../relation/stored-prove.ts';
import type { CheckedProof } from '../store/prove-once.ts';
import type { Home, StoredGroup } from '../store/index.ts';
import { commitState, readState, stateUses } from './commit.ts';
import { checkDataset, type Dataset } from './dataset.ts';
import { periodOf, type TrainingPlan } from './plan.ts';
import { kernelProducts } from './products-prove.ts';
import { trainingProgram } from './program.ts';
import { checkStateKey, encodeTrainingRun, type TrainingRun } from './run.ts';
import { encodeSegment, segmentContext } from './segment-file.ts';
import { readsEarlier, writesEarlier } from './segment.ts';
import {
  checkState,
  earlierOf,
  stateFromSeed,
  withEarlier,
  type LayerWeights,
  type TrainingState,
} from './state.ts';
import { inputDigests, readRun, segmentFrom, type NamedRun, type TrainingPoint } from './point.ts';
import { executeSteps, stateCells, trainingWitness, type Execution } from './witness.ts';

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
  /** With momentum, behind the first step: the commitment to the weights a period earlier; undefined where these are those of the seed. */
  readonly earlier: StoredGroup | undefined;
}

/** Closes the groups of a point, but those that the next one still has. */
export function closePoint(point: OwnedPoint, next?: OwnedPoint): void {
  for (const group of new Set([point.group, point.earlier])) {
    if (group !== next?.group && group !== next?.earlier) group?.close();
  }
}

export interface ProvenSegment extends Pick<CheckedProof, 'reservations'> {
  /** The segment file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Behind the segment. Its groups are open; so are those that were read (`closePoint`). */
  readonly point: OwnedPoint & { readonly group: StoredGroup };
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
  return { step: 0, state: stateFromSeed(run.plan, run.seed), group: undefined, earlier: undefined };
}

/**
 * Committed weights of a run, to go on from: after a restart those behind its last segment, or those that it starts from (step 0).
 *
 * @param group opened from the directory that a segment made
 * @param earlier with momentum, behind the first step: the weights a period earlier; undefined: those of the seed
 * @throws ProofError `KEY_LAYOUT` for weights of another plan, `WEIGHTS` where those a period earlier are missing
 */
export function pointFrom(
  { named: { run } }: Pick<TrainingOwner, 'named'>,
  step: number,
  group: StoredGroup,
  earlier?: StoredGroup,
): OwnedPoint {
  const { plan } = run;
  checkStateKey(run, group.key, group.path);
  const weights = readState(plan, group);
  if (!readsEarlier({ plan, first: step })) {
    return { step, state: withEarlier(weights, undefined), group, earlier: undefined };
  }
  return { step, state: withEarlier(weights, earlierWeights(run, step, earlier)), group, earlier };
}

function earlierWeights(
  run: TrainingRun,
  step: number,
  group: StoredGroup | undefined,
): readonly LayerWeights[] {
  const { plan } = run;
  if (group !== undefined) {
    checkStateKey(run, group.key, group.path);
    return readState(plan, group);
  }
  if (run.start !== 'seed' || step !== Math.min(periodOf(plan), plan.steps)) {
    refuse('WEIGHTS', 'run', `expected the committed weights a period before step ${step}, got none`);
  }
  return stateFromSeed(plan, run.seed);
}

/**
 * Runs and proves the next steps. Beside the proof it makes a directory: the commitment to the weights behind them, for the segment
 * that reads these.
 *
 * @param count how many
 * @param path of the directory to be made; with momentum and several periods PATH-before as well, for the weights before the last of them
 * @param mark told where steps begin
 * @param uses proofs that may open the weights that are written: `stateUses`, and one for each prediction that they shall make
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
  uses = stateUses(named.run.plan),
): ProvenSegment {
  const { plan } = named.run;
  if (!sameBytes(group.keyBytes, encodeKey(named.run.data))) {
    refuse('DATASET', 'run', 'expected the commitment that the run names, got another');
  }
  const from: TrainingPoint = { step: point.step, weights: point.group?.key, earlier: point.earlier?.key };
  if (from.weights === undefined && (point.step > 0 || named.run.start !== 'seed')) {
    refuse('WEIGHTS', 'segment', 'expected committed weights behind the first step, got none');
  }
  const segment = segmentFrom(named, from, count);
  const program = trainingProgram(segment);
  if (point.step === 0 && point.group !== undefined) checkState(plan, point.state);
  mark('execution');
  const execution = executeSteps(plan, point.state, data, point.step, segment.rows, kernelProducts(kernels));
  const [before, state] = execution.states.slice(-2) as [TrainingState, TrainingState];
  mark('commitment to weights');
  // As many accidents may befall the proof that reads both.
  const written = writesEarlier(segment)
    ? [[before, `${path}-before`] as const, [state, path] as const]
    : [[state, path] as const];
  const outputs: StoredGroup[] = [];
  try {
    for (const [own, at] of written) {
      outputs.push(commitState(kernels, home, at, plan, own, group.key.parameters, uses));
    }
    const steps = { program, execution, count, outputs };
    return proveWritten(kernels, home, { named, group }, point, steps, mark);
  } catch (error) {
    for (const own of outputs) own.close();
    throw error;
  }
}

/** Steps that were run, and the groups of what they wrote, in the order of time. */
interface Written {
  readonly program: Program;
  readonly execution: Execution;
  readonly count: number;
  readonly outputs: readonly StoredGroup[];
}

function proveWritten(
  kernels: Kernels,
  home: Home,
  { named, group }: Pick<TrainingOwner, 'named' | 'group'>,
  point: OwnedPoint,
  { program, execution, count, outputs }: Written,
  mark: Mark,
): ProvenSegment {
  const [before, state] = execution.states.slice(-2) as [TrainingState, TrainingState];
  const from: TrainingPoint = { step: point.step, weights: point.group?.key, earlier: point.earlier?.key };
  const place = {
    run: named.digest,
    first: point.step,
    count,
    inputs: inputDigests(named, from),
    outputs: outputs.map(({ key }) => key),
  };
  mark('witness values');
  const statics = new Map([
    ...inputCells(point),
    ...stateCells(before, 'before-last'),
    ...stateCells(state, 'last'),
  ]);
  const witness = { ...trainingWitness(execution), statics };
  mark('program');
  const inputs = [point.earlier, point.group].filter((own) => own !== undefined);
  const { statement, proof, reservations } = proveStoredProgram(kernels, home, {
    program,
    groups: [group, ...inputs, ...outputs],
    witness,
    context: segmentContext(place),
    onStep: mark,
  });
  const file = { ...place, parameters: statement.parameters, proof };
  const next = { step: point.step + count, state, group: outputs[outputs.length - 1] as StoredGroup };
  const earlier = outputs.length > 1 ? outputs[0] : point.group;
  const keeps = named.run.plan.momentum !== undefined;
  return {
    bytes: encodeSegment(file),
    point: { ...next, earlier: keeps ? earlier : undefined },
    reservations,
  };
}

/** Cells of the weights that a segment reads, by the names of its tensors. */
function inputCells({ state }: OwnedPoint): Map<string, Int16Array> {
  const earlier = earlierOf(state);
  return new Map([...stateCells(state, 'first'), ...(earlier ? stateCells(earlier, 'before-first') : [])]);
}
