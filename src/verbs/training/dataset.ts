/** The verb `dataset commit`: a dataset is committed once; its key is published. The directory (commit-folder.ts) is private to its owner. */
import { ProofError, refuse } from '../../errors/proof-error.ts';
import type { Kernels } from '../../kernels/contract.ts';
import type { Parameters } from '../../params/parameters.ts';
import { openGroup, type Home, type StoredGroup } from '../../store/index.ts';
import {
  checkDataset,
  chooseTrainingParameters,
  commitDataset,
  readDataset,
  type Dataset,
  type TrainingPlan,
} from '../../training/index.ts';
import { epochPath } from '../folder.ts';
import { silent, stopwatch, type OnStep } from '../steps.ts';
import { readArray } from './arrays.ts';
import { commitFolder, type CommittedData } from './commit-folder.ts';
import { DATASET_FILE, type DatasetFolder } from './dataset-folder.ts';
import { readPlan } from './plan-file.ts';
import { DEFAULT_STEPS_PER_PROOF, segmentAt, segmentsOf } from './segments.ts';
import { roomFor } from './room-for.ts';

export interface CommitDatasetOptions {
  /** A `.npy` or IDX file of bytes, [rows, ..]: all dimensions behind the first are inputs. */
  readonly inputs: string;
  /** The same, [rows]: one class a row. */
  readonly labels: string;
  /** A plan file: parameters are chosen for it. Other plans may use the dataset. */
  readonly plan: string;
  /** Directory to be made: private. */
  readonly out: string;
  /** Key file to be made: public. Default: the directory's name with `.key`. */
  readonly key?: string;
  /** Proofs that the key must allow: one for each segment of every run, and attempts. Default: the plan's segments, a quarter and 50 more. */
  readonly proofs?: number;
  /** Steps of the segments that parameters are chosen for. Default 16. */
  readonly stepsPerProof?: number;
  readonly onStep?: OnStep;
}

export interface CommittedDataset extends CommittedData {
  readonly rows: number;
  /** Of one row. */
  readonly inputs: number;
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Commits a dataset. What a commit that was killed left in that directory is taken away first, or finished where only the key was missing.
 *
 * @throws ProofError `ARRAY`, `PLAN`, `DATASET`, `FILE_*` naming the file; nothing is left then
 * @example
 * commitDatasetToFolder(kernels, openHome(), { inputs: 'x.npy', labels: 'y.npy', plan: 'plan.json', out: 'digits' });
 */
export function commitDatasetToFolder(
  kernels: Kernels,
  home: Home,
  options: CommitDatasetOptions,
): CommittedDataset {
  const { onStep = silent, out, key } = options;
  const watch = stopwatch();
  let sizes = { rows: 0, inputs: 0 };
  const place = { out, what: 'dataset', file: DATASET_FILE, ...(key !== undefined && { key }) };
  const made = commitFolder(kernels, home, place, () => {
    watch.next('reading');
    onStep('reading the dataset');
    const { plan, data } = readSources(options);
    sizes = { rows: plan.rows, inputs: plan.widths[0] as number };
    const parameters = parametersFor(plan, options);
    watch.next('committing');
    onStep('committing the dataset');
    return {
      ...{ parameters, sizes },
      commit: (path) => commitDataset(kernels, home, path, plan, data, parameters),
      isSame: (group) => sameDataset(data, readDataset(plan, group)),
    };
  });
  watch.next();
  return { ...made, ...sizes, seconds: watch.seconds };
}

/** For so many proofs. */
function parametersFor(
  plan: TrainingPlan,
  { stepsPerProof = DEFAULT_STEPS_PER_PROOF, proofs }: CommitDatasetOptions,
): Parameters {
  const segments = segmentsOf(plan, stepsPerProof).length;
  const minProofs = proofs ?? segments + Math.ceil(segments / 4) + 50;
  const steps = segmentAt({ ...plan, rates: plan.rates.slice(0, 1) }, 0, stepsPerProof);
  return roomFor(minProofs, (own) => chooseTrainingParameters(plan, { steps, minProofs: own }).parameters);
}

function readSources(options: CommitDatasetOptions): { plan: TrainingPlan; data: Dataset } {
  const inputs = readArray(options.inputs);
  const labels = readArray(options.labels);
  const [rows, ...sizes] = inputs.shape as [number, ...number[]];
  const width = sizes.reduce((product, size) => product * size, 1);
  if (labels.shape.length !== 1 || labels.shape[0] !== rows) {
    const got = `[${labels.shape.join(', ')}]`;
    refuse('DATASET', options.labels, `expected one label for each of ${rows} rows, got the shape ${got}`);
  }
  const plan = readPlan(options.plan, rows);
  if (plan.widths[0] !== width) {
    refuse('PLAN', options.plan, `widths[0]: expected ${width} as rows have inputs, got ${plan.widths[0]}`);
  }
  const data = { inputs: inputs.data, labels: labels.data };
  try {
    checkDataset(plan, data);
  } catch (error) {
    if (!(error instanceof ProofError) || error.code !== 'DATASET') throw error;
    const path = error.detail.startsWith('labels') ? options.labels : options.inputs;
    refuse(error.code, path, error.detail);
  }
  return { plan, data };
}

function sameDataset(a: Dataset, b: Dataset): boolean {
  return (['inputs', 'labels'] as const).every(
    (part) => a[part].length === b[part].length && a[part].every((x, i) => x === b[part][i]),
  );
}

/** A committed dataset, open: its group is the caller's to close. */
export function openDataset(
  kernels: Kernels,
  home: Home,
  { path, rows, inputs }: DatasetFolder,
): { readonly group: StoredGroup; readonly data: Dataset } {
  const group = openGroup(kernels, home, epochPath(path, 0));
  try {
    return { group, data: readDataset({ rows, widths: [inputs] }, group) };
  } catch (error) {
    group.close();
    throw error;
  }
}
