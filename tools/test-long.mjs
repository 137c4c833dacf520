#!/usr/bin/env node
/**
 * The long run: the tests that count cases of a property, with many more of them, and a table of what came of it.
 *
 *   npm run test:long                every property; hours
 *   npm run test:long -- --record    and write date, machine and table into tests/README.md, if nothing failed
 *   npm run test:long -- --factor F  so many times the cases: 0.1 for a first look
 *   npm run test:long -- FILES       some test files alone
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { sectionOf, sums, withSection } from '../dist-tools/tools/long-table.js';
import { root, runTests } from './command.mjs';

/** Tests that scale. */
const FILES = [
  'tests/reference',
  'tests/fuzz',
  'tests/answer/owner.test.ts',
  'tests/zero-knowledge/real-budget.test.ts',
  'tests/zero-knowledge/uniform.test.ts',
  'tests/zero-knowledge/simulator-program.test.ts',
  'tests/soundness/program-tamper.test.ts',
  'tests/soundness/training-tamper.test.ts',
  'tests/soundness/prediction-tamper.test.ts',
  'tests/soundness/step-tamper.test.ts',
  'tests/soundness/graph-run-tamper.test.ts',
];
const TWO_DAYS = 172_800_000;

const args = process.argv.slice(2);
const at = args.indexOf('--factor');
const [, factor = '1'] = at < 0 ? [] : args.splice(at, 2);
const record = args.includes('--record');
if (record) args.splice(args.indexOf('--record'), 1);
const folder = mkdtempSync(join(tmpdir(), 'zkdl-long-'));
const file = join(folder, 'tally.jsonl');
const started = Date.now();
const status = runTests([...(args.length > 0 ? args : FILES), `--testTimeout=${TWO_DAYS}`], {
  ZKDL_LONG: factor,
  ZKDL_TALLY: file,
});

const tallied = existsSync(file)
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
rmSync(folder, { recursive: true, force: true });
const section = sectionOf(about(), sums(tallied));
console.log(section);
process.exitCode = status;
if (record && (status !== 0 || args.length > 0)) {
  console.error('test:long: not recorded: a test failed, or not every file was run');
} else if (record) {
  const readme = join(root, 'tests/README.md');
  writeFileSync(readme, withSection(readFileSync(readme, 'utf8'), section));
}

function about() {
  const minutes = Math.round((Date.now() - started) / 60_000);
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  return {
    date: new Date(started).toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
    machine: `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${memory}`,
    node: process.version,
    factor,
    took: `${Math.floor(minutes / 60)} h ${minutes % 60} min`,
  };
}
