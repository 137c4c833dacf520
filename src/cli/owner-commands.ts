/** Commands of a model's owner: import, commit, prove, budget, refresh. */
import { Option, type Command } from 'commander';
import type { ProfileName, Report } from '../quantize/index.ts';
import type { CodewordChoice } from '../store/index.ts';
import type { LogitPosition } from '../verbs/index.ts';
import { withCommon } from './common.ts';
import { byteCount, given, decimal, newName, positive, sampleSize } from './numbers.ts';
import { logitPositions, promptsOf, several } from './prompts.ts';
import { runCommand, type CommonOptions } from './shell.ts';
import { fields } from './terminal.ts';

interface ImportFlags extends CommonOptions {
  readonly out: string;
  readonly profile: ProfileName;
  readonly calibrate?: string;
  readonly allowMiss?: string;
  readonly tokenizer?: string;
  readonly context?: number;
  readonly calibrationSamples?: { readonly sequences: number; readonly tokens: number };
  readonly evaluationSamples?: { readonly sequences: number; readonly tokens: number };
  readonly followLinks?: boolean;
}

interface CommitFlags extends CommonOptions {
  readonly out: string;
  readonly key?: string;
  readonly tokenizer?: string;
  readonly proofs?: number;
  readonly tokens?: number;
  readonly codeword?: CodewordChoice;
  readonly groupCells?: number;
  readonly memory?: number;
}

interface ProveFlags extends CommonOptions {
  readonly prompt?: readonly string[];
  readonly prompts?: string;
  readonly privatePrompt?: boolean;
  readonly revealLogits?: readonly LogitPosition[] | 'all';
  readonly tokens?: number;
  readonly greedy?: boolean;
  readonly seed?: string;
  readonly temperature?: number;
  readonly context?: string;
  readonly memory?: number;
  readonly out: string;
}

export function addOwnerCommands(zkdl: Command): void {
  addImport(zkdl);
  addCommit(zkdl);
  addProve(zkdl);
  addBudget(zkdl);
  addRefresh(zkdl);
}

function addImport(zkdl: Command): void {
  withCommon(zkdl.command('import'), true)
    .description('turn a published model into an integer program with a known accuracy')
    .argument('<model>', 'a Hugging Face folder, or a llama2.c checkpoint')
    .requiredOption(
      '-o, --out <file>',
      'model file to make (private); its tokenizer is copied beside it',
      newName,
    )
    .addOption(new Option('--profile <name>', 'bits').choices(['P12', 'P14', 'P16']).default('P14'))
    .option('--calibrate <file>', 'text to calibrate and measure with (default: samples of the model)')
    .option('--allow-miss <reason>', 'write a program that misses its target; the reason becomes public')
    .option('--tokenizer <file>', 'tokenizer of a checkpoint')
    .option('--context <n>', 'positions of the program', positive)
    .option('--calibration-samples <NxM>', 'sequences by tokens (default: 6x256)', sampleSize)
    .option('--evaluation-samples <NxM>', 'sequences by tokens (default: 12x256)', sampleSize)
    .option('--follow-links', 'follow symbolic links in the folder')
    .action((from: string, flags: ImportFlags) =>
      runCommand(flags, async ({ kernels, onStep }) => {
        const { out, profile, calibrate, allowMiss, tokenizer, context, followLinks } = flags;
        const { calibrationSamples, evaluationSamples } = flags;
        const [{ importModel }, { showImport, accuracy }] = await Promise.all([
          import('../verbs/import.ts'),
          import('./show.ts'),
        ]);
        const samples = given({ calibrationSamples, evaluationSamples });
        let report: Report | undefined;
        const onReport = (made: Report): void => void (report = made);
        const options = given({ out, profile, calibrate, allowMiss, tokenizer, context, followLinks });
        try {
          const made = await importModel(await kernels(), {
            from,
            ...options,
            samples,
            onReport,
            onStep,
          });
          const { parameters, files, seconds, model } = made;
          return { json: { parameters, files, seconds, ...model.info }, lines: showImport(made) };
        } catch (error) {
          // A program that misses its target: the figures say how far.
          if (report !== undefined) process.stderr.write(`${fields(accuracy({ report })).join('\n')}\n`);
          throw error;
        }
      }),
    );
}

