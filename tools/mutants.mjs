#!/usr/bin/env node
/**
 * Deletes the verifier's checks one at a time and expects a red test for each.
 *
 *   node tools/mutants.mjs                 all checks, two at a time; exit code 1 if one is not missed
 *   node tools/mutants.mjs --only PATTERN  checks whose file, line or text contains PATTERN
 *   node tools/mutants.mjs --files A,B     checks in files whose path contains A or B
 *   node tools/mutants.mjs --list          print the checks
 *   node tools/mutants.mjs --jobs N        N at a time
 *   node tools/mutants.mjs --hints         write down which tests were red, for the next run
 *
 * A check is a call of `refuse(..)` or `ledger.assertZero(..)` in a file that a verifier reaches, and in some rooms also what is
 * thrown at a malformed statement or at a ledger that is not closed, and every call of a function that checks. Each is replaced by
 * nothing in a copy of the tree; the working tree is never touched. A check whose condition is a list, `if (a || b) refuse(..)`
 * or `same = a && b`, is also tried with each of its parts left out, and so are the guards of rooms that decide without
 * refusing (`mutants/checks.mjs`). What is bound and what is said is tried as well: each leaf of a digest (`--only leaf:`) and each relation that an
 * operator or a step adds to a program (`--only relation:`), left out on both sides at once. Tests run on stored proofs, made once by the unchanged prover, so that a changed verifier meets
 * honest proofs and lies that it has no part in.
 *
 * Where stored lies are refused by the check alone, they come first, to the end. Then the test that `mutants/red.json` names for the
 * check, by itself; then test files one after the other, first the one that was red for the check before, then the short ones, up to
 * the first failure. All run in a process that stays (`mutants/server.mjs`). `--hints` writes `red.json` anew for the checks tried:
 * the test that was red, where it took more than two seconds to get to it.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { option, root } from './command.mjs';
import { checksOf } from './mutants/checks.mjs';
import { workspace } from './mutants/runner.mjs';
import { EQUIVALENT, hasLies, redBefore, STORED, testsOf, writeHints } from './mutants/tests.mjs';

const CACHE = join(root, 'node_modules/.cache/zkdl');

function reasonOf({ file, call }) {
  return EQUIVALENT.find((one) => one.file === file && call.startsWith(one.call))?.reason;
}

function now() {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Runs the unchanged tree, which makes the stored proofs and must be green; milliseconds of every test file. */
async function baseline(workers, files, corpusOf) {
  const times = new Map();
  const queue = [...files];
  const one = async (worker) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const started = now();
      const { failed } = await worker.test([file], { limits: () => 3_600_000, corpus: corpusOf() });
      if (failed.length > 0)
        throw new Error(`mutants: ${file} fails without any change: ${failed.join('; ')}`);
      times.set(file, now() - started);
    }
  };
  await Promise.all(workers.map(one));
  return times;
}

async function main() {
  const only = option('--only');
  const paths = option('--files')?.split(',');
  const all = checksOf()
    .filter((c) => only === undefined || `${c.file}:${c.line} ${c.call}`.includes(only))
    .filter(({ file }) => paths === undefined || paths.some((path) => file.includes(path)));
  if (process.argv.includes('--list')) {
    for (const { file, line, call } of all) console.log(`${file}:${line}  ${call.slice(0, 90)}`);
    console.log(`${all.length} checks`);
    return 0;
  }
  const queue = all.filter((check) => reasonOf(check) === undefined);
  const base = mkdtempSync(join(tmpdir(), 'zkdl-mutants-'));
  const corpus = join(base, 'corpus.bin');
  const jobs = Number(option('--jobs') ?? 2);
  const workers = Array.from({ length: jobs }, (_, index) => workspace(root, base, index));
  try {
    return await tryAll({ all, queue, workers, corpus });
  } finally {
    for (const worker of workers) worker.end();
    rmSync(base, { recursive: true, force: true });
  }
}

