/** The real binary, in a process of its own or in one that stays, and a small model to use it on. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { expect } from 'vitest';
import { writeRandomModel } from '../../tools/random-model/write.ts';
import { randomModel } from './models.ts';

export const BINARY = join(import.meta.dirname, '../../dist/cli/main.js');

/** What a run of the command came to. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON. */
  json(): Record<string, unknown>;
}

/** Who runs a command, where that is not who runs the tests. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

function runOf({ code, stdout, stderr }: Pick<Run, 'code' | 'stdout' | 'stderr'>): Run {
  return { code, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> };
}
function needBuild(): void {
  if (!existsSync(BINARY)) throw new Error('tests of the command line need npm run build');
}

/** Runs `zkdl` in a process of its own; its state lies in the folder. @param shell lines that come before, in a shell */
export function zkdlAlone(folder: string, args: readonly string[], shell?: string, user?: User): Run {
  needBuild();
  const command = [process.execPath, BINARY, ...args];
  const [file, ...rest] =
    shell === undefined ? command : ['/bin/sh', '-c', `${shell}; exec "$@"`, 'sh', ...command];
  const { status, stdout, stderr } = spawnSync(file as string, rest, {
    cwd: folder,
    encoding: 'utf8',
    ...user,
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
  });
  return runOf({ code: status, stdout, stderr });
}

/** An hour: a command that takes longer is lost. */
const PATIENCE = 3_600_000;
interface Staying {
  readonly port: MessagePort;
  readonly signal: Int32Array;
}
let staying: Staying | undefined;

function startStaying(): Staying {
  const { port1: port, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { port: port2, signal, binary: BINARY };
  const bridge = join(import.meta.dirname, 'staying/bridge.mjs');
  new Worker(bridge, { workerData, transferList: [port2], execArgv: [] }).unref();
  port.unref();
  return { port, signal };
}

/**
 * Runs `zkdl` in a process that stays for the commands of a test file: the same compiled main module, told the same as a process
 * of its own, whose modules and kernels are not read again. That both say the same is tested in cli/processes.
 */
export function zkdl(folder: string, args: readonly string[]): Run {
  needBuild();
  const { port, signal } = (staying ??= startStaying());
  Atomics.store(signal, 0, 0);
  port.postMessage({ args, cwd: folder, state: join(folder, 'state') });
  if (Atomics.wait(signal, 0, 0, PATIENCE) === 'timed-out') throw new Error(`no end: ${args.join(' ')}`);
  const answer = receiveMessageOnPort(port)?.message as (Run & { readonly lost?: string }) | undefined;
  if (answer === undefined || answer.lost !== undefined)
    throw new Error(`${args.join(' ')}: ${answer?.lost ?? 'no answer'}`);
  return runOf(answer);
}

/** The same for commands that must succeed. */
export function mustSucceed(run: (...args: string[]) => Run): (...args: string[]) => Run {
  return (...args) => {
    const result = run(...args);
    expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
    return result;
  };
}

/** A folder with a random model and a tokenizer of bytes; 64 positions. */
export async function writeTiny(folder: string, name = 'tiny', layers = 1, seed = 1): Promise<void> {
  const model = randomModel('tiny-llama', { num_hidden_layers: layers }, { seed });
  await writeRandomModel(join(folder, name), model);
}

/** Small samples: what is measured is not the point here. */
export const FAST = [
  '--calibration-samples',
  '2x32',
  '--evaluation-samples',
  '2x32',
  '--allow-miss',
  'random weights',
];
