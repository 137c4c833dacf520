/** Commands of training graphs: corpus commit, tune, prove-tuning, verify-tuning, prove-tuned, verify-tuned. */
import type { Command } from 'commander';
import type { GraphRun } from '../training/graph-run/run.ts';
import type { AgreedTuning, TunedFileVerdict, TuningFileVerdict } from '../verbs/index.ts';
import { withCommon } from './common.ts';
import { counting, decimal, given, newName, positive } from './numbers.ts';
import { idLists, several, tokenPrompts } from './prompts.ts';
import { runCommand, type CommonOptions, type Shown } from './shell.ts';

interface CorpusFlags extends CommonOptions {
  readonly model: string;
  readonly plan: string;
  readonly out: string;
  readonly key?: string;
  readonly proofs?: number;
  readonly stepsPerProof?: number;
}

interface TuneFlags extends CommonOptions {
  readonly corpus: string;
  readonly plan: string;
  readonly out: string;
  readonly seed?: string;
  readonly start?: string;
  readonly until?: number;
  readonly checkpointEvery?: number;
}

interface ProveTuningFlags extends CommonOptions {
  readonly corpus: string;
  readonly stepsPerProof?: number;
  readonly until?: number;
  readonly answers?: number;
}

interface AgreedFlags extends CommonOptions {
  readonly digest?: string;
  readonly corpus?: string;
  readonly seed?: string;
}

interface ProveTunedFlags extends CommonOptions {
  readonly prompt?: readonly string[];
  readonly prompts?: string;
  readonly tokens?: number;
  readonly step?: number;
  readonly privatePrompt?: boolean;
  readonly revealLogits?: boolean;
  readonly greedy?: boolean;
  readonly seed?: string;
  readonly temperature?: number;
  readonly context?: string;
  readonly out: string;
}

interface VerifyTunedFlags extends AgreedFlags {
  readonly run: string;
  readonly steps: readonly string[];
  readonly weights?: string;
  readonly prompt?: readonly string[];
  readonly completion?: readonly string[];
  readonly context?: string;
}

export function addTuningCommands(zkdl: Command): void {
  addCorpus(zkdl);
  addTune(zkdl);
  addProveTuning(zkdl);
  addVerifyTuning(zkdl);
  addProveTuned(zkdl);
  addVerifyTuned(zkdl);
}

function addCorpus(zkdl: Command): void {
  const corpus = zkdl.command('corpus').description('tokens to train on');
  withCommon(corpus.command('commit'), true)
    .description('commit to the tokens of a corpus once, and make the key to publish')
    .argument('<tokens>', 'a .npy file of uint8 or uint16, or a JSON list: token ids')
    .requiredOption('--model <file>', 'model that it is for (JSON): sizes of a transformer, or a graph')
    .requiredOption('--plan <file>', 'plan of a run that it is for (JSON)')
    .requiredOption('-o, --out <dir>', 'directory to make (private)', newName)
    .option('--key <file>', 'key file to make (public; default: DIR.key)', newName)
    .option('--proofs <n>', 'proofs that it shall allow (default: enough for the plan)', positive)
    .option('--steps-per-proof <n>', 'steps that proofs shall be quick for (default: 16)', positive)
    .action((tokens: string, flags: CorpusFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { model, plan, out, key, proofs, stepsPerProof } = flags;
        const options = { tokens, model, plan, out, ...given({ key, proofs, stepsPerProof }), onStep };
        const [{ commitCorpusToFolder }, { showCorpus }] = await Promise.all([
          import('../verbs/tuning/corpus.ts'),
          import('./show-tuning.ts'),
        ]);
        const made = commitCorpusToFolder(await kernels(), await home(), options);
        return { json: { ...made }, lines: showCorpus(made) };
      }),
    );
}

