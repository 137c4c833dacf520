#!/usr/bin/env node
/**
 * Checks the rules of the house that a program can check, and lists the verifier's closure.
 *
 *   node tools/check-architecture.mjs            check; print the closure with line counts
 *   node tools/check-architecture.mjs --quiet    check only
 *
 * 1. Imports in src/ run downwards: a file may import from its own room, from rooms below, nothing else.
 * 2. Kernels and tensors are imported only by files named prove, witness or commit and by the shells above.
 * 3. The verifier's closure, from all its entries (closure.mjs), holds no kernel, worker, file, clock, random source or Node module.
 *    Commands that verify or show read no module that proves before they start.
 * 4. src/ holds no non-cryptographic randomness; proved code paths (closure) hold no floating-point helper.
 * 5. reference/ shares no code with src/.
 * 6. No file is longer than the limit; nothing names a registry host or a path of one machine.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  importsOf,
  resolve,
  textOf,
  verifierClosure,
  VERIFIER_ENTRIES,
  withoutComments,
} from './closure.mjs';
import { root } from './command.mjs';

const quiet = process.argv.includes('--quiet');

/** Rooms of src/ from the ground up; rooms on one line do not know each other. */
const FLOORS = [
  ['errors'],
  ['field'],
  ['hash'],
  ['params', 'secret', 'tables'],
  ['transcript', 'random', 'kernels'],
  ['merkle', 'code', 'tensor'],
  ['sumcheck'],
  ['pads'],
  ['pcs', 'tlookup'],
  ['store'],
  ['relation'],
  ['ops'],
  ['graph'],
  ['quantize', 'import'],
  ['answer'],
  ['training'],
  ['prover', 'verifier'],
  ['verbs'],
  ['cli', 'web'],
];
const floorOf = new Map(FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor])));
/** Rooms that prover code alone may enter. */
const PROVER_ROOMS = new Set(['kernels', 'tensor', 'random', 'store']);
const PROVER_FILE = /(^|[/.-])(prove|prover|witness|commit)([/.-]|$)/;
/** Room pairs on one floor that may see each other, downwards in this order. */
const SAME_FLOOR = new Set(['random>transcript', 'tensor>code', 'quantize>import']);
/** What commands of verifiers read at once. */
const LIGHT_ENTRIES = [
  'cli/main',
  'cli/show',
  'cli/show-answers',
  'cli/show-training',
  'verbs/verify',
  'verbs/training/verify-training',
  'verbs/training/verify-prediction',
  'cli/show-tuning',
  'verbs/tuning/verify-tuning',
  'verbs/tuning/verify-tuned',
];
const PROVES = /^src\/(kernels|tensor|prover|secret)\/|prove[\w-]*\.ts$/;
/** Lines of a file; tests may hold longer tables, and generated code is not read by people. */
const MAX_LINES = 420;
const MAX_TEST_LINES = 520;
const GENERATED = new Set(['src/kernels/wasm/assembly/blake3-rounds.ts']);

