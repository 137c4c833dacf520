/** Commands that need no secret: verify, inspect, estimate. */
import type { Command } from 'commander';
import type { FileVerdict } from '../verbs/index.ts';
import { withCommon } from './common.ts';
import { given, positive } from './numbers.ts';
import { several } from './prompts.ts';
import { runCommand, type CommonOptions } from './shell.ts';

interface VerifyFlags extends CommonOptions {
  readonly key: string;
  readonly link?: readonly string[];
  readonly tokenizer?: string;
  readonly prompt?: readonly string[];
  readonly completion?: readonly string[];
  readonly model?: string;
  readonly context?: string;
}

interface EstimateFlags extends CommonOptions {
  readonly tokens?: number;
  readonly promptTokens?: number;
  readonly privatePrompt?: boolean;
  readonly proofs?: number;
}

export function addPublicCommands(zkdl: Command): void {
  addVerify(zkdl);
  addInspect(zkdl);
  addEstimate(zkdl);
}

function addVerify(zkdl: Command): void {
  withCommon(zkdl.command('verify'), false)
    .description('verify a proof file under a key')
    .argument('<proof>', 'a proof file')
    .requiredOption('--key <file>', 'key of the model')
    .option('--link <file...>', 'links from that key to the one of the proof, in order')
    .option('--tokenizer <file>', 'shows text; must be the one of the key')
    .option('--prompt <text>', 'refuse another prompt (needs --tokenizer); one for each of several', several)
    .option('--completion <text>', 'refuse another completion (needs --tokenizer); likewise', several)
    .option('--model <digest>', 'refuse another key')
    .option('--context <text>', 'refuse another context')
    .action((proof: string, flags: VerifyFlags) =>
      runCommand(flags, async ({ onStep }) => {
        const { key, link: links, tokenizer, prompt, completion, model, context } = flags;
        const { verifyFile } = await import('../verbs/verify.ts');
        const { showVerdict } = await import('./show-answers.ts');
        onStep('verifying');
        const options = given({ key, links, tokenizer, prompt, completion, model, context });
        const verdict = await verifyFile({ proof, ...options });
        return { json: verdictJson(verdict), lines: showVerdict(verdict), exit: verdict.ok ? 0 : 1 };
      }),
    );
}

function verdictJson(verdict: FileVerdict): Record<string, unknown> {
  if (!verdict.ok) {
    const { code, stage, detail } = verdict;
    return { verified: false, code, stage, detail };
  }
  const { statement, key, sequences, logits, milliseconds } = verdict;
  const { model, choice, context } = statement;
  return { verified: true, model, sequences, logits, choice, context, info: key.info, milliseconds };
}

function addInspect(zkdl: Command): void {
  withCommon(zkdl.command('inspect'), false)
    .description('what a file holds: what is proven, what is public')
    .argument('<file>', 'a model, key, proof, link, run, segment, step, prediction')
    .action((file: string, flags: CommonOptions) =>
      runCommand(flags, async () => {
        const { inspectFile } = await import('../verbs/inspect.ts');
        const { showInspection } = await import('./show.ts');
        const inspection = inspectFile(file);
        return { json: { ...inspection }, lines: showInspection(inspection) };
      }),
    );
}

function addEstimate(zkdl: Command): void {
  withCommon(zkdl.command('estimate'), false)
    .description('time, memory, disk and size of a proof, before anything is started')
    .argument('<path>', 'directory of a committed model, or a model file')
    .option('--tokens <n>', 'new tokens (default: 32)', positive)
    .option('--prompt-tokens <n>', 'tokens of the prompt (default: 8)', positive)
    .option('--private-prompt', 'of a proof that keeps the prompt private')
    .option('--proofs <n>', 'for a model file: proofs before a refresh (default: 500)', positive)
    .action((path: string, flags: EstimateFlags) =>
      runCommand(flags, async ({ onStep }) => {
        const { estimatePath } = await import('../verbs/estimate.ts');
        const { showEstimate } = await import('./show.ts');
        const { tokens, promptTokens, privatePrompt, proofs } = flags;
        onStep('counting');
        const estimate = estimatePath({ path, ...given({ tokens, promptTokens, privatePrompt, proofs }) });
        return { json: { ...estimate }, lines: showEstimate(estimate) };
      }),
    );
}
