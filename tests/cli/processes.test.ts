/**
 * Most tests of the command line run it in a process that stays. Here the same command lines run in a process of their own, and say
 * the same: exit code, standard output, standard error, and files.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAST, writeTiny, zkdl, zkdlAlone, type Run } from '../support/cli.ts';
import { writeTraining } from '../support/training-inputs.ts';

const SLOW = 600_000; // the machine may be busy: nothing here is about time
let folder: string;
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-processes-'));
  mkdirSync(path('state'));
  await writeTiny(folder);
  writeTraining(folder);
  for (const args of [
    ['import', 'tiny', '-o', 'm.zkq', '--profile', 'P12', ...FAST],
    ['commit', 'm.zkq', '-o', 'm', '--tokens', '8', '--proofs', '3'],
    ['prove', 'm', '--prompt', 'x', '--tokens', '1', '-o', 'a.zkp'],
    ['dataset', 'commit', 'x.npy', 'y.idx', '--plan', 'plan.json', '-o', 'd', '--proofs', '10'],
    ['train', 'd', '--plan', 'plan.json', '-o', 'r'],
  ]) {
    const { code, stderr } = zkdl(folder, args);
    expect(code, stderr).toBe(0);
  }
  writeFileSync(path('cut.zkp'), readFileSync(path('a.zkp')).subarray(0, -1));
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Seconds stand in front of steps and behind words, and are those of one run; and a step that takes more than five of them has
 * another line.
 */
function timeless(text: string): string {
  const lines = text
    .replace(/"(seconds|times)":\{[^}]*\}/g, '"$1"')
    .replace(/ *\b\d+(\.\d+)? (ms|s|min)\b/g, ' a while')
    .split('\n')
    .map((line) => line.replace(/^( a while .*?) \d+ %$/, '$1'));
  return lines.filter((line, i) => line === '' || line !== lines[i - 1]).join('\n');
}

/** A command both ways. @returns what it came to */
function both(...args: string[]): Run {
  const [alone, stays] = [zkdlAlone(folder, args), zkdl(folder, args)];
  for (const stream of ['stdout', 'stderr'] as const)
    expect(timeless(stays[stream])).toBe(timeless(alone[stream]));
  expect(stays.code).toBe(alone.code);
  return alone;
}

describe('a process that stays says what a process of its own says', () => {
  test.each<[string, number, string[]]>([
    ['help', 0, ['--help']],
    ['the version', 0, ['--version']],
    ['no command', 2, []],
    ['an unknown command, in JSON', 2, ['frobnicate', '--json']],
    ['a file that is missing', 2, ['inspect', 'nothing']],
    ['a file that is missing, in JSON', 2, ['verify', 'no.zkp', '--key', 'm.key', '--json']],
    ['a directory that is none', 2, ['prove', 'tiny', '--prompt', 'x', '-o', 'b.zkp']],
    ['a name that is taken', 2, ['import', 'tiny', '-o', 'm.zkq', '--json']],
    ['a proof that is refused', 1, ['verify', 'cut.zkp', '--key', 'm.key']],
    ['a proof that is refused, in JSON', 1, ['verify', 'cut.zkp', '--key', 'm.key', '--json']],
    ['a run that is refused', 1, ['verify-training', 'r.run', 'a.zkp', '--json']],
    ['a proof that is verified', 0, ['verify', 'a.zkp', '--key', 'm.key']],
    ['a key', 0, ['inspect', 'm.key', '--json']],
    ['a budget', 0, ['budget', 'm']],
    ['a run that is trained already', 0, ['train', 'd', '-o', 'r', '--json']],
  ])('%s', { timeout: SLOW }, (_, code, args) => {
    expect(both(...args).code).toBe(code);
  });

  test('what each makes: the same model file; the same steps of a proof', { timeout: SLOW }, () => {
    const [alone, stays] = [zkdlAlone, zkdl].map((way, i) =>
      way(folder, ['import', 'tiny', '-o', `${i}.zkq`, '--profile', 'P12', ...FAST]),
    ) as [Run, Run];
    expect([alone.code, stays.code]).toEqual([0, 0]);
    expect(readFileSync(path('1.zkq'))).toEqual(readFileSync(path('0.zkq')));
    const steps = (of: Run): string => timeless(of.stderr);
    expect(steps(stays)).toBe(steps(alone));
    const proofs = [zkdlAlone, zkdl].map((way, i) =>
      way(folder, ['prove', 'm', '--prompt', 'x', '--tokens', '1', '-o', `${i}.zkp`]),
    ) as [Run, Run];
    expect(steps(proofs[1])).toBe(steps(proofs[0]));
    for (const i of [0, 1]) expect(zkdl(folder, ['verify', `${i}.zkp`, '--key', 'm.key']).code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('.unfinished-'))).toEqual([]);
  });
});
