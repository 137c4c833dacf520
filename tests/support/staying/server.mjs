/**
 * Runs the built command again and again in one process: its main module is read anew for every command, what that imports is not.
 * Arguments, directory, state, output and exit code are those of the command. It ends with the process that asked for it.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , binary] = process.argv;
let commands = 0;

/** What the command wrote to standard output and standard error, by number of the file. */
const written = { 1: [], 2: [] };

function collect(fd, chunk) {
  written[fd].push(Buffer.from(chunk));
}
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, done) => {
    collect(stream.fd, chunk);
    const then = typeof encoding === 'function' ? encoding : done;
    if (then !== undefined) process.nextTick(then);
    return true;
  };
}
// Progress is written past the streams.
const { writeSync } = fs;
fs.writeSync = (fd, chunk, ...rest) => {
  if (written[fd] === undefined) return writeSync(fd, chunk, ...rest);
  collect(fd, chunk);
  return Buffer.byteLength(chunk);
};
syncBuiltinESMExports();

/** All of it, once. */
function taken(fd) {
  return Buffer.concat(written[fd].splice(0)).toString('utf8');
}

async function run({ args, cwd, state }) {
  process.argv = [process.execPath, binary, ...args];
  process.chdir(cwd);
  process.env.XDG_STATE_HOME = state;
  process.exitCode = undefined;
  try {
    await import(`${pathToFileURL(binary)}?command=${commands++}`);
  } catch (error) {
    // What nothing catches ends a process with its stack and exit code 1.
    process.exitCode = 1;
    collect(2, String(error?.stack ?? error));
  }
  await new Promise((resolve) => setImmediate(resolve));
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  return { code: Number(process.exitCode ?? 0), stdout: taken(1), stderr: taken(2) };
}

process.on('message', async (request) => process.send(await run(request)));
process.on('disconnect', () => process.exit(0));
