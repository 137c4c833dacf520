#!/usr/bin/env node
/**
 * Deletes the verifier's checks one at a time and expects a red test for each.
 *
 *   node tools/mutants.mjs                 all checks, two at a time; exit code 1 if one is not missed
 *   node tools/mutants.mjs --only PATTERN  checks whose file, line or text contains PATTERN
 *   node tools/mutants.mjs --files A,B     checks in files whose path contains A or B
 *   node tools/mutants.mjs --list          print the checks
 *   node tools/mutants.mjs --jobs N        N at a time
 *
 * A check is a call of `refuse(..)` or `ledger.assertZero(..)` in a file that a verifier reaches, and in the rooms of the
 * opening also what is thrown at a malformed statement or at a ledger that is not closed, and every call of a function that
 * checks. Each is replaced by nothing in a copy of the tree; the working tree is never touched. A check whose condition is
 * a list, `if (a || b) refuse(..)` or `same = a && b`, is also tried with each of its parts left out. Tests run on stored
 * proofs, made once by the unchanged prover, so that a changed verifier meets honest proofs and lies that it has no part in.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const COPIED = [
  'src',
  'tests',
  'reference',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'vitest.config.ts',
];
const CACHE = join(root, 'node_modules/.cache/zkdl');

/** Tests of every mutant, and of mutants in some files. */
const STORED = 'tests/soundness/stored.test.ts';
const TESTS = [
  [/^src\/merkle\//, 'tests/merkle/merkle.test.ts'],
  [/^src\/field\//, 'tests/field/encoding.test.ts'],
  [/^src\/params\//, 'tests/params/check.test.ts'],
  [/^src\/params\//, 'tests/params/encoding.test.ts'],
  [/^src\/transcript\//, 'tests/transcript/channel.test.ts'],
  [/^src\/pads\//, 'tests/soundness/pads.test.ts'],
  [/^src\/pcs\/(?!key|chain)/, 'tests/soundness/statement.test.ts'],
  [/^src\/pcs\/link/, 'tests/soundness/link-statement.test.ts'],
  [/^src\/pcs\/key/, 'tests/store/key.test.ts'],
  [/^src\/pcs\/chain/, 'tests/soundness/chain.test.ts'],
  [/^src\/(relation\/(verify|statement|arguments)|tlookup)/, 'tests/soundness/program-stored.test.ts'],
  [/^src\/relation\/(verify|statement)/, 'tests/soundness/program-statement.test.ts'],
  [/^src\/tlookup\//, 'tests/tlookup/program.test.ts'],
  [/^src\/tlookup\//, 'tests/tlookup/soundness.test.ts'],
  [/^src\/relation\/check-terms/, 'tests/relation/check-terms.test.ts'],
  [/^src\/relation\/check/, 'tests/relation/check.test.ts'],
  [/^src\/relation\/check\.ts/, 'tests/relation/backing.test.ts'],
  [/^src\/relation\/check-witness/, 'tests/relation/check-witness.test.ts'],
  [
    /^src\/relation\/(pins|ranges|settle|decompose|interval|row-sums|witness-ranges)/,
    'tests/relation/ranges.test.ts',
  ],
  [
    /^src\/relation\/(pins|ranges|settle|decompose|interval|row-sums|witness-ranges)/,
    'tests/relation/backing.test.ts',
  ],
  [
    /^src\/relation\/(product|expand|view|weights|functional|layout|claims)/,
    'tests/relation/discharge.test.ts',
  ],
];

/** Calls that refuse a proof, wherever the verifier reaches; programmer's mistakes and calls of checks, in these rooms. */
const CALL = /(?<![\w.$])(refuse|ledger\.assertZero)\(/g;
const CALL_OR_THROW =
  /(?<![\w.$])(refuse|ledger\.assertZero|wrong|tooShort|throw new (?:Range|Type)?Error|check[A-Z]\w*|ch\.finish|[\w.]+\.forEach(?=\(check))\(/g;
const WITH_THROWS =
  /^src\/(pcs|pads|params\/check|relation\/(check(-terms)?|ranges|pins|verify|statement|verify-program)|tlookup\/shape)\b/;

/** Checks of programs, which no stored proof gets to: their own tests alone. */
const OF_PROGRAMS = /^src\/(relation\/(check|ranges|pins|settle|row-sums|witness-ranges)|tlookup\/shape)/;

/** Checks whose deletion changes nothing, each with the reason; by file and the beginning of the call. */
const EQUIVALENT = [];

/** Files that a verifier of `src/pcs` reaches by imports that exist at run time. */
function closure() {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file) || !existsSync(join(root, file))) return;
    seen.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, clause, from] of text.matchAll(/^(?:import|export)\s([^;]*?)\sfrom\s'(\.[^']+)';/gm)) {
      if (!/^type\s/.test(clause)) visit(normalize(join(dirname(file), from)));
    }
  };
  const verifiers = readdirSync(join(root, 'src/pcs')).filter((name) => /-verify\.ts$/.test(name));
  for (const name of verifiers) visit(`src/pcs/${name}`);
  visit('src/verifier/index.ts');
  return [...seen].sort();
}

/** The end of a call whose opening parenthesis stands at `open`: behind the closing one. Strings are skipped. */
function endOfCall(text, open) {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i];
    if (c === "'" || c === '"' || c === '`') {
      for (i++; text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i + 1;
  }
  throw new Error(`mutants: unbalanced call at ${open}`);
}

/** Places of the parts of a list: its operands at the depth of the list itself. */
function operands(text, from, to, operator) {
  const parts = [];
  let depth = 0;
  let start = from;
  for (let i = from; i < to; i++) {
    const c = text[i];
    if (c === "'" || c === '"' || c === '`') {
      for (i++; text[i] !== c; i++) if (text[i] === '\\') i++;
    } else if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (depth === 0 && text.startsWith(operator, i)) {
      parts.push([start, i]);
      start = i += operator.length;
    }
  }
  parts.push([start, to]);
  return parts;
}

/** Conditions that are lists, with a part left out. `starts`: where the checks of the file begin. */
function partsOfChecks(file, text, starts) {
  const lists = [];
  for (const match of text.matchAll(/\bif \(/g)) {
    const open = match.index + match[0].length;
    const close = endOfCall(text, open - 1) - 1;
    const next = /^[)\s{]*/.exec(text.slice(close))[0].length + close;
    if (starts.has(next)) lists.push({ parts: operands(text, open, close, '||'), value: 'false' });
  }
  for (const match of text.matchAll(/const same =([^;]*);/g)) {
    const from = match.index + 'const same ='.length;
    lists.push({ parts: operands(text, from, from + match[1].length, '&&'), value: 'true' });
  }
  return lists
    .filter(({ parts }) => parts.length > 1)
    .flatMap(({ parts, value }) =>
      parts.map(([start, end]) => {
        const line = text.slice(0, start + /^\s*/.exec(text.slice(start, end))[0].length).split('\n').length;
        const call = `part: ${text.slice(start, end).trim().replace(/\s+/g, ' ')}`;
        return { file, line, start, end, call, code: undefined, value: ` ${value} ` };
      }),
    );
}

/** All checks: file, line, the call, and the code it refuses with. */
function checks() {
  const found = [];
  for (const file of closure()) {
    const text = readFileSync(join(root, file), 'utf8');
    const starts = new Set();
    for (const match of text.matchAll(WITH_THROWS.test(file) ? CALL_OR_THROW : CALL)) {
      const line = text.slice(0, match.index).split('\n').length;
      const before = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index);
      if (/^\s*(\*|\/\/)|function\s*$|=>\s*$/.test(before)) continue; // comments and definitions
      const end = endOfCall(text, match.index + match[0].length - 1);
      const call = text.slice(match.index, end).replace(/\s+/g, ' ');
      const code = /^refuse\(\s*'([A-Z_]+)'/.exec(call)?.[1];
      starts.add(match.index);
      found.push({ file, line, start: match.index, end, call, code, value: 'void 0' });
    }
    found.push(...partsOfChecks(file, text, starts));
  }
  return found;
}

function reasonOf({ file, call }) {
  return EQUIVALENT.find((one) => one.file === file && call.startsWith(one.call))?.reason;
}

/** A copy of the tree to mutate in. */
function workspace(base, index) {
  const folder = join(base, String(index));
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  return folder;
}

/** A slow machine is no caught mutant. */
const PATIENT = ['--testTimeout=600000', '--hookTimeout=600000'];
const VITEST = 'node_modules/vitest/vitest.mjs';

/** Runs tests in a folder; returns the names of those that failed, or `undefined` when the run itself broke. */
function runTests(folder, files, env) {
  return new Promise((resolve) => {
    const report = join(folder, 'report.json');
    rmSync(report, { force: true });
    const args = [
      VITEST,
      'run',
      ...files,
      '--reporter=json',
      `--outputFile=${report}`,
      '--maxWorkers=1',
      ...PATIENT,
    ];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (data) => (errors += data));
    child.on('close', () => {
      if (!existsSync(report)) return resolve({ failed: [`no report: ${errors.slice(0, 400)}`], passed: 0 });
      const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
      const all = testResults.flatMap((file) => file.assertionResults);
      const broken = testResults.filter(
        (file) => file.assertionResults.length === 0 && file.status === 'failed',
      );
      const failed = all.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
      const passed = all.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName);
      resolve({ failed: [...failed, ...broken.map((file) => `${file.name} did not run`)], passed });
    });
  });
}

/** The tests that a deleted check must make red. */
function testsOf({ file }) {
  const own = TESTS.filter(([where]) => where.test(file)).map(([, test]) => test);
  return OF_PROGRAMS.test(file) && own.length > 0 ? own : [STORED, ...own];
}

async function tryMutant(folder, corpus, check) {
  const path = join(folder, check.file);
  const text = readFileSync(join(root, check.file), 'utf8');
  writeFileSync(path, `${text.slice(0, check.start)}${check.value}${text.slice(check.end)}`);
  try {
    const env = { ZKDL_CORPUS: corpus, ...(check.code && { ZKDL_DELETED_CHECK: check.code }) };
    const { failed, passed } = await runTests(folder, testsOf(check), env);
    const isAlone = (name) => /without the check alone:/.test(name);
    return {
      caught: failed.filter((name) => !isAlone(name)),
      masked: failed.filter(isAlone),
      accepted: passed.filter(isAlone).length,
    };
  } finally {
    writeFileSync(path, text);
  }
}

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main() {
  const only = option('--only');
  const paths = option('--files')?.split(',');
  const all = checks()
    .filter((c) => only === undefined || `${c.file}:${c.line} ${c.call}`.includes(only))
    .filter(({ file }) => paths === undefined || paths.some((path) => file.includes(path)));
  if (process.argv.includes('--list')) {
    for (const { file, line, call } of all) console.log(`${file}:${line}  ${call.slice(0, 90)}`);
    console.log(`${all.length} checks`);
    return 0;
  }
  // The unchanged tree: makes the stored proofs, and must be green.
  const files = [...new Set([STORED, ...all.flatMap(testsOf)])];
  const baseline = spawnSync(process.execPath, [VITEST, 'run', ...files, ...PATIENT], {
    cwd: root,
    encoding: 'utf8',
  });
  if (baseline.status !== 0) {
    console.error(`${baseline.stdout}\nmutants: the tests fail without any change`);
    return 1;
  }
  const stored = readdirSync(CACHE).find((name) => /^soundness-.*\.bin$/.test(name));
  const base = mkdtempSync(join(tmpdir(), 'zkdl-mutants-'));
  const corpus = join(base, 'corpus.bin');
  cpSync(join(CACHE, stored), corpus);
  const queue = all.filter((check) => reasonOf(check) === undefined);
  const survivors = [];
  const masked = [];
  const started = process.hrtime.bigint();
  let done = 0;
  const worker = async (index) => {
    const folder = workspace(base, index);
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const result = await tryMutant(folder, corpus, check);
      const name = `${check.file}:${check.line}  ${check.call.slice(0, 70)}`;
      done++;
      const state = result.caught.length > 0 ? `caught by ${result.caught.length}` : 'SURVIVED';
      const alone = result.accepted > 0 ? `, ${result.accepted} lies pass without it` : '';
      console.log(`${String(done).padStart(3)}  ${state}${alone}  ${name}`);
      if (result.caught.length === 0) survivors.push(name);
      masked.push(...result.masked.map((lie) => `${name}\n     still refused: ${lie}`));
    }
  };
  try {
    await Promise.all(Array.from({ length: Number(option('--jobs') ?? 2) }, (_, index) => worker(index)));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  for (const check of all) {
    const reason = reasonOf(check);
    if (reason !== undefined) console.log(`equivalent  ${check.file}:${check.line}  ${reason}`);
  }
  const seconds = Number((process.hrtime.bigint() - started) / 1_000_000_000n);
  console.log(`${done} checks deleted in ${seconds} s: ${survivors.length} not missed`);
  for (const name of survivors) console.error(`survivor: ${name}`);
  for (const name of masked) console.error(`hidden by another check: ${name}`);
  return survivors.length + masked.length > 0 ? 1 : 0;
}

process.exitCode = await main();
