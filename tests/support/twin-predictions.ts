/** Predictions of small networks for both verifiers: over weights that a caller knows, or behind a segment, and both verdicts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as twin from '../../reference/prediction.ts';
import { quintic } from '../../src/field/quintic.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { chooseParameters } from '../../src/params/choose.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { layOut } from '../../src/relation/layout.ts';
import { programCosts } from '../../src/relation/plan.ts';
import { openHome, storeGroup, type StoredGroup } from '../../src/store/index.ts';
import { chooseTrainingParameters, commitDataset, commitState } from '../../src/training/commit.ts';
import { dataLayout, dataShapes, groupColumnsOf, stateShapes } from '../../src/training/layouts.ts';
import type { TrainingPlan } from '../../src/training/plan.ts';
import { predictionProgram } from '../../src/training/prediction-program.ts';
import { provePrediction, type PredictionRequest } from '../../src/training/prove-prediction.ts';
import { announceRun, proveSegment, startPoint } from '../../src/training/prove-segment.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import { verifyPrediction, type Custody, type PredictionExpectations } from '../../src/training/verify-prediction.ts'; // prettier-ignore
import { SEED, smallData } from '../training/small.ts';
import { twinField, wordOf } from './twin.ts';

/** What both verifiers say. */
export function bothPredictionWords(
  run: Uint8Array,
  custody: Custody,
  prediction: Uint8Array,
  expected: PredictionExpectations = {},
): [string, string] {
  const { inputs, ...others } = expected;
  const same = { ...others, ...(inputs !== undefined && { inputs: Array.from(inputs) }) };
  return [
    wordOf(() => verifyPrediction(run, custody, prediction, expected)),
    wordOf(() => twin.verifyPrediction(twinField(quintic), run, custody, prediction, same).verdict),
  ];
}

/** Who has committed weights of a run. */
export interface Predictor {
  readonly run: Uint8Array;
  /** Digest of the key of the weights. */
  readonly weights: Uint8Array;
  /** Segments that wrote them; none where they were committed as they are. */
  readonly segments: readonly Uint8Array[];
  /** @param rows of the dataset, from the first on */
  predict(rows: number, options?: Omit<PredictionRequest, 'inputs'>): Uint8Array;
  close(): void;
}

/** Weights that the seed stands for, committed. They are good for eight predictions. */
export function predictor(kernels: Kernels, plan: TrainingPlan): Predictor {
  const groups = groupsOf();
  const parameters = smallParameters(plan);
  const shapes = dataShapes(plan);
  const named = { label: 'D', lifetime: 'static', logCap: 4, parameters, layout: dataLayout(plan) } as const;
  const columns = groupColumnsOf(shapes, parameters.code.logData);
  const read = (_: number, count: number): Int16Array => new Int16Array(count * 2 ** parameters.code.logData);
  const data = groups.keep(storeGroup(kernels, groups.home, groups.path(), { ...named, columns }, { kind: 'copy', read })); // prettier-ignore
  const state = stateFromSeed(plan, SEED);
  const weights = groups.keep(commitState(kernels, groups.home, groups.path(), plan, state, parameters, 8));
  const owner = announceRun(plan, smallData(plan), data, SEED);
  return of(kernels, groups, plan, owner, weights, []);
}

/** Weights that the first step of a run wrote. */
export function trainedPredictor(kernels: Kernels, plan: TrainingPlan): Predictor {
  const groups = groupsOf();
  const { parameters } = chooseTrainingParameters(plan, { steps: 1, minProofs: 3 });
  const data = groups.keep(commitDataset(kernels, groups.home, groups.path(), plan, smallData(plan), parameters)); // prettier-ignore
  const owner = announceRun(plan, smallData(plan), data, SEED);
  const proven = proveSegment(kernels, groups.home, owner, startPoint(owner), 1, groups.path());
  const weights = groups.keep(proven.point.group as StoredGroup);
  return of(kernels, groups, plan, owner, weights, [proven.bytes]);
}

/** For predictions alone: few columns, few digests. */
function smallParameters(plan: TrainingPlan): Parameters {
  const program = predictionProgram({ plan, inputs: undefined, classes: [0, 0] });
  const compiled = compileProgram(quintic, program);
  const state = { lifetime: 'carried', cells: layOut(stateShapes(plan)).cells, uses: 8 } as const;
  const groups = [
    { name: 'D', lifetime: 'static', cells: layOut(dataShapes(plan)).cells } as const,
    { name: 'S', ...state },
    { name: 'AM', lifetime: 'proof', cells: compiled.own.cells } as const,
  ];
  return chooseParameters({ ...programCosts(compiled), groups }, { minProofs: 1 }).parameters;
}

function groupsOf() {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-twin-predictions-'));
  const opened: StoredGroup[] = [];
  return {
    home: openHome(join(folder, 'home')),
    path: (): string => join(folder, `group-${opened.length}`),
    keep(group: StoredGroup): StoredGroup {
      opened.push(group);
      return group;
    },
    close(): void {
      for (const group of opened) group.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function of(
  kernels: Kernels,
  { home, close }: ReturnType<typeof groupsOf>,
  plan: TrainingPlan,
  owner: ReturnType<typeof announceRun>,
  weights: StoredGroup,
  segments: readonly Uint8Array[],
): Predictor {
  const width = plan.widths[0] as number;
  const { inputs } = smallData(plan);
  return {
    run: owner.bytes,
    weights: weights.keyDigest,
    segments,
    predict: (rows, options = {}) =>
      provePrediction(kernels, home, owner.named, weights, {
        inputs: inputs.subarray(0, rows * width) as Int16Array,
        ...options,
      }).bytes,
    close,
  };
}
