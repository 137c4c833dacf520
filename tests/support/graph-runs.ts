/** Runs of training small graphs: proven steps, answers by what they wrote, and what both verifiers say. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as twin from '../../reference/graph-run.ts';
import type { Agreed } from '../../src/answer/agreed.ts';
import { quintic } from '../../src/field/quintic.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { openHome, type Home, type StoredGroup } from '../../src/store/index.ts';
import { proveGraphAnswer } from '../../src/training/backward/prove-answer.ts';
import {
  chooseStepParameters,
  commitGraphState,
  type OwnedCorpus,
  type OwnedWeights,
} from '../../src/training/backward/owned.ts';
import { verifyRunAnswer, type GraphRunCustody } from '../../src/training/graph-run/answer.ts';
import { batchesOf } from '../../src/training/graph-run/order.ts';
import {
  announceGraphRun,
  drawnPoint,
  proveRunStep,
  type GraphRunOwner,
  type GraphRunPoint,
  type OwnedGraphPoint,
} from '../../src/training/graph-run/prove.ts';
import type { StartBounds } from '../../src/training/graph-run/index.ts';
import type { GraphSchedule } from '../../src/training/graph-run/run.ts';
import { verifyGraphRun, type GraphRunExpectations } from '../../src/training/graph-run/verify.ts';
import { smallestTrained } from './trained-graphs.ts';
import { commitTokens, type Trained } from './twin-steps.ts';
import { twinField, wordOf } from './twin.ts';

/** Twenty tokens, ids below six but for the first: six sequences of three, so three steps of two an epoch. */
export const RUN_TOKENS = Int16Array.of(10, 3, 1, 5, 5, 4, 2, 3, 0, 1, 2, 2, 4, 5, 0, 3, 3, 1, 4, 0);
export const RUN_SCHEDULE = { length: 3, batch: 2, steps: 4 };
export const RUN_SEED = new Uint8Array(32).fill(7);

/** The smallest graph with all that a plan may add. */
export function fullTrained(): Trained {
  const gradient = { bits: 12, fraction: 8, guard: 2 };
  return smallestTrained({ gradient, momentum: { shift: 3, high: 8, low: 9 }, ratePlaces: 9 });
}

/** A run and some of its steps. */
export interface RunCase {
  readonly run: Uint8Array;
  readonly steps: readonly Uint8Array[];
}

/** Runs over one corpus from one start. */
export interface GraphRunner {
  readonly home: Home;
  readonly corpus: OwnedCorpus;
  readonly start: OwnedWeights;
  announce(schedule?: Omit<GraphSchedule, 'tokens'>, seed?: Uint8Array): GraphRunOwner;
  /** From weights of the seed. */
  announceDrawn(
    schedule?: Omit<GraphSchedule, 'tokens'>,
    seed?: Uint8Array,
    start?: StartBounds,
  ): GraphRunOwner;
  /** From these weights. */
  announceFrom(weights: OwnedWeights, schedule?: Omit<GraphSchedule, 'tokens'>): GraphRunOwner;
  /** Steps from the start on, one a file, or files of so many steps. @returns with the point behind them */
  prove(
    owner: GraphRunOwner,
    count: number | readonly number[],
  ): RunCase & { readonly point: OwnedGraphPoint };
  /** The next step behind a point, or several in one proof. */
  next(owner: GraphRunOwner, point: GraphRunPoint, count?: number): ReturnType<typeof proveRunStep>;
  /** An answer by the weights at a point. */
  answer(owner: GraphRunOwner, point: OwnedGraphPoint, prompt?: readonly number[]): Uint8Array;
  close(): void;
}

/** Proofs that weights allow beside the three of a chain. */
const ANSWERS = 4;

export function graphRunner(
  kernels: Kernels,
  { graph, plan, state }: Trained,
  tokens = RUN_TOKENS,
): GraphRunner {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-graph-runs-'));
  const home = openHome(join(folder, 'home'));
  const opened: StoredGroup[] = [];
  let made = 0;
  const path = (): string => join(folder, `group-${made++}`);
  const keep = <T extends { readonly group: StoredGroup }>(owned: T): T => {
    opened.push(owned.group);
    return owned;
  };
  const batch = tokens.length > 6 ? RUN_SCHEDULE.batch : 1;
  const typical = batchesOf({ ...RUN_SCHEDULE, batch, tokens: tokens.length }, RUN_SEED)(0);
  const { parameters } = chooseStepParameters({ graph, plan }, typical, 20, ANSWERS);
  const training = { graph, plan };
  const start = keep(commitGraphState(kernels, home, path(), training, state, parameters, ANSWERS));
  const corpus = keep({ tokens, group: commitTokens(kernels, home, path(), tokens, parameters) });
  const own: GraphRunner = {
    ...{ home, corpus, start },
    announce: (schedule = RUN_SCHEDULE, seed = RUN_SEED) =>
      announceGraphRun(training, corpus, start, schedule, seed),
    announceDrawn: (schedule = RUN_SCHEDULE, seed = RUN_SEED, of = boundsOf(graph)) =>
      announceGraphRun(training, corpus, of, schedule, seed),
    announceFrom: (weights, schedule = RUN_SCHEDULE) =>
      announceGraphRun(training, corpus, weights, schedule, RUN_SEED),
    prove(owner, count) {
      const isDrawn = 'bounds' in owner.named.run.start;
      let point: GraphRunPoint = isDrawn ? drawnPoint(owner.named) : { step: 0, weights: start };
      const counts = typeof count === 'number' ? new Array<number>(count).fill(1) : count;
      const steps = counts.map((steps) => {
        const proven = own.next(owner, point, steps);
        point = proven.point;
        return proven.bytes;
      });
      return { run: owner.bytes, steps, point: point as OwnedGraphPoint };
    },
    next(owner, point, count = 1) {
      const proven = proveRunStep(kernels, home, owner, point, path(), { count, answers: ANSWERS });
      keep(proven.point.weights);
      return proven;
    },
    answer: (_, { step, weights }, prompt = [1, 2]) =>
      proveGraphAnswer(kernels, home, training, step, weights, { prompts: [prompt], tokens: 2 }).bytes,
    close() {
      for (const group of opened) group.close();
      rmSync(folder, { recursive: true });
    },
  };
  return own;
}

/** Bounds that differ from weight to weight; of biases too. */
export function boundsOf({ weights }: Trained['graph']): StartBounds {
  return { bounds: weights.map(({ bits }, i) => (bits > 16 ? 2 ** 17 + i : 500 - i)) };
}

/** What src/ says of a run and its steps: `ok`, or code and stage of the refusal. */
export function runWord(run: Uint8Array, steps: readonly Uint8Array[]): string {
  const verdict = verifyGraphRun(run, steps);
  return verdict.ok ? 'ok' : `${verdict.code} ${verdict.stage}`;
}

/** What both verifiers say of a run and its steps. */
export function bothRunWords({ run, steps }: RunCase, expected: GraphRunExpectations = {}): [string, string] {
  return [
    wordOf(() => verifyGraphRun(run, steps, expected)),
    wordOf(() => twin.verifyGraphRun(twinField(quintic), run, steps, expected).verdict),
  ];
}

/** What both verifiers say of an answer. */
export function bothRunAnswerWords(
  run: Uint8Array,
  custody: GraphRunCustody,
  file: Uint8Array,
  expected: GraphRunExpectations & Agreed = {},
): [string, string] {
  return [
    wordOf(() => verifyRunAnswer(run, custody, file, expected)),
    wordOf(() => twin.verifyRunAnswer(twinField(quintic), run, custody, file, expected)),
  ];
}
