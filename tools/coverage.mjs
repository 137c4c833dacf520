#!/usr/bin/env node
/**
 * Branch coverage of the verifier's closure: every branch that no test takes is printed, and fails unless
 * `coverage/unreached.json` names it (file, text, way: as they are printed) with a reason.
 *
 *   npm run coverage                  every unit, then the report; hours on a small machine
 *   npm run coverage -- UNIT...       some units alone (folders or files of tests, joined by +), then the report over all that is kept
 *   npm run coverage -- --resume      units without a kept result, then the report
 *   npm run coverage -- --report      the report alone
 *
 * A unit is a run of its own; what it covered is kept under coverage/ beside the digests of the sources, and is left out of the
 * report for a file that has changed since. Branches are those of `coverage/branches.mjs`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { textOf, verifierClosure } from './closure.mjs';
import { branchesOf } from './coverage/branches.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const KEPT = join(root, 'coverage');
/** Tests that reach the closure: what starts together, since a start costs a minute. */
const UNITS = [
  ['params', 'transcript', 'hash', 'merkle', 'field', 'tables', 'pcs'],
  ['relation', 'tlookup', 'store/key.test.ts'],
  ['ops', 'graph'],
  ['answer', 'import', 'fuzz'],
  ['quantize'],
  ['training'],
  ['backward', 'graph-run'],
  ['lowering'],
  ['soundness'],
  ['reference'],
].map((folders) => folders.map((folder) => `tests/${folder}${folder.includes('.') ? '' : '/'}`).join('+'));

const closure = verifierClosure().files;
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const digestOf = (file) => sha256(textOf(file));
/** Readable, and of a length that file systems take. */
const keptName = (unit) =>
  join(KEPT, `${unit.replace(/[^\w.-]/g, '_').slice(0, 80)}-${sha256(unit).slice(0, 12)}.json`);

/** Runs the tests of a unit; keeps what they covered. True where they were green. */
function runUnit(unit) {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-coverage-'));
  const digests = Object.fromEntries(closure.map((file) => [file, digestOf(file)]));
  const options = [
    'enabled',
    'provider=v8',
    'reporter=json',
    'reportOnFailure',
    `reportsDirectory=${folder}`,
  ];
  const args = [...options, ...closure.map((file) => `include=${file}`)].map((o) => `--coverage.${o}`);
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      ...unit.split('+'),
      '--testTimeout=3600000',
      '--hookTimeout=3600000',
      ...args,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  const result = join(folder, 'coverage-final.json');
  if (existsSync(result)) {
    const covered = {};
    for (const [path, data] of Object.entries(JSON.parse(readFileSync(result, 'utf8')))) {
      const file = relative(root, path).replaceAll('\\', '/');
      covered[file] = { digest: digests[file], branchMap: data.branchMap, b: data.b };
    }
    mkdirSync(KEPT, { recursive: true });
    writeFileSync(keptName(unit), JSON.stringify(covered));
  }
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
}

/** All branches of the closure with their counts over the kept results. */
function merged() {
  const branches = new Map();
  const stale = new Set();
  for (const name of existsSync(KEPT) ? readdirSync(KEPT).filter((n) => n.endsWith('.json')) : []) {
    const covered = JSON.parse(readFileSync(join(KEPT, name), 'utf8'));
    for (const file of closure) {
      const data = covered[file];
      if (data === undefined) continue;
      if (data.digest !== digestOf(file)) stale.add(file);
      else {
        for (const branch of branchesOf(file, textOf(file), data)) {
          const known = branches.get(branch.key);
          if (known === undefined) branches.set(branch.key, branch);
          else known.count += branch.count;
        }
      }
    }
  }
  return { branches: [...branches.values()], stale: [...stale] };
}

function report() {
  const { branches, stale } = merged();
  const listed = JSON.parse(readFileSync(join(root, 'tools/coverage/unreached.json'), 'utf8'));
  const used = new Set();
  const named = ({ file, text, way }) => {
    const at = listed.findIndex((one) => one.file === file && one.text === text && one.way === way);
    if (at >= 0) used.add(at);
    return at >= 0;
  };
  const missing = branches.filter(({ count }) => count === 0);
  const open = missing.filter((branch) => !named(branch));
  for (const { file, line, text, way } of open) console.log(`${file}:${line}  ${text}  [${way}]`);
  for (const file of stale) console.log(`${file}: changed since some unit ran`);
  const unused = listed.filter(({ reason }, at) => !used.has(at) || !reason);
  for (const { file, text, way } of unused)
    console.log(`listed, but taken, gone or without a reason: ${file}  ${text}  [${way}]`);
  console.log(
    `${branches.length} branches in ${closure.length} files: ${branches.length - missing.length} taken, ` +
      `${missing.length - open.length} listed with a reason, ${open.length} open`,
  );
  return open.length === 0 && unused.length === 0 && branches.length > 0;
}

const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('--'));
const wanted = args.filter((arg) => !arg.startsWith('--'));
const units = flags.includes('--report') ? [] : wanted.length > 0 ? wanted : UNITS;
if (units === UNITS && !flags.includes('--resume')) rmSync(KEPT, { recursive: true, force: true });
const red = units
  .filter((unit) => !flags.includes('--resume') || !existsSync(keptName(unit)))
  .filter((unit) => !runUnit(unit));
const complete = report();
for (const unit of red) console.error(`coverage: tests of ${unit} fail`);
process.exitCode = complete && red.length === 0 ? 0 : 1;
