/** Commands of training: dataset commit, train, prove-training, verify-training, predict, verify-prediction. */
import type { Command } from 'commander';
import type { AgreedRun, PredictionFileVerdict, TrainingFileVerdict } from '../verbs/index.ts';
import { withCommon } from './common.ts';
import { counting, given, positive, rowNumbers } from './numbers.ts';
import { runCommand, type CommonOptions, type Shown } from './shell.ts';

interface DatasetFlags extends CommonOptions {
  readonly plan: string;
  readonly out: string;
  readonly key?: string;
  readonly proofs?: number;
  readonly stepsPerProof?: number;
}

interface TrainFlags extends CommonOptions {
  readonly plan?: string;
  readonly out: string;
  readonly seed?: string;
  readonly start?: string;
  readonly until?: number;
  readonly checkpointEvery?: number;
  readonly testInputs?: string;
  readonly testLabels?: string;
}

interface ProveFlags extends CommonOptions {
  readonly dataset: string;
  readonly stepsPerProof?: number;
  readonly until?: number;
  readonly predictions?: number;
}

interface AgreedFlags extends CommonOptions {
  readonly digest?: string;
  readonly dataset?: string;
  readonly seed?: string;
}

interface PredictFlags extends CommonOptions {
  readonly inputs: string;
  readonly rows?: readonly number[];
  readonly step?: number;
  readonly hideInputs?: boolean;
  readonly context?: string;
  readonly out: string;
}

interface VerifyPredictionFlags extends AgreedFlags {
  readonly run: string;
  readonly segments?: readonly string[];
  readonly weights?: string;
  readonly inputs?: string;
  readonly rows?: readonly number[];
  readonly context?: string;
}

export function addTrainingCommands(zkdl: Command): void {
  addDataset(zkdl);
  addTrain(zkdl);
  addProveTraining(zkdl);
  addVerifyTraining(zkdl);
  addPredict(zkdl);
  addVerifyPrediction(zkdl);
}

function addDataset(zkdl: Command): void {
  const dataset = zkdl.command('dataset').description('datasets to train on');
  withCommon(dataset.command('commit'), true)
    .description('commit to a dataset once, and make the key to publish')
    .argument('<inputs>', 'a .npy file of uint8 or an IDX file, [rows, ..]')
    .argument('<labels>', 'the same, [rows]: one class a row')
    .requiredOption('--plan <file>', 'plan of a run that it is for (JSON)')
    .requiredOption('-o, --out <dir>', 'directory to make (private)')
    .option('--key <file>', 'key file to make (public; default: DIR.key)')
    .option('--proofs <n>', 'proofs that it shall allow (default: enough for the plan)', positive)
    .option('--steps-per-proof <n>', 'steps that proofs shall be quick for (default: 16)', positive)
    .action((inputs: string, labels: string, flags: DatasetFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { plan, out, key, proofs, stepsPerProof } = flags;
        const options = { inputs, labels, plan, out, ...given({ key, proofs, stepsPerProof }), onStep };
        const [{ commitDatasetToFolder }, { showDataset }] = await Promise.all([
          import('../verbs/training/dataset.ts'),
          import('./show-training.ts'),
        ]);
        const made = commitDatasetToFolder(await kernels(), await home(), options);
        return { json: { ...made }, lines: showDataset(made) };
      }),
    );
}

function addTrain(zkdl: Command): void {
  withCommon(zkdl.command('train'), true)
    .description('announce a run and train it in exact integers; run it again to go on where it stopped')
    .argument('<dataset>', 'directory of a committed dataset')
    .requiredOption('-o, --out <dir>', 'directory of the run (private); DIR.run is public')
    .option('--plan <file>', 'plan of the run (JSON); needed for a new one')
    .option('--seed <hex>', 'public seed of 32 bytes (default: a fresh one)')
    .option(
      '--start <dir>',
      'directory of a run whose proven weights to start from (default: those of the seed)',
    )
    .option('--until <step>', 'stop behind so many steps of the plan', positive)
    .option('--checkpoint-every <n>', 'steps between two checkpoints (default: 50)', positive)
    .option('--test-inputs <file>', 'rows to be named at the end, not trained on')
    .option('--test-labels <file>', 'their classes')
    .action((dataset: string, flags: TrainFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { plan, out, seed, start, until, checkpointEvery } = flags;
        const more = given({ plan, seed, start, until, checkpointEvery, heldOut: heldOut(flags) });
        const [{ train }, { showTrained }] = await Promise.all([
          import('../verbs/training/train.ts'),
          import('./show-training.ts'),
        ]);
        const made = train(await kernels(), await home(), { dataset, out, ...more, onStep });
        return { json: { ...made }, lines: showTrained(made) };
      }),
    );
}

function heldOut({ testInputs, testLabels }: TrainFlags): { inputs: string; labels: string } | undefined {
  if (testInputs === undefined && testLabels === undefined) return undefined;
  if (testInputs === undefined || testLabels === undefined) {
    throw new RangeError('test-inputs: expected --test-inputs and --test-labels, got one of them');
  }
  return { inputs: testInputs, labels: testLabels };
}

