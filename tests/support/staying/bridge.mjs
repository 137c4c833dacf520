/** A thread that passes requests to the process that stays, so that a test can wait for the answer without an event loop. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';

const { port, signal, binary } = workerData;
const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));
let child;

function answer(message) {
  port.postMessage(message);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
}

function start() {
  child = fork(SERVER, [binary], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.on('message', answer);
  // One that ends in the midst of a command has failed it.
  child.on('exit', (code, by) => {
    child = undefined;
    answer({ lost: `the process ended: ${code ?? by}` });
  });
}

port.on('message', (request) => {
  if (child === undefined) start();
  child.send(request);
});