async function tryAll({ all, queue, workers, corpus }) {
  const started = now();
  // Stored proofs first, where tests read them.
  const files = [...new Set(queue.flatMap(testsOf))];
  const first = new Map();
  if (files.some((file) => file.startsWith('tests/soundness/'))) {
    for (const [file, time] of await baseline(workers.slice(0, 1), [STORED], () => null))
      first.set(file, time);
    const stored = readdirSync(CACHE).find((name) => /^soundness-.*\.bin$/.test(name));
    if (stored === undefined) throw new Error('mutants: no stored proofs');
    cpSync(join(CACHE, stored), corpus);
  }
  const others = files.filter((file) => file !== STORED);
  const times = new Map([...first, ...(await baseline(workers, others, () => corpus))]);
  const quiet = now() - started;
  // Ten times what it took, and time for a slow machine: an endless loop is a red test.
  const limits = (file) => 120_000 + 10 * (times.get(file) ?? 0);
  const reds = new Map();
  const hints = [];
  const survivors = [];
  const masked = [];
  let done = 0;
  const one = async (worker) => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const begun = now();
      const result = await tryMutant(worker, { check, corpus, limits, times, reds });
      if (result.red !== undefined && now() - begun > 2000) hints.push([check, result.red]);
      const name = `${check.file}:${check.line}  ${check.call.slice(0, 70)}`;
      done++;
      const state = result.caught === undefined ? 'SURVIVED' : `caught by ${result.caught}`;
      const alone = result.accepted > 0 ? `, ${result.accepted} lies pass without it` : '';
      const took = ((now() - begun) / 1000).toFixed(1).padStart(5);
      console.log(`${String(done).padStart(3)} ${took} s  ${state}${alone}  ${name}`);
      if (result.caught === undefined) survivors.push(name);
      masked.push(...result.masked.map((lie) => `${name}\n     still refused: ${lie}`));
    }
  };
  await Promise.all(workers.map(one));
  if (process.argv.includes('--hints')) writeHints(hints);
  for (const check of all) {
    const reason = reasonOf(check);
    if (reason !== undefined) console.log(`equivalent  ${check.file}:${check.line}  ${reason}`);
  }
  const seconds = Math.round((now() - started - quiet) / 1000);
  console.log(
    `${done} checks deleted in ${seconds} s (${Math.round(quiet / 1000)} s before): ${survivors.length} not missed`,
  );
  for (const name of survivors) console.error(`survivor: ${name}`);
  for (const name of masked) console.error(`hidden by another check: ${name}`);
  return survivors.length + masked.length > 0 ? 1 : 0;
}

async function tryMutant(worker, { check, corpus, limits, times, reds }) {
  const text = worker.read(check.file);
  const tests = testsOf(check);
  // Lies that only this check stops are looked at by a whole run of the stored proofs.
  const alone = tests.includes(STORED) && hasLies(check.code) ? STORED : undefined;
  const weight = (test) => (test === reds.get(check.file) ? -1 : (times.get(test) ?? 0));
  const ordered = tests.filter((test) => test !== alone).sort((a, b) => weight(a) - weight(b));
  worker.write(check.file, `${text.slice(0, check.start)}${check.value}${text.slice(check.end)}`);
  const changed = worker.path(check.file);
  try {
    const request = { limits, corpus, changed };
    const before = redBefore(check);
    const tries = [
      alone !== undefined && [[alone], { code: check.code }],
      before !== undefined && [[before[0]], { name: before[1] }],
      [ordered, {}],
    ].filter(Boolean);
    const failed = [];
    const passed = [];
    let file;
    for (const [files, more] of tries) {
      const one = await worker.test(files, { ...request, ...more });
      failed.push(...one.failed);
      passed.push(...one.passed);
      file = one.file;
      if (failed.length > 0) break;
    }
    const isAlone = (name) => /without the check > alone:/.test(name);
    const caught = failed.filter((name) => !isAlone(name));
    if (caught.length > 0) reds.set(check.file, file);
    const named = caught.find((name) => !/ did not run$|^unhandled|^no end$|^the process/.test(name));
    return {
      red: named === undefined || file === alone ? undefined : [file, named],
      caught: (named ?? caught[0])?.slice(0, 60),
      masked: failed.filter(isAlone),
      accepted: passed.filter(isAlone).length,
    };
  } finally {
    worker.write(check.file, text);
    worker.stale(changed);
  }
}

process.exitCode = await main();