function addTune(zkdl: Command): void {
  withCommon(zkdl.command('tune'), true)
    .description('announce a run of a graph and train it in exact integers; run it again to go on')
    .argument('<model>', 'model (JSON): sizes of a transformer, or a graph')
    .requiredOption('--corpus <dir>', 'directory of a committed corpus')
    .requiredOption('--plan <file>', 'plan of the run (JSON)')
    .requiredOption('-o, --out <dir>', 'directory of the run (private); DIR.run is public', newName)
    .option('--seed <hex>', 'public seed of 32 bytes (default: a fresh one)')
    .option(
      '--start <dir>',
      'directory of a run whose proven weights to start from (default: those of the seed)',
    )
    .option('--until <step>', 'stop behind so many steps of the run', positive)
    .option('--checkpoint-every <n>', 'steps between two checkpoints (default: 50)', positive)
    .action((model: string, flags: TuneFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { corpus, plan, out, seed, start, until, checkpointEvery } = flags;
        const more = given({ seed, start, until, checkpointEvery });
        const [{ tune }, { showTuned }] = await Promise.all([
          import('../verbs/tuning/tune.ts'),
          import('./show-tuning.ts'),
        ]);
        const made = tune(await kernels(), await home(), { model, corpus, plan, out, ...more, onStep });
        return { json: withoutKeys(made), lines: showTuned(made) };
      }),
    );
}

function addProveTuning(zkdl: Command): void {
  withCommon(zkdl.command('prove-tuning'), true)
    .description('prove the steps of a graph that were trained; run it again to go on')
    .argument('<run>', 'directory of a run')
    .requiredOption('--corpus <dir>', 'directory of its corpus')
    .option('--steps-per-proof <n>', 'greatest number of steps of a proof (default: 16)', positive)
    .option('--until <step>', 'stop where so many steps are proven', positive)
    .option('--answers <n>', 'answers that the last weights shall give', counting)
    .action((folder: string, flags: ProveTuningFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { corpus, stepsPerProof, until, answers } = flags;
        const options = { folder, corpus, ...given({ stepsPerProof, until, answers }), onStep };
        const [{ proveTuning }, { showProvenTuning }] = await Promise.all([
          import('../verbs/tuning/prove-tuning.ts'),
          import('./show-tuning.ts'),
        ]);
        const made = proveTuning(await kernels(), await home(), options);
        return { json: { ...made }, lines: showProvenTuning(made) };
      }),
    );
}

function withAgreed(command: Command): Command {
  return command
    .option('--digest <digest>', 'refuse another run')
    .option('--corpus <digest>', 'refuse another corpus')
    .option('--seed <hex>', 'refuse another seed');
}

function agreedOf({ digest, corpus, seed }: AgreedFlags): AgreedTuning {
  return given({ run: digest, corpus, seed });
}

function addVerifyTuning(zkdl: Command): void {
  withAgreed(withCommon(zkdl.command('verify-tuning'), false))
    .description('verify that a graph was trained as its run announced')
    .argument('<run>', 'a run file')
    .argument('[steps...]', 'step files, from the first on, in order')
    .option('--steps <n>', 'refuse fewer steps (default: 1)', counting)
    .action((run: string, steps: readonly string[], flags: AgreedFlags & { readonly steps?: number }) =>
      runCommand(flags, async ({ onStep }) => {
        const [{ verifyTuningFiles }, { showTuningVerdict }] = await Promise.all([
          import('../verbs/tuning/verify-tuning.ts'),
          import('./show-tuning.ts'),
        ]);
        onStep('verifying');
        const options = { run, steps, agreed: agreedOf(flags), least: flags.steps ?? 1, onStep };
        const verdict = verifyTuningFiles(options);
        return verdictOf(verdict, showTuningVerdict(verdict));
      }),
    );
}