const CLOSURE_FORBIDS = [
  [/\bMath\.(random|sqrt|log2?|log10|exp|pow|sin|cos|fround)\b/, 'a floating-point or random function'],
  [/\b(Date|performance)\s*[.(]/, 'a clock'],
  [/\b(process|globalThis|fetch|setTimeout|Worker|Atomics)\b\s*[.(]/, 'its surroundings'],
  [/\bimport\s*\(/, 'a dynamic import'],
  [/from\s+'node:/, 'a Node module'],
];

const problems = [];
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

const roomOf = (file) => (file.startsWith('src/') ? file.split('/')[1] : undefined);
const isRoot = (file) => /^src\/[^/]+$/.test(file);

for (const file of files.filter((f) => /^src\/.*\.(ts|js)$/.test(f) && !f.includes('/wasm/assembly/'))) {
  const room = roomOf(file);
  if (!isRoot(file) && !floorOf.has(room)) problems.push(`${file}: room ${room} is not on the plan`);
  for (const { from, typeOnly } of importsOf(file)) {
    if (!from.startsWith('.')) {
      if (/\.test\.ts$/.test(file)) continue;
      if (from.startsWith('node:') || isRoot(file) || room === 'cli') continue;
      problems.push(`${file}: imports package ${from}`);
      continue;
    }
    const target = resolve(file, from);
    if (!target.startsWith('src/')) {
      problems.push(`${file}: imports ${target}, which lies outside src/`);
      continue;
    }
    const other = roomOf(target);
    if (isRoot(file) || other === room) continue;
    if (floorOf.get(other) > floorOf.get(room)) problems.push(`${file}: imports upwards from ${target}`);
    if (floorOf.get(other) === floorOf.get(room) && !SAME_FLOOR.has(`${room}>${other}`)) {
      problems.push(`${file}: imports sideways from ${target}`);
    }
    const proverSide =
      PROVER_FILE.test(file) || PROVER_ROOMS.has(room) || floorOf.get(room) >= floorOf.get('quantize');
    if (PROVER_ROOMS.has(other) && !proverSide && !typeOnly) {
      problems.push(`${file}: imports ${target}, but its name does not say prove, witness or commit`);
    }
  }
  if (/\bMath\.random\b/.test(withoutComments(textOf(file)))) problems.push(`${file}: Math.random`);
}

const { files: closureFiles, packages } = verifierClosure();
for (const { file, from } of packages) problems.push(`${file}: the verifier's closure imports ${from}`);
for (const file of closureFiles) {
  const text = withoutComments(textOf(file));
  if (PROVER_ROOMS.has(roomOf(file))) problems.push(`${file}: prover code in the verifier's closure`);
  for (const [pattern, what] of CLOSURE_FORBIDS) {
    if (pattern.test(text)) problems.push(`${file}: the verifier's closure uses ${what}`);
  }
}

for (const entry of LIGHT_ENTRIES.map((name) => `src/${name}.ts`)) {
  const { files: read } = verifierClosure([entry], { lazy: false });
  if (!existsSync(join(root, entry))) problems.push(`${entry}: expected a file, got none`);
  for (const file of read.filter((one) => PROVES.test(one)))
    problems.push(`${entry}: reads ${file}, which proves`);
}

for (const file of files.filter((f) => /^reference\/.*\.ts$/.test(f) && !f.endsWith('.test.ts'))) {
  for (const { from } of importsOf(file)) {
    const target = from.startsWith('.') ? resolve(file, from) : from;
    if (target.startsWith('src/')) problems.push(`${file}: reference code imports ${target}`);
  }
}

for (const file of files.filter((f) => /\.(ts|js|mjs)$/.test(f) && !f.includes('/generated/'))) {
  const lines = textOf(file).split('\n').length - 1;
  const limit = file.startsWith('tests/') ? MAX_TEST_LINES : MAX_LINES;
  if (lines > limit && !GENERATED.has(file)) problems.push(`${file}: ${lines} lines, limit ${limit}`);
}
const FOREIGN = [
  [/"resolved":\s*"https?:/, 'a resolved host'],
  [/(^|[\s'"`(])\/work\//m, 'a path of one machine'],
  [/shared\/design/, 'the private design notes'],
];
for (const file of files) {
  if (file === 'tools/check-architecture.mjs' || !/\.(ts|js|mjs|json|md|py|yml|sh)$/.test(file)) continue;
  const text = textOf(file);
  for (const [pattern, what] of FOREIGN) if (pattern.test(text)) problems.push(`${file}: names ${what}`);
}

if (!quiet && closureFiles.length > 0) {
  let total = 0;
  console.log(`closure of ${VERIFIER_ENTRIES.join(', ')}:`);
  for (const file of closureFiles) {
    const lines = textOf(file).split('\n').length - 1;
    total += lines;
    console.log(`${String(lines).padStart(6)}  ${file}`);
  }
  console.log(`${String(total).padStart(6)}  lines in ${closureFiles.length} files`);
}
if (problems.length > 0) {
  console.error(problems.map((p) => `architecture: ${p}`).join('\n'));
  process.exit(1);
}
console.log(`architecture: ${files.length} files, no objection`);