function addCommit(zkdl: Command): void {
  withCommon(zkdl.command('commit'), true)
    .description('commit to the weights of a model once, and make the key to publish')
    .argument('<model>', 'a model file')
    .requiredOption('-o, --out <dir>', 'directory to make (private)', newName)
    .option('--key <file>', 'key file to make (public; default: DIR.key)', newName)
    .option('--tokenizer <file>', 'default: the one beside the model file')
    .option('--proofs <n>', 'proofs before a refresh (default: 500)', positive)
    .option('--tokens <n>', 'tokens of the answers that proofs shall be short for (default: 64)', positive)
    .addOption(
      new Option('--codeword <choice>', 'keep it: quicker proofs for 16 bytes a weight').choices([
        'keep',
        'recompute',
      ]),
    )
    .option(
      '--group-cells <n>',
      'cells of a committed group of weights at most (default: one group, several for very large models)',
      positive,
    )
    .option(
      '--memory <size>',
      'such as 4GB: cut weights into groups that fit, refuse what is estimated to take more all the same',
      byteCount,
    )
    .action((model: string, flags: CommitFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { out, key, tokenizer, proofs, tokens, codeword, groupCells, memory } = flags;
        const options = given({ out, key, tokenizer, proofs, tokens, codeword, groupCells, memory });
        const [{ commitToFolder }, { showCommit }] = await Promise.all([
          import('../verbs/commit.ts'),
          import('./show.ts'),
        ]);
        const made = await commitToFolder(await kernels(), await home(), { model, ...options, onStep });
        return { json: { ...made }, lines: showCommit(made) };
      }),
    );
}

function addProve(zkdl: Command): void {
  withCommon(zkdl.command('prove'), true)
    .description('continue prompts and prove it')
    .argument('<dir>', 'directory of a committed model')
    .option('--prompt <text>', 'text to continue; several times for several', several)
    .option('--prompts <file>', 'texts to continue: a JSON array, or one a line')
    .option('--private-prompt', 'show nothing of the prompts but how many tokens they have')
    .option(
      '--reveal-logits <positions>',
      'all, or new tokens such as 1,3-5 (2:7: of text 2)',
      logitPositions,
    )
    .requiredOption('-o, --out <file>', 'proof file to make (public)', newName)
    .option('--tokens <n>', 'greatest number of new tokens (default: 32)', positive)
    .option('--greedy', 'the likeliest token each time (default)')
    .option('--seed <hex>', 'sample, with this public seed of 32 bytes')
    .option(
      '--temperature <t>',
      'sample at this temperature (default: 1; without --seed a fresh one)',
      decimal,
    )
    .option('--context <text>', 'anything that the parties agreed on')
    .option('--memory <size>', 'refuse what is estimated to take more, such as 4GB', byteCount)
    .action((folder: string, flags: ProveFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { tokens, greedy, seed, temperature, context, memory } = flags;
        const { out, privatePrompt, revealLogits } = flags;
        const prompt = promptsOf(flags.prompt, flags.prompts);
        const rule = { tokens, greedy, seed, temperature, context, memory };
        const options = { prompt, out, ...given({ ...rule, privatePrompt, revealLogits }) };
        const [{ proveText }, { showProof }] = await Promise.all([
          import('../verbs/prove.ts'),
          import('./show-answers.ts'),
        ]);
        const proven = await proveText(await kernels(), await home(), { folder, ...options, onStep });
        return { json: { ...proven }, lines: showProof(proven, prompt) };
      }),
    );
}

function addBudget(zkdl: Command): void {
  withCommon(zkdl.command('budget'), true)
    .description('proofs that a commitment still allows')
    .argument('<dir>', 'directory of a committed model, dataset or corpus, or of a run')
    .action((folder: string, flags: CommonOptions) =>
      runCommand(flags, async ({ home }) => {
        const [{ folderBudget, runBudget }, { showBudget, showRunBudget }] = await Promise.all([
          import('../verbs/budget.ts'),
          import('./show.ts'),
        ]);
        const weights = runBudget(await home(), folder);
        if (weights !== undefined) return { json: { weights }, lines: showRunBudget(weights) };
        const epochs = folderBudget(await home(), folder);
        return { json: { epochs }, lines: showBudget(epochs) };
      }),
    );
}

function addRefresh(zkdl: Command): void {
  withCommon(zkdl.command('refresh'), true)
    .description(
      'commit to the same weights again, with a budget of their own, and prove that they are the same',
    )
    .argument('<dir>', 'directory of a committed model')
    .action((folder: string, flags: CommonOptions) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const [{ refreshFolder }, { showRefresh }] = await Promise.all([
          import('../verbs/refresh.ts'),
          import('./show.ts'),
        ]);
        const made = refreshFolder(await kernels(), await home(), { folder, onStep });
        return { json: { ...made }, lines: showRefresh(made) };
      }),
    );
}