function addProveTraining(zkdl: Command): void {
  withCommon(zkdl.command('prove-training'), true)
    .description('prove the steps that were trained, segment after segment; run it again to go on')
    .argument('<run>', 'directory of a run')
    .requiredOption('--dataset <dir>', 'directory of its dataset')
    .option('--steps-per-proof <n>', 'greatest number of steps of a segment (default: 16)', positive)
    .option('--until <step>', 'stop where so many steps are proven', positive)
    .option('--predictions <n>', 'predictions that the last weights shall make', counting)
    .action((folder: string, flags: ProveFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { dataset, stepsPerProof, until, predictions } = flags;
        const options = { folder, dataset, ...given({ stepsPerProof, until, predictions }), onStep };
        const [{ proveTraining }, { showProven }] = await Promise.all([
          import('../verbs/training/prove-training.ts'),
          import('./show-training.ts'),
        ]);
        const made = proveTraining(await kernels(), await home(), options);
        return { json: { ...made }, lines: showProven(made) };
      }),
    );
}

function withAgreed(command: Command): Command {
  return command
    .option('--digest <digest>', 'refuse another run')
    .option('--dataset <digest>', 'refuse another dataset')
    .option('--seed <hex>', 'refuse another seed');
}

function agreedOf({ digest, dataset, seed }: AgreedFlags): AgreedRun {
  return given({ run: digest, dataset, seed });
}

function addVerifyTraining(zkdl: Command): void {
  withAgreed(withCommon(zkdl.command('verify-training'), false))
    .description('verify that training went as its run announced')
    .argument('<run>', 'a run file')
    .argument('[segments...]', 'segment files, from the first on, in order')
    .option('--steps <n>', 'refuse fewer steps (default: 1)', counting)
    .action((run: string, segments: readonly string[], flags: AgreedFlags & { readonly steps?: number }) =>
      runCommand(flags, async ({ onStep }) => {
        const [{ verifyTrainingFiles }, { showTrainingVerdict }] = await Promise.all([
          import('../verbs/training/verify-training.ts'),
          import('./show-training.ts'),
        ]);
        onStep('verifying');
        const { steps } = flags;
        const options = { run, segments, agreed: agreedOf(flags), steps: steps ?? 1, onStep };
        const verdict = verifyTrainingFiles(options);
        return verdictOf(verdict, showTrainingVerdict(verdict));
      }),
    );
}

function addPredict(zkdl: Command): void {
  withCommon(zkdl.command('predict'), true)
    .description('name the classes of rows by the weights of a proven run, and prove it')
    .argument('<run>', 'directory of a run with proven steps')
    .requiredOption('--inputs <file>', 'a .npy file of uint8 or an IDX file: rows, or one row')
    .requiredOption('-o, --out <file>', 'prediction file to make (public)')
    .option('--rows <numbers>', 'rows of the file, such as 0,3-5 (default: all)', rowNumbers)
    .option('--hide-inputs', 'show nothing of the inputs but how many rows there are')
    .option('--step <n>', 'weights behind so many steps (default: the last proven ones)', positive)
    .option('--context <text>', 'anything that the parties agreed on')
    .action((folder: string, flags: PredictFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { inputs, out, rows, hideInputs, step, context } = flags;
        const options = { folder, inputs, out, ...given({ rows, hideInputs, step, context }), onStep };
        const [{ predict }, { showPredicted }] = await Promise.all([
          import('../verbs/training/predict.ts'),
          import('./show-training.ts'),
        ]);
        const made = predict(await kernels(), await home(), options);
        return { json: { ...made }, lines: showPredicted(made) };
      }),
    );
}

function addVerifyPrediction(zkdl: Command): void {
  withAgreed(withCommon(zkdl.command('verify-prediction'), false))
    .description('verify a prediction, and with the segments all training behind it')
    .argument('<proof>', 'a prediction file')
    .requiredOption('--run <file>', 'run file of the training')
    .option('--segments <files...>', 'segment files, from the first on, in order')
    .option('--weights <digest>', 'instead of segments: weights that verify-training has told')
    .option('--inputs <file>', 'refuse a prediction about other inputs')
    .option('--rows <numbers>', 'rows of that file (default: all)', rowNumbers)
    .option('--context <text>', 'refuse another context')
    .action((proof: string, flags: VerifyPredictionFlags) =>
      runCommand(flags, async ({ onStep }) => {
        const [{ verifyPredictionFile }, { showPredictionVerdict }] = await Promise.all([
          import('../verbs/training/verify-prediction.ts'),
          import('./show-training.ts'),
        ]);
        onStep('verifying');
        const { run, segments, weights, inputs: file, rows, context } = flags;
        const inputs = file === undefined ? undefined : { inputs: file, ...given({ rows }) };
        const options = { proof, run, ...given({ segments, weights, inputs, context }) };
        const verdict = verifyPredictionFile({ ...options, agreed: agreedOf(flags), onStep });
        return verdictOf(verdict, showPredictionVerdict(verdict));
      }),
    );
}

/** Of a refusal nothing but why. */
function verdictOf(verdict: TrainingFileVerdict | PredictionFileVerdict, lines: readonly string[]): Shown {
  if (!verdict.ok) {
    const { code, stage, detail } = verdict;
    return { json: { verified: false, code, stage, detail }, lines, exit: 1 };
  }
  const { ok: verified, ...rest } = verdict;
  if (!('classes' in rest)) return { json: { verified, ...rest }, lines, exit: 0 };
  const { inputs, classes } = rest;
  const lists = { classes: [...classes], ...(inputs && { inputs: [...inputs] }) };
  return { json: { verified, ...rest, ...lists }, lines, exit: 0 };
}
