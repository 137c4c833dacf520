#!/usr/bin/env node
/**
 * Fuzzes every decoder that takes bytes from strangers.
 *
 *   npm run fuzz                          a minute for each target
 *   npm run fuzz -- --seconds N           so many
 *   npm run fuzz -- --target NAME         one target (names: tests/support/fuzz/)
 *   npm run fuzz -- --first N             from mutant N on; the default is another one every time, and is printed
 *
 * What breaks a property is kept below tests/fuzz/seeds/ and read again by every later test run.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function option(name, otherwise) {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
}

const first = option('--first', String(randomInt(2 ** 40)));
const target = option('--target');
console.log(`fuzz: from mutant ${first} on`);
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'tests/fuzz', '--disable-console-intercept'],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ZKDL_FUZZ_SECONDS: option('--seconds', '60'),
      ZKDL_FUZZ_FIRST: first,
      ...(target !== undefined && { ZKDL_FUZZ_TARGET: target }),
    },
  },
);
process.exitCode = status ?? 1;
