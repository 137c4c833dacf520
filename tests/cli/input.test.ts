/** Bad input, before anything is committed: exit code 2, a message that names thing and cause, nothing half-written. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAST, writeTiny, zkdl, type Run } from '../support/cli.ts';

let folder: string;
const run = (...args: string[]): Run => zkdl(folder, args);

/** A failed run: its code, one line that says why, the same as JSON, and no file that was not there before. */
function failure(args: readonly string[], exit = 2): { code: string; stage: string; detail: string } {
  const before = readdirSync(folder).sort();
  const { code, stdout, stderr, json } = zkdl(folder, [...args, '--json', '--quiet']);
  expect(code, stderr).toBe(exit);
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  const { error } = json() as { error: { exit: number; code: string; stage: string; detail: string } };
  expect(error.exit).toBe(exit);
  expect(stderr).toContain(`zkdl: ${error.code}: ${error.stage}: ${error.detail}`);
  expect(stderr).not.toMatch(/\n\s+at /); // no stack
  return error;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-cli-'));
  mkdirSync(join(folder, 'state'));
  await writeTiny(folder);
  await writeTiny(folder, 'coarse', 2); // misses the default target by a token or two
  const made = run('import', 'tiny', '-o', 'm.zkq', ...FAST);
  expect(made.code, made.stderr).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('wrong use', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['an unknown option', ['inspect', 'm.zkq', '--frobnicate'], /unknown option '--frobnicate'/],
    ['a missing argument', ['inspect'], /missing required argument 'file'/],
    ['a missing option', ['verify', 'a.zkp'], /required option '--key <file>' not specified/],
    ['too many arguments', ['inspect', 'a', 'b'], /too many arguments/],
    ['a profile that is none', ['import', 'tiny', '-o', 'x.zkq', '--profile', 'P15'], /P12, P14, P16/],
    ['no number', ['commit', 'm.zkq', '-o', 'm', '--proofs', 'ten'], /expected a positive integer, got ten/],
    ['a negative number', ['estimate', 'm.zkq', '--tokens', '-3'], /expected a positive integer, got -3/],
    [
      'a number of 20 digits',
      ['commit', 'm.zkq', '-o', 'm', '--group-cells', '9'.repeat(20)],
      /of at most 15 digits, got 9{20}/,
    ],
    ['no decimal', ['prove', 'm', '--prompt', 'x', '-o', 'a', '--temperature', 'hot'], /a number such as/],
  ])('%s', (_, args, message) => {
    const { code, stage, detail } = failure(args);
    expect({ code, stage }).toEqual({ code: 'USAGE', stage: 'command line' });
    expect(detail).toMatch(message);
  });

  test('no command', () => {
    expect(run()).toMatchObject({ code: 2, stdout: '' });
    expect(run().stderr).toBe('zkdl: USAGE: command line: expected a command, got none; see zkdl --help\n');
  });

  test('help is no error', () => {
    expect(run('--help')).toMatchObject({ code: 0, stderr: '' });
    expect(run('prove', '--help').stdout).toContain('--temperature');
  });
});

