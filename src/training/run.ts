/**
 * A training run, as its owner announces it before the first step: the plan, the committed dataset, the weights to start from, and a public
 * seed. Whoever trusts a run file can follow its segments. Bytes: spec/training.md section 9.
 */
import { fileBytes, fileReader, type FilePart, type FileReader } from '../answer/bytes.ts';
import { refuse } from '../errors/proof-error.ts';
import { blake3 } from '../hash/blake3.ts';
import { sameBytes } from '../hash/words.ts';
import { sameColumnCode } from '../params/parameters.ts';
import { decodeKey, encodeKey, type GroupKey } from '../pcs/key.ts';
import {
  DATA_LABEL,
  dataLayout,
  dataShapes,
  groupColumnsOf,
  STATE_LABEL,
  stateLayout,
  stateShapes,
} from './layouts.ts';
import { checkPlan } from './check-plan.ts';
import { SEED_BYTES } from './state.ts';
import { periodOf, type Format, type TrainingPlan } from './plan.ts';

export interface TrainingRun {
  readonly plan: TrainingPlan;
  /** The committed dataset. */
  readonly data: GroupKey;
  /** Weights before the first step: those that the seed stands for, or a committed group. */
  readonly start: 'seed' | GroupKey;
  /** 32 bytes that the parties agreed on. With all else in the file they decide the order of rows. */
  readonly seed: Uint8Array;
}

export const TRAINING_RUN_VERSION = 4;
const MAGIC = 'zkdl-run';
const STAGE = 'training run';
/** Lists of a plan: no plan has longer ones. */
const MAX_LIST = 2 ** 12;

/** @throws RangeError for numbers that are no u32; ProofError as `decodeTrainingRun` */
export function encodeTrainingRun({ plan, data, start, seed }: TrainingRun): Uint8Array<ArrayBuffer> {
  const bytes = fileBytes(MAGIC, TRAINING_RUN_VERSION, [
    ...planParts(plan),
    { block: encodeKey(data) },
    ...(start === 'seed' ? [0] : [1, { block: encodeKey(start) }]),
    seed,
  ]);
  decodeTrainingRun(bytes);
  return bytes;
}

/**
 * @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `checkPlan`, `decodeKey`; `KEY_LAYOUT` for groups that are not of the plan; `STATEMENT`
 *   for a start that is neither
 */
export function decodeTrainingRun(bytes: Uint8Array): TrainingRun {
  const reader = fileReader(STAGE, bytes, MAGIC, TRAINING_RUN_VERSION);
  const plan = readPlan(reader);
  const data = decodeKey(reader.block('dataset'));
  checkDataKey(plan, data);
  const kind = reader.u32('start');
  if (kind > 1) refuse('STATEMENT', STAGE, `start: expected 0 or 1, got ${kind}`);
  const start = kind === 0 ? 'seed' : decodeKey(reader.block('start'));
  const seed = reader.bytes('seed', SEED_BYTES).slice();
  reader.end();
  const run: TrainingRun = { plan, data, start, seed };
  if (start !== 'seed') checkStateKey(run, start, STAGE);
  return run;
}

/** The 32 bytes that name a run. @param bytes of `encodeTrainingRun` */
export function runDigest(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return blake3(bytes, { context: 'zkdl training run 1' });
}

/** What the order of rows is drawn from: all of the run, so nothing in it can be chosen behind the order. */
export function orderSeed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return blake3(bytes, { context: 'zkdl training order 1' });
}

function planParts(plan: TrainingPlan): FilePart[] {
  const { widths, rows, batch, steps, formats, momentum, rates } = plan;
  const { input, activation, weight, low, sum, gradient } = formats;
  const pair = ({ bits, fraction }: Format): number[] => [bits, fraction];
  return [
    widths.length,
    ...widths,
    rows,
    batch,
    steps,
    periodOf(plan),
    ...[input, activation, weight, gradient].flatMap(pair),
    low,
    sum,
    momentum?.shift ?? 0,
    rates.length,
    ...rates.flatMap(({ from, rate }) => [from, rate]),
  ];
}

function readPlan(reader: FileReader): TrainingPlan {
  const list = <T>(what: string, read: () => T): T[] => {
    const length = reader.u32(`${what}: length`);
    if (length > MAX_LIST) refuse('PLAN', STAGE, `${what}: expected at most ${MAX_LIST}, got ${length}`);
    return Array.from({ length }, read);
  };
  const format = (what: string): Format => ({
    bits: reader.u32(`${what}: bits`),
    fraction: reader.u32(`${what}: fraction`),
  });
  const widths = list('widths', () => reader.u32('widths'));
  const [rows, batch, steps] = [reader.u32('rows'), reader.u32('batch'), reader.u32('steps')];
  const period = reader.u32('period');
  const [input, activation] = [format('input'), format('activation')];
  const [weight, gradient] = [format('weight'), format('gradient')];
  const formats = { input, activation, weight, gradient, low: reader.u32('low'), sum: reader.u32('sum') };
  const shift = reader.u32('momentum');
  const rates = list('rates', () => ({ from: reader.u32('rates'), rate: reader.u32('rates') }));
  const sized = { widths, rows, batch, steps, formats, rates };
  const sgd = period === 1 ? sized : { ...sized, period };
  const plan = shift === 0 ? sgd : { ...sgd, momentum: { shift } };
  checkPlan(plan);
  return plan;
}

function checkDataKey(plan: TrainingPlan, { group, layout, parameters }: GroupKey): void {
  const wrong = (detail: string): never => refuse('KEY_LAYOUT', STAGE, `dataset: ${detail}`);
  if (!sameBytes(layout, dataLayout(plan))) wrong("expected the layout of the plan's rows, got another");
  if (group.lifetime !== 'static' || group.label !== DATA_LABEL) {
    wrong(`expected a static group ${DATA_LABEL}, got ${group.lifetime} ${group.label}`);
  }
  const columns = groupColumnsOf(dataShapes(plan), parameters.code.logData);
  if (group.columns !== columns) wrong(`expected ${columns} columns, got ${group.columns}`);
}

/** @throws ProofError `KEY_LAYOUT` unless a key is one of weights of a run, over the code of its dataset */
export function checkStateKey({ plan, data }: TrainingRun, key: GroupKey, stage: string): void {
  const wrong = (detail: string): never => refuse('KEY_LAYOUT', stage, `weights: ${detail}`);
  if (!sameBytes(key.layout, stateLayout(plan))) wrong('expected the layout of the plan, got another');
  const { label, lifetime } = key.group;
  if (lifetime !== 'carried' || label !== STATE_LABEL) {
    wrong(`expected a carried group ${STATE_LABEL}, got ${lifetime} ${label}`);
  }
  if (!sameColumnCode(key.parameters, data.parameters)) {
    wrong("expected profile and column code of the dataset's key, got others");
  }
  const columns = groupColumnsOf(stateShapes(plan), key.parameters.code.logData);
  if (key.group.columns !== columns) wrong(`expected ${columns} columns, got ${key.group.columns}`);
}
