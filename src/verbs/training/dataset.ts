/**
 * The verb `dataset commit`: a dataset is committed once; its key is published. The directory is private to its owner:
 *
 *   committing     until the commit has ended and the key is published
 *   dataset.json   how many rows and inputs
 *   epoch-0        the committed rows (spec/state.md section 2)
 *
 * What is public lies beside it: DIR.key.
 */
import { dirname, join, resolve } from 'node:path';
import { ProofError, refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { encodeParameters } from '../../params/encoding.ts';
import { ensureDirectory, quietly } from '../../store/durable.ts';
import { budgetStatus, openGroup, type Home, type StoredGroup } from '../../store/index.ts';
import {
  checkDataset,
  chooseTrainingParameters,
  commitDataset,
  readDataset,
  type Dataset,
  type TrainingPlan,
} from '../../training/index.ts';
import { checkOutput, disk, exists, isDirectory, naming, readInput, removeTree, writeNew } from '../files.ts';
import { COMMITTING, epochPath, publicPaths } from '../folder.ts';
import { clearInterrupted, interruptedCommit, markCommitted, markCommitting } from '../interrupted.ts';
import { silent, stopwatch, type OnStep } from '../steps.ts';
import { readArray } from './arrays.ts';
import { DATASET_FILE, type DatasetFolder } from './dataset-folder.ts';
import { readPlan } from './plan-file.ts';
import { DEFAULT_STEPS_PER_PROOF, segmentAt, segmentsOf } from './segments.ts';

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

export interface CommittedDataset {
  readonly digest: Uint8Array;
  readonly rows: number;
  /** Of one row. */
  readonly inputs: number;
  readonly files: { readonly folder: string; readonly key: string };
  readonly keyBytes: number;
  /** Segments that can be proven over this dataset. */
  readonly proofsLeft: number;
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
  const { onStep = silent } = options;
  const out = resolve(options.out);
  const keyFile = options.key ?? publicPaths(out, 0).key;
  const watch = stopwatch();
  const left = exists(out) ? interruptedCommit(out, options.out, [DATASET_FILE]) : undefined;
  if (left !== 'complete') checkOutput(keyFile);
  watch.next('reading');
  onStep('reading the dataset');
  const { plan, data } = readSources(options);
  const { stepsPerProof = DEFAULT_STEPS_PER_PROOF } = options;
  const segments = segmentsOf(plan, stepsPerProof).length;
  const minProofs = options.proofs ?? segments + Math.ceil(segments / 4) + 50;
  const steps = segmentAt({ ...plan, rates: plan.rates.slice(0, 1) }, 0, stepsPerProof);
  const { parameters } = chooseTrainingParameters(plan, { steps, minProofs });
  watch.next('committing');
  onStep('committing the dataset');
  if (left === 'begun') clearInterrupted(out, options.out, [DATASET_FILE]);
  if (left !== 'complete') makeFolder(out, options.out);
  let published = left === 'complete';
  let group: StoredGroup | undefined;
  try {
    group =
      left === 'complete'
        ? openGroup(kernels, home, epochPath(out, 0))
        : committed(kernels, home, out, plan, data, parameters);
    if (left === 'complete') {
      const same =
        sameBytes(encodeParameters(parameters), encodeParameters(group.key.parameters)) &&
        sameDataset(data, readDataset(plan, group));
      if (!same) {
        const other = 'of another dataset or with other options: run it with these, or remove the directory';
        refuse('FILE_EXISTS', options.out, `expected a new name, got an interrupted commit ${other}`);
      }
    }
    const isThere = exists(keyFile) && sameBytes(readInput(keyFile), group.keyBytes);
    if (!isThere) writeNew(keyFile, group.keyBytes);
    published = true;
    markCommitted(out);
    watch.next();
    return {
      digest: group.keyDigest,
      rows: plan.rows,
      inputs: plan.widths[0] as number,
      files: { folder: out, key: keyFile },
      keyBytes: group.keyBytes.length,
      proofsLeft: budgetStatus(home, group).proofsLeft,
      seconds: watch.seconds,
    };
  } catch (error) {
    if (!published) quietly(() => removeTree(out));
    throw error;
  } finally {
    group?.close();
  }
}

function committed(
  kernels: Kernels,
  home: Home,
  out: string,
  plan: TrainingPlan,
  data: Dataset,
  parameters: Parameters<typeof commitDataset>[5],
): StoredGroup {
  const sizes = { rows: plan.rows, inputs: plan.widths[0] };
  writeNew(join(out, DATASET_FILE), new TextEncoder().encode(`${JSON.stringify(sizes)}\n`));
  return commitDataset(kernels, home, epochPath(out, 0), plan, data, parameters);
}

function makeFolder(out: string, shown: string): void {
  ensureDirectory(disk, dirname(out));
  naming(shown, () => disk.makeDirectory(out));
  try {
    markCommitting(out);
  } catch (error) {
    quietly(() => removeTree(out));
    throw error;
  }
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
