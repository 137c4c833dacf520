/**
 * What every command does around its verb: kernels and home on demand, progress, output, exit code. Whatever a command needs is loaded
 * when it runs: a verifier waits for no prover's modules.
 */
import { totalmem } from 'node:os';
import type { Kernels } from '../kernels/index.ts';
import type { Home } from '../store/index.ts';
import type { OnStep } from '../verbs/index.ts';
import { failureLine, failureOf, type ExitCode, type Failure } from './failure.ts';
import { progress } from './terminal.ts';

/** Options of every command. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly home?: string;
  readonly threads?: number;
}

/** What a command gave. */
export interface Shown {
  /** For `--json`: bytes become hexadecimal. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
  /** Default 0. */
  readonly exit?: ExitCode;
}

export interface Shell {
  kernels(): Promise<Kernels>;
  home(): Promise<Home>;
  readonly onStep: OnStep;
}

/** Runs a command and sets the exit code; never throws. */
export async function runCommand(
  options: CommonOptions,
  command: (shell: Shell) => Promise<Shown>,
): Promise<void> {
  const { onStep, end } = progress(options.quiet === true);
  let kernels: Kernels | undefined;
  const shell: Shell = {
    onStep,
    async home() {
      const { openHome } = await import('../store/index.ts');
      return openHome(options.home);
    },
    async kernels() {
      const { chooseKernels, kernelMemoryBytes } = await import('../kernels/index.ts');
      const threads = options.threads === undefined ? {} : { threads: options.threads };
      const chosen = await chooseKernels({ ...threads, memoryBytes: kernelMemoryBytes(totalmem()) });
      if (chosen.notice !== undefined) process.stderr.write(`zkdl: ${chosen.notice}\n`);
      return (kernels = chosen.kernels);
    },
  };
  try {
    const shown = await command(shell);
    end();
    print(options, shown);
    process.exitCode = shown.exit ?? 0;
  } catch (error) {
    end();
    report(options.json === true, failureOf(error));
  } finally {
    await kernels?.close();
  }
}

/** An error on standard error, and on standard output as JSON where that was asked for. */
export function report(json: boolean, failure: Failure): void {
  if (json) process.stdout.write(`${JSON.stringify({ error: failure })}\n`);
  process.stderr.write(`${failureLine(failure)}\n`);
  process.exitCode = failure.exit;
}

function print({ json }: CommonOptions, shown: Shown): void {
  const text = json === true ? JSON.stringify(shown.json, hexadecimal) : shown.lines.join('\n');
  process.stdout.write(`${text}\n`);
}

function hexadecimal(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}
