/**
 * What users copy runs: every program in examples/ as the compiled file that `npm run demo` starts, and the README's library example
 * as a program of its own that finds `zkdl` where npm would have put it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAST, writeTiny, zkdl } from '../support/cli.ts';

const ROOT = join(import.meta.dirname, '../..');
const SLOW = 900_000; // the machine may be busy: nothing here is about time
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-programs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program of its own. @returns what it printed */
function runs(file: string, cwd: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd, encoding: 'utf8' });
  expect(status, `${file}: ${stderr}`).toBe(0);
  return stdout;
}

describe('examples/', () => {
  const files = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.ts'));
  test('has the ones that documents name', () => {
    const named = ['answer.ts', 'linear-model.ts', 'training.ts', 'transformer.ts'];
    expect(files).toEqual(expect.arrayContaining(named));
  });
  test.each(files)(
    '%s',
    (name) => {
      const compiled = join(ROOT, 'dist-tools/examples', name.replace(/ts$/, 'js'));
      if (!existsSync(compiled))
        throw new Error(`expected ${compiled}: tests of examples need npm run build`);
      expect(runs(compiled, folder)).not.toBe('');
    },
    SLOW,
  );
});

test(
  'the library example of the README: from a model file to a verdict, with a private prompt',
  async () => {
    const blocks = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
    const [code] = blocks.map(([, text]) => text as string).filter((text) => text.includes("'zkdl/verbs'"));
    expect(code).toBeDefined();
    expect(code!.split('\n').filter((line) => line !== '').length).toBeLessThan(12);
    await writeTiny(folder);
    const made = zkdl(folder, ['import', 'tiny', '-o', 'story.zkq', '--profile', 'P12', ...FAST]);
    expect(made.code, made.stderr).toBe(0);
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/zkdl'));
    writeFileSync(join(folder, 'example.mjs'), code!);
    const printed = runs(join(folder, 'example.mjs'), folder);
    const verdict = zkdl(folder, ['verify', 'answer.zkp', '--key', 'story.key', '--json']).json();
    expect(verdict).toMatchObject({ verified: true, sequences: [{ prompt: { privateTokens: 7 } }] });
    const [{ completion }] = verdict['sequences'] as [{ completion: number[] }];
    expect(printed.match(/\d+/g)?.map(Number)).toEqual(completion);
  },
  SLOW,
);