describe('import', () => {
  test('what it printed is the accuracy report', () => {
    const { json } = run('inspect', 'm.zkq', '--json');
    const { kind, info, weightCount } = json() as { kind: string; info: object; weightCount: number };
    expect(kind).toBe('model');
    expect(info).toMatchObject({ family: 'llama', profile: 'P14', report: { source: 'samples' } });
    expect(weightCount).toBeGreaterThan(10_000);
  });

  test('a model that is not there', () => {
    expect(failure(['import', 'nothing', '-o', 'x.zkq'])).toMatchObject({
      code: 'FILE_MISSING',
      stage: 'nothing',
    });
  });
  test('a folder without a model', () => {
    expect(failure(['import', '.', '-o', 'x.zkq'])).toMatchObject({ code: 'FILE_MISSING' });
  });
  test('a file that is no model', () => {
    expect(failure(['import', 'm.tokenizer.json', '-o', 'x.zkq'])).toMatchObject({ code: 'FILE_KIND' });
  });
  test('a checkpoint without its tokenizer', () => {
    writeFileSync(join(folder, 'x.bin'), new Uint8Array(28));
    expect(failure(['import', 'x.bin', '-o', 'x.zkq'])).toMatchObject({
      code: 'TOKENIZER_MISSING',
      stage: 'x.bin',
    });
    expect(failure(['import', 'x.bin', '-o', 'x.zkq', '--tokenizer', 'no.bin'])).toMatchObject({
      stage: expect.stringContaining('x.bin') as string,
    });
  });
  test('an output that exists, before any work', () => {
    const before = readFileSync(join(folder, 'm.zkq'));
    expect(failure(['import', 'tiny', '-o', 'm.zkq'])).toMatchObject({ code: 'FILE_EXISTS', stage: 'm.zkq' });
    expect(readFileSync(join(folder, 'm.zkq'))).toEqual(before);
  });
  test('an output in a directory that does not exist', () => {
    expect(failure(['import', 'tiny', '-o', 'no/x.zkq'])).toMatchObject({
      code: 'FILE_MISSING',
      stage: 'no/x.zkq',
    });
  });
  test('calibration text that is none, is missing, is another kind', () => {
    const args = ['import', 'tiny', '-o', 'x.zkq', '--calibrate'];
    expect(failure([...args, 'no.txt'])).toMatchObject({ code: 'FILE_MISSING', stage: 'no.txt' });
    expect(failure([...args, 'm.zkq'])).toMatchObject({ code: 'CALIBRATION_TEXT', stage: 'm.zkq' });
    writeFileSync(join(folder, 'short.txt'), 'too short');
    expect(failure([...args, 'short.txt'])).toMatchObject({ code: 'CALIBRATION_TEXT', stage: 'short.txt' });
  });
  test('a target that is missed is refused, with the figures', () => {
    const { code, stderr } = run('import', 'coarse', '-o', 'x.zkq', ...FAST.slice(0, 4));
    expect(code).toBe(1);
    expect(stderr).toMatch(/KL a token.*nats[\s\S]*ACCURACY: report: expected/);
    expect(readdirSync(folder)).not.toContain('x.zkq');
    expect(readdirSync(folder)).not.toContain('x.tokenizer.json');
  });
  test('symbolic links, unless they are allowed', () => {
    const linked = join(folder, 'linked');
    mkdirSync(linked);
    for (const name of readdirSync(join(folder, 'tiny'))) {
      symlinkSync(join(folder, 'tiny', name), join(linked, name));
    }
    expect(failure(['import', 'linked', '-o', 'x.zkq'])).toMatchObject({ code: 'FILE_LINK' });
    expect(run('import', 'linked', '-o', 'linked.zkq', '--follow-links', ...FAST).code).toBe(0);
  });
});

describe('a model file', () => {
  test.each<[string, (bytes: Buffer) => Uint8Array, string]>([
    ['empty', () => new Uint8Array(0), 'FORMAT'],
    ['cut short', (bytes) => bytes.subarray(0, -100), 'MODEL_DIGEST'],
    ['cut in the header', (bytes) => bytes.subarray(0, 10), 'MODEL_LENGTH'],
    ['with a changed byte', (bytes) => bytes.map((b, i) => (i === 30_000 ? b ^ 1 : b)), 'MODEL_DIGEST'],
    ['with bytes behind', (bytes) => Buffer.concat([bytes, Buffer.alloc(4)]), 'MODEL_DIGEST'],
  ])('%s', (name, change, code) => {
    const file = `${name.replaceAll(' ', '-')}.zkq`;
    writeFileSync(join(folder, file), change(readFileSync(join(folder, 'm.zkq'))));
    const shown = failure(['inspect', file]);
    expect(shown.code).toBe(code);
    expect(shown.stage).toContain(file);
    for (const args of [
      ['estimate', file],
      ['commit', file, '-o', 'committed'],
    ]) {
      const refused = failure(args);
      expect(refused.code).toMatch(/^MODEL_/);
      expect(refused.stage).toContain(file);
    }
  });
  test('a directory, a missing file', () => {
    expect(failure(['inspect', 'tiny'])).toMatchObject({ code: 'FILE_KIND', stage: 'tiny' });
    expect(failure(['inspect', 'no.zkq'])).toMatchObject({ code: 'FILE_MISSING', stage: 'no.zkq' });
    expect(failure(['commit', 'no.zkq', '-o', 'x'])).toMatchObject({ code: 'FILE_MISSING', stage: 'no.zkq' });
    expect(failure(['estimate', 'no.zkq'])).toMatchObject({ code: 'FILE_MISSING', stage: 'no.zkq' });
  });
});

describe('directories of committed models', () => {
  test.each(['prove', 'budget', 'refresh'])('%s: missing, a file, another directory', (verb) => {
    const rest = verb === 'prove' ? ['--prompt', 'x', '-o', 'a.zkp'] : [];
    expect(failure([verb, 'none', ...rest])).toMatchObject({ code: 'FILE_MISSING', stage: 'none' });
    expect(failure([verb, 'm.zkq', ...rest])).toMatchObject({ code: 'FILE_KIND', stage: 'm.zkq' });
    expect(failure([verb, 'tiny', ...rest])).toMatchObject({ code: 'FOLDER', stage: 'tiny' });
  });
});
