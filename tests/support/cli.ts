/** The real binary in a process of its own, and a small model to use it on. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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

/** Runs `zkdl`; its state lies in the folder. @param shell lines that come before, in a shell */
export function zkdl(folder: string, args: readonly string[], shell?: string, user?: User): Run {
  if (!existsSync(BINARY)) throw new Error('tests of the command line need npm run build');
  const command = [process.execPath, BINARY, ...args];
  const [file, ...rest] =
    shell === undefined ? command : ['/bin/sh', '-c', `${shell}; exec "$@"`, 'sh', ...command];
  const { status, stdout, stderr } = spawnSync(file as string, rest, {
    cwd: folder,
    encoding: 'utf8',
    ...user,
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
  });
  return { code: status, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> };
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
