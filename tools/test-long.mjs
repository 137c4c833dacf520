#!/usr/bin/env node
/**
 * The long run: the tests that count cases of a property, with many more of them, and a table of what came of it.
 *
 *   npm run test:long                every property; hours
 *   npm run test:long -- --factor F  so many times the cases: 0.1 for a first look
 *   npm run test:long -- FILES       some test files alone
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from './command.mjs';

/** Tests that scale. */
const FILES = [
  'tests/reference',
  'tests/fuzz',
  'tests/answer/owner.test.ts',
  'tests/zero-knowledge/simulator-program.test.ts',
  'tests/soundness/program-tamper.test.ts',
];
const TWO_DAYS = 172_800_000;

const args = process.argv.slice(2);
const at = args.indexOf('--factor');
const [, factor] = at < 0 ? [] : args.splice(at, 2);
const folder = mkdtempSync(join(tmpdir(), 'zkdl-long-'));
const file = join(folder, 'tally.jsonl');
process.exitCode = runTests([...(args.length > 0 ? args : FILES), `--testTimeout=${TWO_DAYS}`], {
  ZKDL_LONG: factor ?? '1',
  ZKDL_TALLY: file,
});

const rows = existsSync(file)
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
rmSync(folder, { recursive: true, force: true });
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
rows.sort((a, b) => (a.property < b.property ? -1 : 1));
rows.push({ property: 'all', cases: sum('cases'), refused: sum('refused'), surprises: sum('surprises') });
const width = Math.max(...rows.map(({ property }) => property.length));
const line = (name, ...numbers) =>
  console.log(name.padEnd(width), ...numbers.map((n) => String(n).padStart(20)));
line('property', 'cases', 'refused as expected', 'surprises');
for (const { property, cases, refused, surprises } of rows) line(property, cases, refused, surprises);
