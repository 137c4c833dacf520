/** Points of a run: how far training has come, what the segment behind a point reads, and where it leads. spec/training.md sections 9 and 10. */
import { refuse } from '../errors/proof-error.ts';
import { sameBytes } from '../hash/words.ts';
import { encodeKey, keyDigest, type GroupKey } from '../pcs/key.ts';
import { batchRows } from './order.ts';
import { decodeTrainingRun, orderSeed, runDigest, type TrainingRun } from './run.ts';
import type { SegmentFile } from './segment-file.ts';
import { mostSteps, readsEarlier, type Segment } from './segment.ts';

/** A run with what its bytes stand for. */
export interface NamedRun {
  readonly run: TrainingRun;
  readonly digest: Uint8Array;
  /** Of the order of rows. */
  readonly order: Uint8Array;
}

/** How far training has been followed. */
export interface TrainingPoint {
  /** Steps that are done. */
  readonly step: number;
  /** Key of the weights behind them; undefined before the first step of a run that starts from its seed. */
  readonly weights: GroupKey | undefined;
  /** With momentum, behind the first step: that of the weights a period earlier; undefined where these are those of the seed. */
  readonly earlier: GroupKey | undefined;
}

/** @throws ProofError as `decodeTrainingRun` */
export function readRun(bytes: Uint8Array): NamedRun {
  const copy = bytes.slice(); // read three times: what is digested must be what was decoded
  return { run: decodeTrainingRun(copy), digest: runDigest(copy), order: orderSeed(copy) };
}

/** Where a run begins. */
export function startOf({ run }: NamedRun): TrainingPoint {
  return { step: 0, weights: run.start === 'seed' ? undefined : run.start, earlier: undefined };
}

/** The keys of the weights that the segment behind a point reads, in the order of time; undefined: those of the seed. */
export function inputKeys({ run: { plan } }: NamedRun, { step, weights, earlier }: TrainingPoint): Keys {
  return readsEarlier({ plan, first: step }) ? [earlier, weights] : [weights];
}

type Keys = readonly (GroupKey | undefined)[];

/** What a segment says that it reads. */
export function inputDigests(named: NamedRun, point: TrainingPoint): readonly Uint8Array[] {
  return inputKeys(named, point).map((key) => (key === undefined ? named.digest : keyDigest(encodeKey(key))));
}

/** Whether a segment reads what lies at a point. */
export function readsFrom(
  named: NamedRun,
  point: TrainingPoint,
  { inputs }: Pick<SegmentFile, 'inputs'>,
): boolean {
  const expected = inputDigests(named, point);
  return (
    inputs.length === expected.length && inputs.every((own, i) => sameBytes(own, expected[i] as Uint8Array))
  );
}

/** The point behind a segment: of one period, the weights a period earlier are those that it has read. */
export function pointBehind(
  { weights }: TrainingPoint,
  { first, count, outputs }: Pick<SegmentFile, 'first' | 'count' | 'outputs'>,
): TrainingPoint {
  const earlier = outputs.length > 1 ? outputs[0] : weights;
  return { step: first + count, weights: outputs[outputs.length - 1], earlier };
}

/** The steps behind a point, as a program is about them. */
export function segmentFrom(named: NamedRun, point: TrainingPoint, count: number): Segment {
  const { step } = point;
  const { run, order } = named;
  const { plan } = run;
  // A count is looked at before rows are drawn for it, and masks made.
  const most = Math.min(plan.steps - step, mostSteps(plan));
  if (!Number.isInteger(count) || count < 1 || count > most) {
    refuse('SEGMENT', 'segment', `count: expected 1 to ${most}, got ${count}`);
  }
  const rows = batchRows(plan, order, step, count);
  const segment = { plan, first: step, count, rows };
  return inputKeys(named, point).includes(undefined) ? { ...segment, seed: run.seed } : segment;
}