function addProveTuned(zkdl: Command): void {
  withCommon(zkdl.command('prove-tuned'), true)
    .description('continue prompts by the weights of a proven run, and prove it')
    .argument('<run>', 'directory of a run with proven steps')
    .option('--prompt <ids>', 'token ids to continue, such as 7,3,7; several times for several', several)
    .option('--prompts <file>', 'prompts to continue: a JSON list of lists of ids')
    .option('--private-prompt', 'show nothing of the prompts but how many tokens they have')
    .option('--reveal-logits', 'show the logits that every token was chosen from')
    .requiredOption('-o, --out <file>', 'proof file to make (public)', newName)
    .option('--tokens <n>', 'greatest number of new tokens (default: 32)', positive)
    .option('--step <n>', 'weights behind so many steps (default: the last proven ones)', positive)
    .option('--greedy', 'the likeliest token each time (default)')
    .option('--seed <hex>', 'sample, with this public seed of 32 bytes')
    .option('--temperature <t>', 'sample at this temperature (default: 1)', decimal)
    .option('--context <text>', 'anything that the parties agreed on')
    .action((folder: string, flags: ProveTunedFlags) =>
      runCommand(flags, async ({ kernels, home, onStep }) => {
        const { tokens, step, privatePrompt, revealLogits, greedy, seed, temperature, context, out } = flags;
        const prompts = tokenPrompts(flags.prompt, flags.prompts);
        const rule = given({ greedy, seed, temperature, context });
        const options = { folder, prompts, out, ...rule };
        const [{ proveTuned }, { showProvenTuned }] = await Promise.all([
          import('../verbs/tuning/prove-tuned.ts'),
          import('./show-tuning.ts'),
        ]);
        const more = { ...given({ tokens, step, privatePrompt, revealLogits }), onStep };
        const made = proveTuned(await kernels(), await home(), { ...options, ...more });
        return { json: { ...made }, lines: showProvenTuned(made) };
      }),
    );
}

function addVerifyTuned(zkdl: Command): void {
  withAgreed(withCommon(zkdl.command('verify-tuned'), false))
    .description('verify an answer by trained weights, and with all steps the training behind it')
    .argument('<proof>', 'a proof file')
    .requiredOption('--run <file>', 'run file of the training')
    .requiredOption(
      '--steps <files...>',
      'step files, from the first on, in order; with --weights the one that wrote them',
    )
    .option('--weights <digest>', 'instead of all steps: weights that verify-tuning has told')
    .option('--prompt <ids>', 'refuse another prompt; several times for several', several)
    .option('--completion <ids>', 'refuse other tokens; several times for several', several)
    .option('--context <text>', 'refuse another context')
    .action((proof: string, flags: VerifyTunedFlags) =>
      runCommand(flags, async ({ onStep }) => {
        const [{ verifyTunedFile }, { showTunedVerdict }] = await Promise.all([
          import('../verbs/tuning/verify-tuned.ts'),
          import('./show-tuning.ts'),
        ]);
        onStep('verifying');
        const { run, steps, weights, prompt, completion, context } = flags;
        const prompts = prompt && idLists('prompt', prompt);
        const completions = completion && idLists('completion', completion);
        const options = { proof, run, steps, ...given({ weights, prompts, completions, context }) };
        const verdict = verifyTunedFile({ ...options, agreed: agreedOf(flags), onStep });
        return verdictOf(verdict, showTunedVerdict(verdict));
      }),
    );
}

/** What a run announces, without its keys: they are in its file. */
function withoutKeys(made: object & { readonly announcement?: GraphRun }): Record<string, unknown> {
  if (made.announcement === undefined) return { ...made };
  const { corpus: _, start, ...announcement } = made.announcement;
  return { ...made, announcement: { ...announcement, ...('bounds' in start && start) } };
}

/** Of a refusal nothing but why. */
function verdictOf(verdict: TuningFileVerdict | TunedFileVerdict, lines: readonly string[]): Shown {
  if (!verdict.ok) {
    const { code, stage, detail } = verdict;
    return { json: { verified: false, code, stage, detail }, lines, exit: 1 };
  }
  const { ok: verified, ...rest } = verdict;
  if (!('statement' in rest)) return { json: { verified, ...withoutKeys(rest) }, lines, exit: 0 };
  const { sequences, choice, context, revealed = [] } = rest.statement;
  const { statement: _, ...known } = rest;
  const logits = revealed.map(({ values, ...place }) => ({ ...place, values: Array.from(values) }));
  return { json: { verified, ...known, sequences, choice, context, logits }, lines, exit: 0 };
}
