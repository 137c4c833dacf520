#!/usr/bin/env node
/**
 * The same coins, the same bytes: makes a file of every kind under this Node and under another one, and compares them; then runs what verifies under
 * the other one. The other Node comes from npm, into a folder of its own that is taken away afterwards.
 *
 *   npm run portability                    against the newest Node 24
 *   npm run portability -- --node 26       against another line
 *   npm run portability -- --binary PATH   against a Node that is there already
 *   npm run portability -- --bytes         compare bytes alone
 *   npm run portability -- --tests A,B     run these tests instead of those that verify
 *   npm run portability -- --bytes --model FILE --tokens N
 *                                          instead of files of every kind the key of a model file and one answer of N tokens
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { option, root } from './command.mjs';

/** Known answers, and everything that the verifiers' closure does. */
const TESTS = [
  'tests/field',
  'tests/hash',
  'tests/transcript',
  'tests/merkle/merkle',
  'tests/params/check',
  'tests/params/encoding',
  'tests/tables',
  'tests/kernels',
  'tests/pcs/format',
  'tests/soundness',
  'tests/relation/digest',
  'tests/reference/vectors',
  'tests/answer/damage',
  'tests/formats',
  'tests/training/plan',
  'tests/training/chain',
  'tests/training/prediction',
  'tests/store/key',
  'tests/quantize/model-file',
];

/** Nothing is gated on time. */
const PATIENT = 600_000;

/** Runs a program; its standard output. */
function outputOf(command, args) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`portability: ${args[0]} ended with ${status}`);
  return stdout;
}

/** The path of a Node of another line, put into a folder by npm. */
function installed(line, folder) {
  outputOf('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent', `node@${line}`]);
  return join(folder, 'node_modules/node/bin/node');
}

function filesOf(node, threads) {
  const model = option('--model');
  const large = model === undefined ? [] : [resolve(model), option('--tokens', '8')];
  const program = join(root, 'dist-tools/tools/portability/files.js');
  return JSON.parse(outputOf(node, [program, String(threads), ...large]));
}

/** @returns how many files differ */
function compared(own, other) {
  const digests = new Map(other.files.map((file) => [file.name, file.digest]));
  const differing = own.files.filter(({ name, digest }) => digests.get(name) !== digest);
  const one = ({ node, v8 }) => `Node ${node.slice(1)} (V8 ${v8})`;
  const bytes = own.files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(
    `${one(own)} and ${one(other)}: ${own.files.length} files, ${bytes} bytes, ${differing.length} differ`,
  );
  for (const { name } of differing) console.log(`  differs: ${name}`);
  return differing.length + Math.abs(own.files.length - other.files.length);
}

const folder = mkdtempSync(join(tmpdir(), 'zkdl-node-'));
try {
  const node = option('--binary') ?? installed(option('--node', '24'), folder);
  const own = filesOf(process.execPath, 1);
  let failed = compared(own, filesOf(process.execPath, 2));
  failed += compared(own, filesOf(node, 2));
  process.exitCode = failed > 0 ? 1 : 0;
  if (!process.argv.includes('--bytes')) {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const tests = option('--tests')?.split(',') ?? TESTS;
    const args = [vitest, 'run', ...tests, `--testTimeout=${PATIENT}`, `--hookTimeout=${PATIENT}`];
    const { status } = spawnSync(node, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
