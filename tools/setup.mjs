#!/usr/bin/env node
/**
 * Everything a fresh clone needs before tests, benchmarks or the CLI run: dependencies (npm ci), kernel
 * binaries (AssemblyScript), compiled sources (tsc). Each step is skipped when its inputs have not changed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const quiet = process.argv.includes('--quiet');
const stampFolder = join(root, 'node_modules/.cache/zkdl');

/** Digest of the names and contents of files and of the folders below them. */
function digestOf(paths) {
  const hash = createHash('sha256').update(process.version);
  const visit = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    const entries = readdirSync(full, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) visit(child);
      else
        hash
          .update(child)
          .update('\0')
          .update(readFileSync(join(root, child)));
    }
  };
  for (const path of paths) {
    if (existsSync(join(root, path)) && !path.includes('.')) visit(path);
    else if (existsSync(join(root, path))) hash.update(path).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

function step(name, inputs, outputs, run) {
  const stamp = join(stampFolder, name);
  const digest = digestOf(inputs);
  const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (fresh && outputs.every((output) => existsSync(join(root, output)))) return;
  if (!quiet) console.log(`setup: ${name}`);
  run();
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(stamp, digest);
}

function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? ['ignore', 'ignore', 'inherit'] : 'inherit',
  });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}

step('dependencies', ['package.json', 'package-lock.json'], ['node_modules/typescript'], () => {
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
});
step(
  'kernels',
  ['src/kernels/wasm/assembly', 'src/kernels/wasm/digest.ts', 'tools/build-kernels.mjs', 'package-lock.json'],
  ['src/kernels/wasm/generated/single.ts', 'src/kernels/wasm/generated/shared.ts'],
  () => run(process.execPath, ['tools/build-kernels.mjs']),
);
const tsc = join(root, 'node_modules/typescript/bin/tsc');
step(
  'compile',
  ['src', 'tsconfig.json', 'tsconfig.base.json', 'package-lock.json'],
  ['dist/index.js'],
  () => {
    run(process.execPath, [tsc, '-p', 'tsconfig.json']);
  },
);
step(
  'compile tools',
  [
    'src',
    'bench',
    'examples',
    'tools',
    'reference',
    'tests',
    'tsconfig.tools.json',
    'tsconfig.base.json',
    'package-lock.json',
  ],
  ['dist-tools/src/index.js'],
  () => run(process.execPath, [tsc, '-p', 'tsconfig.tools.json']),
);
