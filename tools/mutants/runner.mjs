/** Copies of the tree in which mutants are tried, each with a process that runs tests in it. */
import { fork } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));
const COPIED = [
  'src',
  'tests',
  'reference',
  'spec',
  'examples',
  'models',
  'tools',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'vitest.config.ts',
];

/** A copy of the tree to mutate in. */
export function workspace(root, base, index) {
  const folder = join(base, String(index));
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  return runner(folder);
}

/** Runs tests in a folder; the process behind it is started when it is needed, and again after one that had to be ended. */
function runner(folder) {
  let server;
  /** Files that changed since the last tests. */
  const fresh = new Set();
  const start = () =>
    new Promise((resolve, reject) => {
      const child = fork(SERVER, { cwd: folder, detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
      let errors = '';
      child.stderr.on('data', (data) => (errors = (errors + data).slice(-2000)));
      child.once('message', () => {
        child.removeAllListeners('exit');
        resolve(child);
      });
      child.once('exit', () => reject(new Error(`mutants: the test process ended: ${errors}`)));
    });
  const end = () => {
    if (server === undefined) return;
    try {
      process.kill(-server.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
    server = undefined;
  };
  const run = async (request, limit) => {
    server ??= await start();
    const child = server;
    return new Promise((resolve) => {
      const done = (result) => {
        clearTimeout(timer);
        child.removeAllListeners('message');
        child.removeAllListeners('exit');
        if (result.hangs || result.broken) end();
        resolve(result);
      };
      // What never ends misses nothing: a test that waits for it is red.
      const timer = setTimeout(() => done({ failed: ['no end'], passed: [], hangs: true }), limit);
      child.once('message', done);
      child.once('exit', () => done({ failed: ['the process ended'], passed: [], hangs: true }));
      child.send(request);
    });
  };
  return {
    /** Runs test files one at a time until one is red. `code`, of the deleted check: to their ends. `name`: one test alone. */
    async test(files, { limits, corpus, code, changed, name }) {
      const result = { failed: [], passed: [], file: undefined };
      if (changed !== undefined) fresh.add(changed);
      for (const file of files) {
        const request = {
          files: [join(folder, file)],
          changed: [...fresh],
          bail: code === undefined ? 1 : 0,
          name,
          env: { ZKDL_CORPUS: corpus ?? null, ZKDL_DELETED_CHECK: code ?? null },
        };
        fresh.clear();
        const { failed, passed, broken } = await run(request, limits(file));
        if (broken !== undefined) throw new Error(`mutants: ${file}: ${broken}`);
        result.failed.push(...failed);
        result.passed.push(...passed);
        if (failed.length === 0) continue;
        result.file = file;
        break;
      }
      return result;
    },
    /** Writes a file of the copy. */
    write(file, text) {
      writeFileSync(join(folder, file), text);
    },
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    path: (file) => join(folder, file),
    /** A file was changed back: it is read again by the next tests. */
    stale: (path) => fresh.add(path),
    end,
  };
}
