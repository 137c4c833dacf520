/**
 * The body of a pool thread, in Node (worker_threads) and in browsers (module worker). Plain JavaScript so
 * that it runs both from the sources and from dist/ without a build step.
 */
import { callRow, drain, kernelTable, LIMIT } from './protocol.js';

/** @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, control: Int32Array, rows: Int32Array, prime: number, scratch: number }} Start */

/** Polls before a thread goes to sleep: about 60 microseconds, what it takes to wake one on a virtual machine. */
const SPINS = 12_000;

/**
 * @param {Start} start
 * @param {() => void} ready
 */
function work(start, ready) {
  const { module, memory, control, rows } = start;
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: () => undefined } });
  const { functions } = kernelTable(module, instance);
  /** @type {(prime: number, scratch: number) => void} */ (instance.exports['init'])(
    start.prime,
    start.scratch,
  );
  ready();
  for (;;) {
    const seen = Atomics.load(control, LIMIT);
    drain(control, rows, (row) => callRow(functions, rows, row));
    let spins = SPINS;
    while (spins > 0 && Atomics.load(control, LIMIT) === seen) spins--;
    if (spins === 0) Atomics.wait(control, LIMIT, seen);
  }
}

const node = typeof process !== 'undefined' && process.versions?.node !== undefined;
if (node) {
  const { parentPort, workerData } = await import('node:worker_threads');
  work(workerData, () => parentPort?.postMessage('ready'));
} else {
  globalThis.onmessage = (event) => work(event.data, () => globalThis.postMessage('ready'));
}
