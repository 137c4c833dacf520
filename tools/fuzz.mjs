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
import { randomInt } from 'node:crypto';
import { option, runTests } from './command.mjs';

const first = option('--first', String(randomInt(2 ** 40)));
const target = option('--target');
console.log(`fuzz: from mutant ${first} on`);
process.exitCode = runTests(['tests/fuzz', '--disable-console-intercept'], {
  ZKDL_FUZZ_SECONDS: option('--seconds', '60'),
  ZKDL_FUZZ_FIRST: first,
  ...(target !== undefined && { ZKDL_FUZZ_TARGET: target }),
});
